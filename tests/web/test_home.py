"""The home page: what waits, what changed, and how it goes, for each role."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from creditapp.decisions import days, own
from creditapp.decisions.days import Cell
from creditapp.identity.people import Role
from creditapp.policy import versions as policy_versions
from creditapp.web.chart_files import as_csv
from creditapp.web.charts import LineChart, Point, Series, StackedChart, write_whole
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient, csrf_token, example, form_data
from tests.engines import on_both

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def analyst(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an analyst."""
    client.sign_in("the analyst", people[Role.ANALYST])
    return client


def test_who_signs_in_lands_at_home(client: StrictClient, people: dict[Role, str]) -> None:
    """Without a wanted page; a wanted one comes first."""
    answer = client.sign_in("the officer", people[Role.OFFICER])
    assert answer.headers["Location"] == "/home"
    token = csrf_token(client.get("/sign-in").text)
    data = {"csrf_token": token, "name": "the officer", "password": people[Role.OFFICER]}
    wanted = client.post("/sign-in?next=/decisions", data=data)
    assert wanted.headers["Location"] == "/decisions"


@on_both
def test_an_officer_sees_what_waits_and_what_they_scored(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """And nothing that their role may not open."""
    client.post("/api/predict", json=LONG)
    client.sign_in("the officer", people[Role.OFFICER])
    token = csrf_token(client.get("/").text)
    client.post("/", data={"csrf_token": token, **form_data(reference="of today")})
    page = client.get("/home")
    assert page.status_code == 200
    waiting = page.text.split('id="waiting"')[1].split("</section>")[0]
    assert '<p class="figure">1 <small>' in waiting
    assert "of today" in page.text
    for hidden in ("Open proposals", 'id="safety"', 'id="charts"', "/events"):
        assert hidden not in page.text


def test_nothing_waits_and_nothing_was_scored(officer: StrictClient) -> None:
    """The page says so."""
    page = officer.get("/home").text
    assert "Nothing waits." in page
    assert "Nothing yet." in page
    assert "This is the first time that you signed in." in page


def test_what_changed_since_the_last_sign_in_is_shown(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """A policy that was put in force meanwhile, with its reason."""
    client.sign_in("the officer", people[Role.OFFICER])
    with app.app_context():
        policy_versions.put_in_force(policy_versions.in_force(), A_TEST, "a better policy")
    client.sign_in("the officer", people[Role.OFFICER])
    page = client.get("/home").text
    assert "Policy 1 is in force." in page
    assert "a better policy" in page
    client.sign_in("the officer", people[Role.OFFICER])
    assert "The policy and the model are the same." in client.get("/home").text


def test_an_admin_sees_who_was_refused_and_who_has_no_second_factor(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """Counted by kind."""
    client.sign_in("the officer", "wrong")
    client.sign_in("the officer", people[Role.OFFICER])
    assert client.get("/events").status_code == 403
    client.sign_in("the admin", people[Role.ADMIN])
    safety = client.get("/home").text.split('id="safety"')[1].split("</section>")[0]
    assert '<dt>Access refused</dt><dd class="mono">1</dd>' in safety
    assert '<dt>Sign-in failed</dt><dd class="mono">1</dd>' in safety
    assert "the analyst" in safety
    assert "Never." in safety


@on_both
def test_decisions_are_counted_by_day_outcome_and_band(app: Flask, client: StrictClient) -> None:
    """The kept counts are those of the decisions; a second look changes nothing."""
    made = [client.post("/api/predict", json=one).get_json() for one in (example(), LONG, POOR)]
    now = datetime.now(UTC)
    with app.app_context():
        for _ in range(2):
            days.refresh(now)
            counted = days.find(now.date())
        assert days.count_today(now) == counted[-1].cells
        empty = days.find(now.date() - timedelta(days=1))[0]
    assert empty.cells == []
    assert sorted(counted[-1].cells) == sorted(
        Cell("german-credit", "1", one["decision"], int(10 * one["probability_good_credit"]), 1)
        for one in made
    )


def test_a_settled_day_is_not_counted_again(app: Flask, client: StrictClient) -> None:
    """A day is settled one day after its end: decisions of files may come late."""
    client.post("/api/predict", json=LONG)
    today = datetime.now(UTC)
    with app.app_context():
        for later in (0, 1, 3, 5):
            days.refresh(today + timedelta(days=later))
        [first] = [one for one in days.find(today.date()) if one.day == today.date()]
    assert first.counted_at == today + timedelta(days=3)


def test_many_decisions_of_today_are_left_to_the_watcher(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a count of them all."""
    client.post("/api/predict-batch", json={"applications": [LONG] * 4})
    monkeypatch.setattr(days, "MOST_LIVE", 3)
    monkeypatch.setattr(own, "MOST_COUNTED", 3)
    with app.app_context():
        assert days.count_today(datetime.now(UTC)) is None
        assert own.look_at_queue().is_more


def test_an_analyst_downloads_each_chart(analyst: StrictClient) -> None:
    """Its figures as CSV and its drawing as an SVG that stands by itself."""
    for application in (example(), LONG, LONG, POOR):
        analyst.post("/api/predict", json=application)
    page = analyst.get("/home").text
    for name in ("days", "weeks", "rates"):
        for kind in ("csv", "svg"):
            assert f'href="/home?chart={name}&amp;as={kind}"' in page
    days_file = analyst.get("/home?chart=days&as=csv")
    assert days_file.headers["Content-Disposition"] == 'attachment; filename="days.csv"'
    rows = list(csv.reader(io.StringIO(days_file.text)))
    assert rows[0] == ["Day", "Approve", "Refer to a person", "Decline"]
    assert rows[-1] == [datetime.now(UTC).date().isoformat(), "1", "2", "1"]
    assert len(rows) == 1 + 28
    rates = list(csv.reader(io.StringIO(analyst.get("/home?chart=rates&as=csv").text)))
    assert [rates[-1][1], rates[-1][4]] == ["0.25", "0.5"]
    drawing = ET.fromstring(analyst.get("/home?chart=days&as=svg").text)  # noqa: S314
    blocks = [group for group in drawing.iter(f"{SVG}g") if group.get("class", "")[:6] == "stack-"]
    assert len(blocks) == 2 * 3
    for unknown in ("/home?chart=none&as=csv", "/home?chart=days&as=pdf"):
        assert analyst.get(unknown).status_code == 404


def test_no_cell_of_a_file_is_a_formula() -> None:
    """A text that begins like one is told from it; numbers stay numbers."""
    series = Series("+risk", [Point(-1.5), Point(2, 1, 3)])
    chart = LineChart("A title", "@when", ["=1+1", "a"], [series], write_whole)
    rows = list(csv.reader(io.StringIO(as_csv(chart))))
    assert rows == [
        ["'@when", "'+risk", "'+risk (low)", "'+risk (high)"],
        ["'=1+1", "-1.5", "", ""],
        ["a", "2", "1", "3"],
    ]


def test_blocks_stand_on_each_other() -> None:
    """Their heights are to scale: 1, 2 and 3 of 6 fill the plot from bottom to top."""
    series = [Series(name, [Point(value)]) for name, value in (("a", 1), ("b", 2), ("c", 3))]
    chart = StackedChart("A title", "Day", ["today"], series, write_whole)
    blocks = [next(chart.blocks(place)) for place in range(3)]
    heights = [height for _, _, _, height in blocks]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert heights[2] == pytest.approx(3 * heights[0], abs=0.2)
    tops = [top for _, top, _, _ in blocks]
    assert tops[0] == pytest.approx(tops[1] + heights[1], abs=0.2)
    assert tops[1] == pytest.approx(tops[2] + heights[2], abs=0.2)


def test_a_day_is_a_day_in_utc() -> None:
    """The first id of a day is that of its midnight."""
    assert days._start(date(2026, 11, 27)) == datetime(2026, 11, 27, tzinfo=UTC)
