"""Reasons, alternatives and similar cases in the reader's language, for the API and the pages."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from creditapp.applications.localisation import in_readers_figures, in_readers_language
from creditapp.exceptions import CreditappError
from creditapp.explanations.alternatives import Alternatives
from creditapp.explanations.reasons import Reason
from creditapp.explanations.similar import PastCase
from creditapp.phrases import marked, translate

NO_PROMISE = marked(
    "This is what the model and the policy would answer to other answers. It is not an offer of credit."
)


def phrase(text: object) -> object:
    """A text or a phrase in the reader's language, with the texts among its values."""
    return translate(text, in_readers_language)


def explain(error: CreditappError) -> str:
    """The text of an expected failure in the reader's language."""
    return str(phrase(error.phrase))


def phrase_all(texts: Any) -> Any:
    """Texts and phrases in the reader's language, wherever they are in dicts and lists."""
    match texts:
        case dict():
            return {name: phrase_all(text) for name, text in texts.items()}
        case list() | tuple():
            return [phrase_all(text) for text in texts]
    return phrase(texts)


def phrase_reasons(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Each reason with its text translated."""
    return [reason.worded(in_readers_language) for reason in reasons]


def phrase_similar(cases: Iterable[PastCase]) -> list[dict[str, Any]]:
    """Each past application with its score, what became of it, and the answers that differ in words."""
    return [
        {
            "score": in_readers_figures(f"{case.probability_good_credit:.3f}"),
            "good": case.good,
            "differences": [
                (phrase(question.label), phrase(question.in_words(answer)))
                for question, answer in case.differences
            ],
        }
        for case in cases
    ]


def phrase_alternatives(alternatives: Alternatives) -> dict[str, Any]:
    """The alternatives with their texts translated, and a note that they are no offer."""
    return {
        "note": gettext(NO_PROMISE),
        "alternatives": [one.worded(in_readers_language) for one in alternatives.approved],
        "nearest": alternatives.nearest and alternatives.nearest.worded(in_readers_language),
    }
