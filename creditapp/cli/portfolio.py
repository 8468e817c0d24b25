"""The commands of portfolios: draft one from a data file."""

from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import BadTable, InvalidSetting


@click.group("portfolio")
def portfolio() -> None:
    """Draft the catalogue of a portfolio."""


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


def _draft(
    data: Path, outcome: str, bad: tuple[str, ...], out: Path, *, overwrite: bool
) -> list[str]:
    """Load PyArrow, draft, and sum up."""
    try:
        from training.drafts import infer as drafting
        from training.drafts.summary import summary_of
    except ImportError as error:
        raise InvalidSetting(
            "flask portfolio infer needs PyArrow and PyYAML: install creditapp[training]"
        ) from error
    return list(summary_of(drafting.infer(data, outcome, bad, out, overwrite=overwrite), out))


COMMANDS = (portfolio,)
