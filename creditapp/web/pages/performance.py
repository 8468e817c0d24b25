"""The page that compares what became of decisions with what was predicted of them."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from creditapp.outcomes.standing import Standing
from creditapp.performance import kept
from creditapp.performance.report import FEWEST_OF_AN_ANSWER, Report
from creditapp.serving import cache as model_cache
from creditapp.simulation.costs import Costs
from creditapp.web.access import ANALYSTS, open_to
from creditapp.web.chart_files import addresses_of, find_file
from creditapp.web.pages.performance_charts import charts_of
from creditapp.web.phrasing import phrase

blueprint = Blueprint("performance", __name__)


@blueprint.get("/performance")
@open_to(ANALYSTS)
def overview() -> str | Response:
    """Show the kept report, on all decisions or on those of one version."""
    served = model_cache.current()
    portfolio, version = served.deployment.portfolio, request.args.get("model", "")[:50]
    report = kept.find(portfolio, version)
    charts = charts_of(report)._asdict() if report else {}
    if file := find_file(charts):
        return file
    context = {
        "served": served,
        "definition": served.catalogue.performance,
        "version": version,
        "versions": kept.find_versions(portfolio),
        "is_of_served": not version or version == served.model_version,
        "report": report,
        "standings": list(Standing),
        "assumed": Costs(),
        "charts": charts,
        "files": addresses_of(charts),
        **(_parts(report, served.catalogue.by_name) if report else {}),
    }
    return render_template("performance.html", **context)


def _parts(report: Report, questions: Any) -> dict[str, Any]:
    """The tables of a report, with their titles."""
    titles = {
        "model": gettext("Model version"),
        "policy": gettext("Policy"),
        "channel": gettext("Channel"),
    }
    return {
        "by_record": [(name, title, report.by_record[name]) for name, title in titles.items()],
        "fewest": FEWEST_OF_AN_ANSWER,
        "by_answer": [
            (phrase(questions[name].label), questions[name].protected, _in_words(rows))
            for name, rows in report.by_answer.items()
            if name in questions and rows
        ],
        "measures": {
            "estimated_auc": gettext("Estimated AUC of all applicants"),
            "bad_rate": gettext("Bad rate of mature credits"),
            "auc": gettext("AUC of mature credits"),
        },
    }


def _in_words(rows: Any) -> list[tuple[object, Any]]:
    return [(phrase(row.label), row.figures) for row in rows]
