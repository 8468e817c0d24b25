"""What people do, from page to page: at each width, in each language and theme, and without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import MILLISECONDS
from tests.clients import LONG, POOR
from tests.every_page import WALKED, Look, walking
from tests.portfolios import EXAMPLE
from tests.serving import Service, Trained

DECISION = re.compile(r"/decisions/[0-9a-f-]{36}")
WITHOUT_JAVASCRIPT = Look(390, "fr", "dark")


@pytest.fixture(params=[*WALKED, pytest.param(WITHOUT_JAVASCRIPT, id="without JavaScript")])
def page(
    request: pytest.FixtureRequest, browser: Browser, service: Service, trained: Trained
) -> Iterator[Page]:
    """A browser where the admin is signed in; its console stays clean, and no page scrolls sideways."""
    look = request.param
    scripts = look is not WITHOUT_JAVASCRIPT
    with walking(browser, service, trained, look, scripts=scripts) as (page, problems):
        yield page
        assert problems == []
        assert page.evaluate("document.documentElement.scrollWidth") <= look.width


def refer(service: Service, reference: str) -> None:
    """Send an application that a person must decide."""
    answer = service.post("/api/predict", {**LONG, "reference": reference})
    assert answer.json["decision"] == "refer"


def test_an_application_is_scored_and_corrected(service: Service, page: Page) -> None:
    """The verdict is in view at once; the corrected decision is linked to the first one."""
    page.goto(f"{service.address}/?example=1")
    page.locator("#application button[type=submit]").last.click()
    expect(page.locator("#result .verdict")).to_be_in_viewport()
    page.locator("#result a[href*='/decisions/']").first.click()
    page.wait_for_url(DECISION)
    first = page.url
    expect(page.locator(".verdict")).to_be_in_viewport()
    page.locator("a[href$='/correct']").click()
    page.locator("#duration_in_month").fill("24")
    page.locator("#application button[type=submit]").last.click()
    expect(page.locator("#result .verdict")).to_be_in_viewport()
    page.goto(first)
    expect(page.locator("#corrected-by a")).to_be_visible()


def test_a_case_is_found_taken_and_decided(service: Service, page: Page) -> None:
    """By a part of its reference; the outcome that stands is in the headline, and in the list."""
    reference = f"journey-{uuid4().hex[:8]}"
    refer(service, reference)
    page.goto(f"{service.address}/decisions")
    page.locator("input[name=reference]").fill(f" {reference.upper()[:-2]} ")
    page.locator("form[role=search] button").click()
    page.locator("a[data-row]").click()
    page.locator("#case form[action$='/take'] button").click()
    page.locator("#review input[value=approve]").check()
    page.locator("#review select[name=reason]").select_option(index=1)
    page.locator("#review input[name=note]").fill("revenu vérifié")
    page.locator("#review form[action$='/review'] button").click()
    expect(page.locator("main .verdict.approve")).to_be_visible()
    page.locator("button[autofocus] ~ button").first.click()
    expect(page.locator("p[role=status]")).to_be_visible()
    expect(page.locator("p.verdict")).to_have_class("verdict approve")
    page.goto(f"{service.address}/decisions?reference={reference}")
    expect(page.locator("tbody .chip")).to_have_class("chip approve")


def test_a_list_is_exported(service: Service, page: Page) -> None:
    """As CSV, with what is filtered alone."""
    reference = f"export-{uuid4().hex[:8]}"
    refer(service, reference)
    page.goto(f"{service.address}/decisions?reference={reference}")
    with page.expect_download() as download:
        page.locator("button[name=format][value=csv]").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert reference in lines[1]


def test_a_cut_off_is_tried(service: Service, page: Page) -> None:
    """Typed as the language writes numbers; what it does is shown with its charts."""
    page.goto(f"{service.address}/policy")
    mark = page.locator("#approve_from").input_value()[1]
    page.locator("#approve_from").fill(f"0{mark}8")
    page.locator("#try button[type=submit]").click()
    expect(page.locator("#effect figure.chart").first).to_be_visible()
    expect(page.locator("#save")).to_contain_text(f"0{mark}8")


def test_a_letter_is_printed_in_french(service: Service, page: Page) -> None:
    """From a declined decision."""
    declined = service.post("/api/predict", POOR).json["decision_id"]
    page.goto(f"{service.address}/decisions/{declined}")
    page.locator("a[href*='/notice']").click()
    page.locator("a[hreflang=fr]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_a_file_is_uploaded_scored_and_its_results_taken(
    service: Service, page: Page, tmp_path: Path
) -> None:
    """Without a script the page is loaded again by itself until the results are there."""
    reference = f"file-{uuid4().hex[:8]}"
    file = tmp_path / "loans.csv"
    row = ",".join(map(str, EXAMPLE.values()))
    file.write_text(f"{','.join([*EXAMPLE, 'reference'])}\n{row},{reference}\n")
    page.goto(f"{service.address}/files")
    page.locator("#file").set_input_files(file)
    page.locator("#upload button[type=submit]").click()
    page.locator("form[action$='/score'] button").first.click(timeout=MILLISECONDS)
    results = page.locator("a[href$='/results.csv']")
    results.wait_for(timeout=MILLISECONDS)
    with page.expect_download() as download:
        results.click()
    assert reference in download.value.path().read_text()


def test_a_colleague_is_added_and_disabled(service: Service, page: Page) -> None:
    """The password that was generated is shown once."""
    name = f"Ann {uuid4().hex[:8]}"
    page.goto(f"{service.address}/people")
    page.locator("#add #name").fill(name)
    page.locator("#add #role").select_option("analyst")
    page.locator("#add button[type=submit]").click()
    expect(page.locator("#new-password")).to_be_visible()
    page.goto(f"{service.address}/people")
    page.locator("#people a", has_text=name).click()
    expect(page.locator("#new-password")).to_have_count(0)
    page.locator("#state form[action$='/disable'] button").click()
    expect(page.locator("#state form[action$='/enable'] button")).to_be_visible()
