"""The forms of the cut-off workbench: what to try, and how to put it in force."""

from datetime import UTC, datetime

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import FieldList, FormField, StringField
from wtforms.validators import NumberRange

from creditapp.applications.catalogue import Catalogue
from creditapp.exceptions import BadPolicy
from creditapp.phrases import marked
from creditapp.policy.definition import Policy, Rule, check_cut_offs, rules_from
from creditapp.simulation.costs import ASSUMPTIONS, Costs
from creditapp.simulation.review_worth import ReviewWorth
from creditapp.web.pages.rule_form import RuleForm, feature_choices, rule_texts
from creditapp.web.pages.typed import TypedNumberField
from creditapp.web.phrasing import explain

LONGEST_REASON = 500


def _number(label: str, highest: float) -> TypedNumberField:
    limits = NumberRange(0, highest, lazy_gettext("Accepted is a number from %(min)s to %(max)s."))
    return TypedNumberField(label, [limits], render_kw={"inputmode": "decimal"})


class TryForm(FlaskForm):  # type: ignore[misc]
    """The cut-offs, the rules and what is assumed."""

    class Meta:
        """The form changes nothing."""

        csrf = False

    rules_problem = ""
    """What is wrong with the rules."""

    is_sent = False
    """Whether somebody tries a policy; else the form shows the one in force."""

    measured: ReviewWorth | None = None
    """What outcomes say of reviews; none where there is no outcome yet."""

    approve_from = _number(lazy_gettext("Approve from"), 1)
    refer_from = _number(lazy_gettext("Refer from"), 1)
    rules = FieldList(FormField(RuleForm))

    @property
    def costs(self) -> Costs:
        """What is assumed."""
        return Costs(**{one.name: self[one.name].data for one in ASSUMPTIONS})

    @property
    def numbers(self) -> dict[str, str]:
        """The cut-offs and what is assumed, as a person of the page's language types them."""
        names = ("approve_from", "refer_from", *(one.name for one in ASSUMPTIONS))
        return {name: self[name].typed for name in names}

    def policy(self, in_force: Policy, catalogue: Catalogue) -> Policy | None:
        """The policy to try; none if an input is wrong. If no rules are sent, those in force stay."""
        if not self.validate():
            return None
        try:
            check_cut_offs(self.approve_from.data, self.refer_from.data)
        except BadPolicy as error:
            self.refer_from.errors = [explain(error)]
            return None
        try:
            rules = self._sent_rules(catalogue) if self.rules.entries else in_force.rules
        except BadPolicy as error:
            self.rules_problem = explain(error)
            return None
        return Policy("tried", self.approve_from.data, self.refer_from.data, rules=rules)

    def _sent_rules(self, catalogue: Catalogue) -> tuple[Rule, ...]:
        rows = [entry.form for entry in self.rules if entry.form.feature.data]
        return rules_from(catalogue, [row.document(catalogue) for row in rows])

    def show_rules(self, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Show these rules unless rules were sent, then an empty row for one more, all with their choices."""
        if not self.rules.entries:
            for rule in rules:
                self.rules.append_entry(rule_texts(rule))
        if not self.rules.entries or self.rules.entries[-1].form.feature.data:
            self.rules.append_entry({})
        choices = feature_choices(catalogue)
        for entry in self.rules:
            entry.form.feature.choices = choices


for assumption in ASSUMPTIONS:
    field = _number(lazy_gettext(assumption.label), assumption.highest)
    setattr(TryForm, assumption.name, field)


def defaults(policy: Policy, measured: ReviewWorth | None) -> dict[str, float]:
    """What the form shows at first: the cut-offs of a policy, and what is assumed.

    What reviews approve of the bad credits is as it was measured, if that rests on enough outcomes.
    """
    assumed = {one.name: one.default for one in ASSUMPTIONS}
    if measured and measured.is_enough:
        assumed["bad_approved"] = round(measured.bad_approved.value, 3)
    return {"approve_from": policy.low_risk_from, "refer_from": policy.medium_risk_from, **assumed}


class SaveForm(FlaskForm):  # type: ignore[misc]
    """The version that is replaced, the time from which to use the policy, and the reason."""

    instead_of = StringField()
    starts_at = StringField()
    reason = StringField()

    @property
    def start(self) -> datetime | None:
        """The time from which to use the policy, in UTC; none is at once.

        Raises:
            BadPolicy: it is no time.
        """
        text = (self.starts_at.data or "").strip()
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
        except ValueError as error:
            raise BadPolicy(
                marked("from must be a time as in 2030-01-31T09:00, not %(text)s"),
                text=f"{text:.50}",
            ) from error

    @property
    def is_complete(self) -> bool:
        """Whether a printable reason is given."""
        reason = (self.reason.data or "").strip()
        return 0 < len(reason) <= LONGEST_REASON and reason.isprintable()
