"""The table of a scorecard: the points of each answer, as CSV for people and as SQL for databases."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.policy.points import DEFAULT_SCALE
from training.estimators.additive import Term, export, terms_of
from training.estimators.family import Family, Fit

HEADER = ("feature", "title", "from", "below", "answer", "meaning", "log_odds", "points")


@dataclass(frozen=True)
class Row:
    """One bin (`low` included, `high` not) or one answer of a feature, and what it adds to the log-odds."""

    term: Term
    log_odds: float
    low: float | None = None
    high: float | None = None
    answer: Answer = None

    @property
    def points(self) -> float:
        """What it adds to the score."""
        return self.log_odds * DEFAULT_SCALE.factor


def additive_family(name: str, title: str, parameters: Mapping[str, Any], fit: Fit) -> Family:
    """A family whose models are terms: it is monotone, and its models are written as tables."""
    return Family(
        name=name,
        title=title,
        monotone=True,
        parameters=parameters,
        trusted=["numpy.dtype"],
        fit_pipeline=fit,
        export=export,
        tables={"scorecard.csv": as_csv, "scorecard.sql": as_sql},
    )


def rows_of(pipeline: Pipeline, catalogue: Catalogue) -> list[Row]:
    """The rows of all features, in the order of the pipeline."""
    return [row for term in terms_of(pipeline, catalogue) for row in _rows(term)]


def base_points(pipeline: Pipeline) -> float:
    """The points of an application before those of its answers."""
    intercept = float(pipeline.named_steps["classifier"].intercept_[0])
    return DEFAULT_SCALE.offset + DEFAULT_SCALE.factor * intercept


def as_csv(pipeline: Pipeline, catalogue: Catalogue) -> str:
    """The table as CSV; the first row has the points before those of the answers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerow(["", "base", "", "", "", "", "", f"{base_points(pipeline):.4f}"])
    for row in rows_of(pipeline, catalogue):
        question, is_bin = row.term.question, row.low is not None or row.high is not None
        writer.writerow(
            [
                question.name,
                str(question.label),
                "" if row.low is None else row.low,
                "" if row.high is None else row.high,
                "" if is_bin else json.dumps(row.answer, ensure_ascii=False),
                "" if is_bin else str(question.meaning(row.answer)),
                f"{row.log_odds:.6f}",
                f"{row.points:.4f}",
            ]
        )
    return text.getvalue()


def as_sql(pipeline: Pipeline, catalogue: Catalogue) -> str:
    """A query that gives each row of a table `applications` its score and its probability of good credit.

    The columns have the names of the features; a date is the number of days before the application.
    """
    intercept = float(pipeline.named_steps["classifier"].intercept_[0])
    cases = "\n    + ".join(_case(term) for term in terms_of(pipeline, catalogue))
    return (
        "SELECT\n"
        f"  {DEFAULT_SCALE.offset!r} + {DEFAULT_SCALE.factor!r} * log_odds AS score,\n"
        "  1.0 / (1.0 + EXP(-log_odds)) AS probability_good_credit,\n"
        "  scored.*\n"
        "FROM (\n"
        f"  SELECT applications.*,\n    {intercept!r}\n    + {cases} AS log_odds\n"
        "  FROM applications\n"
        ") AS scored;\n"
    )


def _rows(term: Term) -> Iterator[Row]:
    ends = [*term.splits, None]
    for low, high, number in zip([None, *term.splits], ends, term.bins, strict=False):
        yield Row(term, number, low=low, high=high)
    for answer, number in term.answers.items():
        yield Row(term, number, answer=answer)


def _case(term: Term) -> str:
    name = '"' + term.question.name.replace('"', '""') + '"'
    lines = [f"WHEN {_is(name, one)} THEN {number!r}" for one, number in term.answers.items()]
    lines += [
        f"WHEN {name} < {split!r} THEN {number!r}"
        for split, number in zip(term.splits, term.bins, strict=False)
    ]
    last = f" ELSE {term.bins[-1]!r}" if term.bins else ""
    return f"CASE {' '.join(lines)}{last} END"


def _is(name: str, answer: Answer) -> str:
    if answer is None:
        return f"{name} IS NULL"
    if isinstance(answer, str):
        return f"{name} = '" + answer.replace("'", "''") + "'"
    return f"{name} = {int(answer) if isinstance(answer, bool) else answer!r}"
