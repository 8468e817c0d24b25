"""The service below a path of a host name that it shares."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from creditapp.factory import create_app
from creditapp.identity.people import Role
from creditapp.settings.paths import ROOT
from creditapp.settings.settings import Settings
from tests.clients import POOR, StrictClient, csrf_token

PROXY = "10.0.0.2"
ABSOLUTE = re.compile(
    r"""(?:href|src|action|formaction|srcset|poster|data-[a-z-]+|content)\s*=\s*["']?/|"""
    r"""(?:fetch|open|assign|replace|import)\(\s*[`"']/|url\(\s*["']?/|<base\b"""
)
"""An address that a template, a script or a sheet writes without asking where the service is."""


def served(settings: Settings, **more: object) -> Flask:
    """An application behind the listed proxy."""
    app = create_app(replace(settings, proxies=(PROXY,), **more))  # type: ignore[arg-type]
    app.test_client_class = StrictClient
    return app


def client_of(app: Flask, prefix: str = "", address: str = PROXY) -> StrictClient:
    """A client whose requests come through a proxy that names a prefix."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.environ_base["REMOTE_ADDR"] = address
    if prefix:
        client.environ_base["HTTP_X_FORWARDED_PREFIX"] = prefix
    return client


@pytest.mark.parametrize("named", ["by the proxy", "by the settings"])
@pytest.mark.parametrize("path", ["/credit/codebook", "/codebook"])
def test_the_proxy_may_take_the_prefix_off_or_leave_it(
    settings: Settings, named: str, path: str
) -> None:
    """Every link of the page stays below it."""
    by_proxy = named == "by the proxy"
    app = served(settings, prefix="" if by_proxy else "/credit")
    page = client_of(app, "/credit" if by_proxy else "").get(path)
    assert page.status_code == 200
    links = re.findall(r'(?:href|src|action)="(/[^"]*)', page.text)
    assert links
    assert all(link.startswith("/credit/") for link in links)


def test_a_path_that_only_begins_so_is_another(settings: Settings) -> None:
    """`/creditor` is not below `/credit`."""
    assert client_of(served(settings, prefix="/credit")).get("/credithealthz").status_code == 404


@pytest.mark.parametrize(
    "prefix",
    [
        *(
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/a/../b",
            "/..",
            "/.",
        ),
        *(
            "/a//b",
            "/a b",
            "/a\tb",
            "/a%0d%0ab",
            '/a"b',
            "/<b>",
            "/é",
            "/a?b",
            "/a#b",
            "/" + "a" * 500,
        ),
    ],
)
def test_an_absurd_prefix_is_refused(settings: Settings, prefix: str) -> None:
    """Whatever the proxy names must be a path of this host."""
    answer = client_of(served(settings), prefix).get("/api/live")
    assert answer.status_code == 400
    assert "X-Forwarded-Prefix" in answer.text


def test_nobody_else_names_a_prefix(settings: Settings) -> None:
    """The header of a client that is no listed proxy changes nothing."""
    stranger = client_of(served(settings), "/evil", address="10.0.0.3")
    assert "/evil" not in stranger.get("/").text
    assert stranger.get("/docs").location == "/apidocs"
    assert stranger.get("/evil/api/live").status_code == 404


def test_signing_in_leads_back_below_the_prefix(
    settings: Settings, people: dict[Role, str]
) -> None:
    """The redirect, the way back, and the cookie, which no other service of the host gets."""
    app = served(settings, prefix="/credit")
    client = client_of(app)
    asked = client.get("/credit/decisions?reference=7")
    assert asked.location.startswith("/credit/sign-in?next=")
    page = client.get(asked.location)
    assert "Path=/credit;" in f"{page.headers['Set-Cookie']};"
    data = {
        "csrf_token": csrf_token(page.text),
        "name": "the officer",
        "password": people[Role.OFFICER],
    }
    entered = client.post(asked.location, data=data)
    assert entered.location == "/credit/decisions?reference=7"
    assert client.get(entered.location).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "/elsewhere",
        "/credit",
        "/creditor/x",
        "/credit/../admin",
        "/credit/%2e%2e/admin",
        "//x/credit/",
    ],
)
def test_no_sign_in_leads_out_of_the_prefix(
    settings: Settings, people: dict[Role, str], wanted: str
) -> None:
    """Another service of the same host is another site."""
    client = client_of(served(settings, prefix="/credit"))
    token = csrf_token(client.get("/credit/sign-in").text)
    data = {"csrf_token": token, "name": "the officer", "password": people[Role.OFFICER]}
    entered = client.post("/credit/sign-in", query_string={"next": wanted}, data=data)
    assert entered.location == "/credit/home"


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/credit/apidocs/", "/credit/apidocs"),
        ("/credit/decisions/?a=b", "/credit/decisions?a=b"),
        ("/credit/docs", "/credit/apidocs"),
        ("/credit/favicon.ico", "/credit/static/favicon.svg"),
    ],
)
def test_redirects_stay_below_the_prefix(settings: Settings, asked: str, place: str) -> None:
    """Also those for a slash too many."""
    assert client_of(served(settings, prefix="/credit")).get(asked).location == place


def test_documents_name_the_prefix(settings: Settings) -> None:
    """A program that reads the OpenAPI document asks the right addresses."""
    client = client_of(served(settings), "/credit")
    document = client.get("/credit/openapi.json").get_json()
    assert document["servers"] == [{"url": "/credit"}]
    assert "(/credit/codebook)" in document["info"]["description"]
    assert client_of(served(settings)).get("/openapi.json").get_json()["servers"] == [{"url": "/"}]
    for path in ("/credit/redoc", "/credit/apidocs"):
        assert 'data-document="/credit/openapi.json"' in client.get(path).text


def test_a_decision_leads_to_its_page_below_the_prefix(
    settings: Settings, people: dict[Role, str]
) -> None:
    """Its forms are sent to where it stands."""
    client = client_of(served(settings), "/credit")
    decided = client.post("/credit/api/predict", json=POOR).get_json()["decision_id"]
    token = csrf_token(client.get("/credit/sign-in").text)
    data = {"csrf_token": token, "name": "the officer", "password": people[Role.OFFICER]}
    client.post("/credit/sign-in", data=data)
    page = client.get(f"/credit/decisions/{decided}").text
    assert f'action="/credit/decisions/{decided}/review"' in page


@pytest.mark.parametrize(
    ("path", "text"),
    [("/models", "Load the page again"), ("/models/1", "Load it again"), ("/challenger", "again")],
)
def test_a_page_that_waits_for_the_registry_leads_back_to_itself(
    settings: Settings, people: dict[Role, str], path: str, text: str
) -> None:
    """Below the prefix, like all its links."""
    app = served(settings)
    app.extensions["registry_listing"] = lambda _work: None
    client = client_of(app, "/credit")
    token = csrf_token(client.get("/credit/sign-in").text)
    data = {"csrf_token": token, "name": "the admin", "password": people[Role.ADMIN]}
    client.post("/credit/sign-in", data=data)
    page = client.get(f"/credit{path}").text
    [place] = re.findall(rf'<a href="([^"]*)">[^<]*{text}</a>', page)
    assert place == f"/credit{path}"


def test_production_keeps_a_cookie_with_a_path(settings: Settings) -> None:
    """Browsers refuse `__Host-` with a path, and `__Secure-` without TLS."""
    app = served(settings, env="production", trusted_hosts=("localhost",), prefix="/credit")
    made = client_of(app).get("/sign-in", base_url="https://localhost")
    cookie = made.headers["Set-Cookie"]
    assert cookie.startswith("__Secure-creditapp=")
    assert "Path=/credit;" in f"{cookie};"
    assert "Secure;" in f"{cookie};"


SOURCES = [
    path
    for pattern in ("templates/**/*.html", "static/*.js", "static/*.css")
    for path in sorted(ROOT.glob(pattern))
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_address_is_written_without_its_prefix(source: Path) -> None:
    """Templates ask `url_for`, and scripts take addresses from the page."""
    assert ABSOLUTE.findall(source.read_text()) == []
