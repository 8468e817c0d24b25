"""Single sign-on with a real provider, and with providers that fail."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from creditapp.database.session import reading, writing
from creditapp.exceptions import BadAccount
from creditapp.factory import create_app
from creditapp.identity import audit, sign_ins
from creditapp.identity import people as people_module
from creditapp.identity.people import Person, Role
from creditapp.identity.sign_in_table import SignIn
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.provider import ROLES, nonsense, provider, put_user
from tests.serving import free_port, send

CLIENT = "creditapp-test"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider."""
    with provider() as running:
        yield running


def with_provider(settings: Settings, issuer: str) -> Settings:
    """Settings with this provider."""
    return replace(
        settings,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret="hush",
        oidc_roles=ROLES,
        sign_in_limit="1000 per minute",
    )


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    """Settings with the provider."""
    return with_provider(settings, issuer)


def consent(address: str, subject: str) -> str:
    """What a person does at the provider; the address that their browser is sent back to."""
    form = urllib.parse.urlencode({"sub": subject} if subject else {"action": "deny"}).encode()
    return send(urllib.request.Request(address, form)).headers["Location"]


def sign_in(client: StrictClient, subject: str, **query: str) -> TestResponse:
    """Sign in with the provider."""
    gone = client.get("/sign-in/provider", query_string=query)
    assert gone.status_code == 302, gone.text
    back = urllib.parse.urlsplit(consent(gone.headers["Location"], subject))
    return client.get(f"{back.path}?{back.query}")


def people_by_name(app: Flask) -> dict[str, tuple[str, str | None]]:
    """Roles and subjects of all people."""
    with app.app_context():
        return {one.name: (one.role, one.subject) for one in people_module.list_people()}


def newest_event(app: Flask) -> tuple[str, str, str, str]:
    """Who did what to whom."""
    with app.app_context():
        [one] = audit.find_newest(limit=1)
    return one.actor, one.action, one.subject, one.detail


def test_the_first_sign_in_adds_a_person_with_the_role_of_their_groups(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """And leads to the page that was asked for; the highest role of several groups counts."""
    put_user(issuer, "s-1", preferred_username="ann", groups=["desk", "risk", "choir"])
    done = sign_in(client, "s-1", next="/policy")
    assert (done.status_code, done.headers["Location"]) == (302, "/policy")
    assert client.get("/policy").status_code == 200
    assert client.get("/events").status_code == 403
    assert people_by_name(app)["ann"] == ("analyst", "s-1")
    assert "You sign in with your identity provider." in client.get("/account").text


def test_the_role_follows_the_groups_at_each_sign_in(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """It is the same person, whatever they are called now."""
    put_user(issuer, "s-2", preferred_username="bea", groups=["desk"])
    sign_in(client, "s-2")
    assert client.get("/policy").status_code == 403
    put_user(issuer, "s-2", preferred_username="beatrix", groups=["heads"])
    sign_in(client, "s-2")
    assert client.get("/events").status_code == 200
    people = people_by_name(app)
    assert people["bea"] == ("admin", "s-2")
    assert "beatrix" not in people


def test_without_a_group_that_has_a_role_nobody_comes_in(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """Also one who came in before; the page says why, the event names nobody."""
    put_user(issuer, "s-3", preferred_username="cleo", groups=["desk"])
    assert sign_in(client, "s-3").status_code == 302
    put_user(issuer, "s-3", preferred_username="cleo", groups=["choir"])
    fresh = app.test_client()
    assert isinstance(fresh, StrictClient)
    refused = sign_in(fresh, "s-3")
    assert refused.status_code == 403
    assert "None of your groups at the identity provider has a role here." in refused.text
    assert fresh.get("/decisions").status_code == 302
    actor, action, subject, detail = newest_event(app)
    assert (actor, action, detail) == ("nobody", "sign-in failed", "no group has a role")
    assert "s-3" not in subject
    assert "cleo" not in subject


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"amr": ["pwd", "otp"]}, 302),
        ({"acr": "mfa"}, 302),
        ({"amr": ["pwd"], "acr": "1"}, 403),
        ({"amr": ["pwd", 7], "acr": 2}, 403),
        ({}, 403),
    ],
)
def test_a_second_factor_at_the_provider_is_checked_where_a_setting_says_so(
    settings: Settings, issuer: str, claims: dict[str, Any], status: int
) -> None:
    """By what the identity token says of how the person signed in there."""
    app = create_app(replace(settings, oidc_strength=("mfa", "otp")))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    put_user(issuer, "s-14", preferred_username="mia", groups=["desk"], **claims)
    done = sign_in(client, "s-14")
    assert done.status_code == status
    assert (client.get("/decisions").status_code == 200) == (status == 302)
    if status == 403:
        assert "does not say that it asked you for a second factor" in done.text
        assert newest_event(app)[3] == "no second factor at the provider"


