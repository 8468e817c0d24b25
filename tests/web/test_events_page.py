"""The list of events: filters, pages, and the file to download."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from babel.messages.mofile import read_mo
from flask import Flask

from creditapp.database.session import reading, writing
from creditapp.identity import audit, event_listing
from creditapp.identity.audit import Action, AuditEvent
from creditapp.identity.people import Role
from creditapp.settings.paths import ROOT
from creditapp.web.pages import event_list
from tests.clients import StrictClient
from tests.engines import on_both
from tests.query_plans import explain

TRANSLATIONS = ROOT / "creditapp" / "translations"
ANN, BEN, DESK = "person:Ann", "person:Ben", "key:0123456789ab"


@pytest.fixture
def admin(app: Flask, client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an admin."""
    client.sign_in("the admin", people[Role.ADMIN])
    return client


@pytest.fixture
def _recorded(app: Flask) -> None:
    """Some events of three actors, the oldest a month ago."""
    with app.app_context():
        record(
            event(30, ANN, Action.ROLE_CHANGED, "Carl"),
            event(20, BEN, Action.ROLE_CHANGED, "Dora"),
            event(10, ANN, Action.PERSON_DISABLED, "Carl"),
            event(5, DESK, Action.ACCESS_REFUSED, "/api/model-info"),
        )


def event(days_ago: int, actor: str, action: Action, subject: str, detail: str = "") -> AuditEvent:
    """An event of an earlier day."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    told = {"actor": actor, "action": action.value, "subject": subject, "detail": detail}
    return AuditEvent(at=at, request_id="r-1", **told)


def record(*events: AuditEvent) -> None:
    """Record events one after the other."""
    with writing() as session:
        for one in events:
            session.add(one)
            session.flush()


def listed(page: str) -> list[str]:
    """The subjects of a page's events, as they are linked."""
    return re.findall(r'<a href="/events\?subject=[^"]+">([^<]+)</a>', page)


def day(days_ago: int) -> date:
    """A day in UTC."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).date()


@on_both
@pytest.mark.usefixtures("_recorded")
@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("actor=Ann", ["Carl", "Carl"]),
        ("actor=person:Ben", ["Dora"]),
        ("actor=0123456789ab", ["/api/model-info"]),
        ("actor=An", []),
        ("action=role+changed", ["Dora", "Carl"]),
        ("subject=+Carl+", ["Carl", "Carl"]),
        ("subject=Carl&action=person+disabled", ["Carl"]),
        ("subject=Carl&actor=Ben", []),
        ("subject=a%00b", []),
    ],
)
def test_events_are_found_by_who_what_and_whom(
    admin: StrictClient, query: str, subjects: list[str]
) -> None:
    """A name is enough for an actor; blanks around a text do not count."""
    assert listed(admin.get(f"/events?{query}").text) == subjects


@on_both
@pytest.mark.usefixtures("_recorded")
@pytest.mark.parametrize(
    ("since", "until", "subjects"),
    [
        (21, 9, ["Carl", "Dora"]),
        (20, 20, ["Dora"]),
        (None, 30, ["Carl"]),
        (19, 11, []),
        (None, 60, []),
        (-5, None, []),
    ],
)
def test_events_are_found_by_their_days(
    admin: StrictClient, since: int | None, until: int | None, subjects: list[str]
) -> None:
    """Both days count; those of the test itself are of today."""
    query = {"from": since, "to": until}
    days = "&".join(f"{name}={day(ago)}" for name, ago in query.items() if ago is not None)
    found = listed(admin.get(f"/events?{days}").text)
    assert [one for one in found if one in ("Carl", "Dora", "/api/model-info")] == subjects


@pytest.mark.parametrize("query", ["from=yesterday", "action=nonsense", "to=2026-13-01"])
def test_a_wrong_filter_is_said_on_the_page(admin: StrictClient, query: str) -> None:
    """For the file, too; what was typed is kept."""
    for path in ("/events", "/events.csv"):
        answer = admin.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert "<h1>Events</h1>" in answer.text


@on_both
def test_pages_lead_to_older_and_to_newer_events(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each event is on one page, in both directions; filters stay."""
    monkeypatch.setattr(event_list, "PAGE_LENGTH", 2)
    with app.app_context():
        record(*(event(1, ANN, Action.ROLE_CHANGED, str(number)) for number in range(5)))
    page = admin.get("/events?actor=Ann").text
    assert listed(page) == ["4", "3"]
    assert "Newer events" not in page
    seen = []
    for direction in ("next", "next", "prev", "prev"):
        [address] = re.findall(rf'rel="{direction}" href="([^"]+)"', page)
        page = admin.get(address.replace("&amp;", "&")).text
        seen.append(listed(page))
    assert seen == [["2", "1"], ["0"], ["2", "1"], ["4", "3"]]
    assert ("Newer events" in page, "Older events" in page) == (False, True)


