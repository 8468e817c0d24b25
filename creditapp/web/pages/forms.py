"""The application form, derived from a catalogue; the schema checks what is submitted."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Self

from babel import Locale
from flask import request
from flask_babel import get_locale, gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateInput, TextInput

from creditapp.applications.catalogue import REFERENCE, Application, Catalogue
from creditapp.applications.questions import (
    NOT_GIVEN,
    Answer,
    Code,
    Date,
    FreeText,
    Numeric,
    Question,
    as_shown,
)
from creditapp.applications.table import LONGEST_REFERENCE
from creditapp.exceptions import InvalidApplication
from creditapp.phrases import Phrase, translate
from creditapp.serving.served_model import ServedModel
from creditapp.web import drafts, intake
from creditapp.web.phrasing import phrase, phrase_all
from creditapp.web.typed_numbers import as_typed, plain_number


class ApplicationForm(FlaskForm):  # type: ignore[misc]
    """One field per feature, named by its slug, and one for the reference.

    The form of a catalogue is a subclass with its fields: see `form_of`.
    """

    catalogue: Catalogue
    changed_inputs: Phrase | None = None
    """What changed since the form was opened, if another model is served now."""

    reference = StringField(
        lazy_gettext("Your reference (optional)"), render_kw={"maxlength": LONGEST_REFERENCE}
    )

    @classmethod
    def from_sent(cls, sent: Mapping[str, str]) -> Self:
        """The form with what was sent before, by the names that its fields have in HTML."""
        language = sent.get(drafts.LANGUAGE, "")
        texts = {
            _attribute(one): _in_this_language(one, sent.get(one.slug, ""), language)
            for one in cls.catalogue.features
        }
        return cls(data={**texts, REFERENCE: sent.get(REFERENCE, "")})

    def submitted(
        self, served: ServedModel, recorded: Mapping[str, Answer] = MappingProxyType({})
    ) -> Application | None:
        """The application; none if the schema refuses it, and then its messages are at the fields.

        `recorded` are answers that the form does not ask for.
        """
        try:
            return intake.load_application(served, {**recorded, **_given(self.catalogue)})
        except InvalidApplication as error:
            # why: a form that was opened before has the fields of the catalogue before.
            if served.replaced:
                self.changed_inputs = intake.changed_inputs(served, _given(served.replaced))
            self._show(error.errors)
            return None

    def fields_by_group(self) -> list[tuple[str, list[Field]]]:
        """The fields by the catalogue's groups."""
        return [
            (
                group,
                [self[_attribute(one)] for one in self.catalogue.features if one.group == group],
            )
            for group in self.catalogue.groups
            if any(one.group == group for one in self.catalogue.features)
        ]

    def _show(self, errors: Any) -> None:
        for name, messages in errors.items():
            question = self.catalogue.by_name.get(name)
            self[_attribute(question) if question else name].errors = phrase_all(messages)


def _given(catalogue: Catalogue) -> dict[str, Any]:
    """The answers that were sent to the questions of a catalogue, and the reference."""
    texts = {question.name: request.form.get(question.slug, "") for question in catalogue.features}
    given = {
        name: _answer(catalogue.by_name[name], text) for name, text in texts.items() if text.strip()
    }
    reference = request.form.get(REFERENCE)
    return {**given, **({REFERENCE: reference} if reference else {})}


def _in_this_language(question: Question, text: str, language: str) -> str:
    """A number that was typed in another language as the reader would type it; other texts as they are."""
    locale = get_locale()
    if not isinstance(question, Numeric) or question.codes or language in ("", str(locale)):
        return text
    plain = plain_number(text, Locale.parse(language))
    return text if plain is None else as_typed(plain, locale)


def _answer(question: Question, text: str) -> Answer:
    """The answer that was typed; a number as the reader's language writes it."""
    if not isinstance(question, Numeric) or question.codes:
        return question.from_text(text)
    plain = plain_number(text, get_locale())
    return text if plain is None else question.from_text(plain)


def form_of(catalogue: Catalogue) -> type[ApplicationForm]:
    """The form of a catalogue, in the language of the request."""
    return _form_of(catalogue, str(get_locale()))


