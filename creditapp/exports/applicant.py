"""Everything that is held on an applicant, in words (GDPR, Art. 15): a document for JSON, and a page.

Names of staff and of clients are left out: the applicant learns what was done, not by whom.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale, format_percent

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.questions import Answer
from creditapp.challenger import scores as challenger_scores
from creditapp.decisions import letter_reasons
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.review_reasons import in_words
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import CannotReplay, NothingToChange
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked
from creditapp.retention.kinds import Periods
from creditapp.settings.paths import ROOT
from creditapp.web.api import answers
from creditapp.web.lender import Lender
from creditapp.web.phrasing import phrase, phrase_alternatives

STYLE = ROOT / "static" / "notice.css"
STAFF = ("reviewed_by", "recorded_by")
EVENTS = {
    Action.DECISION_REVIEWED: marked("a person reviewed the decision"),
    Action.CASE_ESCALATED: marked("a person asked somebody else to decide"),
    Action.CASE_GIVEN_BACK: marked("the case was given back to the officers"),
    Action.CASE_RELEASED: marked("another person may review the decision"),
    Action.OUTCOME_RECORDED: marked("it was recorded what became of your credit"),
    Action.DATA_READ: marked("your answers were read"),
    Action.DATA_EXPORTED: marked("your data was exported"),
    Action.DATA_ERASED: marked("your answers were erased"),
}


def export_applicant(
    decision_ids: Sequence[str], language: str, lender: Lender, periods: Periods, actor: Actor
) -> tuple[dict[str, Any], str]:
    """What is held on the applicant of some decisions, as a document and as a page; each is an event.

    `periods` say how long what is kept; 0 is for ever.

    Raises:
        UnknownDecision: no decision has one of the ids.
        DatabaseUnavailable: the database cannot be read, or the event cannot be recorded.
    """
    with force_locale(language):
        decisions = [_describe(stored_decisions.load(one)) for one in decision_ids]
        document = {
            "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "language": language,
            "lender": {"name": lender.name, "address": lender.address, "contact": lender.contact},
            "months_kept": {
                "answers": periods.keep_answers_months or None,
                "decisions": periods.keep_decisions_months or None,
            },
            "decisions": decisions,
        }
        page = render_template(
            "applicant.html",
            style=STYLE.read_text(),
            date=lambda text: lender.show_date(datetime.fromisoformat(text)),
            percent=lambda share: format_percent(share, "0.0 %"),
            time=lambda text: lender.show_time(datetime.fromisoformat(text)),
            **document,
        )
    for decision_id in decision_ids:
        audit.record(actor, Action.DATA_EXPORTED, decision_id)
    return document, page


def _describe(stored: StoredDecision) -> dict[str, Any]:
    """One decision: the API's answer to a look-up, with its answers in words and what was done with it."""
    decision = stored.decision
    document = answers.stored_decision(stored)
    del document["review"], document["application"]
    written = letter_reasons.find_all(decision.decision_id)
    reviews = [
        {
            **_without_staff(one),
            "reason_in_words": phrase(in_words(one["reason"])),
            "letter_reasons": [
                {
                    "language": row.language,
                    "text": row.text,
                    "written_at": row.written_at.isoformat(),
                }
                for row in written
                if row.review_id == review.id
            ],
        }
        for one, review in zip(document["reviews"], stored.reviews, strict=True)
    ]
    outcomes = [
        {**_without_staff(one), "in_words": phrase(OutcomeKind(one["kind"]).text)}
        for one in document["outcomes"]
    ]
    return {
        **document,
        "reviews": reviews,
        "outcomes": outcomes,
        "outcome": stored.outcome,
        "notes": [
            {
                "kind": phrase(note.kind_text),
                "note": note.note,
                "written_at": note.written_at.isoformat(),
            }
            for note in stored.notes
        ],
        "answers": _in_words(stored.catalogue, decision.given.answers if decision.given else {}),
        "policy": stored.policy.as_document(),
        "model": {
            "name": stored.deployment.model_name,
            "version": stored.deployment.model_version,
            "digest": stored.deployment.bundle_digest,
        },
        "alternatives": _alternatives(stored),
        "other_scores": [
            {
                "model_version": version,
                "probability_good_credit": score.probability_good_credit,
                "decision": score.decision,
                "scored_at": score.scored_at.isoformat(),
            }
            for version, score in challenger_scores.of_decision(decision.decision_id)
        ],
        "events": [
            {"at": event.at.isoformat(), "action": event.action, "text": _event_text(event.action)}
            for event in audit.find_about(str(decision.decision_id))
        ],
    }


def _event_text(action: str) -> object:
    return phrase(EVENTS.get(Action(action), action)) if action in list(Action) else action


def _without_staff(done: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in done.items() if name not in STAFF}


def _in_words(catalogue: Catalogue | None, given: dict[str, Answer]) -> list[dict[str, object]]:
    """Each answer with its question; without the catalogue, only with its name."""
    questions = catalogue.by_name if catalogue else {}
    described = []
    for name, value in given.items():
        question = questions.get(name)
        described.append(
            {
                "name": name,
                "question": phrase(question.label) if question else name,
                "value": value,
                "in_words": phrase(question.in_words(value)) if question else value,
            }
        )
    return described


def _alternatives(stored: StoredDecision) -> list[str]:
    """What would have led to an approval; empty where nothing is known to."""
    try:
        return [one["text"] for one in phrase_alternatives(stored.alternatives())["alternatives"]]
    except (NothingToChange, CannotReplay):
        return []
