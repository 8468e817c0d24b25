"""The pages about drift: all indices, and one answer then and now."""

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from creditapp.drift import keeping
from creditapp.drift.bins import name_bins, name_score_bins
from creditapp.drift.look import DAYS, Look, look, population_of
from creditapp.drift.measures import Measure
from creditapp.drift.psi import FEWEST_CASES, SCORE, State
from creditapp.exceptions import NotFound
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.web import rate_limits
from creditapp.web.access import ANALYSTS, open_to
from creditapp.web.chart_files import addresses_of, find_file
from creditapp.web.charts import Chart
from creditapp.web.pages.drift_charts import chart_then_and_now, chart_weeks
from creditapp.web.phrasing import phrase

blueprint = Blueprint("drift", __name__)

LONGEST_WINDOW = 366
"""Days."""

FEW_CASES = 1000
"""So few decisions are looked at when the page is asked for; of more, the last look is shown."""


@blueprint.get("/drift")
@open_to(ANALYSTS)
def overview() -> str | Response:
    """Compare recent decisions with the population the served model was trained on."""
    served, now = model_cache.current(), datetime.now(UTC)
    kept = keeping.find(served, now)
    found, days = _chosen_look(served, kept, now), _days()
    population = population_of(served)
    names = name_score_bins(population.score)
    then = _("then (hold-out)"), population.own().score
    charts: dict[str, Chart] = {
        "ks": chart_weeks(_("KS of the score by week"), kept.weeks, SCORE, Measure.KS),
        "psi": chart_weeks(_("PSI of the score by week"), kept.weeks, SCORE, Measure.PSI),
        "score": chart_then_and_now(_("The score then and now"), names, then, found.tally.score),
    }
    if file := find_file(charts):
        return file
    context = {
        "look": found,
        "days": days,
        "served": served,
        "questions": served.catalogue.by_name,
        "fewest": FEWEST_CASES,
        "weeks": kept.weeks,
        "over": {State.WATCH, State.SHIFTED},
        "seconds": current_app.config["SETTINGS"].drift_seconds,
        "charts": charts,
        "files": addresses_of(charts),
    }
    return render_template("drift.html", **context)


@blueprint.get("/drift/<slug>")
@open_to(ANALYSTS)
def answer(slug: str) -> str | Response:
    """Show one answer by week, and its distribution in the training data and now."""
    served, now = model_cache.current(), datetime.now(UTC)
    kept = keeping.find(served, now)
    question = next((one for one in served.catalogue.features if one.slug == slug), None)
    if question is None:
        raise NotFound(_("The served model has no answer with this name: %(slug)s", slug=slug))
    found = _chosen_look(served, kept, now)
    label, name = str(phrase(question.label)), question.name
    distribution = population_of(served).answers[name]
    then = _("then (training data)"), population_of(served).own().answers[name]
    bins = name_bins(question, distribution)
    charts: dict[str, Chart] = {
        "weeks": chart_weeks(_("PSI by week"), kept.weeks, name, Measure.PSI),
        "answers": chart_then_and_now(_("Then and now"), bins, then, found.tally.answers[name]),
    }
    if file := find_file(charts):
        return file
    context = {
        "label": label,
        "look": found,
        "days": _days(),
        "drift": found.of(name),
        "reference": sum(then[1]),
        "charts": charts,
        "files": addresses_of(charts),
    }
    return render_template("drift_answer.html", **context)


def _days() -> int:
    return min(max(request.args.get("days", DAYS, type=int), 1), LONGEST_WINDOW)


def _chosen_look(served: ServedModel, kept: keeping.Kept, now: datetime) -> Look:
    """The look at the chosen days; the kept one, where there are many cases and no other days are chosen."""
    if _days() == DAYS and kept.recent and kept.recent.cases >= FEW_CASES:
        return kept.recent
    rate_limits.spend_reading()
    return look(served, now, _days())
