"""Every page keeps the rules: axe, HTML, width, console, and no other host."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from creditapp.factory import create_app
from creditapp.settings.settings import Settings
from tests.every_page import LOOKS, WALKED, Look, addresses, run_axe, validate_html, walking, weigh
from tests.serving import Service, Trained

NO_PAGES = {
    "/.well-known/security.txt",
    "/apidocs/index.html",
    "/docs",
    "/events.csv",
    "/favicon.ico",
    "/files/template.csv",
    "/healthz",
    "/metrics",
    "/oauth2-redirect.html",
    "/openapi.json",
    "/preferences",
    "/readyz",
    "/robots.txt",
    "/sign-in/code",
    "/sign-in/provider",
    "/sign-in/provider/done",
    "/sign-out/provider",
}
"""Addresses that answer with a file, with a page elsewhere, or only in the middle of a sign-in."""

MOST_BYTES = 150_000
"""Of a page with its fonts, styles, scripts and pictures; Swagger UI and ReDoc weigh more."""


@pytest.fixture(scope="module")
def paths(service: Service) -> dict[str, str]:
    """The pages, with data to show."""
    return addresses(service)


@pytest.mark.parametrize("look", WALKED)
def test_every_page_keeps_the_rules(
    service: Service,
    trained: Trained,
    browser: Browser,
    paths: dict[str, str],
    look: Look,
    tmp_path: Path,
) -> None:
    """At each width, in each language and theme; all that is wrong is listed at once."""
    sources: dict[str, str] = {}
    with walking(browser, service, trained, look) as (page, problems):
        for name, path in paths.items():
            answer = page.goto(service.address + path)
            assert answer is not None
            page.wait_for_load_state("networkidle")
            sources[name] = answer.text()
            problems.extend(run_axe(page))
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > look.width:
                problems.append(f"{path}: {width} pixels wide")
            if not name.startswith("api") and (weight := weigh(page)) > MOST_BYTES:
                problems.append(f"{path}: weighs {weight} bytes")
            if f'<html lang="{look.language}"' not in sources[name] and not name.startswith("api"):
                problems.append(f"{path}: is not in {look.language}")
    assert problems == []
    assert validate_html(sources, tmp_path) == ""


def test_no_page_is_left_out(settings: Settings, paths: dict[str, str]) -> None:
    """Each address without a variable part is walked, or is no page."""
    rules = create_app(settings).url_map.iter_rules()
    pages = {
        rule.rule
        for rule in rules
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.rule.startswith("/api/")
    }
    walked = {path.partition("?")[0] for path in paths.values()}
    assert pages - walked == NO_PAGES


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=str)
def test_a_result_for_earlier_answers_keeps_the_rules(
    service: Service, trained: Trained, browser: Browser, look: Look
) -> None:
    """It is marked as such, and can be read."""
    with walking(browser, service, trained, look) as (page, problems):
        page.goto(f"{service.address}/?example=1")
        page.locator("#application button[type=submit]").last.click()
        page.locator("#result .verdict").wait_for()
        page.locator("#duration_in_month").fill("13")
        page.locator("#result.stale").wait_for()
        problems.extend(run_axe(page))
    assert problems == []
