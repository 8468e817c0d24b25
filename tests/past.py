"""Decisions of days long past, recorded as they would have been then."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from creditapp.applications.catalogue import Application
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.decide import Origin, judge
from creditapp.decisions.log import Channel, NewDecision
from creditapp.decisions.reviews import SentReview
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report
from creditapp.serving import cache as model_cache
from tests.actors import A_TEST
from tests.books import id_at

ORIGIN = Origin(Channel.BATCH, "long past", "a test")


def decide_on(day: date, applications: Sequence[Mapping[str, Any]], **changed: Any) -> list[UUID]:
    """Decide on applications by the served model at noon of a day; the ids of the decisions."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    made = judge([Application(dict(one)) for one in applications], model_cache.current(), ORIGIN)
    past = [_of(noon, one)._replace(**changed) for one in made]
    decision_log.record(past, [dict(one) for one in applications])
    return [one.decision_id for one in past]


def tell(kinds: Mapping[UUID, OutcomeKind], day: date) -> None:
    """Record what became of decisions on a day."""
    reports = [Report(key, "", kind, day) for key, kind in kinds.items()]
    recording.record(reports, A_TEST)


def review(decision_id: UUID, outcome: str) -> None:
    """Decide on a decision as a person."""
    sent = SentReview(outcome, "documents", "seen")
    reviews.record(decision_log.find(str(decision_id)), sent, A_TEST, None)


def outcomes_of(decision_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What the policy decided, by id."""
    return {key: decision_log.find(str(key)).decision for key in decision_ids}


def decide_and_tell(rows: Sequence[Mapping[str, Any]], bad: Sequence[bool], days: int) -> None:
    """Decide on rows over some days of January 2024; of those granted, tell half a year later who is bad.

    A reviewer declines the bad ones among those who were referred.
    """
    for place in range(days):
        day = date(2024, 1, 1) + timedelta(place)
        ids = decide_on(day, rows[place::days])
        is_bad = dict(zip(ids, bad[place::days], strict=True))
        kinds = {}
        for key, outcome in outcomes_of(ids).items():
            if outcome == "approve":
                kinds[key] = OutcomeKind.DEFAULTED if is_bad[key] else OutcomeKind.REPAID
            elif outcome == "refer" and is_bad[key]:
                review(key, "decline")
        tell(kinds, day + timedelta(180))


def _of(moment: datetime, decision: NewDecision) -> NewDecision:
    """The decision as of a moment."""
    return decision._replace(decision_id=id_at(moment), timestamp=moment)
