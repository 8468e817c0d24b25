"""The list of decisions: filters, order, search, both ways, views, and exports."""

import csv
import io
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from flask import Flask

from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews, search
from creditapp.decisions.filters import Amounts, Filters, Order
from creditapp.decisions.reviews import SentReview
from creditapp.identity import audit
from creditapp.identity.people import Role
from creditapp.spreadsheets import safe_cell
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient, csrf_token
from tests.engines import on_both
from tests.portfolios import EXAMPLE

GOOD = {**EXAMPLE, "Status of existing checking account": "A14"}
AMOUNTS = Amounts("german-credit", "Credit amount")


def score(client: StrictClient, application: dict[str, Any], **more: Any) -> str:
    """Score an application; the id of its decision."""
    answer = client.post("/api/predict", json={**application, **more}).get_json()
    return str(answer["decision_id"])


def listed(page: str) -> list[str]:
    """The ids of a list, in its order."""
    return re.findall(r'data-row href="/decisions/([0-9a-f-]{36})"', page)


def found(filters: Filters, limit: int = 50, **edges: str) -> list[str]:
    """The ids that filters find."""
    return [str(one.decision_id) for one in search.find_page(filters, limit, **edges).decisions]


@on_both
def test_the_list_is_filtered_by_what_it_shows(app: Flask, client: StrictClient) -> None:
    """By outcome, the one that stands, who decided, risk, versions, channel, maker and amount."""
    good, poor = score(client, GOOD), score(client, POOR)
    waits, reviewed = score(client, LONG), score(client, LONG)
    with app.app_context():
        sent = SentReview("decline", "documents", "seen")
        reviews.record(decision_log.find(reviewed), sent, A_TEST, None)
        made = decision_log.find(good)
        for filters, wanted in {
            Filters(): [reviewed, waits, poor, good],
            Filters(order=Order.OLDEST): [good, poor, waits, reviewed],
            Filters(decision="refer"): [reviewed, waits],
            Filters(outcome="decline"): [reviewed, poor],
            Filters(outcome="refer"): [waits],
            Filters(state="waiting"): [waits],
            Filters(state="reviewed"): [reviewed],
            Filters(state="automatic"): [poor, good],
            Filters(state="reviewed", outcome="approve"): [],
            Filters(risk_level="HIGH"): [poor],
            Filters(model_version="1", policy_version=made.policy_version): [
                reviewed,
                waits,
                poor,
                good,
            ],
            Filters(policy_version="none such"): [],
            Filters(channel="api", made_by="local"): [reviewed, waits, poor, good],
            Filters(channel="file"): [],
            Filters(made_by="ann"): [],
            Filters(amount_from=5000, amount_to=9000, amounts=AMOUNTS): [reviewed, waits, good],
            Filters(amount_from=9000.5, amounts=AMOUNTS): [poor],
            Filters(amount_from=1, amounts=Amounts("another", "Credit amount")): [],
            Filters(order=Order.LARGEST, amounts=AMOUNTS): [poor, reviewed, waits, good],
            Filters(order=Order.UNLIKELIEST, state="automatic"): [poor, good],
        }.items():
            assert found(filters) == wanted, filters


@on_both
def test_a_search_tolerates_case_blanks_and_parts(app: Flask, client: StrictClient) -> None:
    """The beginning is found among all; what is inside only in a look; a sign has no special meaning."""
    one = score(client, GOOD, reference="Loan-4711/A")
    two = score(client, GOOD, reference=" loan-4712")
    three = score(client, GOOD, reference="50% off_x")
    with app.app_context():
        for text, wanted in {
            "Loan-4711/A": [one],
            "  LOAN-47 ": [one],
            " loan-4712": [two],
            "4711": [one],
            "oan-47": [two, one],
            "%": [three],
            "_": [three],
            "f_X": [three],
            one[:13]: [one],
            one[:13].replace("-", "").upper(): [one],
            "nothing": [],
            "\x00": [],
        }.items():
            assert set(found(Filters(text=text))) >= set(wanted), text
            assert bool(found(Filters(text=text))) == bool(wanted), text
        assert found(Filters(text="loan-47", inside=True)) == [two, one]
        assert found(Filters(text="loan-4711", decision="refer")) == []


