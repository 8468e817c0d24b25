"""The cut-off workbench: try a policy, then put it in force with a reason."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from creditapp.exceptions import BadPolicy, NotConfirmed, PolicyChanged
from creditapp.identity import proposals
from creditapp.identity.proposals import Kind
from creditapp.policy import proposed
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy
from creditapp.policy.rule_checks import rule_warnings
from creditapp.policy.terms import State
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.current import current_settings
from creditapp.simulation import review_worth
from creditapp.simulation.costs import ASSUMPTIONS
from creditapp.simulation.workbench import compare
from creditapp.web import access, confirmation
from creditapp.web.access import ANALYSTS, open_to
from creditapp.web.chart_files import addresses_of, find_file
from creditapp.web.pages.policy_charts import approved_chart, cost_chart
from creditapp.web.pages.policy_forms import LONGEST_REASON, SaveForm, TryForm, defaults
from creditapp.web.pages.rule_words import changes_in_words, rules_in_words
from creditapp.web.phrasing import explain

blueprint = Blueprint("policy", __name__)

MOST_RECORDED = 2000
"""The newest decisions; a page must not read all of a long log."""

MOST_REVIEWED = 2000
"""The newest reviewed decisions whose window has ended."""

MOST_CHANGES = 50

Page = str | tuple[str, int] | Response


@blueprint.get("/policy")
@open_to(ANALYSTS)
def overview() -> Page:
    """Compare the policy in force with one that is tried; or a chart of the comparison as a file."""
    in_force = policy_versions.in_force()
    return _page(_trying(request.args or None, in_force), in_force)


@blueprint.post("/policy/try")
@open_to(ANALYSTS)
def try_out() -> Page:
    """Compare the policy in force with one whose rules are tried too; nothing is changed."""
    # why: not by GET, because an address is too short for many rules.
    in_force = policy_versions.in_force()
    return _page(_trying(request.form, in_force), in_force)


@blueprint.post("/policy")
@open_to(ANALYSTS)
def save() -> Page:
    """Put the policy that was tried in force, unless another one was put in force since."""
    form, in_force = SaveForm(), policy_versions.in_force()
    trying = _trying(request.form, in_force)
    tried = trying.policy(in_force, model_cache.current().catalogue)
    if tried is None:
        return _page(trying, in_force, gettext("The policy is wrong; nothing was changed."), 422)
    if not form.is_complete:
        problem = gettext(
            "Give a reason of at most %(most)s printable characters; nothing was changed.",
            most=LONGEST_REASON,
        )
        return _page(trying, in_force, problem, 422)
    try:
        confirmation.confirm()
        wanted = replace(
            tried, points=in_force.points, refer_repeats_days=in_force.refer_repeats_days
        )
        flash(_change(wanted, form))
    except (NotConfirmed, PolicyChanged, BadPolicy) as error:
        return _page(trying, in_force, explain(error), error.status)
    return redirect(url_for("policy.overview"))


def show_problem(problem: str, status: int) -> Page:
    """The page with the reason why a change was refused."""
    in_force = policy_versions.in_force()
    return _page(_trying(None, in_force), in_force, problem, status)


def _trying(sent: MultiDict[str, str] | None, in_force: Policy) -> TryForm:
    """The form as it was sent, or with its defaults, and what outcomes say of reviews."""
    measured = review_worth.measure(model_cache.current(), MOST_REVIEWED)
    form = TryForm(sent, data=defaults(in_force, measured))
    form.measured, form.is_sent = measured, bool(sent)
    return form


def _change(policy: Policy, form: SaveForm) -> str:
    """Put a policy in force, or propose it where a second person must agree; what was done, in words."""
    actor, reason = access.current_actor(), form.reason.data.strip()
    if current_settings().two_people:
        seen = form.instead_of.data or policy_versions.newest_version()
        proposed.propose(policy, actor, reason, instead_of=seen, starts_at=form.start)
        return str(gettext("The policy is proposed; another person must approve it."))
    made = policy_versions.put_in_force(
        policy, actor, reason, instead_of=form.instead_of.data, starts_at=form.start
    )
    if form.start:
        return str(gettext("Policy %(version)s is planned.", version=made.version))
    return str(gettext("Policy %(version)s is in force.", version=made.version))


def _page(form: TryForm, in_force: Policy, problem: str | None = None, status: int = 200) -> Page:
    """The steps of a change; what a policy does is only computed once one is tried.

    An address that asks for one of the charts gets it as a file.
    """
    served = model_cache.current()
    tried = form.policy(in_force, served.catalogue)
    form.show_rules(in_force.rules, served.catalogue)
    effect = _effect(form, in_force, tried, served) if tried and form.is_sent else {}
    if file := find_file(effect.get("charts", {})):
        return file
    terms = policy_versions.terms()
    context: dict[str, Any] = {
        "form": form,
        "saving": SaveForm(),
        "in_force": in_force,
        "rules": rules_in_words(in_force.rules, served.catalogue),
        "set": next((one.row for one in terms if one.state is State.IN_FORCE), None),
        "two_people": current_settings().two_people,
        "proposals": proposals.find_open(Kind.POLICY),
        "tried": tried,
        "problem": problem,
        "warnings": rule_warnings(served.catalogue, tried.rules) if tried else [],
        "terms": terms,
        "newest": str(terms[0].row.version) if terms else in_force.version,
        "planned": [term for term in terms if term.state is State.PLANNED],
        "assumptions": ASSUMPTIONS,
        "fewest_reviewed": review_worth.FEWEST,
        **effect,
    }
    return render_template("policy.html", **context), status if tried else 422


def _effect(form: TryForm, in_force: Policy, tried: Policy, served: ServedModel) -> dict[str, Any]:
    """What the tried policy does, for the last two steps."""
    workbench = compare(in_force, tried, form.costs, served, MOST_RECORDED)
    charts = {
        "cost": cost_chart(workbench.curve, tried),
        "approved": approved_chart(workbench.curve, tried),
    }
    return {
        "workbench": workbench,
        "charts": charts,
        # why: no rule changes the charts, and many rules are too long for an address.
        "files": addresses_of(charts, url_for("policy.overview"), form.numbers),
        "changes": changes_in_words(in_force, tried, served.catalogue),
        "outcomes": list(Outcome),
        "currency": served.catalogue.currency,
        "most_recorded": MOST_RECORDED,
        "most_changes": MOST_CHANGES,
    }
