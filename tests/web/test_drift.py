"""The drift pages, the command, the metrics, and the looks that are kept by week."""

import math
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete

from creditapp.database.session import writing
from creditapp.drift import keeping, table
from creditapp.drift import watch as drift_watch
from creditapp.drift.keeping import Kept
from creditapp.drift.look import look
from creditapp.drift.periods import last_weeks
from creditapp.drift.psi import SCORE, State
from creditapp.exceptions import CreditappError
from creditapp.identity.people import Role
from creditapp.observability import metrics
from creditapp.serving import cache as model_cache
from creditapp.web.chart_files import KINDS
from creditapp.web.pages import drift as page
from tests.clients import StrictClient, downloads
from tests.engines import on_both
from tests.portfolios import EXAMPLE, FEATURES

pytestmark = on_both

NOW = datetime.now(UTC)
LATER = NOW + timedelta(weeks=10)
THIS_WEEK, TEN_WEEKS_ON = last_weeks(1, NOW)[0].name, last_weeks(1, LATER)[0].name


def decide(client: StrictClient, cases: int) -> None:
    """The same application so many times."""
    client.post("/api/predict-batch", json={"applications": [EXAMPLE] * cases})


def looked_at(now: datetime) -> list[str]:
    """Look at the weeks as the service does."""
    return list(keeping.look_at_weeks(model_cache.current(), now))


def kept(now: datetime) -> Kept:
    """What is kept."""
    return keeping.find(model_cache.current(), now)


