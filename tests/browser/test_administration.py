"""What analysts and admins do on pages, in a real browser: people, keys, events, policy and models."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.every_page import QUICK_LOOKS, Look, walking
from tests.portfolios import EXAMPLE
from tests.serving import Service, Trained, flask, serve

SECONDS = 1000
LONG = 90 * SECONDS
"""A promotion starts a process that loads MLflow."""


@pytest.fixture(scope="module")
def home(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and a registry of this module's own."""
    folder = tmp_path_factory.mktemp("administration")
    shutil.copy(trained.database, folder / "creditapp.db")
    shutil.copy(trained.registry, folder / "mlflow.db")
    shutil.copytree(trained.registry.parent / "mlruns", folder / "mlruns")
    return folder


@pytest.fixture(scope="module")
def own(home: Path) -> Iterator[Service]:
    """The real service over them."""
    place = home / "creditapp.db", home / "mlflow.db"
    with serve(*place, CREDITAPP_SIGN_IN_LIMIT="1000 per minute") as running:
        yield running


@pytest.fixture(scope="module")
def _second_version(home: Path) -> None:
    """Version 2 waits in the registry."""
    command = ("train", "--quick", "--estimator", "scorecard")
    done = flask(*command, database=home / "creditapp.db", registry=home / "mlflow.db")
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of its own whose console stays clean, on a telephone where there is no JavaScript."""
    scripts = request.param == "with JavaScript"
    width = 1366 if scripts else 390
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": width, "height": 768}
    )
    page = context.new_page()
    page.set_default_timeout(LONG)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    yield page
    context.close()
    assert [one for one in problems if "401" not in one] == []


def sign_in(page: Page, own: Service, name: str, password: str, path: str) -> None:
    """Sign in on the page, and go on to another."""
    page.goto(own.address + path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def await_registry(page: Page) -> None:
    """Load the page again until it has the answer of the registry, which is asked in the background."""
    load_until(page, lambda: not page.get_by_text("being asked").count())


def load_until(page: Page, is_there: Callable[[], object]) -> None:
    """Load the page again each second until it has what is wanted; fail after `LONG`."""
    for _ in range(LONG // SECONDS):
        if is_there():
            return
        page.wait_for_timeout(SECONDS)
        page.reload()
    assert is_there()


def name_for(page: Page, name: str) -> str:
    """A name of this test's own."""
    return f"{name} {page.viewport_size['width'] if page.viewport_size else 0}"


def test_a_colleague_is_added_signs_in_and_is_disabled(
    own: Service, trained: Trained, browser: Browser, page: Page
) -> None:
    """The password is shown once; who is disabled is out at once."""
    name = name_for(page, "Ann")
    sign_in(page, own, "admin", trained.admin_password, "/people")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Role").select_option("analyst")
    page.get_by_role("button", name="Add").click()
    password = page.locator("#new-password").inner_text()
    page.get_by_role("link", name="I have noted it").click()
    row = page.locator("#people tr", has_text=name)
    expect(row).to_contain_text("none on record")
    context = browser.new_context()
    other = context.new_page()
    sign_in(other, own, name, password, "/policy")
    expect(other.get_by_role("heading", name="Policy", exact=True)).to_be_visible()
    other.goto(own.address + "/people")
    expect(other.get_by_role("main")).to_contain_text("the role admin or a higher one is required")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("#state")).to_contain_text("They can sign in again")
    other.goto(own.address + "/policy")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
    page.get_by_role("link", name="Events about this person").click()
    expect(page.locator("#events tbody tr")).to_have_count(3)
    expect(page.locator("#events")).to_contain_text("person disabled")


def test_a_key_is_made_used_by_a_program_and_revoked(
    own: Service, trained: Trained, page: Page
) -> None:
    """The page says when it was used; a revoked key opens nothing."""
    name = name_for(page, "loan desk")
    sign_in(page, own, "admin", trained.admin_password, "/keys")
    page.get_by_label("Name of the program").fill(name)
    page.get_by_label(re.compile("score applications, one or many")).check()
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text()
    assert own.post("/api/predict", EXAMPLE, key).status == 200
    page.get_by_role("link", name="I have noted it").click()
    expect(page.locator("#keys tr", has_text=name)).not_to_contain_text("not yet")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Revoke this key").click()
    expect(page.locator("#keys tr", has_text=name)).to_contain_text("revoked")
    assert own.post("/api/predict", EXAMPLE, key).status == 401


