"""Finds the principal reasons: the answers that lower a score most, compared with a reference group.

The group consists of applicants at or just above the cut-off, as the official interpretation of
12 CFR 1002.9 (Regulation B) describes. They come from the hold-out, on which the model was not fitted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any

import numpy as np

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.questions import Answer, Date, Question
from creditapp.applications.table import columns_of, number_of
from creditapp.exceptions import BadTable, BrokenBundle
from creditapp.explanations.typical import is_worse, typical_answer
from creditapp.phrases import LocalText, Phrase, Verbatim, marked, translate
from creditapp.policy.definition import SEVERITY, Outcome, Policy, Rule
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.forest import Forest, Leaves, Masks
from creditapp.scoring.holdout import read_holdout
from creditapp.scoring.link import Link
from creditapp.scoring.scorer import TOLERANCE, Score, Scorer

GROUP = 32
"""The size of the reference group: enough for typical answers, few enough to lie near the cut-off."""

MOST_REASONS = 4
SMALLEST_SHARE = 0.05
"""A reason accounts for at least this share of the distance between the score and the group's mean.

With less, the typical answer in its place would hardly bring the applicant nearer to an approval.
"""

MOST_CHECKED = 300
"""The rows on which leaves and engine are compared when a model is loaded."""

MORE, LESS, ANY = "more", "less", "any"
TEMPLATES = {
    MORE: marked("%(label)s: %(answer)s, more than is usual among approved applications"),
    LESS: marked("%(label)s: %(answer)s, less than is usual among approved applications"),
    ANY: marked("%(label)s: %(answer)s"),
}
DATE_TEMPLATES = {
    MORE: marked("%(label)s: %(answer)s, earlier than is usual among approved applications"),
    LESS: marked("%(label)s: %(answer)s, later than is usual among approved applications"),
    ANY: marked("%(label)s: %(answer)s"),
}
"""A date counts in days before the application: more days are an earlier date."""


class Source(StrEnum):
    """Where a reason comes from."""

    MODEL = "model"
    RULE = "rule"
    OUTSIDE_TRAINING = "outside training data"
    PERSON = "person"


@dataclass(frozen=True)
class Reason:
    """A principal reason; the code that shows it translates its text."""

    feature: str
    value: Answer
    meaning: str
    text: Phrase
    source: Source

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The reason as JSON, translated with `gettext`."""
        return {
            "feature": self.feature,
            "value": self.value,
            "meaning": translate(self.meaning, gettext),
            "text": translate(self.text, gettext),
            "source": self.source.value,
        }