@on_both
def test_a_look_is_bounded_and_goes_on(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how far it reached, goes on there, finds each once, and comes back the same way."""
    batch = {"applications": [{**GOOD, "reference": f"loan {place}"} for place in range(10)]}
    made = client.post("/api/predict-batch", json=batch).get_json()["predictions"]
    ids = sorted((one["decision_id"] for one in made), reverse=True)
    monkeypatch.setattr(search, "AT_ONCE", 4)
    with app.app_context():
        for order, wanted in ((Order.NEWEST, ids), (Order.OLDEST, ids[::-1])):
            for filters in (Filters(order=order), Filters(order=order, text="oan", inside=True)):
                pages, after = [], ""
                while True:
                    page = search.find_page(filters, 3, after=after)
                    pages.append([str(one.decision_id) for one in page.decisions])
                    if page.after is None:
                        break
                    after = str(page.after)
                assert [one for part in pages for one in part] == wanted
                back = search.find_page(filters, 3, before=pages[2][0])
                assert [str(one.decision_id) for one in back.decisions] == wanted[3:6]
        none = search.find_page(Filters(decision="decline"), 3)
        assert (none.decisions, str(none.after)) == ([], ids[3])
        assert none.searched_to == decision_log.moment_of(UUID(ids[3]))
        sorted_ones = search.find_page(Filters(order=Order.SMALLEST, amounts=AMOUNTS), 3)
        assert {str(one.decision_id) for one in sorted_ones.decisions} < set(ids[:4])
        assert sorted_ones.searched_to
        rest = search.find_page(
            Filters(order=Order.SMALLEST, amounts=AMOUNTS), 3, after=str(sorted_ones.after)
        )
        assert len(rest.decisions) == 1
        first = search.find_page(Filters(), 3)
        assert (first.number, first.is_whole) == (4, False)
        assert sum(map(len, search.find_all(Filters(), 7))) == 7
        assert sum(map(len, search.find_all(Filters(text="oan", inside=True), 99))) == 10


def post(client: StrictClient, path: str, **form: str) -> Any:
    """Send a form with its token."""
    token = csrf_token(client.get("/account").text)
    return client.post(path, data={"csrf_token": token, **form})


def test_the_page_keeps_filters_and_saves_views(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """A view is one's own and has no search text; wrong input is refused at its field."""
    score(client, GOOD, reference="Meyer")
    client.sign_in("the officer", people[Role.OFFICER])
    typed = "/decisions?reference=mey&risk=LOW&order=largest&amount_from=1,000"
    page = client.get(typed, follow_redirects=True).text
    assert len(listed(page)) == 1
    assert "5,000 DM" in page
    assert "Decisions found: 1" in page
    assert "Export as CSV" not in page
    for wrong in ("amount_from=1000,5", "risk=NONE", "from=tomorrow", "amount_to=1e400"):
        assert client.get(f"/decisions?{wrong}").status_code == 422, wrong
    saved = post(client, "/decisions/views", reference="mey", risk="LOW", view="Low risk")
    assert saved.headers["Location"] == "/decisions?risk=LOW"
    assert post(client, "/decisions/views", risk="LOW", view=" ").status_code == 422
    page = client.get("/decisions").text
    assert 'href="/decisions?risk=LOW">Low risk</a>' in page
    [delete] = re.findall(r'action="(/decisions/views/\d+/delete)"', page)
    client.sign_in("the analyst", people[Role.ANALYST])
    assert "Low risk</a>" not in client.get("/decisions").text
    post(client, delete)
    client.sign_in("the officer", people[Role.OFFICER])
    assert "Low risk</a>" in client.get("/decisions").text
    post(client, delete)
    assert "Low risk</a>" not in client.get("/decisions").text


def test_an_amount_in_an_address_means_the_same_in_every_language(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """What is typed in English is written so that French reads it too, in an address and in a view."""
    client.sign_in("the officer", people[Role.OFFICER])
    for typed, sent in (("5,000", "5000"), ("5,000.5", "5000.50"), ("5.125", "5.1250")):
        address = client.get(f"/decisions?amount_from={typed}").location
        assert address == f"/decisions?amount_from={sent}"
        in_french = client.get(address, headers={"Accept-Language": "fr"})
        assert in_french.status_code == 200
        assert f'value="{sent}"' in in_french.text
    saved = post(client, "/decisions/views", amount_from="5,000", view="Large")
    assert saved.headers["Location"] == "/decisions?amount_from=5000"


def test_ids_that_begin_alike_are_newest_first_and_said_to_be_too_many(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch, people: dict[Role, str]
) -> None:
    """Ids of one time begin alike; which ones are shown is no accident."""
    monkeypatch.setattr(search, "MOST_KNOWN", 2)
    made = [score(client, GOOD) for _ in range(3)]
    client.sign_in("the officer", people[Role.OFFICER])
    page = client.get(f"/decisions?reference={made[0][:6]}").text
    assert listed(page) == made[:0:-1]
    assert "more than 2 references or ids begin with this" in page


def test_references_that_are_too_many_are_said_to_be_so_beside_the_one_that_is_found(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch, people: dict[Role, str]
) -> None:
    """Whoever searches LOAN-1 learns that LOAN-10 and others are not in the list."""
    monkeypatch.setattr(search, "MOST_KNOWN", 2)
    made = [score(client, GOOD, reference=f"LOAN-1{end}") for end in ("", "0", "1")]
    client.sign_in("the officer", people[Role.OFFICER])
    page = client.get("/decisions?reference=LOAN-1").text
    assert listed(page) == made[:1]
    assert "not all are here" in page


def test_what_is_filtered_is_exported(
    app: Flask,
    client: StrictClient,
    people: dict[Role, str],
    tmp_path: Path,
) -> None:
    """For analysts: CSV that no spreadsheet runs, Parquet with types, and an event without the text."""
    made = score(client, GOOD, reference="=HYPERLINK(1)")
    score(client, POOR, reference="=not approved")
    client.sign_in("the officer", people[Role.OFFICER])
    assert post(client, "/decisions/export", format="csv").status_code == 403
    client.sign_in("the analyst", people[Role.ANALYST])
    assert "Export as CSV" in client.get("/decisions").text
    assert post(client, "/decisions/export", format="xls").status_code == 422
    sent = post(client, "/decisions/export", format="csv", outcome="approve", reference="=hyper")
    [row] = csv.DictReader(io.StringIO(sent.text))
    assert (row["decision_id"], row["reference"]) == (made, "'=HYPERLINK(1)")
    assert (row["amount"], row["state"]) == ("5000.0", "automatic")
    with app.app_context():
        [event] = audit.find_newest(limit=1)
    assert (event.action, event.subject) == ("data exported", "decisions")
    assert "outcome approve" in event.detail
    assert "hyper" not in event.detail.lower()
    path = tmp_path / "list.parquet"
    arguments = ["export", "decisions", str(path), "--format=parquet", "--outcome=approve"]
    with app.app_context():
        done = app.test_cli_runner().invoke(args=arguments)
        again = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    assert again.exit_code == 2
    [typed] = pq.read_table(path).to_pylist()
    assert (typed["reference"], typed["amount"]) == ("=HYPERLINK(1)", 5000.0)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_like_a_formula_is_a_text(text: str) -> None:
    """Numbers and other texts stay as they are."""
    assert safe_cell(text) == f"'{text}"
    assert (safe_cell(-1.5), safe_cell("a=1"), safe_cell(None)) == (-1.5, "a=1", None)
