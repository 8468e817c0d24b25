"""The application form, derived from the catalogue; the schema checks what is submitted."""

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import NumberInput

from creditapp.applications.catalogue import (
    BY_NAME,
    FEATURES,
    GROUPS,
    Application,
    Choice,
    Feature,
    Numeric,
    answer_from_text,
)
from creditapp.applications.schemas import load_application
from creditapp.applications.table import LONGEST_REFERENCE, REFERENCE
from creditapp.exceptions import InvalidApplication


class ApplicationForm(FlaskForm):  # type: ignore[misc]
    """One field per feature, named by its slug, and one for the reference."""

    reference = StringField(
        lazy_gettext("Your reference (optional)"), render_kw={"maxlength": LONGEST_REFERENCE}
    )

    def submitted(self) -> Application | None:
        """The application; none if the schema refuses it, and then its messages are at the fields."""
        try:
            return load_application(self._given())
        except InvalidApplication as error:
            self._show(error.errors)
            return None

    def groups(self) -> list[tuple[str, list[Field]]]:
        """The fields by the catalogue's groups."""
        return [
            (group, [self[feature.slug] for feature in FEATURES if feature.group == group])
            for group in GROUPS
        ]

    def _given(self) -> dict[str, Any]:
        texts = {feature.name: self[feature.slug].data or "" for feature in FEATURES}
        given: dict[str, Any] = {
            name: answer_from_text(text) for name, text in texts.items() if text.strip()
        }
        return {**given, **({REFERENCE: self.reference.data} if self.reference.data else {})}

    def _show(self, errors: Any) -> None:
        for name, messages in errors.items():
            slug = BY_NAME[name].slug if name in BY_NAME else name
            self[slug].errors = messages


def _field(feature: Feature) -> Field:
    label = lazy_gettext(feature.label)
    match feature:
        case Choice():
            meanings = [(code.code, code.meaning) for code in feature.codes]
            return _select(feature, label, meanings)
        case Numeric() if feature.bands:
            bands = [(str(number), band) for number, band in enumerate(feature.bands, 1)]
            return _select(feature, label, bands)
        case Numeric():
            return _number(feature, label)


def _select(feature: Feature, label: str, meanings: list[tuple[str, str]]) -> Field:
    blank = SelectChoice(value="", label=lazy_gettext("Please choose"))
    choices = [SelectChoice(value=value, label=lazy_gettext(text)) for value, text in meanings]
    return SelectField(
        label,
        choices=[blank, *choices],
        validate_choice=False,
        render_kw={"required": True, "data-example": feature.example},
    )


def _number(feature: Numeric, label: str) -> Field:
    limits: dict[str, object] = {"min": feature.minimum, "max": feature.maximum, "step": 1}
    if not feature.integer:
        limits = {"min": "0.01", "max": feature.maximum, "step": "any"}
    return StringField(
        label,
        widget=NumberInput(),
        description=lazy_gettext(feature.unit),
        render_kw={
            "required": True,
            "data-example": feature.example,
            "data-message": lazy_gettext(
                "Accepted is %(accepted)s.",
                accepted=lazy_gettext(feature.accepted.template, **feature.accepted.values),
            ),
            **limits,
        },
    )


for _feature in FEATURES:
    setattr(ApplicationForm, _feature.slug, _field(_feature))
