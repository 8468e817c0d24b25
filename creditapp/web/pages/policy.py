"""The cut-off workbench: try a policy, then put it in force with a reason."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import FloatField, StringField
from wtforms.validators import NumberRange

from creditapp.exceptions import BadPolicy, PolicyChanged
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, check_cut_offs
from creditapp.serving import cache as model_cache
from creditapp.simulation.costs import ASSUMPTIONS, Costs
from creditapp.simulation.workbench import compare
from creditapp.web import access
from creditapp.web.access import ANALYSTS, open_to

blueprint = Blueprint("policy", __name__)

MOST_RECORDED = 2000
"""The newest decisions; a page must not read all of a long log."""

MOST_CHANGES = 50
LONGEST_REASON = 500

Page = str | tuple[str, int]


def _number(label: str, highest: float) -> FloatField:
    limits = NumberRange(0, highest, lazy_gettext("Accepted is a number from %(min)s to %(max)s."))
    render = {"type": "number", "min": 0, "max": highest, "step": "any"}
    return FloatField(label, [limits], render_kw=render)


class TryForm(FlaskForm):  # type: ignore[misc]
    """The cut-offs and costs to try."""

    class Meta:
        """The form is sent by GET and changes nothing."""

        csrf = False

    approve_from = _number(lazy_gettext("Approve from"), 1)
    refer_from = _number(lazy_gettext("Refer from"), 1)

    @property
    def costs(self) -> Costs:
        """What is assumed."""
        return Costs(**{one.name: self[one.name].data for one in ASSUMPTIONS})

    def policy(self, in_force: Policy) -> Policy | None:
        """The policy to try, with the rules in force; none if an input is wrong."""
        if not self.validate():
            return None
        try:
            check_cut_offs(self.approve_from.data, self.refer_from.data)
        except BadPolicy as error:
            self.refer_from.errors = [str(error)]
            return None
        return Policy("tried", self.approve_from.data, self.refer_from.data, rules=in_force.rules)


for assumption in ASSUMPTIONS:
    setattr(TryForm, assumption.name, _number(lazy_gettext(assumption.label), assumption.highest))


class SaveForm(FlaskForm):  # type: ignore[misc]
    """The policy that was tried, the version it replaces, and the reason."""

    approve_from = FloatField()
    refer_from = FloatField()
    instead_of = StringField()
    reason = StringField()

    @property
    def is_complete(self) -> bool:
        """Whether both cut-offs and a printable reason are given."""
        reason = (self.reason.data or "").strip()
        numbers = self.approve_from.data is not None and self.refer_from.data is not None
        return numbers and 0 < len(reason) <= LONGEST_REASON and reason.isprintable()


@blueprint.get("/policy")
@open_to(ANALYSTS)
def overview() -> Page:
    """Compare the policy in force with one that is tried."""
    in_force = policy_versions.in_force()
    form = TryForm(request.args or None, data=_defaults(in_force))
    return _page(form, in_force)


@blueprint.post("/policy")
@open_to(ANALYSTS)
def save() -> Response | Page:
    """Put the policy that was tried in force, unless another one was put in force since."""
    form, in_force = SaveForm(), policy_versions.in_force()
    tried = TryForm(request.form, data=_defaults(in_force))
    if not form.is_complete:
        problem = gettext(
            "Give a reason of at most %(most)s printable characters; nothing was changed.",
            most=LONGEST_REASON,
        )
        return _page(tried, in_force, problem, 422)
    try:
        policy_versions.put_in_force(
            replace(
                in_force,
                low_risk_from=form.approve_from.data,
                medium_risk_from=form.refer_from.data,
            ),
            access.current_actor(),
            form.reason.data.strip(),
            instead_of=form.instead_of.data,
        )
    except (PolicyChanged, BadPolicy) as error:
        return _page(tried, in_force, str(error), error.status)
    return redirect(url_for("policy.overview"))


def _defaults(policy: Policy) -> dict[str, float]:
    return {
        "approve_from": policy.low_risk_from,
        "refer_from": policy.medium_risk_from,
        **{one.name: one.default for one in ASSUMPTIONS},
    }


def _page(
    form: TryForm, in_force: Policy, problem: str | None = None, status: int = 200
) -> tuple[str, int]:
    tried = form.policy(in_force)
    served = model_cache.current()
    context: dict[str, Any] = {
        "form": form,
        "saving": SaveForm(None),
        "in_force": in_force,
        "tried": tried,
        "problem": problem,
        "history": policy_versions.history(),
        "outcomes": list(Outcome),
        "assumptions": ASSUMPTIONS,
        "currency": served.catalogue.currency,
        "most_recorded": MOST_RECORDED,
        "most_changes": MOST_CHANGES,
        "workbench": compare(in_force, tried, form.costs, served, MOST_RECORDED) if tried else None,
    }
    return render_template("policy.html", **context), status if tried else 422