@lru_cache(maxsize=16)
def _form_of(catalogue: Catalogue, _locale: str) -> type[ApplicationForm]:
    fields = {_attribute(question): _field(catalogue, question) for question in catalogue.features}
    return type("ApplicationForm", (ApplicationForm,), {"catalogue": catalogue, **fields})


def example_of(catalogue: Catalogue) -> dict[str, str]:
    """The catalogue's example as the texts of a form's fields."""
    return texts_of(catalogue, catalogue.example)


def texts_of(
    catalogue: Catalogue, answers: Mapping[str, Answer], reference: str | None = None
) -> dict[str, str]:
    """Answers as the texts of a form's fields."""
    texts = {_attribute(one): _text(one, answers.get(one.name)) for one in catalogue.features}
    return {**texts, REFERENCE: reference or ""}


def _text(question: Question, answer: Answer) -> str:
    """An answer as the reader would type it."""
    text = question.as_text(answer)
    is_number = isinstance(question, Numeric) and not question.codes
    return as_typed(text.removesuffix(".0"), get_locale()) if is_number else text


def _attribute(question: Question) -> str:
    """The name of a field in its form; in HTML it is the slug alone."""
    # why: a slug may be the name of something that every form has.
    return f"answer_{question.slug}"


def _field(catalogue: Catalogue, question: Question) -> Field:
    render: dict[str, Any] = {"data-example": _text(question, catalogue.example.get(question.name))}
    if catalogue.currency and question.name == catalogue.amount:
        render["data-currency"] = catalogue.currency
    if not question.optional:
        render["required"] = True
    codes = [*question.codes, *(code for code in question.missing if code.code is not None)]
    if question.codes:
        return _select(question, codes, render)
    match question:
        case Numeric() if question.missing_answers in ((), (None,)):
            return _number(question, render)
        case Date():
            limits = {"min": question.minimum, "max": question.maximum}
            return _typed(question, DateInput(), {**render, **limits, **_message(question)})
        case FreeText():
            return _typed(question, TextInput(), render)
    return _typed(question, TextInput(), {**render, **_message(question)})


def _select(question: Question, codes: list[Code], render: dict[str, Any]) -> Field:
    blank = SelectChoice(value="", label=lazy_gettext("Please choose"))
    if question.optional:
        null = next(code for code in question.missing if code.code is None)
        blank = SelectChoice(value="", label=phrase(null.meaning))
    choices = [
        SelectChoice(
            value=question.as_text(code.code), label=phrase(code.meaning) or str(code.code)
        )
        for code in codes
    ]
    return SelectField(
        phrase(question.label),
        name=question.slug,
        description=_about(question),
        choices=[blank, *choices],
        validate_choice=False,
        render_kw=render,
    )


def _number(question: Numeric, render: dict[str, Any]) -> Field:
    # why: a number field of a browser silently drops a comma, and 5000,50 became 500050.
    shown = {
        "inputmode": "numeric" if question.integer else "decimal",
        "data-number": "integer" if question.integer else "decimal",
        "data-min": question.minimum,
        "data-max": question.maximum,
    }
    return _typed(question, TextInput(), {**render, **_message(question), **shown})


def _typed(question: Question, widget: Any, render: dict[str, Any]) -> Field:
    return StringField(
        phrase(question.label),
        name=question.slug,
        widget=widget,
        description=_hint(question),
        render_kw=render,
    )


def _about(question: Question) -> str:
    """The unit and the description."""
    texts = [str(phrase(question.unit)), str(phrase(question.description)).rstrip(".")]
    return "; ".join(filter(None, texts))


def _hint(question: Question) -> str:
    """The unit, the description, and what stands for a missing value."""
    meanings = [
        (gettext("empty") if one.code is None else as_shown(one.code), phrase(one.meaning))
        for one in question.missing
        if one.meaning != NOT_GIVEN
    ]
    codes = [f"{code} = {meaning}" for code, meaning in meanings]
    return "; ".join(filter(None, [_about(question), *codes]))


def _message(question: Question) -> dict[str, Any]:
    accepted = translate(question.accepted, lambda text: str(phrase(text)))
    return {"data-message": gettext("Accepted is %(accepted)s.", accepted=accepted)}
