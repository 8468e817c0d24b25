"""The commands that train models and compare families of models."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from creditapp.applications.portfolio import read_portfolio
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.listing import keep_listing
from creditapp.cli.own_book import BookOptions, book_options, read_source
from creditapp.cli.registry import open_registry
from creditapp.cli.validation import make_report
from creditapp.exceptions import BadCatalogue
from creditapp.scoring.bundle import FIRST_FAMILY
from creditapp.settings.current import current_settings

if TYPE_CHECKING:
    from training.run import Trained
    from training.source import DataFile, Source


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Train on this file instead of the portfolio's own.",
)
@click.option(
    "--estimator",
    "family",
    default=FIRST_FAMILY,
    metavar="FAMILY",
    help="forest (default), calibrated-forest, scorecard, boosting or ebm.",
)
@click.option("--without-protected", is_flag=True, help="Do not use the protected answers.")
@click.option(
    "--accept-draft", is_flag=True, help="Train although the portfolio has open review marks."
)
@click.option("--quick", is_flag=True, help="Make no validation report.")
@book_options
def train(
    data: Path | None,
    family: str,
    without_protected: bool,
    accept_draft: bool,
    quick: bool,
    book: BookOptions | None,
) -> None:
    """Train, register the model as Staging, and make its validation report.

    It trains on the portfolio's data, or with --from-log on the mature decisions of the served portfolio.
    """
    if book and (data or accept_draft):
        raise click.UsageError("--data and --accept-draft do not go with --from-log")
    with errors_in_one_line():
        source = read_source(book) if book else read_data_file(data, accept_draft=accept_draft)
        trained = run_training(source, family=family, protected=not without_protected)
        click.echo(summary(trained))
        keep_listing()
        if quick:
            click.echo(f"To make its validation report:  flask validate {trained.version}")
        else:
            click.echo(
                "Its validation report takes up to a few minutes; the version is kept without it."
            )
            make_report(trained.version, source)
    click.echo(f'To serve it:  flask promote {trained.version} --reason "…"')


@click.command()
@click.option(
    "--repeats", default=10, show_default=True, help="How often the rows are cut into three folds."
)
@click.option(
    "--document",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the table into this Markdown file, between the marks of the portfolio.",
)
def tournament(repeats: int, document: Path | None) -> None:
    """Compare all families of models on the same folds of the portfolio's data; registers nothing."""
    from training.dataset import load
    from training.estimators.families import FAMILIES
    from training.tournament import compare, table_of
    from training.tournament_document import write

    folder = current_settings().portfolio_folder
    with errors_in_one_line():
        catalogue = read_portfolio(folder)
        whole = load(catalogue, folder / catalogue.data.path)
        results = [*compare(whole, [*FAMILIES.values()], click.echo, repeats=repeats)]
        click.echo("\n".join(["", *table_of(results)]))
        if document:
            write(results, whole, document)


def read_data_file(data: Path | None = None, *, accept_draft: bool = False) -> "DataFile":
    """The portfolio's data, or another file with its columns, as a source of training rows.

    Raises:
        BadCatalogue: the portfolio cannot be read, or is a draft with open review marks.
    """
    from training.source import DataFile

    folder = current_settings().portfolio_folder
    catalogue = read_portfolio(folder)
    if catalogue.reviews and not accept_draft:
        raise BadCatalogue(
            f"{folder}: the draft has open review marks; decide them, and remove them "
            f"(flask portfolio check {folder} shows them)"
        )
    return DataFile(catalogue, data or folder / catalogue.data.path)


def run_training(source: "Source", *, family: str = FIRST_FAMILY, protected: bool) -> "Trained":
    """Train and register a model; scikit-learn and MLflow are loaded here."""
    from training.estimators import families
    from training.run import train as train_and_register

    chosen = families.find(family)
    return train_and_register(
        source, open_registry(), click.echo, family=chosen, protected=protected
    )


def summary(trained: "Trained") -> str:
    """What a training achieved, in a few lines."""
    metrics = trained.evaluation.metrics
    return "\n".join(
        [
            "",
            trained.evaluation.report,
            trained.evaluation.confusion_text,
            f"accuracy {metrics['accuracy']:.3f}, ROC AUC {metrics['roc_auc']:.3f}, "
            f"Gini {metrics['gini']:.3f}",
            f"export: {trained.parity.rows} rows compared with the fitted pipeline, "
            f"largest difference {trained.parity.largest_difference:.1e}",
            *([str(trained.ablation)] if trained.ablation else []),
            f"registered as version {trained.version}, stage Staging",
        ]
    )


COMMANDS = (train, tournament)
