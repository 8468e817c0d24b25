"""Answers that were sent without a session or with an old token are kept, for whoever sent them alone."""

import re
from dataclasses import replace

import html5lib
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from creditapp.factory import create_app
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, form_data

OFFICER, ADMIN = "the officer", "the admin"


@pytest.fixture
def app(settings: Settings) -> Flask:
    """An application in production, where nobody scores without a sign-in."""
    settings = replace(settings, env="production", trusted_hosts=("credit.example",))
    app = create_app(settings)
    app.test_client_class = StrictClient
    return app


@pytest.fixture
def client(app: Flask) -> StrictClient:
    """A browser."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.base_url = "https://credit.example"
    client.environ_base["HTTP_REFERER"] = "https://credit.example/"
    return client


def field(page: str, name: str) -> str:
    """The text of a field of the form; that of a list is its chosen option's."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    form = root.find(".//form[@id='application']")
    found = next(one for one in form.iter() if one.get("name") == name)
    if found.tag == "select":
        chosen = found.find("option[@selected]")
        return "" if chosen is None else str(chosen.get("value"))
    return str(found.get("value", ""))


def lose_session(client: StrictClient) -> None:
    """End the session, as if it had been idle for too long; the cookie stays."""
    with client.session_transaction(base_url=client.base_url) as session:
        del session["_user_id"]


def send(client: StrictClient, **changes: str) -> str:
    """Send the form that is open; where the answer leads to."""
    page = client.get("/").text
    sent = {name: field(page, name) for name in ("csrf_token", "once", "owner")}
    lose_session(client)
    answer = client.post("/", data={**sent, **form_data(**changes)})
    assert answer.status_code == 302
    return answer.headers["Location"]


def sign_in(client: StrictClient, people: dict[Role, str], name: str, address: str) -> str:
    """Sign in where somebody is sent to; where that leads to."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)
    assert token
    password = people[Role(name.removeprefix("the "))]
    data = {"csrf_token": token[1], "name": name, "password": password}
    return client.post(address, data=data).headers["Location"]


def test_answers_survive_a_lost_session(client: StrictClient, people: dict[Role, str]) -> None:
    """After the sign-in they are in the form, once, and nothing was scored."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    address = send(client, age_in_years="43", purpose="A46", reference="mine")
    assert address == "/sign-in?next=/"
    assert sign_in(client, people, OFFICER, address) == "/"
    page = client.get("/").text
    assert "Your session had ended" in page
    kept = [field(page, name) for name in ("age_in_years", "purpose", "reference")]
    assert kept == ["43", "A46", "mine"]
    assert field(client.get("/").text, "age_in_years") == ""


def test_nobody_else_sees_them(client: StrictClient, people: dict[Role, str]) -> None:
    """Another person in the same browser gets an empty form, and so does the first one after that."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    address = send(client, age_in_years="43")
    sign_in(client, people, ADMIN, address)
    assert field(client.get("/").text, "age_in_years") == ""
    client.sign_in(OFFICER, people[Role.OFFICER])
    assert field(client.get("/").text, "age_in_years") == ""


def test_the_cookie_tells_nothing(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """It is sealed, and has room in what browsers keep."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    send(client, reference="somebody known")
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="credit.example")
    assert cookie
    assert len(cookie.value) < 3800
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    session = serializer.loads(cookie.value)
    assert "draft" in session
    assert "somebody" not in str(session)


def test_too_long_answers_are_not_kept(client: StrictClient, people: dict[Role, str]) -> None:
    """A cookie that is too large would be dropped with the session in it."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    address = send(client, purpose="x" * 3000)
    sign_in(client, people, OFFICER, address)
    page = client.get("/")
    assert page.status_code == 200
    assert field(page.text, "age_in_years") == ""


def test_a_sign_out_forgets_them(client: StrictClient, people: dict[Role, str]) -> None:
    """And the page after it tells the browser to forget what it keeps itself."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    address = send(client, age_in_years="43")
    sign_in(client, people, OFFICER, address)
    page = client.get("/account").text
    found = re.search(r'action="/sign-out".*?value="([^"]+)"', page, re.DOTALL)
    assert found
    left = client.post("/sign-out", data={"csrf_token": found[1]})
    assert "signed-out.js" in client.get(left.headers["Location"]).text
    client.sign_in(OFFICER, people[Role.OFFICER])
    assert field(client.get("/").text, "age_in_years") == ""


def test_an_old_token_scores_nothing_and_keeps_the_answers(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """The form comes back with a fresh one, which is accepted."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    answer = client.post("/", data={"csrf_token": "old", **form_data(age_in_years="43")})
    assert answer.status_code == 400
    assert "Your session had ended" in answer.text
    assert 'class="verdict' not in answer.text
    assert field(answer.text, "age_in_years") == "43"
    token = field(answer.text, "csrf_token")
    again = client.post("/", data={"csrf_token": token, **form_data(age_in_years="43")})
    assert again.status_code == 200
    assert 'class="verdict' in again.text


def test_a_number_means_the_same_in_another_language(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """5,000 is five thousand in English, and would be five in French."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    address = send(client, credit_amount="5,000.5")
    home = sign_in(client, people, OFFICER, address)
    page = client.get(home, headers={"Accept-Language": "fr"}).text
    assert field(page, "credit_amount") == "5000,5"


def test_a_new_application_is_not_filled_with_a_correction(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """Its answers wait for the form that they were typed in."""
    client.sign_in(OFFICER, people[Role.OFFICER])
    made = client.post("/", data={**names(client), **form_data()}).text
    [decision] = set(re.findall(r"/decisions/([0-9a-f-]{36})", made))
    address = send(client, corrects=decision, age_in_years="44")
    correcting = sign_in(client, people, OFFICER, address)
    assert correcting == f"/decisions/{decision}/correct"
    assert field(client.get("/").text, "age_in_years") == ""
    assert field(client.get(correcting).text, "age_in_years") == "44"


def names(client: StrictClient) -> dict[str, str]:
    """What the open form sends besides the answers."""
    page = client.get("/").text
    return {name: field(page, name) for name in ("csrf_token", "once", "owner")}