@pytest.fixture
def analyst(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an analyst."""
    client.sign_in("the analyst", people[Role.ANALYST])
    return client


def test_page_reports_too_few_cases(analyst: StrictClient) -> None:
    """The page still lists the two indices of the score and every answer, each with its own page."""
    text = analyst.get("/drift").text
    assert "Not enough cases yet" in text
    assert "No week was looked at yet" in text
    assert [one.slug for one in FEATURES if f'href="/drift/{one.slug}"' not in text] == []


def test_drift_is_reported_on_page_cli_and_metrics(app: Flask, analyst: StrictClient) -> None:
    """A hundred identical applications are reported as shifted; without cases the metric is NaN."""
    decide(analyst, 100)
    text = analyst.get("/drift?days=1").text
    assert "shifted" in text
    assert "100 decisions" in text
    with app.app_context():
        output = app.test_cli_runner().invoke(args=["drift", "--days", "1"]).output
    assert "100 decisions in 1 days" in output
    assert "shifted" in output
    with app.app_context():
        found = look(model_cache.current(), datetime.now(UTC))
        drift_watch.export(found)
    assert found.of("Age in years").state is State.SHIFTED
    assert metrics.DRIFT.labels("Age in years")._value.get() > 0.25
    assert metrics.DRIFT_KS.labels(SCORE)._value.get() > 0.1
    with app.app_context():
        drift_watch.export(replace(found, tally=replace(found.tally, cases=0)))
    assert math.isnan(metrics.DRIFT.labels("Age in years")._value.get())
    assert math.isnan(metrics.DRIFT_KS.labels(SCORE)._value.get())


def test_a_settled_week_is_looked_at_once(app: Flask, client: StrictClient) -> None:
    """And again if its look is missing; the week that goes on is looked at each time."""
    decide(client, 60)
    with app.app_context():
        first, again = looked_at(LATER), looked_at(LATER)
        assert (len(first), first[0], first[-1]) == (11, TEN_WEEKS_ON, THIS_WEEK)
        assert again[:1] == [TEN_WEEKS_ON]
        assert len(again) <= 2, "at most the week that goes on and the one before"
        with writing() as session:
            session.execute(delete(table.DriftLook).where(table.DriftLook.period == THIS_WEEK))
        assert THIS_WEEK in looked_at(LATER)
        weeks = kept(LATER).weeks
    assert list(weeks) == first[::-1]
    assert [look.cases for look in weeks.values() if look] == [60] + [0] * 10


def test_what_is_kept_is_what_was_found(app: Flask, client: StrictClient) -> None:
    """The counts, the indices and their limits come back from the database as they were."""
    decide(client, 60)
    now = datetime.now(UTC)
    with app.app_context():
        found = keeping.look_again(model_cache.current(), now)
        assert kept(now).recent == found
    assert found.cases == 60


def test_of_few_decisions_only_the_number_is_kept(app: Flask, client: StrictClient) -> None:
    """Counts of a few would give away their answers, also after an erasure."""
    decide(client, 49)
    with app.app_context():
        looked_at(NOW)
        found = kept(NOW).weeks[THIS_WEEK]
    assert found
    assert (found.cases, found.tally.score, found.tally.answers, found.drifts) == (49, [], {}, [])


def test_an_unsettled_week_is_looked_at_again(app: Flask, client: StrictClient) -> None:
    """With the decisions that came in meanwhile."""
    with app.app_context():
        for cases in (0, 60, 120):
            assert looked_at(NOW) == [THIS_WEEK]
            found = kept(NOW).weeks[THIS_WEEK]
            assert found
            assert found.cases == cases
            decide(client, 60)


def test_two_hosts_may_keep_the_same_week_at_once(app: Flask, client: StrictClient) -> None:
    """Neither fails, and one look is kept."""
    decide(client, 60)
    failed: list[CreditappError] = []
    ready = threading.Barrier(4)

    def host() -> None:
        with app.app_context():
            ready.wait()
            try:
                looked_at(LATER)
            except CreditappError as error:
                failed.append(error)

    threads = [threading.Thread(target=host) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with app.app_context():
        assert None not in kept(LATER).weeks.values()


def test_weeks_are_shown_and_printed(app: Flask, analyst: StrictClient) -> None:
    """As charts with their limits and a table, and by the command."""
    decide(analyst, 100)
    with app.app_context():
        output = app.test_cli_runner().invoke(args=["drift", "--weeks", "4"]).output
    assert f"{THIS_WEEK}       100" in output
    assert "Age in years (PSI, shifted)" in output
    text = analyst.get("/drift").text
    assert text.count("<svg viewBox") == 3
    assert f'<th scope="row">{THIS_WEEK}</th>' in text
    assert len(text.encode()) < 150_000


def test_an_answer_is_shown_then_and_now(app: Flask, analyst: StrictClient) -> None:
    """The codes in words, and the share of each; an unknown answer is not found."""
    decide(analyst, 100)
    with app.app_context():
        looked_at(NOW)
    text = analyst.get("/drift/status_of_existing_checking_account").text
    assert "then (training data)" in text
    assert "100.0 %" in text
    assert text.count("<svg viewBox") == 2
    assert len(text.encode()) < 150_000
    for feature in FEATURES:
        assert analyst.get(f"/drift/{feature.slug}").status_code == 200
    assert analyst.get("/drift/nothing").status_code == 404


def test_each_chart_can_be_downloaded(app: Flask, analyst: StrictClient) -> None:
    """With the days that were chosen; a chart that the page does not have is not found."""
    decide(analyst, 100)
    with app.app_context():
        looked_at(NOW)
    files = downloads(analyst, "/drift?days=2")
    assert set(files) == {f"{name}.{kind}" for name in ("ks", "psi", "score") for kind in KINDS}
    assert files["ks.csv"].splitlines()[-1].startswith(f"{THIS_WEEK},")
    assert files["score.svg"].startswith("<svg")
    assert 'href="/drift?days=2&amp;chart=ks&amp;as=csv"' in analyst.get("/drift?days=2").text
    answers = downloads(analyst, "/drift/purpose")
    assert set(answers) == {f"{name}.{kind}" for name in ("weeks", "answers") for kind in KINDS}
    for wrong in ("chart=none&as=csv", "chart=ks&as=pdf", "chart=ks"):
        assert analyst.get(f"/drift?{wrong}").status_code == 404


def test_of_many_decisions_the_kept_look_is_shown(
    app: Flask, analyst: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless other days are chosen: those are looked at when they are asked for."""
    monkeypatch.setattr(page, "FEW_CASES", 60)
    decide(analyst, 60)
    with app.app_context():
        keeping.look_again(model_cache.current(), datetime.now(UTC))
    decide(analyst, 60)
    assert "60 decisions in 30 days" in analyst.get("/drift").text
    assert "120 decisions in 29 days" in analyst.get("/drift?days=29").text
