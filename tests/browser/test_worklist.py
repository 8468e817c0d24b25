"""The queue and the list in a real browser: by keyboard, and without JavaScript."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyarrow.parquet import read_table

from tests.clients import LONG
from tests.serving import Service, Trained, serve

SHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture(scope="module")
def own(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real service with six cases that wait, and nothing else."""
    database = tmp_path_factory.mktemp("worklist") / "creditapp.db"
    shutil.copy(trained.database, database)
    with serve(database, trained.registry) as running:
        for place in range(6):
            running.post("/api/predict", {**LONG, "reference": f"case {place}"})
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that notes errors of scripts and what the policy blocks."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    yield page
    page.close()
    assert errors == []


def enter(page: Page, own: Service, trained: Trained, path: str) -> None:
    """Open a page, and sign in on the way."""
    page.goto(own.address + path)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(trained.admin_password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.locator(".who summary")).to_have_text("admin")


def wait_for_keys(page: Page) -> None:
    """Wait until the script listens: it then shows its button."""
    expect(page.get_by_role("button", name="Keys")).to_be_visible()


def shoot(page: Page, name: str) -> None:
    """Keep a picture, where a folder for them is named."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    """Whether the page does not scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_three_cases_are_reviewed_by_keyboard(own: Service, page: Page, trained: Trained) -> None:
    """From the list to the third confirmation without the mouse; the next case opens by itself."""
    enter(page, own, trained, "/decisions/waiting")
    wait_for_keys(page)
    shoot(page, "queue")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="case 0")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    for place, key in enumerate("ada"):
        expect(page.get_by_role("heading", name="Review by a person")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(f"case {place}")
        wait_for_keys(page)
        page.keyboard.press(key)
        page.keyboard.press("r")
        page.keyboard.type("income")
        page.keyboard.press("Tab")
        page.keyboard.type("a plain reason")
        shoot(page, f"review-{place}")
        page.keyboard.press("Enter")
        verdict = "Approve" if key == "a" else "Decline"
        expect(page.locator(".verdict")).to_contain_text(verdict)
        shoot(page, f"confirm-{place}")
        expect(page.get_by_role("button", name="and open the next case")).to_be_focused()
        before = page.url
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/decisions/[0-9a-f-]{36}$"))
        assert page.url != before
    page.goto(own.address + "/decisions/waiting")
    expect(page.get_by_role("link", name=re.compile("^case "))).to_have_count(3)
    expect(page.locator("tbody strong")).to_have_text(["you"])


def test_the_keys_are_shown_and_can_be_switched_off(
    own: Service, page: Page, trained: Trained
) -> None:
    """The switch stays; typing in a field is typing."""
    enter(page, own, trained, "/decisions")
    wait_for_keys(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    shoot(page, "keys")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    wait_for_keys(page)
    page.keyboard.press("j")
    expect(page.locator("a[data-row]").first).not_to_be_focused()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").check()
    page.get_by_role("button", name="Close").click()
    page.get_by_label("Reference or id").fill("")
    page.keyboard.type("CASE j")
    expect(page.get_by_label("Reference or id")).to_have_value("CASE j")
    page.get_by_label("Reference or id").fill(" CASE 4")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("a[data-row]")).to_have_count(1)
    shoot(page, "list")
    for kind in ("CSV", "Parquet"):
        with page.expect_download(timeout=100_000) as waiting:
            page.get_by_role("button", name=f"Export as {kind}").click(timeout=100_000)
        path = waiting.value.path()
        if kind == "CSV":
            assert path.read_text().count("case 4") == 1
        else:
            assert [row["reference"] for row in read_table(path).to_pylist()] == ["case 4"]
    page.set_viewport_size({"width": 390, "height": 800})
    shoot(page, "list-390")
    assert fits(page)
    for path in ("/decisions/waiting", "/decisions"):
        page.goto(own.address + path)
        assert fits(page)
        shoot(page, f"narrow{path.replace('/', '-')}")
    page.locator("a[data-row]").first.click()
    assert fits(page)
    shoot(page, "case-390")


def test_a_case_is_decided_without_javascript(
    own: Service, browser: Browser, trained: Trained
) -> None:
    """Taken, noted, escalated, and confirmed with plain forms."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, own, trained, "/decisions/waiting")
    expect(page.get_by_role("button", name="Keys")).to_have_count(0)
    page.get_by_role("button", name="Take the next case").click()
    expect(page.locator("#case")).to_contain_text("You have taken this case.")
    page.get_by_label("Note", exact=True).fill("call the employer")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#notes")).to_contain_text("call the employer")
    page.get_by_text("Escalate to an analyst").click()
    page.get_by_label("Why").fill("a large one")
    page.get_by_role("button", name="Escalate").click()
    expect(page.get_by_role("row").filter(has_text="escalated")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^Escalated")).click()
    page.get_by_role("button", name=re.compile("^Take:")).click()
    page.get_by_label("Decline").check()
    page.get_by_label("Main reason").select_option("documents")
    page.get_by_label("Reason (the applicant").fill("no proof of income")
    page.get_by_role("button", name="Check and confirm").click()
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("Reason (the applicant")).to_have_value("no proof of income")
    page.get_by_role("button", name="Check and confirm").click()
    page.get_by_role("button", name="Confirm: decline", exact=True).click()
    expect(page.locator("#reviews")).to_contain_text("no proof of income")
    context.close()
