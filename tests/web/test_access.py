"""Who may do what: every route, for everybody who might ask."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import wraps

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from creditapp.factory import create_app
from creditapp.identity import api_keys, audit
from creditapp.identity.api_keys import Scope
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from creditapp.web.access import CLOSED, access_of
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE

BASE = "https://credit.example"
OPEN, OFFICERS, ANALYSTS, ADMINS = "anyone", "officer", "analyst", "admin"


@dataclass(frozen=True)
class Promise:
    """Who among people may use a route, and which scope of a key."""

    route: str
    people: str | None
    scope: Scope | None


# What is promised, written down apart from the table that keeps it.
PROMISED: dict[str, tuple[str | None, Scope | None]] = {
    "GET /": (OFFICERS, None),
    "POST /": (OFFICERS, None),
    "POST /earlier": (OFFICERS, None),
    "GET /home": (OFFICERS, None),
    "GET /codebook": (OFFICERS, None),
    "GET /decisions": (OFFICERS, None),
    "GET /decisions/<decision_id>": (OFFICERS, None),
    "GET /decisions/<decision_id>/replay": (OFFICERS, None),
    "GET /decisions/<decision_id>/correct": (OFFICERS, None),
    "GET /decisions/waiting": (OFFICERS, None),
    "GET /decisions/<decision_id>/notice": (OFFICERS, None),
    "POST /decisions/<decision_id>/notice": (OFFICERS, None),
    "POST /decisions/<decision_id>/review": (OFFICERS, None),
    "POST /decisions/<decision_id>/notes": (OFFICERS, None),
    "POST /decisions/<decision_id>/take": (OFFICERS, None),
    "POST /decisions/<decision_id>/release": (OFFICERS, None),
    "POST /decisions/<decision_id>/escalate": (OFFICERS, None),
    "POST /decisions/<decision_id>/give-back": (OFFICERS, None),
    "POST /decisions/waiting/next": (OFFICERS, None),
    "POST /decisions/views": (OFFICERS, None),
    "POST /decisions/views/<int:view_id>/delete": (OFFICERS, None),
    "POST /decisions/export": (ANALYSTS, None),
    "POST /decisions/<decision_id>/outcomes": (OFFICERS, None),
    "GET /events": (ADMINS, None),
    "GET /files": (OFFICERS, None),
    "POST /files": (OFFICERS, None),
    "GET /files/template.csv": (OFFICERS, None),
    "GET /files/<upload_id>": (OFFICERS, None),
    "POST /files/<upload_id>/score": (OFFICERS, None),
    "POST /files/<upload_id>/delete": (OFFICERS, None),
    "GET /files/<upload_id>/<name>": (OFFICERS, None),
    "GET /events.csv": (ADMINS, None),
    "GET /people": (ADMINS, None),
    "POST /people": (ADMINS, None),
    "GET /people/<int:person_id>": (ADMINS, None),
    "POST /people/<int:person_id>/role": (ADMINS, None),
    "POST /people/<int:person_id>/disable": (ADMINS, None),
    "POST /people/<int:person_id>/enable": (ADMINS, None),
    "POST /people/<int:person_id>/password": (ADMINS, None),
    "POST /people/<int:person_id>/sessions/end": (ADMINS, None),
    "POST /people/<int:person_id>/second-factor/remove": (ADMINS, None),
    "GET /keys": (ADMINS, None),
    "POST /keys": (ADMINS, None),
    "GET /keys/<key_id>": (ADMINS, None),
    "POST /keys/<key_id>/revoke": (ADMINS, None),
    "GET /account": (OFFICERS, None),
    "GET /account/second-factor": (OFFICERS, None),
    "POST /account/second-factor": (OFFICERS, None),
    "POST /account/second-factor/remove": (OFFICERS, None),
    "GET /sign-in/code": (OPEN, None),
    "POST /sign-in/code": (OPEN, None),
    "POST /proposals/<int:proposal_id>": (ANALYSTS, None),
    "GET /sign-in/provider": (OPEN, None),
    "GET /sign-in/provider/done": (OPEN, None),
    "GET /sign-out/provider": (OPEN, None),
    "POST /account/password": (OFFICERS, None),
    "POST /account/sessions/end": (OFFICERS, None),
    "GET /performance": (ANALYSTS, None),
    "GET /drift": (ANALYSTS, None),
    "GET /performance/reviews": (OFFICERS, None),
    "GET /drift/<slug>": (ANALYSTS, None),
    "GET /models": (ANALYSTS, None),
    "GET /models/<version>": (ANALYSTS, None),
    "GET /models/compare": (ANALYSTS, None),
    "GET /challenger": (ANALYSTS, None),
    "POST /challenger": (ADMINS, None),
    "POST /challenger/stop": (ADMINS, None),
    "POST /models/refresh": (ANALYSTS, None),
    "GET /policy": (ANALYSTS, None),
    "POST /policy": (ANALYSTS, None),
    "POST /policy/try": (ANALYSTS, None),
    "POST /models/promote": (ADMINS, None),
    "POST /models/rollback": (ADMINS, None),
    "GET /preferences": (OPEN, None),
    "GET /design": (OPEN, None),
    "GET /sign-in": (OPEN, None),
    "POST /sign-in": (OPEN, None),
    "POST /sign-out": (OFFICERS, None),
    "GET /static/<path:filename>": (OPEN, None),
    "GET /flasgger_static/<path:filename>": (None, None),
    "GET /api/live": (OPEN, None),
    "GET /api/health": (OPEN, None),
    "POST /api/predict": (None, Scope.PREDICT),
    "POST /api/predict-batch": (None, Scope.PREDICT),
    "GET /api/decisions": (None, Scope.DECISIONS_READ),
    "GET /api/decisions/<decision_id>": (None, Scope.DECISIONS_READ),
    "GET /api/decisions/<decision_id>/alternatives": (None, Scope.DECISIONS_READ),
    "POST /api/outcomes": (None, Scope.OUTCOMES_WRITE),
    "GET /api/catalogue": (None, Scope.PREDICT),
    "GET /api/model-info": (None, Scope.MODEL_READ),
    "POST /api/reload-model": (None, Scope.MODEL_ADMIN),
    "GET /metrics": (None, Scope.METRICS_READ),
    "GET /problems/outcome-unknown": (OPEN, None),
    "GET /healthz": (OPEN, None),
    "GET /readyz": (OPEN, None),
    "GET /favicon.ico": (OPEN, None),
    "GET /robots.txt": (OPEN, None),
    "GET /.well-known/security.txt": (OPEN, None),
    "GET /docs": (OFFICERS, Scope.PREDICT),
    "GET /redoc": (OFFICERS, Scope.PREDICT),
    "GET /apidocs": (OFFICERS, Scope.PREDICT),
    "GET /apidocs/index.html": (OFFICERS, Scope.PREDICT),
    "GET /openapi.json": (OFFICERS, Scope.PREDICT),
    "GET /oauth2-redirect.html": (None, None),
}
RELATED = {Scope.DECISIONS_READ: Scope.DECISIONS_READ_ALL, Scope.MODEL_READ: Scope.MODEL_ADMIN}
"""The scope that opens what another one opens, and more."""
ALSO = {"GET /api/catalogue": [Scope.MODEL_READ, Scope.MODEL_ADMIN]}
"""The routes that further scopes open."""
CASES = [pytest.param(Promise(route, *who), id=route) for route, who in PROMISED.items()]


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application in production, whose reload and models' page ask no registry."""
    hosts = ("credit.example",)
    app = create_app(
        replace(settings, env="production", trusted_hosts=hosts, sign_in_limit="1000 per minute")
    )
    app.test_client_class = StrictClient
    app.extensions["registry_listing"] = lambda _work: None
    for endpoint in ("api.reload_model", "models.overview"):
        app.view_functions[endpoint] = wraps(app.view_functions[endpoint])(lambda: {"message": ""})
    return app