def test_events_are_filtered_and_downloaded(own: Service, trained: Trained, page: Page) -> None:
    """The file holds what the page shows."""
    sign_in(page, own, "admin", trained.admin_password, "/events")
    page.get_by_label("Who").fill("admin")
    page.get_by_label("What").select_option("signed in")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#events tbody tr").first).to_contain_text("person:admin")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0] == "time,who,what,subject,detail,request_id"
    assert all(",person:admin,signed in," in line for line in lines[1:])


def test_a_cut_off_is_tried_and_put_in_force(own: Service, trained: Trained, page: Page) -> None:
    """What changes is said in words before, and who did it after."""
    cut_off = "0.81" if name_for(page, "").endswith("1366") else "0.79"
    sign_in(page, own, "admin", trained.admin_password, "/policy")
    expect(page.locator("#save")).to_have_count(0)
    page.get_by_label("Approve from").fill(cut_off)
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#changes")).to_contain_text(f"Approved from {cut_off} instead of")
    expect(page.locator("figure.chart")).to_have_count(2)
    page.get_by_label("Reason", exact=True).fill("fewer bad ones")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("#in-force")).to_contain_text(f"approved from {cut_off}")
    expect(page.locator("#in-force")).to_contain_text("fewer bad ones")


@pytest.mark.usefixtures("_second_version")
def test_a_challenger_is_started_and_stopped_and_a_version_promoted(
    own: Service, trained: Trained, page: Page
) -> None:
    """The conditions are shown first, and are overridden with a reason; a rollback leads back."""
    sign_in(page, own, "admin", trained.admin_password, "/challenger")
    await_registry(page)
    start = page.locator("#start")
    start.get_by_label("Version").select_option("2")
    start.get_by_label("Share of decisions").fill("50")
    start.get_by_label("Reason").fill("to compare")
    start.get_by_role("button", name="Start").click()
    expect(page.locator(".lead")).to_contain_text("Version 2 also scores 50 %", timeout=LONG)
    page.get_by_label("Reason to stop").fill("seen enough")
    page.get_by_role("button", name="Stop version 2").click()
    expect(page.locator(".lead")).to_contain_text("No challenger is running.")
    page.goto(own.address + "/models/2")
    await_registry(page)
    promote = page.locator("#promote")
    expect(promote).to_contain_text("Conditions that do not hold: 1", timeout=LONG)
    promote.get_by_label("Reason", exact=True).fill("a scorecard is easier to explain")
    promote.get_by_label(re.compile("Override the conditions")).check()
    promote.get_by_role("button", name="Promote and serve").click()
    deployed = page.locator("table").last.locator("tbody tr").first
    expect(deployed).to_contain_text("a scorecard is easier to explain", timeout=LONG)
    expect(page.locator("tr", has_text="scorecard").first).to_contain_text("Production")
    page.locator("#rollback-reason").fill("back again")
    page.get_by_role("button", name="Roll back").click()
    expect(deployed).to_contain_text("back again", timeout=LONG)


@pytest.mark.usefixtures("_second_version")
@pytest.mark.parametrize("look", QUICK_LOOKS, ids=str)
def test_a_version_is_promoted_and_rolled_back(
    browser: Browser, own: Service, trained: Trained, look: Look
) -> None:
    """At each width, in each language and theme; the console stays clean, and no page scrolls sideways."""
    reason = f"promoted at {look}"
    with walking(browser, own, trained, look) as (page, problems):
        page.set_default_timeout(LONG)
        page.goto(f"{own.address}/models/2")
        promote = page.locator("#promote")
        load_until(page, promote.locator("[name=override]").count)
        promote.locator("#reason").fill(reason)
        promote.locator("[name=override]").check()
        promote.locator("button[type=submit]").click()
        deployed = page.locator("table").last.locator("tbody tr").first
        expect(deployed).to_contain_text(reason, timeout=LONG)
        page.locator("#rollback-reason").fill(f"not {reason}")
        page.locator("form[action$='/rollback'] button").click()
        expect(deployed).to_contain_text(f"not {reason}", timeout=LONG)
        assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    assert problems == []
