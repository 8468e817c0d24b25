"""What the list of events is filtered by."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from creditapp.identity.audit import Action
from creditapp.identity.event_listing import WantedEvents

LONGEST_ACTOR, LONGEST_SUBJECT = 100, 200


class EventFilterForm(FlaskForm):  # type: ignore[misc]
    """The filters; an empty field does not filter. Days are in UTC."""

    class Meta:
        """The form changes nothing."""

        csrf = False

    since = DateField(lazy_gettext("From (UTC)"), [Optional()], name="from")
    until = DateField(lazy_gettext("To (UTC)"), [Optional()], name="to")
    actor = StringField(lazy_gettext("Who"), render_kw={"maxlength": LONGEST_ACTOR})
    action = SelectField(
        lazy_gettext("What"),
        choices=[
            SelectChoice(value="", label=lazy_gettext("anything")),
            *(SelectChoice(value=one.value, label=lazy_gettext(one.value)) for one in Action),
        ],
        default="",
    )
    subject = StringField(lazy_gettext("Subject"), render_kw={"maxlength": LONGEST_SUBJECT})

    @property
    def wanted(self) -> WantedEvents:
        """Which events to list."""
        return WantedEvents(
            since=_start_of(self.since.data),
            until=_start_of(self.until.data, days_later=1),
            actor=_stored(self.actor.data, LONGEST_ACTOR),
            action=self.action.data or "",
            subject=_stored(self.subject.data, LONGEST_SUBJECT),
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """What is filtered, as the parameters of an address."""
        fields = (self.since, self.until, self.actor, self.action, self.subject)
        return {field.name: field.data for field in fields if field.data}


def _start_of(day: date | None, days_later: int = 0) -> datetime | None:
    if day is None or (days_later and day == date.max):
        return None
    return datetime.combine(day + timedelta(days_later), time.min, UTC)


def _stored(text: str | None, longest: int) -> str:
    """A typed text as events hold it: without blanks around it; what no event can hold finds nothing."""
    plain = (text or "").strip()[:longest]
    return plain if plain.isprintable() else ascii(plain)
