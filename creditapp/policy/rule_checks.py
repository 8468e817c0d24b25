"""Finds rules that are accepted but look wrong: never or always met, repeated, or in conflict."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Numeric, Question
from creditapp.phrases import Phrase, marked
from creditapp.policy.definition import SEVERITY, Rule

NEVER = marked("Rule %(one)s is never met: no accepted answer to %(feature)s meets it.")
ALWAYS = marked("Rule %(one)s is always met: every accepted answer to %(feature)s meets it.")
REPEATED = marked("Rules %(one)s and %(other)s are met by the same answers. Keep one of them.")
WITHOUT_EFFECT = marked(
    "Rule %(one)s changes no decision: every answer that meets it also meets rule %(other)s, "
    "which is at least as severe."
)
CONFLICT = marked(
    "Rules %(one)s and %(other)s have different outcomes, and some answers to %(feature)s meet both. "
    "The more severe outcome counts there."
)
GAP = marked(
    "Neither rule %(one)s nor rule %(other)s is met where %(feature)s is exactly %(value)s."
)


class Reach(NamedTuple):
    """What meets a rule: numbers under `low` or over `high`, up to the limits of the question, and codes.

    `lowest` and `highest` are these limits. The numbers from `low` to `high` do not meet the rule; there
    are none if `low` is above `high`. `step` is 1 for whole numbers, else 0. A choice has no numbers: its
    `lowest` is above its `highest`.
    """

    low: float
    high: float
    lowest: float
    highest: float
    step: float
    codes: frozenset[Answer]
    all_codes: frozenset[Answer]

    @property
    def is_empty(self) -> bool:
        """Whether nothing meets the rule."""
        return not self.codes and (self.low, self.high) == (self.lowest, self.highest)

    @property
    def is_everything(self) -> bool:
        """Whether every answer meets the rule."""
        return self.low > self.high and self.codes >= self.all_codes

    def includes(self, other: "Reach") -> bool:
        """Whether every answer that meets the other rule meets this one."""
        inside = self.low > self.high or (other.low <= self.low and self.high <= other.high)
        return inside and self.codes >= other.codes

    def meets(self, other: "Reach") -> bool:
        """Whether an answer meets both rules."""
        below = min(self.low, other.low) > self.lowest
        above = max(self.high, other.high) < self.highest
        between = max(self.low - other.high, other.low - self.high) > self.step
        has_numbers = self.lowest <= self.highest
        return (has_numbers and (below or above or between)) or bool(self.codes & other.codes)


def rule_warnings(catalogue: Catalogue, rules: Sequence[Rule]) -> list[Phrase]:
    """What looks wrong in rules that are accepted, in the order of the rules, which count from 1."""
    reaches = [
        (number, rule, reach_of(catalogue.by_name[rule.feature], rule))
        for number, rule in enumerate(rules, 1)
        if rule.feature in catalogue.by_name
    ]
    alone = [
        Phrase(text, {"one": number, "feature": rule.feature})
        for number, rule, reach in reaches
        for text, holds in ((NEVER, reach.is_empty), (ALWAYS, reach.is_everything))
        if holds
    ]
    usable = [one for one in reaches if not one[2].is_empty]
    pairs = [pair for pair in combinations(usable, 2) if pair[0][1].feature == pair[1][1].feature]
    return [*alone, *(warning for one, other in pairs for warning in _of_pair(one, other))]


def reach_of(question: Question, rule: Rule) -> Reach:
    """What meets a rule on a question."""
    codes = frozenset(rule.codes)
    if isinstance(question, Choice):
        nothing = (math.inf, -math.inf)
        return Reach(*nothing, *nothing, 0, codes, frozenset(question.all_answers))
    lowest, highest, step = _limits(question)
    low = lowest if rule.under is None else max(lowest, rule.under)
    high = highest if rule.over is None else min(highest, rule.over)
    if step:
        low, high = _up(low), _down(high)
    return Reach(low, high, lowest, highest, step, codes, frozenset(question.missing_answers))


def _limits(question: Question) -> tuple[float, float, float]:
    """The smallest and largest number, and 1 for whole numbers, else 0; days before a date have no limits."""
    if not isinstance(question, Numeric):
        return -math.inf, math.inf, 1
    step = 1 if question.integer else 0
    lowest, highest = question.minimum, question.maximum
    if question.above_minimum:
        lowest = lowest + 1 if step else math.nextafter(lowest, math.inf)
    if question.below_maximum:
        highest = highest - 1 if step else math.nextafter(highest, -math.inf)
    return lowest, highest, step


def _up(number: float) -> float:
    return number if math.isinf(number) else math.ceil(number)


def _down(number: float) -> float:
    return number if math.isinf(number) else math.floor(number)


def _of_pair(one: tuple[int, Rule, Reach], other: tuple[int, Rule, Reach]) -> Iterator[Phrase]:
    (number, rule, reach), (second, second_rule, second_reach) = one, other
    words = {"one": number, "other": second, "feature": rule.feature}
    covers, covered = reach.includes(second_reach), second_reach.includes(reach)
    harder = SEVERITY[rule.outcome] - SEVERITY[second_rule.outcome]
    if covers and covered and harder == 0:
        yield Phrase(REPEATED, words)
    elif covers and harder >= 0:
        yield Phrase(WITHOUT_EFFECT, {"one": second, "other": number})
    elif covered and harder <= 0:
        yield Phrase(WITHOUT_EFFECT, {"one": number, "other": second})
    elif harder and not (covers or covered) and reach.meets(second_reach):
        yield Phrase(CONFLICT, words)
    low, high = max(reach.low, second_reach.low), min(reach.high, second_reach.high)
    if low == high and reach.low < reach.high and second_reach.low < second_reach.high:
        yield Phrase(GAP, {**words, "value": f"{low:g}"})
