"""Addresses that others try without being told, and the names the service is called by."""

from dataclasses import replace

import pytest
from flask import Flask

from creditapp.factory import create_app
from creditapp.settings.settings import Settings
from creditapp.web.hosts import is_known
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE


@pytest.mark.parametrize(
    "path", ["/apidocs/", "/codebook/", "/api/live/", "/decisions/waiting//", "/metrics/"]
)
def test_a_slash_too_many_leads_to_the_address_without_it(client: StrictClient, path: str) -> None:
    """With its query."""
    answer = client.get(f"{path}?a=b")
    assert answer.status_code == 308
    assert answer.location == f"{path.rstrip('/')}?a=b"


def test_a_posted_body_is_sent_again(client: StrictClient) -> None:
    """308 keeps the method and the body."""
    answer = client.post("/api/predict/", json=EXAMPLE, follow_redirects=True)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/codebook/", "/nowhere/", "/"])
def test_no_address_leads_to_another_host(client: StrictClient, path: str) -> None:
    """An address that does not exist without its slash is not found."""
    answer = client.get(f"http://localhost{path}")
    assert answer.status_code == (200 if path == "/" else 404)


def test_robots_and_pictures_are_found(client: StrictClient) -> None:
    """And a page of another kind is not made up."""
    assert client.get("/favicon.ico", follow_redirects=True).content_type.startswith("image/svg")
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_health_and_readiness_answer_at_the_usual_addresses(
    app: Flask, client: StrictClient
) -> None:
    """As at the API's own; they are not in its document."""
    assert client.get("/healthz").get_json() == {"status": "alive"}
    ready = client.get("/readyz").get_json()
    assert (ready["status"], ready["model_loaded"]) == ("healthy", True)
    assert not {"/healthz", "/readyz"} & set(client.get("/openapi.json").get_json()["paths"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/live", "/api/health"])
def test_health_is_told_without_a_body_too(client: StrictClient, path: str) -> None:
    """Some load balancers ask by HEAD."""
    answer = client.head(path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length == len(client.get(path).data)


def test_the_contact_for_security_reports_is_the_operators(
    settings: Settings, client: StrictClient
) -> None:
    """Without one nothing is promised."""
    assert client.get("/.well-known/security.txt").status_code == 404
    contact = "mailto:security@credit.example"
    named = create_app(replace(settings, security_contact=contact)).test_client()
    lines = named.get("/.well-known/security.txt").text.splitlines()
    assert lines[0] == f"Contact: {contact}"
    assert lines[1].startswith("Expires: 2")


NAMES = ("credit.example", ".bank.example", "[::1]")


@pytest.mark.parametrize(
    "host",
    [
        "credit.example",
        "CREDIT.Example:8443",
        "credit.example.",
        "bank.example",
        "Loans.Bank.Example",
        "[::1]",
        "[::1]:8501",
    ],
)
def test_a_name_is_known_in_any_case_with_any_port(host: str) -> None:
    """Also an IPv6 address, and every name below one with a dot in front."""
    assert is_known(host, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "credit.example.evil.example",
        "evilbank.example",
        "credit.example:port",
        "credit.example@evil.example",
        "[::2]",
        "[::1",
        "credit.example/",
        "credit.example\n",
    ],
)
def test_another_name_is_unknown(host: str) -> None:
    """Nor is a part of a name, or what is no name."""
    assert not is_known(host, NAMES)


def test_capitals_in_the_setting_do_not_matter(settings: Settings) -> None:
    """The container's own health check sends the name as it is set."""
    client = create_app(replace(settings, trusted_hosts=("Credit.Example",))).test_client()
    for name in ("Credit.Example", "credit.example"):
        assert client.get("/api/live", headers={"Host": name}).status_code == 200
