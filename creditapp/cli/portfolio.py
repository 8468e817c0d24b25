"""The commands of portfolios: draft one from a data file, and check one."""

from collections.abc import Sequence
from pathlib import Path

import click

from creditapp.applications.portfolio import find_document, read_portfolio
from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import BadCatalogue, BadTable, InvalidSetting


@click.group("portfolio")
def portfolio() -> None:
    """Draft and check the catalogue of a portfolio."""


@portfolio.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--outcome", required=True, help="The column that says how a credit ended.")
@click.option(
    "--bad",
    multiple=True,
    required=True,
    help="A value of the outcome that is bad, or several with commas; all others are good.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder that gets datapackage.yaml and a copy of the data.",
)
@click.option("--overwrite", is_flag=True, help="Replace the portfolio that the folder holds.")
def infer(data: Path, outcome: str, bad: tuple[str, ...], out: Path, overwrite: bool) -> None:
    """Draft a portfolio from DATA, a CSV or Parquet file, for you to review; nothing is asked."""
    with errors_in_one_line():
        try:
            lines = _draft(data, outcome, bad, out, overwrite=overwrite)
        except OSError as error:
            raise BadTable(f"{error.filename}: {error.strerror}") from error
    for line in lines:
        click.echo(line)


@portfolio.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--accept-draft",
    is_flag=True,
    help="Take the draft as it is: remove the review marks from datapackage.yaml.",
)
def check(folder: Path, accept_draft: bool) -> None:
    """Check the document of the portfolio in FOLDER, and every cell of its data."""
    from training.drafts.accept import accept_draft as without_marks
    from training.portfolio_check import check_data

    with errors_in_one_line():
        catalogue = read_portfolio(folder)
        click.echo(f"{find_document(folder)}: portfolio {catalogue.name}")
        for line in check_data(catalogue, folder / catalogue.data.path):
            click.echo(line)
        if catalogue.reviews and not accept_draft:
            raise BadCatalogue(_open_marks(folder, catalogue.reviews))
        if catalogue.reviews:
            document = find_document(folder)
            replace_text(document, without_marks(document.read_text(encoding="utf-8")))
            click.echo(f"{len(catalogue.reviews)} review marks removed: the draft is accepted")
    click.echo(f"fit to train:  CREDITAPP_PORTFOLIO={folder} make run")


def _draft(
    data: Path, outcome: str, bad: tuple[str, ...], out: Path, *, overwrite: bool
) -> list[str]:
    """Load PyArrow, draft, and sum up."""
    try:
        from training.drafts import infer as drafting
        from training.drafts.summary import summary_of
    except ImportError as error:
        raise InvalidSetting(
            "flask portfolio infer needs PyArrow: install creditapp[training]"
        ) from error
    return list(summary_of(drafting.infer(data, outcome, bad, out, overwrite=overwrite), out))


def _open_marks(folder: Path, marks: Sequence[str]) -> str:
    shown = "\n".join(f"  {mark}" for mark in marks)
    return (
        f"not fit to train: {len(marks)} review marks are open:\n{shown}\n"
        "decide each one and remove its mark, or take the draft as it is: "
        f"flask portfolio check {folder} --accept-draft"
    )


def replace_text(path: Path, text: str) -> None:
    """Replace a file whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


COMMANDS = (portfolio,)