def test_a_name_that_is_taken_gets_a_number(
    app: Flask, client: StrictClient, issuer: str, people: dict[Role, str]
) -> None:
    """The local person of that name stays who they are."""
    put_user(issuer, "s-4", preferred_username="the admin", groups=["desk"])
    sign_in(client, "s-4")
    found = people_by_name(app)
    assert found["the admin"] == ("admin", None)
    assert found["the admin (2)"] == ("officer", "s-4")
    assert client.get("/events").status_code == 403
    assert client.sign_in("the admin", people[Role.ADMIN]).status_code == 302


def test_a_disabled_person_does_not_come_in(app: Flask, client: StrictClient, issuer: str) -> None:
    """Whatever the provider says."""
    put_user(issuer, "s-5", preferred_username="dora", groups=["desk"])
    sign_in(client, "s-5")
    with app.app_context():
        people_module.disable("dora", A_TEST)
    refused = sign_in(client, "s-5")
    assert refused.status_code == 403
    assert "dora is disabled here" in refused.text


def test_a_person_of_the_provider_has_no_password_here(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """Neither an empty one, nor one that the command line sets."""
    put_user(issuer, "s-6", preferred_username="edda", groups=["desk"])
    sign_in(client, "s-6")
    with app.app_context():
        with pytest.raises(BadAccount, match="has no password here"):
            people_module.change_password("edda", "thirteen purple kettles", A_TEST)
        assert sign_ins.check("edda", "", "secret", "request") is None
    assert client.get("/account/second-factor").status_code == 403


def test_the_request_to_the_provider_has_state_nonce_and_pkce(client: StrictClient) -> None:
    """With SHA-256, and for this service alone."""
    gone = client.get("/sign-in/provider?fresh=1").headers["Location"]
    sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(gone).query))
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == 43
    assert len(sent["state"]) >= 30
    assert len(sent["nonce"]) >= 43
    assert (sent["client_id"], sent["response_type"]) == (CLIENT, "code")
    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    assert sent["redirect_uri"] == "http://localhost/sign-in/provider/done"


def change_state(query: dict[str, str]) -> dict[str, str]:
    """Another state than the browser's own."""
    return {**query, "state": "forged"}


def change_code(query: dict[str, str]) -> dict[str, str]:
    """A code that the provider did not give."""
    return {**query, "code": "forged"}


def take_all(query: dict[str, str]) -> dict[str, str]:
    """Nothing at all."""
    return {}


