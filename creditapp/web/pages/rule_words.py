"""Rules and changes of a policy in words."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask_babel import format_decimal, gettext

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Date, as_shown
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.web.phrasing import phrase


class RuleInWords(NamedTuple):
    """When a rule is met, what it decides, and what the applicant reads."""

    condition: str
    outcome: Outcome
    text: str


def rules_in_words(rules: Sequence[Rule], catalogue: Catalogue) -> list[RuleInWords]:
    """The rules in the policy's order."""
    return [RuleInWords(_condition(rule, catalogue), rule.outcome, rule.text) for rule in rules]


def changes_in_words(before: Policy, after: Policy, catalogue: Catalogue) -> list[str]:
    """What is another in the second policy; nothing if it decides as the first."""
    return [
        *_cut_off(gettext("Approved from"), before.low_risk_from, after.low_risk_from),
        *_cut_off(gettext("Referred from"), before.medium_risk_from, after.medium_risk_from),
        *(
            gettext("Rule added: %(rule)s", rule=_condition(rule, catalogue))
            for rule in after.rules
            if rule not in before.rules
        ),
        *(
            gettext("Rule removed: %(rule)s", rule=_condition(rule, catalogue))
            for rule in before.rules
            if rule not in after.rules
        ),
    ]


def _cut_off(name: str, before: float, after: float) -> Iterator[str]:
    if before != after:
        shown = {"before": _number(before), "after": _number(after)}
        yield gettext("%(name)s %(after)s instead of %(before)s", name=name, **shown)


def _condition(rule: Rule, catalogue: Catalogue) -> str:
    question = catalogue.by_name.get(rule.feature)
    name = str(phrase(question.label)) if question else rule.feature
    unit = gettext("days before the application") if isinstance(question, Date) else ""
    parts = []
    if rule.over is not None:
        parts.append(gettext("over %(limit)s", limit=_with_unit(rule.over, unit)))
    if rule.under is not None:
        parts.append(gettext("under %(limit)s", limit=_with_unit(rule.under, unit)))
    parts += [
        str(phrase(question.in_words(code))) if question else as_shown(code) for code in rule.codes
    ]
    return f"{name}: {gettext(' or ').join(parts)}"


def _with_unit(limit: float, unit: str) -> str:
    return f"{_number(limit)} {unit}".strip()


def _number(value: float) -> str:
    return str(format_decimal(value, "#,##0.######"))
