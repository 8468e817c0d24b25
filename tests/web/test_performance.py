"""What became of decisions is compared with what was predicted of them."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import USUAL
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.outcomes import judged, performance, recording
from creditapp.outcomes.judged import Wanted
from creditapp.outcomes.performance import Realised
from creditapp.outcomes.reports import Report
from creditapp.outcomes.standing import Standing
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=500)
GERMAN = Wanted("german-credit")


def decide(client: StrictClient, *applications: dict[str, object]) -> list[dict[str, object]]:
    """Decisions on some applications, as a program gets them."""
    body = {"applications": list(applications)}
    predictions: list[dict[str, object]] = client.post("/api/predict-batch", json=body).get_json()[
        "predictions"
    ]
    return predictions


def tell(decision_id: object, kind: OutcomeKind) -> None:
    """Record an outcome of today."""
    report = Report(UUID(str(decision_id)), "", kind, NOW.date())
    recording.record([report], A_TEST)


@on_both
def test_decisions_count_by_what_became_of_them(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approvals and what was granted after a review; in pages, and only once their window has ended."""
    monkeypatch.setattr(judged, "AT_ONCE", 2)
    approved = {**EXAMPLE, "Status of existing checking account": "A14"}
    made = decide(client, approved, approved, approved, LONG, LONG, POOR)
    assert [one["decision"] for one in made] == ["approve"] * 3 + ["refer"] * 2 + ["decline"]
    with app.app_context():
        granted = decision_log.find(str(made[3]["decision_id"]))
        reviews.record(granted, "approve", "seen", A_TEST, None)
        tell(made[0]["decision_id"], OutcomeKind.REPAID)
        tell(made[1]["decision_id"], OutcomeKind.NOT_TAKEN_UP)
        tell(made[3]["decision_id"], OutcomeKind.DEFAULTED)
        young = performance.look(GERMAN, USUAL, NOW)
        old = performance.look(GERMAN, USUAL, LATER)
        others = performance.look(Wanted("another"), USUAL, LATER)
        later = performance.look(Wanted("german-credit", since=LATER), USUAL, LATER)
    assert young.counts == Counter({Standing.NOT_MATURE: 3, Standing.NOT_TAKEN_UP: 3})
    assert young.bad.total == 0
    assert math.isnan(young.predicted_bad)
    assert old.counts == Counter({Standing.GOOD: 2, Standing.BAD: 1, Standing.NOT_TAKEN_UP: 3})
    assert (old.bad.count, old.bad.total) == (1, 3)
    bad = [1 - float(str(made[place]["probability_good_credit"])) for place in (0, 2, 3)]
    assert old.predicted_bad == pytest.approx(sum(bad) / 3)
    assert old.auc.value == 1.0
    assert sum(band.realised.total for band in old.bands) == 3
    assert (others.bad.total, later.bad.total) == (0, 0)


def drawn(truth: float) -> Realised:
    """Twenty thousand decisions, whose odds of bad are so many times what was predicted."""
    numbers = np.random.default_rng(5)
    good = numbers.beta(8, 2, 20_000)
    odds = truth * (1 - good) / good
    return performance.measure(good, numbers.random(good.size) < odds / (1 + odds), Counter())


def test_a_band_is_off_where_the_prediction_is_outside_of_what_was_realised() -> None:
    """A model that is right is rarely off, and one that halves the odds nearly everywhere."""
    right, wrong = drawn(1.0), drawn(2.0)
    assert [band.realised.total for band in right.bands] == [2000] * 10
    assert sum(band.is_off for band in right.bands) <= 2
    assert sum(band.is_off for band in wrong.bands) >= 9
    assert [band.predicted for band in right.bands] == sorted(b.predicted for b in right.bands)


def test_the_command_says_what_is_mature(app: Flask, client: StrictClient) -> None:
    """And by which definition."""
    decide(client, EXAMPLE, POOR)
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["performance"])
        wrong = app.test_cli_runner().invoke(args=["performance", "--since", "x"])
    assert (done.exit_code, wrong.exit_code) == (0, 2), done.output
    assert "bad: defaulted, written_off within 12 months" in done.output
    assert "0 good, 0 bad, 1 not mature, 1 not taken up" in done.output
    assert "nothing is mature yet" in done.output
