"""Development: no sign-in for scoring, and yet no door for pages of other sites."""

import pytest

from creditapp.identity.people import Role
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE


@pytest.mark.parametrize("path", ["/", "/codebook", "/apidocs", "/api/model-info", "/metrics"])
def test_scoring_and_the_api_ask_nobody_to_sign_in(client: StrictClient, path: str) -> None:
    """So that the first minute with the service is about scoring."""
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/decisions", "/decisions/x", "/events"])
def test_what_others_did_needs_a_sign_in_here_too(client: StrictClient, path: str) -> None:
    """And leads back to the page that was wanted."""
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next={path}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_can_neither_reload_nor_score(
    client: StrictClient, headers: dict[str, str]
) -> None:
    """A browser on this machine visits other sites too."""
    for path in ("/api/reload-model", "/api/predict"):
        assert client.post(path, json=EXAMPLE, headers=headers).status_code == 403


def test_our_own_page_and_programs_may(client: StrictClient) -> None:
    """Swagger UI on our own host, and a program without any such header."""
    for headers in ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, {}):
        assert client.post("/api/predict", json=EXAMPLE, headers=headers).status_code == 200


def test_another_name_for_this_machine_is_refused(client: StrictClient) -> None:
    """A site whose name is turned to 127.0.0.1 does not reach the service."""
    assert client.get("/api/live", headers={"Host": "evil.example"}).status_code == 400


def test_a_worthless_key_is_refused_even_where_none_is_needed(client: StrictClient) -> None:
    """An integrator finds a wrong key here, and not in production."""
    headers = {"Authorization": "Bearer wrong"}
    assert client.post("/api/predict", json=EXAMPLE, headers=headers).status_code == 401


def test_signing_in_leads_to_the_page_that_was_wanted(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """But never to another site."""
    for wanted, location in (
        ("/decisions?reference=a", "/decisions?reference=a"),
        ("https://evil.example/", "/home"),
        ("//evil.example", "/home"),
        ("////evil.example", "/home"),
        ("/\\evil.example", "/home"),
        ("/\t/evil.example", "/home"),
        ("javascript:alert(1)", "/home"),
        ("//[", "/home"),
    ):
        token = client.get("/sign-in").text.split('name="csrf_token"')[1].split('value="')[1]
        data = {
            "csrf_token": token.split('"')[0],
            "name": "the officer",
            "password": people[Role.OFFICER],
        }
        answer = client.post("/sign-in", query_string={"next": wanted}, data=data)
        assert answer.location == location
