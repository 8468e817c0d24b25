"""The forms that start and stop a challenger."""

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from creditapp.web.pages.typed import typed_number

LONGEST_REASON = 500


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why something is changed."""

    reason = StringField(
        lazy_gettext("Reason"), render_kw={"maxlength": LONGEST_REASON, "required": True}
    )

    @property
    def why(self) -> str:
        """The reason without blanks around it; empty where it cannot be kept."""
        reason = (self.reason.data or "").strip()
        return reason if reason.isprintable() and len(reason) <= LONGEST_REASON else ""


class StartForm(ReasonForm):
    """Which version scores which share of the decisions, and why."""

    version = SelectField(lazy_gettext("Version"), validate_choice=False)
    percent = StringField(
        lazy_gettext("Share of decisions, in percent"),
        default="20",
        render_kw={"inputmode": "decimal", "required": True},
    )

    @property
    def share(self) -> float | None:
        """The share from 0 to 1; none if it is not above 0 and at most 1."""
        percent = typed_number(self.percent.data or "")
        return percent / 100 if percent is not None and 0 < percent <= 100 else None
