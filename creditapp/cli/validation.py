"""The commands that make and print the validation report of a registered version."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from creditapp.applications.portfolio import read_portfolio
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.listing import keep_listing
from creditapp.cli.own_book import is_of_own_book, read_source_again
from creditapp.cli.registry import open_registry
from creditapp.exceptions import DatabaseUnavailable, RefusedModel
from creditapp.policy import versions
from creditapp.policy.definition import DEFAULT_POLICY, Policy
from creditapp.reports.chapter import NAMES, interval
from creditapp.settings.current import current_settings

if TYPE_CHECKING:
    from training.source import Source

MAIN = ("roc_auc", "brier", "calibration_slope", "cost")


@click.command()
@click.argument("version")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The file that the version was trained on, if it is not the portfolio's own.",
)
def validate(version: str, data: Path | None) -> None:
    """Make the validation report of a registered VERSION, or make it again."""
    with errors_in_one_line():
        run_validation(version, data)


@click.command()
@click.argument("version")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.option("--markdown", is_flag=True, help="Print the report as Markdown (default).")
def report(version: str, as_json: bool, markdown: bool) -> None:
    """Print the validation report of a registered VERSION."""
    if as_json and markdown:
        raise click.UsageError("use --json or --markdown, not both")
    with errors_in_one_line(as_json=as_json):
        document = open_registry().report(version)
        if document is None:
            raise RefusedModel(
                f"version {version} has no validation report; run: flask validate {version}"
            )
        click.echo(json.dumps(document) if as_json else _markdown(document))


def run_validation(version: str, data: Path | None = None) -> None:
    """Read the rows that a version was trained on again, and make its report."""
    from training.source import DataFile

    params = open_registry().training_record(version).params
    if is_of_own_book(params):
        if data:
            raise click.UsageError(
                f"version {version} was trained on own decisions; --data does not go with it"
            )
        make_report(version, read_source_again(params))
        return
    folder = current_settings().portfolio_folder
    catalogue = read_portfolio(folder)
    make_report(version, DataFile(catalogue, data or folder / catalogue.data.path))


def make_report(version: str, source: "Source") -> None:
    """Make the report of a version and log it, with a line for each step."""
    from training.validate import Basis
    from training.validate import validate as make_and_log

    basis = Basis(source, _policy_in_force())
    made = make_and_log(basis, open_registry(), version, click.echo)
    keep_listing(new_report_of=version)
    click.echo(_summary(made))


def _policy_in_force() -> Policy:
    """The policy that decides; the default where the database does not answer."""
    try:
        return versions.in_force()
    except DatabaseUnavailable:
        click.echo("the database does not answer; the report uses the default cut-offs", err=True)
        return DEFAULT_POLICY


def _markdown(document: dict[str, Any]) -> str:
    from training.validation.rendering import as_markdown

    return as_markdown(document)


def _summary(document: dict[str, Any]) -> str:
    measures = document["measures"]
    figures = ", ".join(f"{NAMES[name]} {interval(measures[name])}" for name in MAIN)
    version = document["model"]["version"]
    return f"{figures}\nthe report is registered; print it with: flask report {version}"


COMMANDS = (validate, report)
