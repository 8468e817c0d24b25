"""Where the time of a batch of 10,000 goes, step by step in this process.

Run it with `python -m tests.benchmarks.steps`.
"""

import gc
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from creditapp.applications.catalogue import Application
from creditapp.applications.schemas import load_batch
from creditapp.applications.strict_json import parse
from creditapp.decisions import log as decision_log
from creditapp.decisions.decide import Origin
from creditapp.decisions.decision_table import DecisionTable, judge_table, new_ids
from creditapp.decisions.log import Channel
from creditapp.explanations.alternatives import alternatives
from creditapp.factory import create_app
from creditapp.scoring.scorer import Score
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.settings import Settings
from creditapp.web.api import answers
from tests.benchmarks import drawn, results
from tests.benchmarks.batch import LARGEST, body_of, seconds
from tests.serving import flask

RUNS = 9
ADVERSE = 300

Case = tuple[Application, Score]


def measure() -> dict[str, float]:
    """The median milliseconds of each step."""
    body = body_of(drawn.frame(LARGEST))
    with application():
        return steps(body)


@contextmanager
def application() -> Iterator[None]:
    """An application over a fresh database, with what it has loaded kept out of the collector's way."""
    with tempfile.TemporaryDirectory() as folder:
        database, registry = Path(folder, "creditapp.db"), Path(folder, "mlflow.db")
        flask("prepare", database=database, registry=registry)
        address = f"sqlite:///{database}"
        app = create_app(replace(Settings.from_environment(), database_url=address))
        with app.app_context():
            model_cache.of_app(app).load_first(app)  # as a worker does: no look at each request
            gc.freeze()
            yield


def steps(body: bytes) -> dict[str, float]:
    """Each step with what the one before it gave."""
    served, origin = model_cache.current(), Origin(Channel.BATCH, "a benchmark", "a benchmark")
    data = parse(body)
    applications = load_batch(served.catalogue, data, LARGEST).applications

    def decided() -> DecisionTable:
        ids = new_ids(len(applications))
        return judge_table(applications, served, origin, datetime.now(UTC), ids)

    def recorded() -> float:
        decisions = decided()
        return seconds(
            lambda: decision_log.record_columns(decisions.recorded(), applications.as_json()), 1
        )

    decisions = decided()
    score = _median(lambda: served.scorer.score_columns(applications.scored()))
    return {
        "parse": _median(lambda: parse(body)),
        "check": _median(lambda: load_batch(served.catalogue, data, LARGEST)),
        "score": score,
        "decide": _median(decided) - score,
        "record": statistics.median(recorded() for _ in range(RUNS)) * 1000,
        "explain 1": _explained(served, _adverse(served, applications)),
        "explain 1 approved": _explained(served, _approved(served, applications)),
        "alternatives of 1": _changed(served, applications),
        "answer": _median(
            lambda: answers.batch({"predictions": answers.predictions(decisions, None)}, None)
        ),
    }


def _explained(served: ServedModel, cases: Sequence[Case]) -> float:
    """The reasons of one application: the mean of a few hundred."""
    explain = served.explainer.reasons
    return _median(lambda: [explain(*case, served.policy) for case in cases]) / len(cases)


def _changed(served: ServedModel, applications: Sequence[Application]) -> float:
    """What would change one decision that is no approval: the mean of a few hundred."""
    adverse = _adverse(served, applications)

    def all_of_them() -> None:
        for application, _score in adverse:
            alternatives(application, served.scorer, served.policy)

    return _median(all_of_them) / len(adverse)


def _adverse(served: ServedModel, applications: Sequence[Application]) -> list[Case]:
    cut_off = served.policy.low_risk_from
    scored = _scored(served, applications)
    return [case for case in scored if case[1].probability_good < cut_off][:ADVERSE]


def _approved(served: ServedModel, applications: Sequence[Application]) -> list[Case]:
    cut_off = served.policy.low_risk_from
    scored = _scored(served, applications)
    return [case for case in scored if case[1].probability_good >= cut_off][:ADVERSE]


def _scored(served: ServedModel, applications: Sequence[Application]) -> list[Case]:
    return list(zip(applications, served.scorer.score(applications), strict=True))


def _median(work: Callable[[], object]) -> float:
    return statistics.median(seconds(work, 1) for _ in range(RUNS)) * 1000


def main() -> None:
    """Print the table."""
    figures = measure()
    results.keep("steps", figures)
    for name, milliseconds in figures.items():
        print(f"{name:<10}{milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