@pytest.fixture
def client(app: Flask) -> StrictClient:
    """A browser or a program that calls the service by its name, over TLS."""
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.base_url = BASE
    client.environ_base["HTTP_REFERER"] = "https://credit.example/"
    return client


@pytest.fixture
def new_key(app: Flask) -> Callable[..., str]:
    """Makes keys with some scopes."""

    def make(*scopes: Scope, days: int = 1) -> str:
        expires_at = datetime.now(UTC) + timedelta(days=days)
        with app.app_context():
            return api_keys.add("a program", scopes, expires_at, A_TEST)

    return make


def ask(client: StrictClient, route: str, key: str = "") -> TestResponse:
    """Ask for a route with some value for what its path leaves open."""
    method, rule = route.split(" ")
    path = rule.replace("<decision_id>", "x").replace("<path:filename>", "vault.css")
    path = re.sub(r"<int:\w+>", "1", path).replace("<name>.<kind>", "days.csv")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.open(path, method=method, headers=headers)


def is_refused(answer: TestResponse) -> bool:
    """Whether somebody was turned away at the door, or sent to sign in."""
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
    # why: who has no password checked yet begins at the beginning; that is no refusal.
    to_sign_in = to_sign_in and answer.request.path != "/sign-in/code"
    return to_sign_in or answer.status_code in (401, 403)


def test_every_route_is_declared_and_promised(app: Flask) -> None:
    """A new route fails here until somebody says who may use it."""
    routes = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == PROMISED.keys()
    closed = {"flasgger.static", "flasgger.oauth_redirect"}
    with app.app_context():
        undeclared = {
            rule.endpoint for rule in app.url_map.iter_rules() if access_of(rule.endpoint) == CLOSED
        }
    assert undeclared == closed


