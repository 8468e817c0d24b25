"""Where the time of one application goes, step by step in this process and beside the whole request.

Run it with `python -m tests.benchmarks.request`.
"""

import json
import statistics
from collections.abc import Callable

from flask import current_app
from flask.testing import FlaskClient

from creditapp.applications.schemas import load_application
from creditapp.applications.strict_json import parse
from creditapp.decisions import log as decision_log
from creditapp.decisions.decide import Origin, judge
from creditapp.decisions.log import Channel
from creditapp.serving import cache as model_cache
from creditapp.web.api import answers
from tests.benchmarks import results
from tests.benchmarks.batch import seconds
from tests.benchmarks.steps import application
from tests.portfolios import EXAMPLE, GERMAN

RUNS, CALLS = 9, 300


def measure() -> dict[str, float]:
    """The median microseconds of each step of a request, and of the whole of it."""
    body = json.dumps(EXAMPLE).encode()
    with application():
        served, origin = model_cache.current(), Origin(Channel.API, "a benchmark", "a benchmark")
        parsed = parse(body)
        one = load_application(GERMAN, parsed)

        def judged() -> None:
            judge([one], served, origin)

        def recorded() -> None:
            decision_log.record(judge([one], served, origin), [one.answers])

        [decision] = judge([one], served, origin)
        client = current_app.test_client()
        return {
            "parse": _median(lambda: parse(body)),
            "check": _median(lambda: load_application(GERMAN, parsed)),
            "score": _median(lambda: served.scorer.score([one])),
            "judge": _median(judged),
            "judge and record": _median(recorded),
            "answer": _median(lambda: answers.prediction(decision)),
            "the whole request": _median(lambda: _asked(client, body)),
            "a request for liveness": _median(lambda: _alive(client)),
        }


def _asked(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/predict", data=body, content_type="application/json")
    assert answer.status_code == 200


def _alive(client: FlaskClient) -> None:
    assert client.get("/api/live").status_code == 200


def _median(work: Callable[[], object]) -> float:
    return statistics.median(seconds(work, CALLS) for _ in range(RUNS)) * 1_000_000


def main() -> None:
    """Print the table."""
    figures = measure()
    results.keep("request", figures)
    for name, microseconds in figures.items():
        print(f"{name:<30}{microseconds:8.0f} us")


if __name__ == "__main__":
    main()
