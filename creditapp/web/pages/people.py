"""The pages about people: who may sign in, and what an admin changes about them."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug import Response

from creditapp.exceptions import BadAccount, CreditappError, NotConfirmed
from creditapp.identity import accounts, people, second_factor
from creditapp.identity.accounts import Account
from creditapp.identity.people import Role
from creditapp.web import access, confirmation, rate_limits
from creditapp.web.access import ADMINS, open_to
from creditapp.web.pages.people_forms import ROLES, PasswordForm, PersonForm
from creditapp.web.phrasing import explain, phrase

blueprint = Blueprint("people", __name__)

PAGE_LENGTH = 100
LONGEST_REASON = 500
REFUSED = 422

Page = str | tuple[str, int]


@blueprint.get("/people")
@open_to(ADMINS)
def overview() -> Page:
    """List all people, and a form to add one."""
    rate_limits.spend_reading()
    return _list_page(PersonForm())


@blueprint.post("/people")
@open_to(ADMINS)
def add() -> Response | Page:
    """Add a person; a password that was generated is shown once."""
    form = PersonForm()
    name, role = (form.name.data or "").strip(), form.role.data
    if role not in list(Role):
        return _list_page(form, gettext("Choose a role."), REFUSED)
    password, generated = form.chosen()
    try:
        confirmation.confirm()
        people.add(name, Role(role), password, access.current_actor())
    except (BadAccount, NotConfirmed) as error:
        return _list_page(form, explain(error), _status(error))
    if generated:
        return _password_page(name, password)
    flash(gettext("%(name)s is added and may sign in.", name=name))
    return redirect(url_for("people.overview"))


@blueprint.get("/people/<int:person_id>")
@open_to(ADMINS)
def person(person_id: int) -> Page:
    """Show a person, and what can be changed about them."""
    rate_limits.spend_reading()
    return _person_page(accounts.find(person_id))


@blueprint.post("/people/<int:person_id>/role")
@open_to(ADMINS)
def change_role(person_id: int) -> Response | Page:
    """Change the role of a person, from their next request on."""

    def change(name: str) -> object:
        wanted = request.form.get("role", "")
        if wanted not in list(Role):
            raise BadAccount(gettext("Choose a role."))
        people.change_role(name, Role(wanted), access.current_actor())
        role = phrase(wanted)
        return gettext("%(name)s now has the role %(role)s.", name=name, role=role)

    return _make(person_id, change)


@blueprint.post("/people/<int:person_id>/disable")
@open_to(ADMINS)
def disable(person_id: int) -> Response | Page:
    """Sign a person out everywhere, and refuse new sign-ins."""

    def change(name: str) -> object:
        people.disable(name, access.current_actor())
        return gettext("%(name)s is signed out and can no longer sign in.", name=name)

    return _make(person_id, change)


@blueprint.post("/people/<int:person_id>/enable")
@open_to(ADMINS)
def enable(person_id: int) -> Response | Page:
    """Let a person who was disabled sign in again."""

    def change(name: str) -> object:
        people.enable(name, access.current_actor())
        return gettext("%(name)s may sign in again.", name=name)

    return _make(person_id, change)


@blueprint.post("/people/<int:person_id>/sessions/end")
@open_to(ADMINS)
def end_sessions(person_id: int) -> Response | Page:
    """Sign a person out everywhere; they may sign in again."""

    def change(name: str) -> object:
        number = people.end_sessions(name, access.current_actor())
        return gettext(
            "%(name)s is signed out everywhere. Sessions that ended: %(number)s.",
            name=name,
            number=number,
        )

    return _make(person_id, change)


@blueprint.post("/people/<int:person_id>/second-factor/remove")
@open_to(ADMINS)
def remove_second_factor(person_id: int) -> Response | Page:
    """Take away the second factor of a person who lost it, and sign them out everywhere."""

    def change(name: str) -> object:
        reason = request.form.get("reason", "").strip()
        if not (0 < len(reason) <= LONGEST_REASON and reason.isprintable()):
            raise BadAccount(gettext("Write how you know that it is this person who asks."))
        second_factor.reset(name, reason, access.current_actor())
        return gettext("%(name)s has no second factor now and is signed out everywhere.", name=name)

    return _make(person_id, change)


@blueprint.post("/people/<int:person_id>/password")
@open_to(ADMINS)
def change_password(person_id: int) -> Response | Page:
    """Give a person a new password, and sign them out everywhere; a generated one is shown once."""
    account = accounts.find(person_id)
    name = account.person.name
    password, generated = PasswordForm().chosen()
    try:
        _check_other(account)
        confirmation.confirm()
        people.change_password(name, password, access.current_actor())
    except (BadAccount, NotConfirmed) as error:
        return _person_page(account, explain(error), _status(error))
    if generated:
        return _password_page(name, password)
    flash(gettext("%(name)s has a new password and is signed out everywhere.", name=name))
    return redirect(url_for("people.person", person_id=person_id))


def _make(person_id: int, change: Callable[[str], object]) -> Response | Page:
    """Make a change after a proof of who asks, and say its success; or show why it was refused."""
    account = accounts.find(person_id)
    try:
        _check_other(account)
        confirmation.confirm()
        flash(str(change(account.person.name)))
    except (BadAccount, NotConfirmed) as error:
        return _person_page(account, explain(error), _status(error))
    return redirect(url_for("people.person", person_id=person_id))


def _check_other(account: Account) -> None:
    """Check that nobody changes their own account here, and locks themselves out by mistake.

    Raises:
        BadAccount: it is their own.
    """
    if account.person.id == current_user.person_id:
        raise BadAccount(gettext("This is your own account. Another admin has to change it."))


def _status(error: CreditappError) -> int:
    return error.status if isinstance(error, NotConfirmed) else REFUSED


def _list_page(form: PersonForm, problem: str = "", status: int = 200) -> Page:
    after = request.args.get("after", "")
    found = accounts.find_page(after, PAGE_LENGTH + 1)
    context = {
        "accounts": found[:PAGE_LENGTH],
        "next": found[PAGE_LENGTH - 1].person.name if len(found) > PAGE_LENGTH else None,
        "is_first": not after,
        "form": form,
        "problem": problem,
    }
    return render_template("people.html", **context), status


def _person_page(account: Account, problem: str = "", status: int = 200) -> Page:
    context = {
        "account": account,
        "person": account.person,
        "is_own": account.person.id == current_user.person_id,
        "roles": ROLES,
        "form": PasswordForm(),
        "longest_reason": LONGEST_REASON,
        "problem": problem,
    }
    return render_template("person.html", **context), status


def _password_page(name: str, password: str) -> str:
    return render_template("new_password.html", name=name, password=password)