@pytest.mark.parametrize("forge", [change_state, change_code, take_all])
def test_a_forged_answer_signs_nobody_in(
    client: StrictClient, issuer: str, forge: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    """A page says that it did not succeed."""
    put_user(issuer, "s-7", preferred_username="fay", groups=["heads"])
    gone = client.get("/sign-in/provider").headers["Location"]
    back = urllib.parse.urlsplit(consent(gone, "s-7"))
    query = dict(urllib.parse.parse_qsl(back.query))
    refused = client.get(back.path, query_string=forge(query))
    assert refused.status_code == 400
    assert "did not succeed" in refused.text
    assert client.get("/decisions").status_code == 302


def test_an_answer_for_another_browser_signs_nobody_in(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """Else somebody could be signed in as another person without knowing."""
    put_user(issuer, "s-8", preferred_username="gil", groups=["heads"])
    back = consent(client.get("/sign-in/provider").headers["Location"], "s-8")
    victim = app.test_client()
    assert isinstance(victim, StrictClient)
    parts = urllib.parse.urlsplit(back)
    assert victim.get(f"{parts.path}?{parts.query}").status_code == 400


def test_who_says_no_at_the_provider_is_told_so(client: StrictClient) -> None:
    """With the way back."""
    refused = sign_in(client, "")
    assert refused.status_code == 400
    assert "access_denied" in refused.text


@pytest.mark.parametrize(
    "claims",
    [{"groups": 7}, {"groups": [7, None]}, {"groups": {"heads": True}}, {}],
)
def test_odd_groups_give_no_role(client: StrictClient, issuer: str, claims: dict[str, Any]) -> None:
    """And no stack trace."""
    put_user(issuer, "s-9", preferred_username="hal", **claims)
    assert sign_in(client, "s-9").status_code in (403, 503)
    assert client.get("/decisions").status_code == 302


def test_a_token_for_another_service_is_refused(settings: Settings, issuer: str) -> None:
    """The provider signs it for the client that asked; this one has another name meanwhile."""
    put_user(issuer, "s-10", preferred_username="ida", groups=["heads"])
    app = create_app(settings)
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    gone = client.get("/sign-in/provider").headers["Location"]
    app.config["SETTINGS"] = replace(settings, oidc_client_id="another")
    back = urllib.parse.urlsplit(consent(gone, "s-10"))
    assert client.get(f"{back.path}?{back.query}").status_code == 503


def test_a_token_of_another_issuer_is_refused(settings: Settings, issuer: str, app: Flask) -> None:
    """The setting counts, not what the discovery document says of itself."""
    put_user(issuer, "s-11", preferred_username="jo", groups=["heads"])
    other = create_app(with_provider(settings, issuer.replace("127.0.0.1", "localhost")))
    other.test_client_class = StrictClient
    client = other.test_client()
    assert isinstance(client, StrictClient)
    gone = client.get("/sign-in/provider").headers["Location"]
    other.config["SETTINGS"] = replace(settings, oidc_issuer="http://another.example")
    back = urllib.parse.urlsplit(consent(gone, "s-11"))
    assert client.get(f"{back.path}?{back.query}").status_code == 503


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"null", b"{}", b'{"issuer": 7}'])
def test_a_provider_that_answers_nonsense_is_away(settings: Settings, answer: bytes) -> None:
    """The page says so, and how to go on."""
    with nonsense(answer) as address:
        client = create_app(with_provider(settings, address)).test_client()
        refused = client.get("/sign-in/provider")
    assert refused.status_code == 503
    assert "The identity provider does not answer as it should." in refused.text


def test_a_discovery_document_of_another_issuer_is_refused(settings: Settings) -> None:
    """Else one provider could pass itself off as another."""
    document = {"issuer": "https://a.example", "authorization_endpoint": "https://a.example/go"}
    with nonsense(json.dumps(document).encode()) as address:
        client = create_app(with_provider(settings, address)).test_client()
        assert client.get("/sign-in/provider").status_code == 503


@pytest.mark.parametrize("listed", [["none"], ["HS256", "none"], []])
def test_a_provider_that_signs_with_no_key_of_its_own_is_refused(
    app: Flask, client: StrictClient, listed: list[str]
) -> None:
    """Whatever its discovery document says."""
    sent = client.get("/sign-in/provider")
    registered = app.extensions["authlib.integrations.flask_client"].create_client("provider")
    registered.server_metadata["id_token_signing_alg_values_supported"] = listed
    assert sent.status_code == 302
    assert client.get("/sign-in/provider").status_code == 503


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_begins_no_sign_in(client: StrictClient, site: str) -> None:
    """The person is asked first; the page that was wanted is kept."""
    asked = client.get("/sign-in/provider?next=/policy", headers={"Sec-Fetch-Site": site})
    assert asked.headers["Location"] == "/sign-in?next=/policy"
    clicked = client.get("/sign-in/provider", headers={"Sec-Fetch-Site": "same-origin"})
    assert "code_challenge" in clicked.headers["Location"]


