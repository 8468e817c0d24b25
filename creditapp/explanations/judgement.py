"""Scores and judges changed applications, with every answer that may follow from the changes."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Answer, Numeric, Question
from creditapp.explanations.cells import all_cells
from creditapp.explanations.changes import Alternative, Change
from creditapp.policy.definition import SEVERITY, Policy
from creditapp.scoring.scorer import Score, Scorer

MOST_FOLLOWING = 200
"""Changes that leave more combinations of other answers open than this are not looked at."""

Changes = tuple[Change, ...]


class Case(NamedTuple):
    """An application with what scores and judges it."""

    application: Application
    scorer: Scorer
    policy: Policy


class Following(NamedTuple):
    """The questions that follow some changes, and each combination of answers that they may get."""

    questions: tuple[Question, ...]
    answers: Sequence[Mapping[str, Answer]]


def judge(case: Case, candidates: Sequence[Changes]) -> list[Alternative | None]:
    """What each set of changes leads to at worst; None if that cannot be said.

    It cannot be said of an answer that the training data do not hold, and if too many answers may follow.
    """
    following = {names: _following(case, names) for names in map(_features, candidates)}
    tried = [
        Application({**case.application.answers, **_new_answers(changes), **more})
        for changes in candidates
        for more in following[_features(changes)].answers
    ]
    # why: score all of them in one call, because the engine takes little longer for hundreds than for a few.
    scored = iter(zip(tried, case.scorer.score(tried) if tried else (), strict=True))
    judged = []
    for changes in candidates:
        follows = following[_features(changes)]
        results = [next(scored) for _ in follows.answers]
        judged.append(_at_worst(case, changes, follows.questions, results))
    return judged


def _features(changes: Changes) -> frozenset[str]:
    return frozenset(change.feature for change in changes)


def _new_answers(changes: Changes) -> dict[str, Answer]:
    return {change.feature: change.new for change in changes}


def _following(case: Case, changed: frozenset[str]) -> Following:
    """What follows some changes, in one step or several; no combinations if there are too many."""
    features, known = case.scorer.catalogue.features, set(changed)
    while more := [
        one.name for one in features if one.name not in known and {*one.follows} & known
    ]:
        known.update(more)
    questions = tuple(one for one in features if one.name in known - changed)
    values = [_possible_answers(case, question) for question in questions]
    if prod(map(len, values)) > MOST_FOLLOWING:
        return Following(questions, [])
    names = [question.name for question in questions]
    return Following(questions, [dict(zip(names, one, strict=True)) for one in product(*values)])


def _possible_answers(case: Case, question: Question) -> Sequence[Answer]:
    """The codes that the training data hold, or one number of each cell."""
    if isinstance(question, Numeric) and not question.bands:
        return [cell.near for cell in all_cells(question, case.scorer, case.policy)]
    seen = case.scorer.seen.get(question.name)
    codes = [code.code for code in question.codes]
    if seen is None:
        return codes
    if seen.limits:
        return [code for code in codes if seen.limits[0] <= code <= seen.limits[1]]
    return [code for code in codes if code in seen.codes]


def _at_worst(
    case: Case,
    changes: Changes,
    followers: tuple[Question, ...],
    results: Sequence[tuple[Application, Score]],
) -> Alternative | None:
    """The lowest score and the most severe decision of some applications."""
    unknown = any(_features(changes) & set(score.outside_training) for _, score in results)
    if unknown or not results:
        return None
    policy, catalogue = case.policy, case.scorer.catalogue
    decisions = [
        policy.outcome(
            policy.risk_level(score.probability_good),
            catalogue,
            tried.answers,
            outside_training=bool(score.outside_training),
        )
        for tried, score in results
    ]
    probabilities = [score.probability_good for _, score in results]
    return Alternative(
        changes,
        min(probabilities),
        policy.risk_level(min(probabilities)).value,
        max(decisions, key=SEVERITY.__getitem__).value,
        followers,
        min(probabilities) == max(probabilities),
    )
