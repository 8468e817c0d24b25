"""Commands about models: train and list; and the preparation of a first start."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask_migrate import upgrade

from creditapp.cli.errors import in_one_line
from creditapp.cli.registry import registry
from creditapp.cli.serving import deployed, promoted
from creditapp.drift import watch as drift_watch
from creditapp.identity import audit, people
from creditapp.identity.people import Role
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment
from creditapp.settings.paths import ROOT

if TYPE_CHECKING:
    from creditapp.serving.registry import Version
    from training.run import Trained

DATA = ROOT / "data" / "estadistical.csv"


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True)
@click.option("--without-protected", is_flag=True, help="Leave the protected answers unused.")
def train(data: Path, without_protected: bool) -> None:
    """Train on a CSV file and register the model as Staging."""
    with in_one_line():
        trained = _train(data, protected=not without_protected)
    click.echo(_summary(trained))
    click.echo(f'To serve it:  flask promote {trained.version} --reason "…"')


@click.command()
@click.option("--history", is_flag=True, help="What was served instead: when, by whom, and why.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
def models(history: bool, as_json: bool) -> None:
    """List the registered versions, newest first."""
    with in_one_line(as_json=as_json):
        if history:
            _show_history(deployments.history())
        else:
            _show_versions(registry().versions(), as_json=as_json)


def _show_history(history: Sequence[Deployment]) -> None:
    click.echo(f"{'deployment':<12}{'version':<9}{'from (UTC)':<21}{'by':<26}why")
    for one in history:
        moment = f"{one.deployed_at:%Y-%m-%d %H:%M:%S}"
        first = f"{one.generation:<12}{one.model_version:<9}{moment:<21}"
        click.echo(f"{first}{one.deployed_by:<26}{one.reason}")


def _show_versions(versions: "Sequence[Version]", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(one) for one in versions], default=str))
        return
    first = f"{'version':<9}{'stage':<12}{'registered (UTC)':<18}"
    click.echo(f"{first}{'accuracy':<10}{'recall of bad':<15}protected")
    for one in versions:
        figures = f"{_figure(one.accuracy):<10}{_figure(one.recall_bad):<15}"
        figures += "used" if one.uses_protected else f"not used{_cost_of(one)}"
        click.echo(f"{one.version:<9}{one.stage:<12}{one.created_at:%Y-%m-%d %H:%M}  {figures}")


def _cost_of(version: "Version") -> str:
    """What leaving the protected answers out costs, as it was measured in the training."""
    if version.exclusion_difference is None:
        return ""
    spread = version.exclusion_spread or 0.0
    return f" (ROC AUC {version.exclusion_difference:+.4f}, spread {spread:.4f}, paired folds)"


@click.command()
def prepare() -> None:
    """Migrate the database; train and promote a first model if none is registered."""
    click.echo("database: migrating")
    with in_one_line():
        upgrade()
        _make_a_local_admin()
        click.echo(f"model: {_prepare_model()}")


def _prepare_model() -> str:
    """Have a model in force, and say which; a registry with versions is left to its people."""
    if deployment := deployments.in_force():
        return f"version {deployment.model_version} is served already"
    versions = registry()
    if versions.production() is not None:
        return f"version {deployed(audit.operator()).model_version} is in production"
    if versions.versions():
        return "versions are registered and none is promoted: flask models, flask promote"
    click.echo("model: none is registered yet; training a first one")
    trained = _train(DATA, protected=not current_app.config["SETTINGS"].production)
    click.echo(_summary(trained))
    done = promoted(trained.version, "the first model", audit.operator())
    return f"version {done.model_version} is in production"


@click.command("drift")
@click.option("--days", type=click.IntRange(1, 3660), default=drift_watch.DAYS, show_default=True)
def show_drift(days: int) -> None:
    """Compare recent decisions with the population the served model knows."""
    with in_one_line():
        report = drift_watch.look(days)
    click.echo(f"model version {report.model_version}, {report.cases} decisions in {days} days")
    click.echo(f"{'index':>7}{'watch':>7}{'shift':>7}  state")
    for one in report.drifts:
        limits = f"{one.index:7.3f}{one.watch_from:7.3f}{one.shifted_from:7.3f}"
        click.echo(f"{limits}  {one.state:<22} {one.name}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _make_a_local_admin() -> None:
    """On a first start in development somebody must be able to sign in; in production nobody is made up."""
    if current_app.config["SETTINGS"].production or people.people():
        return
    password = secrets.token_urlsafe(12)
    people.add("admin", Role.ADMIN, password, audit.operator())
    click.echo(f"sign-in: name admin, password {password}   (shown this once)")


def _train(data: Path, *, protected: bool = True) -> "Trained":
    from training.run import train as run_training

    return run_training(data, registry(), click.echo, protected=protected)


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
            *([str(trained.ablation)] if trained.ablation else []),
            f"registered as version {trained.version}, stage Staging",
        ]
    )


COMMANDS = (train, models, prepare, show_drift)
