"""What the list of decisions is filtered by and sorted by, as a form."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from creditapp.applications.table import LONGEST_REFERENCE
from creditapp.decisions.filters import Amounts, Filters, Order, State
from creditapp.decisions.log import Channel
from creditapp.exceptions import ModelUnavailable
from creditapp.policy.definition import Outcome
from creditapp.serving import cache as model_cache
from creditapp.web.pages.typed import typed_number

ANY = lazy_gettext("any")
OUTCOMES = {
    "": ANY,
    Outcome.APPROVE.value: lazy_gettext("Approve"),
    Outcome.REFER.value: lazy_gettext("Refer to a person"),
    Outcome.DECLINE.value: lazy_gettext("Decline"),
}
STATES = {
    "": ANY,
    State.AUTOMATIC.value: lazy_gettext("decided automatically"),
    State.REVIEWED.value: lazy_gettext("reviewed by a person"),
    State.WAITING.value: lazy_gettext("waiting for a person"),
    State.CORRECTED.value: lazy_gettext("corrected by a newer decision"),
}
RISKS = {
    "": ANY,
    "LOW": lazy_gettext("low risk"),
    "MEDIUM": lazy_gettext("medium risk"),
    "HIGH": lazy_gettext("high risk"),
}
CHANNELS = {
    "": ANY,
    Channel.UI.value: lazy_gettext("page"),
    Channel.API.value: lazy_gettext("API"),
    Channel.BATCH.value: lazy_gettext("batch"),
    Channel.FILE.value: lazy_gettext("file"),
}
ORDERS = {
    "": lazy_gettext("newest first"),
    Order.OLDEST.value: lazy_gettext("oldest first"),
    Order.LIKELIEST.value: lazy_gettext("highest probability first"),
    Order.UNLIKELIEST.value: lazy_gettext("lowest probability first"),
    Order.LARGEST.value: lazy_gettext("largest amount first"),
    Order.SMALLEST.value: lazy_gettext("smallest amount first"),
}
LONGEST_VERSION = 50
LONGEST_NAME = 100
LARGEST_AMOUNT = 1e15


def _choice(label: Any, texts: dict[str, Any], name: str | None = None) -> SelectField:
    choices = [SelectChoice(value=value, label=text) for value, text in texts.items()]
    return SelectField(label, choices=choices, default="", name=name)


def _text(label: Any, longest: int, name: str | None = None) -> StringField:
    return StringField(label, [_check_printable], render_kw={"maxlength": longest}, name=name)


def _check_printable(_form: Any, field: Field) -> None:
    if not (field.data or "").isprintable():
        raise ValidationError(gettext("Type printable characters alone."))


class AmountField(StringField):  # type: ignore[misc]
    """An amount as people of the reader's language type it."""

    @property
    def number(self) -> float | None:
        """The number; none if the field is empty.

        Raises:
            ValueError: it is no number, or could mean two.
        """
        typed = (self.data or "").strip()
        if not typed:
            return None
        number = typed_number(typed)
        if number is None or abs(number) > LARGEST_AMOUNT:
            raise ValueError(typed)
        return number

    @property
    def sent(self) -> str:
        """The number as any language reads it; nothing without one, and what is no number as it is."""
        if self.errors or self.number is None:
            return self.data or ""
        # why: 5.125 could be thousands in French, and 5.12 and 5.1250 could not.
        texts = [f"{self.number:.{places}f}" for places in (0, 2, 4)]
        return next((text for text in texts if float(text) == self.number), texts[-1])

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no number."""
        try:
            _ = self.number
        except ValueError as error:
            raise ValidationError(gettext("Type a number, without a currency.")) from error


class FilterForm(FlaskForm):  # type: ignore[misc]
    """The filters; an empty field does not filter. Days are in UTC."""

    class Meta:
        """The form changes nothing."""

        csrf = False

    reference = _text(lazy_gettext("Reference or id, or its beginning"), LONGEST_REFERENCE)
    since = DateField(lazy_gettext("From (UTC)"), [Optional()], name="from")
    until = DateField(lazy_gettext("To (UTC)"), [Optional()], name="to")
    outcome = _choice(lazy_gettext("Outcome that stands"), OUTCOMES)
    state = _choice(lazy_gettext("Who decided"), STATES)
    decision = _choice(lazy_gettext("Decided automatically"), OUTCOMES)
    risk = _choice(lazy_gettext("Risk"), RISKS)
    channel = _choice(lazy_gettext("Channel"), CHANNELS)
    model_version = _text(lazy_gettext("Model version"), LONGEST_VERSION, "model")
    policy_version = _text(lazy_gettext("Policy version"), LONGEST_VERSION, "policy")
    made_by = _text(lazy_gettext("Scored by (person or key)"), LONGEST_NAME)
    amount_from = AmountField(lazy_gettext("Amount from"), render_kw={"inputmode": "decimal"})
    amount_to = AmountField(lazy_gettext("Amount to"), render_kw={"inputmode": "decimal"})
    order = _choice(lazy_gettext("Sorted by"), ORDERS)
    inside = BooleanField(lazy_gettext("Also inside references"))

    @property
    def first_fields(self) -> list[Field]:
        """The fields that are always shown."""
        return [self.reference, self.since, self.until, self.outcome, self.state, self.order]

    @property
    def more_fields(self) -> list[Field]:
        """The fields that are shown on demand."""
        return [field for field in self if field not in [*self.first_fields, self.inside]]

    @property
    def has_more(self) -> bool:
        """Whether one of the latter is filled in, or wrong."""
        return any(field.data or field.errors for field in self.more_fields)

    @property
    def filters(self) -> Filters:
        """Which decisions to list."""
        return Filters(
            text=(self.reference.data or "")[:LONGEST_REFERENCE],
            inside=bool(self.inside.data),
            since=_start_of(self.since.data),
            until=_start_of(self.until.data, days_later=1),
            decision=self.decision.data or "",
            state=self.state.data or "",
            outcome=self.outcome.data or "",
            risk_level=self.risk.data or "",
            model_version=(self.model_version.data or "").strip()[:LONGEST_VERSION],
            policy_version=(self.policy_version.data or "").strip()[:LONGEST_VERSION],
            channel=self.channel.data or "",
            made_by=(self.made_by.data or "").strip()[:LONGEST_NAME],
            amount_from=self.amount_from.number,
            amount_to=self.amount_to.number,
            order=Order(self.order.data or Order.NEWEST),
            amounts=served_amounts(),
        )

    @property
    def is_typed_otherwise(self) -> bool:
        """Whether an amount is typed as one language alone reads it."""
        amounts = (self.amount_from, self.amount_to)
        return any((field.data or "").strip() not in ("", field.sent) for field in amounts)

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered or sorted."""
        return bool(self.parameters)

    @property
    def parameters(self) -> dict[str, str]:
        """What is filtered, as the parameters of an address."""
        return {field.name: _as_sent(field) for field in self if field.data}


def served_amounts() -> Amounts:
    """Where the amount stands in answers, by the catalogue that is served."""
    try:
        catalogue = model_cache.current().catalogue
    except ModelUnavailable:
        return Amounts()
    return Amounts(catalogue.name, catalogue.amount)


def _as_sent(field: Field) -> str:
    if isinstance(field, AmountField):
        return field.sent
    return "1" if field.data is True else str(field.data)


def _start_of(day: date | None, days_later: int = 0) -> datetime | None:
    if day is None or day == date.max:
        return None
    return datetime.combine(day + timedelta(days_later), time.min, UTC)
