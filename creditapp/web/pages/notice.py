"""The notice to a declined applicant: a letter with the principal reasons, in English or French.

The words of a reviewer are in one language. A letter in another one waits until a person wrote them in it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import force_locale, format_decimal, get_locale, gettext
from werkzeug import Response
from werkzeug.exceptions import BadRequest

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Question
from creditapp.decisions import letter_reasons
from creditapp.decisions.reviews import LANGUAGES, LONGEST_NOTE, Review, Verdict
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import BadReview, NoNotice
from creditapp.phrases import Phrase, marked
from creditapp.settings.current import current_settings
from creditapp.web import access
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.lender import Lender, lender_of
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import explain, phrase, phrase_reasons

blueprint = Blueprint("notice", __name__)

OUTCOMES = {
    "approve": marked("Approve"),
    "refer": marked("Refer to a person"),
    "decline": marked("Decline"),
}


@blueprint.get("/decisions/<decision_id>/notice")
@open_to(OFFICERS)
def letter(decision_id: str) -> str:
    """Show the letter in the language that `lang` names, or ask for the reason in this language."""
    stored, lender, language = _declined(decision_id), lender_of(current_settings()), _language()
    review = stored.review
    if review and review.note and letter_reasons.find(review, language) is None:
        return _ask(stored, review, language)
    return _letter(stored, lender, language)


@blueprint.post("/decisions/<decision_id>/notice")
@open_to(OFFICERS)
def write_reason(decision_id: str) -> Response | tuple[str, int]:
    """Record the reviewer's reason in the language of the letter, and show the letter."""
    stored, language = _declined(decision_id), _language()
    review, text = stored.review, request.form.get("text", "")
    if review is None or not review.note:
        raise NoNotice(marked("a reason is written for a review only, and not once it is erased"))
    try:
        letter_reasons.write(review, language, text, access.current_actor())
    except BadReview as error:
        page = _ask(stored, review, language, problem=explain(error), text=text)
        return page, error.status
    return redirect(url_for("notice.letter", decision_id=decision_id, lang=language))


def _declined(decision_id: str) -> StoredDecision:
    stored = load_personal(decision_id)
    if stored.outcome != Verdict.DECLINE:
        raise NoNotice(
            marked(
                "a notice exists only for a declined application; the outcome of this one is: "
                "%(outcome)s"
            ),
            outcome=Phrase(OUTCOMES[stored.outcome], {}),
        )
    return stored


def _language() -> str:
    """The language that is asked for; that of the pages if none is."""
    language = request.args.get("lang", str(get_locale()))
    if language not in LANGUAGES:
        first, second = LANGUAGES
        raise BadRequest(
            gettext("lang must be %(first)s or %(second)s", first=first, second=second)
        )
    return language


def _ask(
    stored: StoredDecision, review: Review, language: str, problem: str = "", text: str = ""
) -> str:
    """The page that asks for the reason in the language of the letter."""
    return render_template(
        "letter_reason.html",
        decision=stored.decision,
        review=review,
        language=language,
        longest=LONGEST_NOTE,
        problem=problem,
        text=text if text.isprintable() else "",
    )


def _letter(stored: StoredDecision, lender: Lender, language: str) -> str:
    given, review = stored.decision.given, stored.review
    with force_locale(language):
        return render_template(
            "notice.html",
            decision=stored.decision,
            review=review,
            answers=given and given.answers,
            **_request(stored.catalogue, given.answers if given else {}),
            applied=lender.show_date(stored.decision.timestamp),
            today=lender.show_date(datetime.now(UTC)),
            reasons=_reasons(stored, language),
            unnamed=stored.unnamed,
            lender=lender,
            language=language,
            letter_languages=LANGUAGES,
        )


def _reasons(stored: StoredDecision, language: str) -> list[str]:
    """The reasons as the letter says them; those of a review in the words of a person."""
    if stored.review is None:
        return [reason["text"] for reason in phrase_reasons(stored.reasons)]
    words = letter_reasons.find(stored.review, language) if stored.review.note else None
    return [words] if words else []


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
