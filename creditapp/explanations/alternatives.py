"""Finds the smallest changes to an application that would lead to an approval.

They describe one model and one policy. They promise nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Numeric, Question
from creditapp.explanations.cells import cells_beside
from creditapp.explanations.changes import Alternative, Change
from creditapp.explanations.judgement import Case, Changes, judge
from creditapp.policy.definition import Outcome, Policy
from creditapp.scoring.scorer import Scorer

MOST_SHOWN = 4
CELLS_IN_PAIRS = 10
"""If two numbers change, at most this many cells of each are tried."""

WIDEST_IN_PAIRS = 40
"""If two numbers change, each range is at most so many cells wide."""


@dataclass(frozen=True)
class Alternatives:
    """The smallest changes that lead to an approval; if no change does, the one with the best score."""

    approved: tuple[Alternative, ...]
    nearest: Alternative | None


def alternatives(application: Application, scorer: Scorer, policy: Policy) -> Alternatives:
    """Find the smallest changes of one or two answers that lead to an approval.

    For each set of features that is enough, there is one alternative: the smallest change. A number may
    change to any one of a range: each cell of the range was scored, with every answer that may follow.
    """
    case = Case(application, scorer, policy)
    tried = list(filter(None, judge(case, list(_candidates(case)))))
    approved = [one for one in tried if one.decision == Outcome.APPROVE]
    if approved:
        smallest = list(_smallest(approved))[:MOST_SHOWN]
        return Alternatives(tuple(_widen(case, one) for one in smallest), None)
    nearest = max(tried, key=_by_score_then_size, default=None)
    return Alternatives((), nearest and _without_ranges(nearest))


def _without_ranges(alternative: Alternative) -> Alternative:
    """The alternative with one number for each range."""
    changes = tuple(change._replace(until=None) for change in alternative.changes)
    return replace(alternative, changes=changes)


def _by_score_then_size(alternative: Alternative) -> tuple[float, float]:
    return alternative.probability_good_credit, -alternative.size


def _smallest(approved: Iterable[Alternative]) -> Iterator[Alternative]:
    """The smallest alternative of each set of features, except sets of which a part is enough."""
    enough: list[set[str]] = []
    # why: fewer features come first, so that a feature that is enough by itself rules out its pairs;
    # within a set of features, the smallest change comes first and rules out the larger ones.
    for alternative in sorted(approved, key=lambda each: (len(each.changes), each.size)):
        features = {change.feature for change in alternative.changes}
        if not any(smaller <= features for smaller in enough):
            enough.append(features)
            yield alternative


def _candidates(case: Case) -> Iterator[Changes]:
    """All changes of one answer, then changes of two answers; of a number, one for each cell."""
    changes = [list(_changes(case, question)) for question in case.scorer.catalogue.features]
    for changes_of_feature in changes:
        yield from ((change,) for change in changes_of_feature)
    for first, second in combinations(filter(None, changes), 2):
        if isinstance(first[0].question, Numeric) and isinstance(second[0].question, Numeric):
            yield from product(_thin_out(first), _thin_out(second))
        else:
            yield from product(first, second)


def _changes(case: Case, question: Question) -> Iterator[Change]:
    """The changes of one answer, the nearest first."""
    answer = case.application.answers[question.name]
    if isinstance(question.changeable, tuple):
        for code in question.changeable:
            if code != answer:
                yield Change(question, answer, code)
    elif isinstance(question, Numeric) and question.changeable and not question.is_missing(answer):
        for cell in cells_beside(question, answer, case.scorer, case.policy):
            yield Change(question, answer, cell.near, cell.far)


def _thin_out(changes: Sequence[Change]) -> Sequence[Change]:
    """At most `CELLS_IN_PAIRS` of the changes, evenly spaced."""
    stride = -(-len(changes) // CELLS_IN_PAIRS)
    return changes[stride - 1 :: stride]


def _widen(case: Case, alternative: Alternative) -> Alternative:
    """The alternative with the widest ranges, from its numbers on, that lead to an approval throughout."""
    numbers = [one for one in alternative.changes if isinstance(one.question, Numeric)]
    if not numbers:
        return alternative
    most = WIDEST_IN_PAIRS if len(numbers) > 1 else None
    tails = [_tail(case, change)[:most] for change in alternative.changes]
    width = len(tails[-1])
    judged = judge(case, list(product(*tails)))
    rows = [judged[start : start + width] for start in range(0, len(judged), width)]
    return _union(_largest_corner(rows))


def _tail(case: Case, change: Change) -> list[Change]:
    """A change with the changes beyond it; a code has none."""
    if not isinstance(change.question, Numeric):
        return [change]
    beside = list(_changes(case, change.question))
    return beside[beside.index(change) :]


def _largest_corner(rows: Sequence[Sequence[Alternative | None]]) -> list[Alternative]:
    """The largest rectangle of approvals that begins with the first of the first row."""
    found: list[Alternative] = []
    width = len(rows[0])
    for height, row in enumerate(rows, 1):
        width = min(width, _approved_from_start(row))
        if width * height > len(found):
            found = [one for row in rows[:height] for one in row[:width] if one]
    return found


def _approved_from_start(row: Sequence[Alternative | None]) -> int:
    """How many alternatives of a row are approvals, up to the first that is none."""
    fails = (n for n, one in enumerate(row) if one is None or one.decision != Outcome.APPROVE)
    return next(fails, len(row))


def _union(cells: Sequence[Alternative]) -> Alternative:
    """One alternative for a rectangle of cells, with the worst score in it."""
    first, last = cells[0], cells[-1]
    worst = min(cells, key=lambda one: one.probability_good_credit)
    changes = [
        near._replace(until=far.until)
        for near, far in zip(first.changes, last.changes, strict=True)
    ]
    best = max(one.probability_good_credit for one in cells)
    exact = all(one.exact for one in cells) and best == worst.probability_good_credit
    return replace(worst, changes=tuple(changes), exact=exact)