class Explainer:
    """Explains scores by a bundle's forest and its hold-out; safe to share between threads."""

    def __init__(self, bundle: Bundle, scorer: Scorer) -> None:
        inputs = bundle.metadata.inputs
        self._catalogue = bundle.catalogue
        self._names = list(inputs)
        self._encoder = Encoder.from_inputs(inputs)
        self._forest = Forest(Leaves.unpack(bundle.leaves), inputs)
        self._link = Link.from_metadata(bundle.metadata.link)
        self._observed = bundle.metadata.observed
        rows = read_holdout(bundle).answers
        columns = columns_of(self._catalogue, rows)
        probabilities = scorer.probabilities(columns)
        order = np.argsort(probabilities, kind="stable")
        self._probabilities = probabilities[order]
        self._columns = {name: [columns[name][row] for row in order] for name in inputs}
        self._masks_by_group: dict[int, Masks] = {}
        self._typical_by_group: dict[int, dict[str, Answer]] = {}

    def check(self) -> None:
        """Check that the leaves, which explain, give the same probabilities as the engine, which scores.

        Raises:
            BrokenBundle: the probabilities differ by more than the tolerance.
        """
        step = -(-len(self._probabilities) // MOST_CHECKED)
        explained = self._forest.sums(self._masks(slice(None, None, step)))
        if self._link:
            explained = self._link.probabilities(explained)
        difference = np.abs(explained - self._probabilities[::step]).max()
        if not difference <= TOLERANCE:
            raise BrokenBundle(
                marked(
                    "the model's leaves and its scores differ by %(difference)s; at most %(tolerance)s "
                    "is allowed"
                ),
                difference=f"{difference:.2g}",
                tolerance=f"{TOLERANCE:.0e}",
            )

    def reasons(
        self, application: Application, score: Score, policy: Policy, *, repeated: bool = False
    ) -> tuple[Reason, ...]:
        """At most four reasons, the most important first; an approval has no reasons.

        `repeated`: the reference was decided within the days of the policy.
        A decision by the score may have none: where no answer that may be named is worse than usual.
        """
        by_score = policy.outcomes[policy.risk_level(score.probability_good)]
        answers = application.answers
        if rules := _decisive_rules(policy, self._catalogue, answers, by_score):
            return tuple(
                _reason_by_rule(rule, self._catalogue, answers) for rule in rules[:MOST_REASONS]
            )
        if by_score is Outcome.APPROVE:
            repeats = (_reason_by_repeat(policy),) if repeated else ()
            return (*repeats, *self._reasons_outside_training(answers, score))[:MOST_REASONS]
        group = self.group(policy.low_risk_from)
        return tuple(
            self._reason_by_model(name, answers, self._columns[name][group])
            for name in self._named(application, policy.low_risk_from)[:MOST_REASONS]
        )

    def _named(self, application: Application, cut_off: float) -> list[str]:
        """The features that may be named, the largest effect first: see `SMALLEST_SHARE` and `is_worse`."""
        effects = self.contributions(application, cut_off)
        floor = SMALLEST_SHARE * -sum(effects.values())
        worse = self.worse_answers(application, cut_off)
        return [
            name
            for name in against(effects, self._catalogue)
            if name in worse
            and -effects[name] >= floor
            and not self._catalogue.by_name[name].is_vague(application.answers[name])
        ]

    def worse_answers(self, application: Application, cut_off: float) -> frozenset[str]:
        """The features whose answer is worse than the reference group's typical one: see `is_worse`."""
        columns = columns_of(self._catalogue, [application.answers])
        return frozenset(
            name
            for name, typical in self.typical_answers(cut_off).items()
            if is_worse(
                self._catalogue.by_name[name],
                columns[name][0],
                typical,
                self._observed.get(name, ()),
            )
        )

    def typical_answers(self, cut_off: float) -> dict[str, Answer]:
        """The reference group's typical answer to each feature that the model uses, as columns hold it.

        They are computed once for each group.
        """
        group = self.group(cut_off)
        if group.start not in self._typical_by_group:
            self._typical_by_group[group.start] = {
                name: typical_answer(self._catalogue.by_name[name], self._columns[name][group])
                for name in self._names
            }
        return self._typical_by_group[group.start]

    def contributions(self, application: Application, cut_off: float) -> dict[str, float]:
        """Each feature's Shapley value: what it adds to the probability of good credit, or to its log-odds.

        The values add up to the application's probability minus the mean of the reference group. For a model
        with a link, they are log-odds, and so are the application's and the mean.
        """
        columns = columns_of(self._catalogue, [application.answers])
        [own] = self._forest.masks(self._encoder.encode(columns))
        effects = self._forest.contributions(own, self._masks_of_group(cut_off))
        if self._link:
            effects = effects * self._link.slope
        return dict(zip(self._names, effects.tolist(), strict=True))

    def group(self, cut_off: float) -> slice:
        """The reference group: positions in the hold-out sorted by probability of good credit.

        They are the rows at or just above the cut-off; if too few reach it, the rows that score best.
        """
        first = int(np.searchsorted(self._probabilities, cut_off))
        last = max(0, len(self._probabilities) - GROUP)
        return slice(min(first, last), min(first, last) + GROUP)

    def _masks_of_group(self, cut_off: float) -> Masks:
        """The masks of the reference group, computed once for each group."""
        group = self.group(cut_off)
        if group.start not in self._masks_by_group:
            self._masks_by_group[group.start] = self._masks(group)
        return self._masks_by_group[group.start]

    def _masks(self, rows: slice) -> Masks:
        columns = {name: answers[rows] for name, answers in self._columns.items()}
        return self._forest.masks(self._encoder.encode(columns))

    def _reason_by_model(
        self, name: str, answers: Mapping[str, Answer], group: Sequence[Any]
    ) -> Reason:
        question = self._catalogue.by_name[name]
        side = _side(self._catalogue, question, answers, group)
        return _reason(question, answers[name], _template(question, side), Source.MODEL)

    def _reasons_outside_training(
        self, answers: Mapping[str, Answer], score: Score
    ) -> tuple[Reason, ...]:
        template = marked("%(label)s: %(answer)s, an answer that no earlier application had")
        return tuple(
            _reason(self._catalogue.by_name[name], answers[name], template, Source.OUTSIDE_TRAINING)
            for name in score.outside_training
            if name not in self._catalogue.protected
        )[:MOST_REASONS]


def against(effects: Mapping[str, float], catalogue: Catalogue) -> list[str]:
    """The features that lower the score, the largest effect first, without the protected ones."""
    return [
        name
        for name in sorted(effects, key=effects.__getitem__)
        if effects[name] < -TOLERANCE and name not in catalogue.protected
    ]


def verify_explainer(bundle: Bundle, scorer: Scorer) -> Explainer:
    """Make the explainer of a bundle, and check that it explains the scores that the scorer gives.

    Raises:
        BrokenBundle: the leaves or the hold-out cannot be used, or give other probabilities.
    """
    try:
        explainer = Explainer(bundle, scorer)
    except (ValueError, EOFError, KeyError, IndexError, BadTable) as error:
        raise BrokenBundle(
            marked(
                "the served bundle cannot be explained: its leaves or its hold-out cannot be read"
            )
        ) from error
    explainer.check()
    return explainer


def _side(
    catalogue: Catalogue, question: Question, answers: Mapping[str, Answer], group: Sequence[Any]
) -> str:
    """Whether a quantity is `more` or `less` than is usual in the group; `any` for everything else."""
    if not question.is_quantity:
        return ANY
    number = number_of(catalogue, question, answers)
    usual = [one for one in group if not question.is_missing(one)]
    if number is None or not usual or number == median(usual):
        return ANY
    return MORE if number > median(usual) else LESS


def _template(question: Question, side: str) -> str:
    """The portfolio's own wording of a reason, or the usual one."""
    own = question.reasons.get(side) or question.reasons.get(ANY)
    if isinstance(own, LocalText):
        return own.mapped(lambda text: text.replace("%", "%%").replace("{answer}", "%(answer)s"))
    if isinstance(question, Date):
        return DATE_TEMPLATES[side]
    return TEMPLATES[side]


def _decisive_rules(
    policy: Policy, catalogue: Catalogue, answers: Mapping[str, Answer], by_score: Outcome
) -> list[Rule]:
    """The rules that decided, if they made the decision worse than the score did."""
    met = policy.rules_met(catalogue, answers)
    worst = max((SEVERITY[rule.outcome] for rule in met), default=0)
    return [rule for rule in met if SEVERITY[by_score] < SEVERITY[rule.outcome] == worst]


def _reason_by_rule(rule: Rule, catalogue: Catalogue, answers: Mapping[str, Answer]) -> Reason:
    answer = answers[rule.feature]
    meaning = catalogue.by_name[rule.feature].meaning(answer)
    return Reason(
        rule.feature,
        answer,
        meaning,
        Phrase("%(text)s", {"text": Verbatim(rule.text)}),
        Source.RULE,
    )


def _reason_by_repeat(policy: Policy) -> Reason:
    text = marked("An application with this reference was decided within the last %(days)s days")
    return Reason("", "", "", Phrase(text, {"days": str(policy.refer_repeats_days)}), Source.RULE)


def _reason(question: Question, answer: Answer, template: str, source: Source) -> Reason:
    words = {"label": question.label, "answer": question.in_words(answer)}
    return Reason(question.name, answer, question.meaning(answer), Phrase(template, words), source)
