"""The commands about people: what they refuse, and what they say."""

import pytest
from click.testing import Result
from flask import Flask

from creditapp.identity import audit
from creditapp.identity.people import Role
from tests.clients import StrictClient
from tests.engines import on_both

LATIN_1 = "d\udce9j\udce0 vu"
"""What a terminal in Latin-1 makes of a word with accents."""


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(arguments))


def test_a_generated_password_is_shown_only_if_it_is_in_force(app: Flask) -> None:
    """Of a name that is taken, the old password stays."""
    added = run(app, "user", "add", "ann", "--role", "officer", "--generate")
    assert "password, shown only once: " in added.output
    again = run(app, "user", "add", "ann", "--role", "officer", "--generate")
    assert again.exit_code == 2
    assert "password, shown" not in again.output
    unknown = run(app, "user", "password", "nobody", "--generate")
    assert "password, shown" not in unknown.output


@on_both
def test_the_last_admin_stays(app: Flask, people: dict[Role, str]) -> None:
    """Neither disabled nor made something else; with a second one, either goes."""
    run(app, "user", "disable", "the admin")
    for command in (["disable", "admin"], ["role", "admin", "officer"]):
        refused = run(app, "user", *command)
        assert (refused.exit_code, "is the last admin" in refused.output) == (2, True)
    assert run(app, "user", "enable", "the admin").exit_code == 0
    assert run(app, "user", "disable", "admin").exit_code == 0


def test_who_was_disabled_may_be_enabled(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """With the same password; it is an event, and only of who was disabled."""
    run(app, "user", "disable", "the officer")
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code != 302
    assert run(app, "user", "enable", "the officer").exit_code == 0
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 302
    assert "is not disabled" in run(app, "user", "enable", "the officer").output
    with app.app_context():
        actions = [event.action for event in audit.find_newest()]
    assert actions.count("person enabled") == 1


@on_both
@pytest.mark.parametrize("name", ["ann\0", "\0", LATIN_1, "x" * 10_000])
def test_a_name_that_cannot_be_stored_is_nobodys(
    app: Flask, client: StrictClient, name: str
) -> None:
    """At the sign-in and in commands; PostgreSQL has no NUL, and no driver a lone surrogate."""
    if name != LATIN_1:
        assert client.sign_in(name, "a wrong password").status_code in (401, 422)
    done = run(app, "user", "disable", name)
    assert (done.exit_code, "no person is named" in done.output) == (2, True)


@pytest.mark.parametrize("reason", [LATIN_1, "", "  ", "a\nb", "x" * 501])
@pytest.mark.parametrize(
    "command",
    [
        ["policy", "set", "--approve-from", "0.8", "--refer-from", "0.3"],
        ["rollback"],
        ["challenge", "--stop"],
        ["erase", "--reference", "x", "--yes"],
        ["user", "reset-second-factor", "admin"],
    ],
    ids=lambda command: command[0],
)
def test_a_reason_that_cannot_be_kept_changes_nothing(
    app: Flask, command: list[str], reason: str
) -> None:
    """Neither a traceback nor an event."""
    with app.app_context():
        before = len(audit.find_newest())
    done = run(app, *command, "--reason", reason)
    assert done.exit_code == 2
    assert "printable characters in UTF-8 are required" in done.output
    with app.app_context():
        assert len(audit.find_newest()) == before