def test_an_undeclared_route_answers_403(
    app: Flask, client: StrictClient, people: dict[Role, str], new_key: Callable[..., str]
) -> None:
    """To nobody, to an admin and to a key of every scope: nobody said they may."""
    app.add_url_rule("/new", "ui.new", lambda: "secret")
    app.add_url_rule("/api/new", "api.new", lambda: "secret")
    key = new_key(*Scope)
    for signed_in in (False, True):
        if signed_in:
            client.sign_in("the admin", people[Role.ADMIN])
        for path in ("/new", "/api/new"):
            assert client.get(path).status_code == 403
            assert ask(client, f"GET {path}", key).status_code == 403


@pytest.mark.parametrize("promise", CASES)
def test_nobody_comes_in_without_a_sign_in_or_a_key(client: StrictClient, promise: Promise) -> None:
    """But for liveness, health, sign-in and static files."""
    assert is_refused(ask(client, promise.route)) == (promise.people != OPEN)


@pytest.mark.parametrize("promise", CASES)
def test_a_key_opens_what_its_scope_says_and_nothing_else(
    client: StrictClient,
    new_key: Callable[..., str],
    promise: Promise,
) -> None:
    """The right scope comes in; all the others together do not."""
    if promise.scope is None:
        every = new_key(*Scope)
        assert is_refused(ask(client, promise.route, every)) == (promise.people != OPEN)
        return
    assert not is_refused(ask(client, promise.route, new_key(promise.scope)))
    documentation = promise.people == OFFICERS
    open_too = {promise.scope, *ALSO.get(promise.route, [RELATED.get(promise.scope)])}
    for scope in open_too - {None}:
        assert not is_refused(ask(client, promise.route, new_key(scope)))
    others = [other for other in Scope if other not in open_too]
    answer = ask(client, promise.route, new_key(*others))
    assert (answer.status_code == 403) == (not documentation)


@pytest.mark.parametrize("promise", CASES)
def test_worthless_keys_open_nothing(
    app: Flask,
    client: StrictClient,
    new_key: Callable[..., str],
    promise: Promise,
) -> None:
    """Garbage, expired and revoked ones are all the same."""
    expired = new_key(*Scope, days=-1)
    revoked = new_key(*Scope)
    with app.app_context():
        api_keys.revoke(revoked.split("_")[1], A_TEST)
    for key in ("garbage", expired, revoked):
        answer = ask(client, promise.route, key)
        assert is_refused(answer) == (promise.people != OPEN)
        if promise.scope:
            assert answer.status_code == 401


@pytest.mark.parametrize("role", list(Role))
def test_a_person_comes_in_where_their_role_says_and_never_to_the_api(
    client: StrictClient, people: dict[Role, str], role: Role
) -> None:
    """A cookie opens pages alone."""
    for route, (allowed, _) in sorted(PROMISED.items()):
        assert client.sign_in(f"the {role.value}", people[role]).status_code == 302
        ranks = [OPEN, OFFICERS, ANALYSTS, ADMINS]
        expected = allowed is not None and ranks.index(allowed) <= ranks.index(role.value)
        assert is_refused(ask(client, route)) != expected, route


CORPUS = {
    "empty": "",
    "blank": " ",
    "no scheme": "creditapp_0123456789ab_x",
    "another scheme": "Basic YWRtaW46YWRtaW4=",
    "non-ASCII": "Bearer kl\u00fc\u00dfel",
    "a megabyte": "Bearer " + "a" * 1_000_000,
    "a NUL": "Bearer a\x00b",
    "the right shape": "Bearer creditapp_0123456789ab_" + "a" * 40 + "_00000000",
    "Bearer alone": "Bearer",
}


@pytest.mark.parametrize("header", CORPUS.values(), ids=CORPUS.keys())
def test_odd_keys_answer_401(client: StrictClient, header: str) -> None:
    """Never a 500."""
    environ = {"HTTP_AUTHORIZATION": header}
    assert client.get("/api/model-info", environ_overrides=environ).status_code == 401


def test_a_key_with_a_slip_of_the_hand_is_refused(
    client: StrictClient, new_key: Callable[..., str]
) -> None:
    """Each character counts; two headers, or a key in the address, are no key."""
    key = new_key(*Scope)
    assert ask(client, "GET /api/model-info", key).status_code == 200
    for place in (12, 30, len(key) - 1):
        wrong = key[:place] + ("0" if key[place] != "0" else "1") + key[place + 1 :]
        assert ask(client, "GET /api/model-info", wrong).status_code == 401
    assert ask(client, "GET /api/model-info", f"{key},Bearer {key}").status_code == 401
    assert client.get(f"/api/model-info?key={key}&access_token={key}").status_code == 401