@pytest.mark.parametrize("number", ["0", "-1", "x", "999999999999", "1' OR 1=1"])
def test_any_number_is_answered(admin: StrictClient, number: str) -> None:
    """With a page, which may be empty."""
    for name in ("before", "after"):
        assert admin.get("/events", query_string={name: number}).status_code == 200


@on_both
def test_the_file_holds_what_is_filtered_and_is_an_event(app: Flask, admin: StrictClient) -> None:
    """Newest first, with times in UTC; a text that could be a formula begins with an apostrophe."""
    with app.app_context():
        record(
            event(2, ANN, Action.ROLE_CHANGED, "=1+1", "@SUM(A1)"),
            event(1, ANN, Action.ROLE_CHANGED, 'a "b", c', "-2"),
            event(1, BEN, Action.ROLE_CHANGED, "Dora"),
        )
    answer = admin.get("/events.csv?actor=Ann")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["time", "who", "what", "subject", "detail", "request_id"]
    assert [row[1:] for row in rows] == [
        ["person:Ann", "role changed", 'a "b", c', "'-2", "r-1"],
        ["person:Ann", "role changed", "'=1+1", "'@SUM(A1)", "r-1"],
    ]
    assert datetime.fromisoformat(rows[0][0]).utcoffset() == timedelta(0)
    with app.app_context():
        [newest] = audit.find_newest(limit=1)
    told = (newest.actor, newest.action, newest.subject, newest.detail)
    assert told == ("person:the admin", "data exported", "events", "actor: Ann")


def test_a_large_file_is_cut_off_at_its_bound(
    app: Flask, admin: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest events are in it; it is read in parts."""
    monkeypatch.setattr(event_list, "MOST_EXPORTED", 5)
    monkeypatch.setattr(event_listing, "ROWS_AT_ONCE", 2)
    with app.app_context():
        record(*(event(1, ANN, Action.ROLE_CHANGED, str(number)) for number in range(8)))
    rows = list(csv.reader(io.StringIO(admin.get("/events.csv?actor=Ann").text)))
    assert [row[3] for row in rows[1:]] == ["7", "6", "5", "4", "3"]


def test_each_action_has_a_name_to_show() -> None:
    """In English it is the one in the record; in French it is translated."""
    with (TRANSLATIONS / "fr/LC_MESSAGES/messages.mo").open("rb") as file:
        french = read_mo(file)
    assert [one.value for one in Action if not french.get(one.value)] == []


@on_both
@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("actor = 'person:Ann'", "ix_audit_event_actor_id"),
        ("action = 'role changed'", "ix_audit_event_action_id"),
        ("subject = 'Carl'", "ix_audit_event_subject_id"),
        ("actor = 'person:Ann' AND action = 'role changed'", "ix_audit_event_actor_action_id"),
    ],
)
def test_the_newest_of_a_filter_are_read_from_an_index(app: Flask, where: str, index: str) -> None:
    """Nothing is sorted, and nothing else is read."""
    query = f"SELECT id FROM audit_event WHERE {where} ORDER BY id DESC LIMIT 51"  # noqa: S608
    with app.app_context(), reading() as session:
        plan = explain(session, query)
    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
