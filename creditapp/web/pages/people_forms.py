"""The forms of the pages about people."""

import secrets

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from creditapp.identity.people import Role

ROLES = {
    Role.OFFICER: lazy_gettext("officer: scores applications, and reviews decisions"),
    Role.ANALYST: lazy_gettext("analyst: also changes the policy, and sees performance and models"),
    Role.ADMIN: lazy_gettext("admin: also promotes models, and manages people and keys"),
}


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A password for somebody else."""

    password = PasswordField(
        lazy_gettext("Password"),
        description=lazy_gettext("leave it empty, and one is generated"),
        render_kw={"autocomplete": "new-password"},
    )

    def chosen(self) -> tuple[str, bool]:
        """The password, and whether it was generated."""
        typed = self.password.data or ""
        return (typed, False) if typed else (secrets.token_urlsafe(16), True)


class PersonForm(PasswordForm):
    """Somebody who is added."""

    name = StringField(
        lazy_gettext("Name"),
        render_kw={"autocomplete": "off", "maxlength": 80, "required": True},
    )
    role = SelectField(
        lazy_gettext("Role"),
        choices=[SelectChoice(value=role.value, label=text) for role, text in ROLES.items()],
        default=Role.OFFICER.value,
    )
