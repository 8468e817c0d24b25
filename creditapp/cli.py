"""The commands: settings are read here and handed down as values."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask_migrate import upgrade

from creditapp import deployments
from creditapp.config import ROOT, Settings
from creditapp.deployments import REFUSED, Reload
from creditapp.exceptions import CreditappError, RefusedModel

if TYPE_CHECKING:
    from creditapp.model_registry import Registry
    from training.run import Trained

DATA = ROOT / "data" / "estadistical.csv"
BAD_INPUT = 2


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (train, promote, deploy, models, prepare):
        app.cli.add_command(command)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True)
def train(data: Path) -> None:
    """Train on a CSV file and register the model as Staging."""
    with _failing_in_one_line():
        trained = _train(data)
    click.echo(_summary(trained))
    click.echo(f'To serve it:  flask promote {trained.version} --reason "…"')


@click.command()
@click.argument("version")
@click.option("--reason", required=True, help="Why; kept with the version and the deployment.")
def promote(version: str, reason: str) -> None:
    """Make a registered VERSION the production one, and serve it."""
    with _failing_in_one_line():
        done = _promote(version, reason)
    click.echo(f"version {version} is in production; before it: {done.previous_version or 'none'}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
def deploy(as_json: bool) -> None:
    """Serve the version that the registry's production alias names."""
    with _failing_in_one_line():
        done = _deploy()
    if as_json:
        click.echo(json.dumps(vars(done)))
    else:
        click.echo(f"version {done.model_version} is served")


@click.command()
def models() -> None:
    """List the registered versions, newest first."""
    with _failing_in_one_line():
        versions = _registry().versions()
    click.echo(f"{'version':<9}{'stage':<12}{'registered (UTC)':<18}accuracy")
    for one in versions:
        accuracy = "-" if one.accuracy is None else f"{one.accuracy:.3f}"
        click.echo(f"{one.version:<9}{one.stage:<12}{one.created_at:%Y-%m-%d %H:%M}  {accuracy}")


@click.command()
def prepare() -> None:
    """Migrate the database; train and promote a first model if none is registered."""
    click.echo("database: migrating")
    upgrade()
    if deployment := deployments.in_force():
        click.echo(f"model: version {deployment.model_version} is served already")
        return
    with _failing_in_one_line():
        if _registry().production() is None:
            click.echo("model: none is registered yet; training a first one")
            trained = _train(DATA)
            click.echo(_summary(trained))
            _promote(trained.version, "the first model")
        done = _deploy()
    click.echo(f"model: version {done.model_version} is in production")


def _train(data: Path) -> "Trained":
    from training.run import train as run_training

    return run_training(data, _registry(), click.echo)


def _promote(version: str, reason: str) -> Reload:
    """The bundle is proved first: what cannot be served is not promoted."""
    registry = _registry()
    bundle = registry.fetch_bundle(version)
    registry.promote(version, reason)
    return deployments.deploy(_model_name(), version, bundle, reason)


def _deploy() -> Reload:
    registry = _registry()
    version = registry.production()
    if version is None:
        raise RefusedModel("no version is promoted to production")
    bundle = registry.fetch_bundle(version)
    return deployments.deploy(_model_name(), version, bundle, "the registry's alias")


def _registry() -> "Registry":
    """MLflow is loaded here, and only when a command needs it."""
    from creditapp.model_registry import Registry

    settings: Settings = current_app.config["SETTINGS"]
    return Registry(settings.tracking_uri)


def _model_name() -> str:
    from creditapp.model_registry import MODEL_NAME

    return MODEL_NAME


def _summary(trained: "Trained") -> str:
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
            f"registered as version {trained.version}, stage Staging",
        ]
    )


@contextmanager
def _failing_in_one_line() -> Iterator[None]:
    try:
        yield
    except CreditappError as error:
        click.echo(str(error), err=True)
        sys.exit(REFUSED if isinstance(error, RefusedModel) else BAD_INPUT)
