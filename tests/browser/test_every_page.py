"""Every page keeps the rules: axe, HTML, width, console, and no other host."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browsing import launch
from tests.every_page import LOOKS, Look, addresses, run_axe, validate_html, walking, weigh
from tests.serving import Service, Trained

MOST_BYTES = 150_000
"""Of a page with its fonts, styles, scripts and pictures; Swagger UI and ReDoc weigh more."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def paths(service: Service) -> dict[str, str]:
    """The pages, with data to show."""
    return addresses(service)


@pytest.mark.parametrize("look", LOOKS, ids=str)
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