def test_a_key_with_another_secret_is_refused_though_its_checksum_is_right(
    client: StrictClient, new_key: Callable[..., str]
) -> None:
    """The id alone opens nothing."""
    prefix, key_id, secret, _ = new_key(*Scope).split("_")
    forged = api_keys._with_checksum(f"{prefix}_{key_id}_{secret[::-1]}")
    assert api_keys.SHAPE.fullmatch(forged)
    assert ask(client, "GET /api/model-info", forged).status_code == 401


def test_who_is_refused_too_often_fills_no_trail(app: Flask, client: StrictClient) -> None:
    """After a hundred worthless keys a minute an address is not listened to any more."""
    statuses = [ask(client, "GET /api/model-info", "wrong").status_code for _ in range(130)]
    assert statuses == [401] * 100 + [429] * 30
    with app.app_context():
        assert len(audit.find_newest(limit=1000)) < 110


def test_an_id_has_one_spelling(client: StrictClient, new_key: Callable[..., str]) -> None:
    """So that asking in another one tells nothing about what exists."""
    key = new_key(Scope.PREDICT, Scope.DECISIONS_READ)
    headers = {"Authorization": f"Bearer {key}"}
    made = client.post("/api/predict", json=EXAMPLE, headers=headers).get_json()["decision_id"]
    for spelling in (made.upper(), made.replace("-", ""), f"{{{made}}}", made + "-" * 60):
        assert ask(client, f"GET /api/decisions/{spelling}", key).status_code == 404


def test_a_key_reads_the_decisions_it_made_unless_its_scope_says_all(
    client: StrictClient, new_key: Callable[..., str]
) -> None:
    """Another program's decision does not exist for it."""
    mine = new_key(Scope.PREDICT, Scope.DECISIONS_READ)
    other, auditor = new_key(Scope.DECISIONS_READ), new_key(Scope.DECISIONS_READ_ALL)
    made = client.post(
        "/api/predict", json=EXAMPLE, headers={"Authorization": f"Bearer {mine}"}
    ).get_json()
    path = f"/api/decisions/{made['decision_id']}"
    statuses = [ask(client, f"GET {path}", key).status_code for key in (mine, other, auditor)]
    assert statuses == [200, 404, 200]


def test_listed_networks_read_the_metrics_without_a_key(
    settings: Settings,
) -> None:
    """And nothing else; other addresses do not."""
    open_to = replace(
        settings,
        env="production",
        trusted_hosts=("credit.example",),
        metrics_networks=("10.0.1.0/24",),
    )
    client = create_app(open_to).test_client()
    for address, path, status in (
        ("10.0.1.7", "/metrics", 200),
        ("10.0.2.7", "/metrics", 401),
        ("10.0.1.7", "/api/model-info", 401),
    ):
        answer = client.get(path, base_url=BASE, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == status


def test_forwarded_headers_count_only_from_the_proxy(settings: Settings) -> None:
    """Anybody else who sends them is taken for who they are."""
    behind = replace(
        settings,
        env="production",
        trusted_hosts=("credit.example",),
        metrics_networks=("10.0.1.0/24",),
        proxies=("10.9.9.9",),
    )
    client = create_app(behind).test_client()
    forged = {"X-Forwarded-For": "10.0.1.7", "X-Forwarded-Host": "credit.example"}
    proxy, stranger = {"REMOTE_ADDR": "10.9.9.9"}, {"REMOTE_ADDR": "10.8.8.8"}
    through = client.get("/metrics", headers=forged, environ_base=proxy)
    assert through.status_code == 200
    renamed = client.get("/metrics", headers=forged, environ_base=stranger)
    assert renamed.status_code == 400
    direct = client.get("/metrics", headers=forged, environ_base=stranger, base_url=BASE)
    assert direct.status_code == 401


def test_other_host_names_are_refused(client: StrictClient) -> None:
    """A page that calls itself by our address under another name gets nothing."""
    for path in ("/", "/api/live", "/api/predict"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 400


def test_every_answer_protects_itself(client: StrictClient) -> None:
    """On each route, errors included; cookies go over TLS alone."""
    cookie = client.get("/sign-in").headers["Set-Cookie"]
    for route in PROMISED:
        answer = ask(client, route)
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        for nothing in ("object-src", "base-uri", "frame-ancestors"):
            assert f"{nothing} 'none'" in policy
        assert "unsafe" not in policy or route == "GET /redoc"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "max-age" in headers["Strict-Transport-Security"]
        if "/static/" not in route:
            assert headers["Cache-Control"] == "no-store"
    assert cookie.startswith("__Host-creditapp=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
