"""The letter to an applicant whose application stands declined: the reasons, and how to ask for a review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, current_app, render_template, request
from flask_babel import force_locale, format_date, format_decimal
from werkzeug.exceptions import BadRequest

from creditapp.decisions import log as decision_log
from creditapp.decisions import replay, reviews
from creditapp.decisions.log import Decision
from creditapp.decisions.reviews import Review
from creditapp.exceptions import NoNotice
from creditapp.settings.settings import Settings
from creditapp.web.phrasing import worded

blueprint = Blueprint("notice", __name__)

LANGUAGES = ("en", "fr")
LENDER = {
    "CREDITAPP_LENDER_NAME": "lender_name",
    "CREDITAPP_LENDER_ADDRESS": "lender_address",
    "CREDITAPP_REVIEW_CONTACT": "review_contact",
}


@dataclass(frozen=True)
class Lender:
    """Who writes, and to whom an applicant writes who wants a review."""

    name: str
    address: Sequence[str]
    contact: str


@blueprint.get("/decisions/<decision_id>/notice")
def letter(decision_id: str) -> str:
    """The letter, in the language that `lang` names."""
    found = decision_log.find(decision_id)
    review = reviews.latest(found.decision_id)
    lender = _lender(current_app.config["SETTINGS"])
    _check_declined(found, review)
    language = request.args.get("lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadRequest(f"lang: accepted is {' or '.join(LANGUAGES)}")
    with force_locale(language):
        return render_template(
            "notice.html",
            decision=found,
            review=review,
            answers=found.given and found.given.answers,
            amount=found.given and format_decimal(found.given.answers["Credit amount"]),
            applied=format_date(found.timestamp, "long"),
            today=format_date(datetime.now(UTC), "long"),
            reasons=worded(reviews.reasons_of(review) if review else replay.reasons_of(found)),
            lender=lender,
            language=language,
            languages=LANGUAGES,
        )


def _check_declined(found: Decision, review: Review | None) -> None:
    standing = reviews.standing(found, review)
    if standing != "decline":
        raise NoNotice(
            f"the application stands at {standing}; there is a notice for one that stands declined"
        )


def _lender(settings: Settings) -> Lender:
    """In production nobody gets a letter of a lender that is made up."""
    missing = [
        name
        for name, field in LENDER.items()
        if name not in settings.given or not getattr(settings, field)
    ]
    if settings.production and missing:
        raise NoNotice(f"a notice says who writes it: {', '.join(missing)} is not set")
    address = [line.strip() for line in settings.lender_address.split(",")]
    return Lender(settings.lender_name, address, settings.review_contact)
