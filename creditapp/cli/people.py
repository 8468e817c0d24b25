"""Commands about people and keys, and what they did."""

import secrets
from datetime import UTC, datetime, timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from creditapp.cli.errors import in_one_line
from creditapp.identity import api_keys, audit, people
from creditapp.identity.api_keys import Scope
from creditapp.identity.people import Role

user = AppGroup("user", help="People who may sign in.")
key = AppGroup("key", help="Keys for programs.")

ROLES = click.Choice([role.value for role in Role])
SCOPES = click.Choice([scope.value for scope in Scope])


@user.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--generate", is_flag=True, help="Make the password up, and show it once.")
def add_user(name: str, role: str, generate: bool) -> None:
    """Let a person in under NAME."""
    with in_one_line():
        people.add(name, Role(role), _password(generate), audit.operator())
    click.echo(f"{name} may sign in as {role}")


@user.command("first-admin")
def add_first_admin() -> None:
    """Let `admin` in with CREDITAPP_FIRST_ADMIN_PASSWORD, where nobody is an admin yet."""
    password = current_app.config["SETTINGS"].first_admin_password
    with in_one_line():
        if people.has_admin():
            click.echo("there is an admin already")
        elif not password:
            click.echo("nobody is an admin yet: flask user add NAME --role admin")
        else:
            people.add("admin", Role.ADMIN, password, audit.operator())
            click.echo("admin may sign in as admin")


@user.command("list")
def list_users() -> None:
    """Show everybody with their role."""
    with in_one_line():
        everybody = people.people()
    for person in everybody:
        state = "disabled" if person.disabled_at else "active"
        click.echo(f"{person.name:<30}{person.role:<10}{state}")


@user.command("role")
@click.argument("name")
@click.argument("role", type=ROLES)
def change_role(name: str, role: str) -> None:
    """Give NAME another ROLE, from their next request on."""
    with in_one_line():
        people.change_role(name, Role(role), audit.operator())
    click.echo(f"{name} is {role} now")


@user.command("disable")
@click.argument("name")
def disable_user(name: str) -> None:
    """Keep NAME out, and sign them out everywhere."""
    with in_one_line():
        people.disable(name, audit.operator())
    click.echo(f"{name} is signed out and may not sign in any more")


@user.command("password")
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make the password up, and show it once.")
def change_password(name: str, generate: bool) -> None:
    """Give NAME another password, and sign them out everywhere."""
    with in_one_line():
        people.change_password(name, _password(generate), audit.operator())
    click.echo(f"{name} has a new password and is signed out everywhere")


@key.command("add")
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
def add_key(name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key for the program NAME, and show it once."""
    expires_at = datetime.now(UTC) + timedelta(days=days)
    with in_one_line():
        text = api_keys.add(name, map(Scope, scopes), expires_at, audit.operator())
    click.echo(f"valid until {expires_at:%Y-%m-%d}; shown this once:", err=True)
    click.echo(text)


@key.command("list")
def list_keys() -> None:
    """Show all keys, never their text."""
    with in_one_line():
        keys = api_keys.list_all()
    for one in keys:
        state = "revoked" if one.revoked_at else "active"
        if not one.revoked_at and one.expires_at and one.expires_at <= datetime.now(UTC):
            state = "expired"
        until = f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "-"
        click.echo(f"{one.id}  {one.name:<24}{state:<9}{until}  {' '.join(one.scopes)}")


@key.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Let the key KEY_ID open nothing any more."""
    with in_one_line():
        api_keys.revoke(key_id, audit.operator())
    click.echo(f"{key_id} opens nothing any more")


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def events(limit: int) -> None:
    """Show who did what, the newest first."""
    with in_one_line():
        found = audit.recent(limit=limit)
    for event in found:
        subject = f"{event.subject} {event.detail}".strip()
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.actor}: {event.action}: {subject}")


def _password(generate: bool) -> str:
    if generate:
        password = secrets.token_urlsafe(15)
        click.echo(f"password, shown this once: {password}")
        return password
    prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return prompted


COMMANDS = (user, key, events)
