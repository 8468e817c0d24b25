"""The notice to a declined applicant: a letter with the principal reasons, in English or French."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import force_locale, format_decimal, gettext
from werkzeug.exceptions import BadRequest

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Question
from creditapp.decisions.reviews import Verdict
from creditapp.exceptions import NoNotice
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.lender import lender_of
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import phrase, phrase_reasons

blueprint = Blueprint("notice", __name__)

LANGUAGES = ("en", "fr")


@blueprint.get("/decisions/<decision_id>/notice")
@open_to(OFFICERS)
def letter(decision_id: str) -> str:
    """Show the letter in the language that `lang` names."""
    stored = load_personal(decision_id)
    lender = lender_of(current_settings())
    if stored.outcome != Verdict.DECLINE:
        raise NoNotice(
            marked(
                "a notice exists only for a declined application; the outcome of this one is: "
                "%(outcome)s"
            ),
            outcome=stored.outcome,
        )
    language = request.args.get("lang", LANGUAGES[0])
    if language not in LANGUAGES:
        languages = ", ".join(LANGUAGES)
        raise BadRequest(gettext("lang must be one of %(languages)s", languages=languages))
    given = stored.decision.given
    with force_locale(language):
        return render_template(
            "notice.html",
            decision=stored.decision,
            review=stored.review,
            answers=given and given.answers,
            **_request(stored.catalogue, given.answers if given else {}),
            applied=lender.show_date(stored.decision.timestamp),
            today=lender.show_date(datetime.now(UTC)),
            reasons=phrase_reasons(stored.effective_reasons),
            unnamed=stored.unnamed,
            lender=lender,
            language=language,
            languages=LANGUAGES,
        )


def _request(catalogue: Catalogue | None, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """The amount with its currency and the term that were applied for, where the portfolio names them."""
    if catalogue is None:
        return {"amount": None, "term": None}
    amount = _given(catalogue.by_name.get(catalogue.amount), answers)
    term_question = catalogue.by_name.get(catalogue.term)
    term = _given(term_question, answers)
    return {
        "amount": amount and f"{format_decimal(amount)} {catalogue.currency}".strip(),
        "term": term_question and term and _in_words(term_question, term),
    }


def _given(question: Question | None, answers: Mapping[str, Answer]) -> Answer:
    """The answer to a question; none if it is missing."""
    if question is None or question.is_missing(answers.get(question.name)):
        return None
    return answers.get(question.name)


def _in_words(question: Question, answer: Answer) -> str | None:
    """A duration in words; none for a number without a unit."""
    if isinstance(answer, str) or question.meaning(answer):
        return str(phrase(question.in_words(answer)))
    return f"{format_decimal(answer)} {phrase(question.unit)}" if question.unit else None
