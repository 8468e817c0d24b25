"""Commands about models: train, promote, deploy, list; and the preparation of a first start."""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask_migrate import upgrade

from creditapp import accounts, audit, deployments, monitoring
from creditapp.accounts import Role
from creditapp.audit import Action
from creditapp.cli.failing import in_one_line
from creditapp.config import ROOT, Settings
from creditapp.deployments import Reload
from creditapp.exceptions import RefusedModel

if TYPE_CHECKING:
    from creditapp.model_registry import Registry
    from training.run import Trained

DATA = ROOT / "data" / "estadistical.csv"


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=DATA, show_default=True)
def train(data: Path) -> None:
    """Train on a CSV file and register the model as Staging."""
    with in_one_line():
        trained = _train(data)
    click.echo(_summary(trained))
    click.echo(f'To serve it:  flask promote {trained.version} --reason "…"')


@click.command()
@click.argument("version")
@click.option("--reason", required=True, help="Why; kept with the version and the deployment.")
def promote(version: str, reason: str) -> None:
    """Make a registered VERSION the production one, and serve it."""
    if not reason.strip():
        raise click.BadParameter("a reason is expected", param_hint="--reason")
    with in_one_line():
        done = _promote(version, reason)
    click.echo(f"version {version} is in production; before it: {done.previous_version or 'none'}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
@click.option("--actor", default=audit.operator, hidden=True)
@click.option("--request-id", default="", hidden=True)
def deploy(as_json: bool, actor: str, request_id: str) -> None:
    """Serve the version that the registry's production alias names."""
    with in_one_line(as_json=as_json):
        done = _deploy(actor, request_id)
    if as_json:
        click.echo(json.dumps(vars(done)))
    else:
        click.echo(f"version {done.model_version} is served")


@click.command()
def models() -> None:
    """List the registered versions, newest first."""
    with in_one_line():
        versions = _registry().versions()
    click.echo(f"{'version':<9}{'stage':<12}{'registered (UTC)':<18}{'accuracy':<10}recall of bad")
    for one in versions:
        figures = f"{_figure(one.accuracy):<10}{_figure(one.recall_bad)}"
        click.echo(f"{one.version:<9}{one.stage:<12}{one.created_at:%Y-%m-%d %H:%M}  {figures}")


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
    registry = _registry()
    if registry.production() is not None:
        return f"version {_deploy(audit.operator()).model_version} is in production"
    if registry.versions():
        return "versions are registered and none is promoted: flask models, flask promote"
    click.echo("model: none is registered yet; training a first one")
    trained = _train(DATA)
    click.echo(_summary(trained))
    return f"version {_promote(trained.version, 'the first model').model_version} is in production"


@click.command("drift")
@click.option("--days", type=click.IntRange(1, 3660), default=monitoring.DAYS, show_default=True)
def show_drift(days: int) -> None:
    """Compare recent decisions with the population the served model knows."""
    with in_one_line():
        report = monitoring.look(days)
    click.echo(f"model version {report.model_version}, {report.cases} decisions in {days} days")
    click.echo(f"{'index':>7}{'watch':>7}{'shift':>7}  state")
    for one in report.drifts:
        limits = f"{one.index:7.3f}{one.watch_from:7.3f}{one.shifted_from:7.3f}"
        click.echo(f"{limits}  {one.state:<22} {one.name}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _make_a_local_admin() -> None:
    """On a first start in development somebody must be able to sign in; in production nobody is made up."""
    if current_app.config["SETTINGS"].production or accounts.people():
        return
    password = secrets.token_urlsafe(12)
    accounts.add("admin", Role.ADMIN, password, audit.operator())
    click.echo(f"sign-in: name admin, password {password}   (shown this once)")


def _train(data: Path) -> "Trained":
    from training.run import train as run_training

    return run_training(data, _registry(), click.echo)


def _promote(version: str, reason: str) -> Reload:
    """The bundle is proved first: what cannot be served is not promoted."""
    registry = _registry()
    bundle = registry.fetch_bundle(version)
    registry.promote(version, reason)
    audit.record(audit.operator(), Action.MODEL_PROMOTED, f"version {version}", reason)
    return deployments.deploy(_model_name(), version, bundle, reason)


def _deploy(actor: str, request_id: str = "") -> Reload:
    """Deploy what the alias names, and look again: somebody may have promoted meanwhile."""
    registry = _registry()
    version = registry.production()
    if version is None:
        raise RefusedModel("no version is promoted to production")
    done = _deploy_version(registry, version, actor, request_id)
    return done if registry.production() == version else _deploy(actor, request_id)


def _deploy_version(registry: "Registry", version: str, actor: str, request_id: str) -> Reload:
    bundle = registry.fetch_bundle(version)
    done = deployments.deploy(_model_name(), version, bundle, "the registry's alias")
    if done.previous_version != version:
        what = f"version {version}"
        audit.record(actor, Action.MODEL_DEPLOYED, what, request_id=request_id)
    return done


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


COMMANDS = (train, promote, deploy, models, prepare, show_drift)
