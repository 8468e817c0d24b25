"""The commands for people and API keys, and for the audit trail."""

import secrets
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.texts import REASON
from creditapp.identity import api_keys, audit, people, second_factor
from creditapp.identity.actors import operator
from creditapp.identity.api_keys import Scope
from creditapp.identity.people import Role
from creditapp.settings.current import current_settings

user = AppGroup("user", help="Manage the people who may sign in.")
key = AppGroup("key", help="Manage the API keys of programs.")

ROLES = click.Choice([role.value for role in Role])
SCOPES = click.Choice([scope.value for scope in Scope])


@user.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--generate", is_flag=True, help="Generate the password, and show it once.")
def add_user(name: str, role: str, generate: bool) -> None:
    """Add a person who may sign in as NAME."""
    password = _password(generate)
    with errors_in_one_line():
        people.add(name, Role(role), password, operator())
    _show(password, generate)
    click.echo(f"{name} may sign in as {role}")


@user.command("first-admin")
def add_first_admin() -> None:
    """Add `admin` with CREDITAPP_FIRST_ADMIN_PASSWORD, if nobody is an admin yet."""
    password = current_settings().first_admin_password
    with errors_in_one_line():
        if people.has_admin():
            click.echo("an admin exists already")
        elif not password:
            click.echo("nobody is an admin yet; run: flask user add NAME --role admin")
        else:
            people.add("admin", Role.ADMIN, password, operator())
            click.echo("admin may sign in as admin")


@user.command("list")
def list_users() -> None:
    """List all people with their roles."""
    with errors_in_one_line():
        everybody = people.list_people()
    for person in everybody:
        state = "disabled" if person.disabled_at else "active"
        click.echo(f"{person.name:<30}{person.role:<10}{state}")


@user.command("role")
@click.argument("name")
@click.argument("role", type=ROLES)
def change_role(name: str, role: str) -> None:
    """Change the role of NAME to ROLE, from their next request on."""
    with errors_in_one_line():
        people.change_role(name, Role(role), operator())
    click.echo(f"{name} now has the role {role}")


@user.command("disable")
@click.argument("name")
def disable_user(name: str) -> None:
    """Sign NAME out everywhere, and refuse new sign-ins."""
    with errors_in_one_line():
        people.disable(name, operator())
    click.echo(f"{name} is signed out and can no longer sign in")


@user.command("enable")
@click.argument("name")
def enable_user(name: str) -> None:
    """Let NAME, who was disabled, sign in again."""
    with errors_in_one_line():
        people.enable(name, operator())
    click.echo(f"{name} may sign in again")


@user.command("end-sessions")
@click.argument("name")
def end_sessions(name: str) -> None:
    """Sign NAME out everywhere; they may sign in again."""
    with errors_in_one_line():
        number = people.end_sessions(name, operator())
    click.echo(f"{name} is signed out everywhere; sessions that ended: {number}")


@user.command("password")
@click.argument("name")
@click.option("--generate", is_flag=True, help="Generate the password, and show it once.")
def change_password(name: str, generate: bool) -> None:
    """Change the password of NAME, and sign them out everywhere."""
    password = _password(generate)
    with errors_in_one_line():
        people.change_password(name, password, operator())
    _show(password, generate)
    click.echo(f"{name} has a new password and is signed out everywhere")


@user.command("reset-second-factor")
@click.argument("name")
@click.option("--reason", type=REASON, required=True, help="How you know that it is NAME who asks.")
def reset_second_factor(name: str, reason: str) -> None:
    """Remove the second factor of NAME, and sign them out everywhere."""
    with errors_in_one_line():
        second_factor.reset(name, reason, operator())
    click.echo(f"{name} has no second factor now and is signed out everywhere")


@key.command("add")
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
def add_key(name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create a key for the program NAME, and show it once."""
    expires_at = datetime.now(UTC) + timedelta(days=days)
    with errors_in_one_line():
        text = api_keys.add(name, map(Scope, scopes), expires_at, operator())
    click.echo(f"valid until {expires_at:%Y-%m-%d}; shown only once:", err=True)
    click.echo(text)


@key.command("list")
def list_keys() -> None:
    """List all keys, without their text."""
    with errors_in_one_line():
        keys = api_keys.list_all()
    for api_key in keys:
        until = f"{api_key.expires_at:%Y-%m-%d}" if api_key.expires_at else "-"
        click.echo(
            f"{api_key.id}  {api_key.name:<24}{api_key.state:<9}{until}  {' '.join(api_key.scopes)}"
        )


@key.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Revoke the key KEY_ID."""
    with errors_in_one_line():
        api_keys.revoke(key_id, operator())
    click.echo(f"{key_id} is revoked")


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def events(limit: int) -> None:
    """List who did what, newest first."""
    with errors_in_one_line():
        newest = audit.find_newest(limit=limit)
    for event in newest:
        subject = f"{event.subject} {event.detail}".strip()
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.actor}: {event.action}: {subject}")


def _password(generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(16)
    prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return prompted


def _show(password: str, generated: bool) -> None:
    """Show a generated password, once it is in force."""
    if generated:
        click.echo(f"password, shown only once: {password}")


COMMANDS = (user, key, events)
