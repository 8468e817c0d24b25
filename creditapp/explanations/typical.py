"""Says whether an answer is worse than the typical one of a reference group.

A declared direction decides; without one, the bad rates that the data show.
"""

from collections.abc import Mapping, Sequence
from statistics import median, mode
from typing import Any

from creditapp.applications.questions import Answer, Direction, Ordinal, Question

Observed = Sequence[Mapping[str, Any]]
"""How often each answer of a feature occurs, and with how many bad credits; see `Metadata.observed`."""


def typical_answer(question: Question, answers: Sequence[Answer]) -> Answer:
    """The median of quantities, the most frequent code; a missing answer if most are missing.

    The answers are those of a column: a date is a number of days before the application.
    """
    if not question.is_quantity:
        return mode(answers)
    given = [one for one in answers if not question.is_missing(one)]
    return median(given) if 2 * len(given) >= len(answers) else mode(answers)


def is_worse(question: Question, answer: Answer, typical: Answer, observed: Observed) -> bool:
    """Whether an answer is worse than the typical one.

    The expected direction decides where it is declared and both answers are values; else the answer's bad
    rate must be higher. Bundles from before the data's counts hold no bad rates: there, an answer without
    a direction is worse if it differs.

    Args:
        question: the question of both answers.
        answer: the applicant's answer, as a column holds it.
        typical: see `typical_answer`.
        observed: the counts of the feature's answers; empty in older bundles.
    """
    if question.direction and not question.is_missing(answer) and not question.is_missing(typical):
        rise = place_of(question, answer) - place_of(question, typical)
        return rise > 0 if question.direction is Direction.WORSE else rise < 0
    if not observed:
        return bool(answer != typical)
    own, usual = bad_rate(question, answer, observed), bad_rate(question, typical, observed)
    # why: of an answer that the data do not hold, nobody can say that it is worse.
    return own is not None and usual is not None and own > usual


def bad_rate(question: Question, answer: Answer, observed: Observed) -> float | None:
    """The share of bad credits among the rows with this answer; None if no row has it.

    A quantity with many values is counted by quarters; an answer between two belongs to the upper one.
    """
    for row in observed:
        if "answer" in row and row["answer"] == answer:
            return float(row["bad"] / row["count"]) if row["count"] else None
    if question.is_missing(answer) or not question.is_quantity:
        return None
    quarters = [row for row in observed if "to" in row and row["count"]]
    if not quarters:
        return None
    row = next((one for one in quarters if answer <= one["to"]), quarters[-1])
    return float(row["bad"] / row["count"])


def place_of(question: Question, answer: Answer) -> float:
    """The rank of a code, or the number."""
    return question.values.index(answer) if isinstance(question, Ordinal) else float(answer)
