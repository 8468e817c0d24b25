"""What the list of decisions is filtered by."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from creditapp.applications.table import LONGEST_REFERENCE
from creditapp.decisions.listing import Wanted
from creditapp.policy.definition import Outcome

OUTCOMES = {
    "": lazy_gettext("any"),
    Outcome.APPROVE.value: lazy_gettext("Approve"),
    Outcome.REFER.value: lazy_gettext("Refer to a person"),
    Outcome.DECLINE.value: lazy_gettext("Decline"),
}
LONGEST_VERSION = 50


class FilterForm(FlaskForm):  # type: ignore[misc]
    """The filters; an empty field does not filter. Days are in UTC."""

    class Meta:
        """The form changes nothing."""

        csrf = False

    reference = StringField(
        lazy_gettext("Reference or id"), render_kw={"maxlength": LONGEST_REFERENCE}
    )
    since = DateField(lazy_gettext("From (UTC)"), [Optional()], name="from")
    until = DateField(lazy_gettext("To (UTC)"), [Optional()], name="to")
    decision = SelectField(
        lazy_gettext("Decided automatically"),
        choices=[SelectChoice(value=value, label=text) for value, text in OUTCOMES.items()],
        default="",
    )
    model_version = StringField(
        lazy_gettext("Model version"), name="model", render_kw={"maxlength": LONGEST_VERSION}
    )

    @property
    def wanted(self) -> Wanted:
        """Which decisions to list."""
        return Wanted(
            reference=self.reference.data or "",
            since=_start_of(self.since.data),
            until=_start_of(self.until.data, days_later=1),
            decision=self.decision.data or "",
            model_version=(self.model_version.data or "").strip()[:LONGEST_VERSION],
        )

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered."""
        return self.wanted != Wanted()

    @property
    def parameters(self) -> dict[str, Any]:
        """What is filtered, as the parameters of an address."""
        fields = (self.reference, self.since, self.until, self.decision, self.model_version)
        return {field.name: field.data for field in fields if field.data}


def _start_of(day: date | None, days_later: int = 0) -> datetime | None:
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days_later), time.min, UTC)
