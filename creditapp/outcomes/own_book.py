"""Reads the own book from the log: which decisions are mature, then their answers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from creditapp.applications.catalogue import Catalogue
from creditapp.database.session import reading
from creditapp.decisions import stored
from creditapp.decisions.log import Answers, Decision
from creditapp.exceptions import BadTable, BrokenBundle
from creditapp.outcomes.book import Book, Extract, Part, PastDecision
from creditapp.outcomes.judged import JudgedDecision, Wanted, judge
from creditapp.outcomes.standing import Standing, window_end
from creditapp.phrases import marked

AT_ONCE = 1000
"""How many decisions one query asks for; databases limit the parameters of a statement."""

GRANTED = {Standing.GOOD: Part.GOOD, Standing.BAD: Part.BAD}
NOT_GRANTED = {"decline": Part.DECLINED, "refer": Part.UNDECIDED, "approve": Part.NOT_TAKEN_UP}
WITH_ROWS = (Part.GOOD, Part.BAD, Part.DECLINED)


class _Placed(NamedTuple):
    """A decision that can be trained on, before its answers are read."""

    day: str
    probability: float
    part: Part


Placed = Mapping[UUID, _Placed]


def read_book(extract: Extract) -> Book:
    """Read the decisions of an extract.

    Raises:
        BadTable: no decision is mature, or all answers of mature ones were erased.
        BrokenBundle: the model that made the newest mature decision cannot be read.
        DatabaseUnavailable: the decisions cannot be read.
    """
    counts, placed = _place(extract)
    catalogue = _newest_catalogue(placed)
    decisions: list[PastDecision] = []
    others: set[str] = set()
    for row in _rows(list(placed)):
        one = placed[row.decision_id]
        left_out = _left_out(row, catalogue)
        if left_out:
            counts[one.part] -= 1
            counts[left_out] += 1
            others |= {row.model_version} if left_out is Part.OTHER_INPUTS else set()
        else:
            answers = _wanted_answers(catalogue, row.answers)
            decisions.append(PastDecision(row.decision_id, *one, answers))
    if not (counts[Part.GOOD] or counts[Part.BAD]):
        raise BadTable(
            marked("the answers of all mature decisions were erased; nothing is left to train on")
        )
    return Book(extract, catalogue, counts, decisions, sorted(others))


def _place(extract: Extract) -> tuple[Counter[Part], dict[UUID, _Placed]]:
    """The number of decisions in each part, and those that can be trained on, oldest first."""
    counts: Counter[Part] = Counter()
    placed: dict[UUID, _Placed] = {}
    wanted = Wanted(extract.portfolio, since=extract.since)
    for one in judge(wanted, extract.performance, extract.as_of):
        if one.timestamp > extract.as_of:
            continue
        part = _part_of(one, extract)
        counts[part] += 1
        if part in WITH_ROWS:
            day = one.timestamp.astimezone(UTC).date().isoformat()
            placed[one.decision_id] = _Placed(day, one.probability, part)
    return counts, placed


def _part_of(decided: JudgedDecision, extract: Extract) -> Part:
    if decided.standing in GRANTED:
        return GRANTED[decided.standing]
    if decided.standing is Standing.NOT_MATURE:
        return Part.NOT_MATURE
    part = NOT_GRANTED[decided.outcome]
    last_day = window_end(decided.timestamp, extract.performance)
    young = extract.as_of.astimezone(UTC).date() <= last_day
    return Part.NOT_MATURE if young and part is Part.DECLINED else part


def _newest_catalogue(placed: Placed) -> Catalogue:
    """The catalogue under which the newest mature decision was made."""
    mature = [key for key, one in placed.items() if one.part is not Part.DECLINED]
    if not mature:
        raise BadTable(
            marked(
                "no decision is mature yet: no window has ended, or nothing was taken up; flask "
                "performance shows the numbers"
            )
        )
    newest = stored.load(str(mature[-1]))
    if newest.model is None:
        version = newest.decision.model_version
        raise BrokenBundle(
            marked("the bundle of version %(version)s cannot be read; restore the database"),
            version=version,
        )
    return newest.model.bundle.catalogue


def _rows(ids: Sequence[UUID]) -> Iterator[Any]:
    """Some decisions with their answers, which may have been erased; `ids` are in ascending order."""
    query = select(
        Decision.decision_id, Decision.fingerprint, Decision.model_version, Answers.answers
    ).outerjoin(Answers, Answers.decision_id == Decision.decision_id)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        of_some = query.where(Decision.decision_id.in_(some)).order_by(Decision.decision_id)
        with reading() as session:
            yield from session.execute(of_some).all()


def _left_out(row: Any, catalogue: Catalogue) -> Part | None:
    """Why a decision cannot be trained on; None if it can."""
    if row.fingerprint != catalogue.fingerprint:
        return Part.OTHER_INPUTS
    return Part.ERASED if row.answers is None else None


def _wanted_answers(catalogue: Catalogue, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The scored answers, and the day of the application if the portfolio has it."""
    day = catalogue.application_date
    names = [*catalogue.feature_names, *([day.name] if day else [])]
    return {name: answers.get(name) for name in names}
