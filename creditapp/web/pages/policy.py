"""The cut-off workbench: see what a policy would do, then put it in force with a reason, or not."""

from collections.abc import Mapping
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
from creditapp.simulation import cases as known_cases
from creditapp.simulation import workbench
from creditapp.simulation.workbench import Costs, Tried
from creditapp.web import access
from creditapp.web.errors import STATUS

blueprint = Blueprint("policy", __name__)

MOST_LOGGED = 2000
"""The newest of them: a page must not read all of a long log."""

LONGEST_REASON = 500
HIGHEST_COST = 1_000_000

Page = str | tuple[str, int]


def _number(label: str, highest: float, *, step: str) -> FloatField:
    limits = NumberRange(0, highest, lazy_gettext("Accepted is a number from %(min)s to %(max)s."))
    render = {"type": "number", "min": 0, "max": highest, "step": step}
    return FloatField(label, [limits], render_kw=render)


class Workbench(FlaskForm):  # type: ignore[misc]
    """The cut-offs and costs that are tried."""

    class Meta:
        """The form is read by GET and changes nothing."""

        csrf = False

    approve_from = _number(lazy_gettext("Approve from"), 1, step="any")
    refer_from = _number(lazy_gettext("Refer from"), 1, step="any")
    cost_ratio = _number(lazy_gettext("Cost of an approved bad credit"), HIGHEST_COST, step="any")
    referral_cost = _number(lazy_gettext("Cost of a referral"), HIGHEST_COST, step="any")

    def policy(self, in_force: Policy) -> Policy | None:
        """The policy that is tried, under the rules in force; none where an input is wrong."""
        if not self.validate():
            return None
        try:
            check_cut_offs(self.approve_from.data, self.refer_from.data)
        except BadPolicy as error:
            self.refer_from.errors = [str(error)]
            return None
        return Policy("tried", self.approve_from.data, self.refer_from.data, rules=in_force.rules)


class Saving(FlaskForm):  # type: ignore[misc]
    """A policy that was tried, the one it is to replace, and why."""

    approve_from = FloatField()
    refer_from = FloatField()
    instead_of = StringField()
    reason = StringField()

    @property
    def is_sound(self) -> bool:
        """Whether there are two cut-offs, and a reason that can be kept."""
        reason = (self.reason.data or "").strip()
        numbers = self.approve_from.data is not None and self.refer_from.data is not None
        return numbers and 0 < len(reason) <= LONGEST_REASON and reason.isprintable()


@blueprint.get("/policy")
def overview() -> Page:
    """The policy in force beside one that is tried."""
    in_force = policy_versions.in_force()
    form = Workbench(request.args, data=_in_force(in_force))
    if not request.args:
        form = Workbench(None, data=_in_force(in_force))
    return _page(form, in_force)


@blueprint.post("/policy")
def save() -> Response | Page:
    """Put the policy that was tried in force, unless another one came into force since."""
    form, in_force = Saving(), policy_versions.in_force()
    tried = Workbench(request.form, data=_in_force(in_force))
    if not form.is_sound:
        problem = gettext(
            "A reason is expected, printable and of up to %(most)s characters; nothing was changed.",
            most=LONGEST_REASON,
        )
        return _page(tried, in_force, problem, 422)
    try:
        policy_versions.put_in_force(
            form.approve_from.data,
            form.refer_from.data,
            in_force.rules,
            access.current().label,
            form.reason.data.strip(),
            instead_of=form.instead_of.data,
        )
    except (PolicyChanged, BadPolicy) as error:
        return _page(tried, in_force, str(error), STATUS[type(error)])
    return redirect(url_for("policy.overview"))


def _in_force(policy: Policy) -> dict[str, float]:
    costs = Costs()
    return {
        "approve_from": policy.low_risk_from,
        "refer_from": policy.medium_risk_from,
        "cost_ratio": costs.ratio,
        "referral_cost": costs.referral,
    }


def _page(
    form: Workbench, in_force: Policy, problem: str | None = None, status: int = 200
) -> tuple[str, int]:
    tried = form.policy(in_force)
    shown: dict[str, Any] = {
        "form": form,
        "saving": Saving(None),
        "in_force": in_force,
        "problem": problem,
        "history": policy_versions.history(),
        "outcomes": list(Outcome),
        "most_logged": MOST_LOGGED,
        "found": _found(form, in_force, tried) if tried else None,
    }
    return render_template("policy.html", **shown), status if tried else 422


def _found(form: Workbench, in_force: Policy, tried: Policy) -> Mapping[str, Any]:
    """Both policies on the labelled rows and on logged decisions of the served model."""
    served = model_cache.current()
    costs = Costs(form.cost_ratio.data, form.referral_cost.data)
    labelled = known_cases.held_out(served)
    logged = known_cases.logged(MOST_LOGGED, served.deployment)

    def both(cases: Any) -> tuple[Tried, Tried]:
        return workbench.tried(in_force, cases, costs), workbench.tried(tried, cases, costs)

    on_logged = both(logged)
    return {
        "policy": tried,
        "model_version": served.model_version,
        "labelled": both(labelled),
        "labelled_cases": len(labelled),
        "logged": on_logged,
        "logged_cases": len(logged),
        "flipped": workbench.flipped(logged, on_logged[1].decided),
        "best": workbench.best(labelled, costs.ratio),
        "curve": workbench.curve(labelled, costs.ratio),
    }
