"""What commands do where two people must agree on a change: a command cannot be two people."""

from collections.abc import Callable
from typing import Any

import click

from creditapp.exceptions import NeedsSecondPerson
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.settings.current import current_settings


def two_people_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to propose a change, and to make it without a second person."""
    for option in (
        click.option(
            "--without-second-person",
            is_flag=True,
            help="Make the change although CREDITAPP_FOUR_EYES asks for a second person; an event keeps it.",
        ),
        click.option(
            "--propose", is_flag=True, help="Propose the change, for another person to approve."
        ),
    ):
        command = option(command)
    return command


def check_second_person(subject: str, reason: str, actor: Actor, permitted: bool) -> None:
    """Refuse a change where two people must agree, or record that it is made without a second person.

    Raises:
        NeedsSecondPerson: they must, and it was not permitted; the message says what to do.
    """
    if not current_settings().two_people:
        return
    if not permitted:
        raise NeedsSecondPerson(
            f"{subject}: a second person must agree (CREDITAPP_FOUR_EYES); propose the change with "
            "--propose, or make it with --without-second-person, which is recorded"
        )
    audit.record(actor, Action.WITHOUT_SECOND_PERSON, subject, reason)
