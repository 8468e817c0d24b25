"""Numbers that nothing can have: they find nothing, and break nothing, on both databases."""

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from creditapp.database.session import reading
from creditapp.exceptions import BadPolicy, NotFound, RefusedModel
from creditapp.identity.people import Role
from creditapp.identity.proposals import Proposal
from creditapp.policy import versions
from creditapp.row_numbers import HIGHEST, is_row_number, nearest_row_number
from creditapp.serving.registry import Registry
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, csrf_token
from tests.engines import on_both

ABSURD = (
    *("0", "-1", "00", "٣", "one", "1.5", "1e9", "%00", "0x10", "+1"),
    *(str(2**31), str(2**31 - 1), str(2**63), str(-(2**63) - 1), str(2**64), "9" * 3000),
)
READ = (
    "/models/{}",
    "/models/compare?first={0}&second={0}",
    "/events?before={}",
    "/drift?days={}",
    "/decisions/{}",
    "/decisions/{}/notice",
    "/decisions?before={}",
    "/decisions/waiting?before={}",
)
ASKED_BY_PROGRAMS = (
    "/api/decisions/{}",
    "/api/decisions/{}/alternatives",
    "/api/decisions?limit={}",
    "/api/decisions?before={}",
    "/api/decisions?model_version={}",
)


@on_both
def test_pages_find_nothing(client: StrictClient, people: dict[Role, str]) -> None:
    """No page fails, and what is looked up by its number alone is not found."""
    client.sign_in("the admin", people[Role.ADMIN])
    for number in ABSURD:
        for path in READ:
            answer = client.get(path.format(number))
            assert answer.status_code in (200, 302, 308, 400, 404, 422), (path, number, answer.text)
        assert client.get(f"/models/{number}").status_code == 404, number
    token = csrf_token(client.get("/sign-in").text)
    for number in ABSURD:
        answer = client.post(f"/proposals/{number}", data={"csrf_token": token})
        assert answer.status_code == 404, number


@on_both
def test_programs_find_nothing(client: StrictClient) -> None:
    """The API answers with a problem, or with an empty list."""
    for number in ABSURD:
        for path in ASKED_BY_PROGRAMS:
            answer = client.get(path.format(number))
            assert answer.status_code in (200, 308, 400, 404, 422), (path, number, answer.text)


@on_both
def test_no_policy_has_such_a_version(app: Flask) -> None:
    """The message has no endless number."""
    with app.app_context():
        for number in ABSURD:
            with pytest.raises(BadPolicy) as refused:
                versions.find(number)
            assert len(str(refused.value)) < 80


@on_both
@pytest.mark.parametrize(
    "wanted",
    [
        *(Proposal.id == number for number in (2**31, 2**63, -(2**70), 10**200)),
        *(Proposal.kind == text for text in ("a\0b", "\ud800")),
    ],
    ids=str,
)
def test_a_look_up_that_forgot_to_check_finds_nothing(app: Flask, wanted: Any) -> None:
    """The one place that reads translates it: no row is there, and the database is not away."""
    with app.app_context(), suppress(NotFound), reading() as session:
        assert session.scalar(select(Proposal).where(wanted)) is None


def test_no_model_has_such_a_version(settings: Settings) -> None:
    """The registry is not asked, as it would fail."""
    registry = Registry(settings.tracking_uri)
    for number in ABSURD:
        with pytest.raises(RefusedModel, match="registered"):
            registry.fetch_bundle(number)


@pytest.mark.parametrize("limit", [0, 2**31, 2**63, 10**200])
def test_commands_refuse_such_a_limit(app: Flask, limit: int) -> None:
    """As a wrong option, without a traceback."""
    done = FlaskCliRunner(app).invoke(args=["replay", "--limit", str(limit)])
    assert (done.exit_code, "Traceback" in done.output) == (2, False)


@pytest.mark.parametrize("number", [one for one in ABSURD if one != str(HIGHEST)])
def test_such_a_number_is_no_row_number(number: str) -> None:
    """Nor is it read as one."""
    assert not is_row_number(number)
    assert 1 <= nearest_row_number(number) <= HIGHEST
