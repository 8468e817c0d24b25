"""The command that prepares a first start: database, a local admin, and a model."""

import secrets

import click

from creditapp.applications.portfolio import read_portfolio
from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.migrations import migrate
from creditapp.cli.models import read_data_file, run_training, summary
from creditapp.cli.registry import open_registry
from creditapp.cli.serving import lifecycle
from creditapp.database.turns import one_at_a_time
from creditapp.identity import audit, people
from creditapp.identity.actors import operator
from creditapp.identity.audit import Action
from creditapp.identity.people import Role
from creditapp.serving import deployments
from creditapp.serving.lifecycle import Permissions
from creditapp.settings.current import current_settings
from creditapp.settings.paths import DEFAULT_PORTFOLIO


@click.command()
def prepare() -> None:
    """Migrate the database; train and promote a first model if none is registered."""
    click.echo("database: migrating")
    with errors_in_one_line(), one_at_a_time("prepare"):
        migrate()
        _add_local_admin()
        click.echo(f"model: {_prepare_model()}")


def _add_local_admin() -> None:
    """Add an admin on the first start in development; in production nobody is added unasked."""
    if current_settings().production or people.list_people():
        return
    password = secrets.token_urlsafe(12)
    people.add("admin", Role.ADMIN, password, operator())
    click.echo(f"sign-in: name admin, password {password}   (shown only once)")


def _prepare_model() -> str:
    """Put a model of the portfolio in force if none is, and describe it.

    Registered versions are not promoted unasked.
    """
    settings = current_settings()
    deployment, folder = deployments.in_force(), settings.portfolio_folder
    if deployment and settings.production:
        return f"version {deployment.model_version} is served already"
    portfolio = read_portfolio(folder).name
    if deployment and deployment.portfolio == portfolio:
        return f"version {deployment.model_version} is served already"
    if deployment:
        click.echo(f"model: portfolio {deployment.portfolio} is served; {folder} holds {portfolio}")
    registry = open_registry()
    is_default = folder == DEFAULT_PORTFOLIO
    versions = [
        version
        for version in registry.versions()
        if version.portfolio == portfolio or (is_default and not version.portfolio)
    ]
    if deployment is None and registry.production() in {one.version for one in versions}:
        return f"version {lifecycle().deploy(operator()).model_version} is in production"
    if versions:
        return (
            f"versions of portfolio {portfolio} are registered, but none is promoted; "
            "run: flask models, flask promote"
        )
    click.echo("model: none is registered yet; training a first one")
    trained = run_training(read_data_file(), protected=not settings.production)
    click.echo(summary(trained))
    click.echo(f"to make its validation report, run: flask validate {trained.version}")
    if settings.two_people:
        subject = f"version {trained.version}"
        audit.record(operator(), Action.WITHOUT_SECOND_PERSON, subject, "the first model")
    switch = lifecycle().promote(
        trained.version, "the first model", operator(), Permissions(new_inputs=True, override=True)
    )
    return f"version {switch.model_version} is in production"


COMMANDS = (prepare,)