def test_a_provider_that_is_down_is_away_and_passwords_still_open(
    settings: Settings, people: dict[Role, str]
) -> None:
    """Local people do not need it."""
    app = create_app(with_provider(settings, f"http://127.0.0.1:{free_port()}"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    assert "Sign in with your organisation" in client.get("/sign-in").text
    assert client.get("/sign-in/provider").status_code == 503
    assert client.sign_in("the officer", people[Role.OFFICER]).status_code == 302


def test_without_a_provider_there_is_no_button(settings: Settings) -> None:
    """And no route to one."""
    app = create_app(replace(settings, oidc_issuer=""))
    client = app.test_client()
    assert "organisation" not in client.get("/sign-in").text
    for path in ("/sign-in/provider", "/sign-in/provider/done", "/sign-out/provider"):
        assert client.get(path).status_code == 404


def test_who_signs_out_here_may_sign_out_there(client: StrictClient, issuer: str) -> None:
    """By a link, as the provider is another host."""
    put_user(issuer, "s-12", preferred_username="kim", groups=["desk"])
    sign_in(client, "s-12")
    token = csrf_token(client.get("/account").text)
    done = client.post("/sign-out", data={"csrf_token": token})
    assert 'href="/sign-out/provider"' in client.get(done.headers["Location"]).text
    assert client.get("/decisions").status_code == 302
    gone = client.get("/sign-out/provider").headers["Location"]
    assert gone.startswith(f"{issuer}/oauth2/end_session?")
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Fsign-in" in gone


def test_a_change_that_weighs_sends_them_to_the_provider_again(
    app: Flask, client: StrictClient, issuer: str
) -> None:
    """The time of its proof counts; without one, nothing is changed."""
    put_user(issuer, "s-13", preferred_username="lea", groups=["risk"])
    sign_in(client, "s-13")
    with app.app_context(), writing() as session:
        old = datetime.now(UTC) - timedelta(minutes=11)
        session.execute(update(SignIn).values(confirmed_at=old))
    page = client.get("/policy").text
    assert "/sign-in/provider?next=/policy&amp;fresh=1" in page
    form = {"csrf_token": csrf_token(page), "approve_from": "0.8", "refer_from": "0.5"}
    refused = client.post("/policy", data={**form, "reason": "x", "confirm_password": "x"})
    assert refused.status_code == 403
    assert "Confirm with your identity provider who you are" in refused.text
    sign_in(client, "s-13", next="/policy", fresh="1")
    with app.app_context(), reading() as session:
        newest = select(SignIn).join(Person, Person.id == SignIn.person_id)
        newest = newest.where(Person.subject == "s-13").order_by(SignIn.started_at.desc())
        confirmed_at = session.scalars(newest.limit(1)).one().confirmed_at
    expected = 302 if confirmed_at else 403
    form["csrf_token"] = csrf_token(client.get("/policy").text)
    assert client.post("/policy", data={**form, "reason": "x"}).status_code == expected
    assert confirmed_at is not None


def test_the_provider_sends_people_back_below_the_prefix(settings: Settings, issuer: str) -> None:
    """And from there they go where they wanted to go."""
    put_user(issuer, "prefixed", name="Prue", groups=["risk"])
    app = create_app(replace(settings, prefix="/credit"))
    app.test_client_class = StrictClient
    client = app.test_client()
    gone = client.get("/credit/sign-in/provider?next=/credit/decisions")
    back = urllib.parse.urlsplit(consent(gone.headers["Location"], "prefixed"))
    assert back.path == "/credit/sign-in/provider/done"
    assert client.get(f"{back.path}?{back.query}").location == "/credit/decisions"
