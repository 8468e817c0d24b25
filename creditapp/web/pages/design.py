"""The parts that pages are made of, side by side; only in development."""

from flask import Blueprint, flash, render_template, request
from flask_wtf import FlaskForm
from werkzeug.exceptions import NotFound
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from creditapp.intervals import Proportion
from creditapp.policy.definition import Outcome, Policy
from creditapp.settings.current import current_settings
from creditapp.web.access import ANYONE, open_to
from creditapp.web.charts import BarChart, LineChart, Point, Series, write_share

blueprint = Blueprint("design", __name__)

COLOURS = (
    "background",
    "surface",
    "line",
    "control",
    "text",
    "muted",
    "cyan",
    "green",
    "amber",
    "red",
)
"""The custom properties of `static/vault.css`; each has a swatch."""

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")


class SampleForm(FlaskForm):  # type: ignore[misc]
    """A field of each kind; the second one is wrong."""

    class Meta:
        """The form changes nothing."""

        csrf = False

    name = StringField("A text", description="with a hint")
    wrong = StringField("A text that was refused")
    choice = SelectField("A choice", choices=[SelectChoice(value="a", label="The first")])


@blueprint.get("/design")
@open_to(ANYONE)
def overview() -> str:
    """Show every colour, text, control, table and chart; nothing is here in production.

    Raises:
        NotFound: the service runs in production.
    """
    if current_settings().production:
        raise NotFound
    if "done" in request.args:
        flash("What was done is said at the top of the next page.")
    form = SampleForm(None)
    form.wrong.errors = ["“x” is not accepted; accepted is a whole number from 1 to 4."]
    return render_template(
        "design.html",
        colours=COLOURS,
        form=form,
        policy=Policy("0"),
        outcomes=list(Outcome),
        proportion=Proportion(30, 100),
        charts=(_lines(), _bars()),
    )


def _lines() -> LineChart:
    rates = [Point(0.61, 0.58, 0.64), Point(0.64, 0.61, 0.67), Point(), Point(0.6, 0.57, 0.63)]
    limits = [Point(0.55)] * len(MONTHS)
    series = [Series("Approved", rates), Series("Lowest accepted", limits, is_limit=True)]
    return LineChart("A line chart", "Month", MONTHS, series, write_share)


def _bars() -> BarChart:
    shares = [Series("Before", [Point(0.2), Point(0.5)]), Series("Now", [Point(0.3), Point(0.4)])]
    return BarChart("A bar chart", "Answer", ("rent", "own"), shares, write_share)
