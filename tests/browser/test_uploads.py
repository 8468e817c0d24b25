"""A file is uploaded, looked at, scored behind a closed browser, and taken, in a real browser."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import MILLISECONDS
from tests.portfolios import EXAMPLE
from tests.serving import Service, Trained, serve

HEAD = ",".join([*EXAMPLE, "reference"])
GOOD = ",".join(map(str, EXAMPLE.values()))


@pytest.fixture(scope="module")
def uploading(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a folder for uploads of its own."""
    home = tmp_path_factory.mktemp("uploading")
    database = home / "creditapp.db"
    shutil.copy(trained.database, database)
    more = {"CREDITAPP_UPLOADS": str(home / "uploads"), "CREDITAPP_MAX_UPLOAD_BYTES": "5000000"}
    with serve(database, trained.registry, **more) as running:
        yield running


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    """A file of which one row is wrong."""
    lines = [HEAD, f"{GOOD},first", f"{GOOD.replace('35', '17')},second", f"{GOOD},third"]
    path = tmp_path / "loans.csv"
    path.write_text("\n".join(lines))
    return path


def signed_in(browser: Browser, service: Service, trained: Trained, *, scripts: bool) -> Page:
    """A page of a person who is signed in, which notes what the policy blocks."""
    context = browser.new_context(java_script_enabled=scripts, accept_downloads=True)
    page = context.new_page()
    page.on("console", lambda message: pytest.fail(message.text) if "Policy" in message.text else 0)
    page.goto(service.address + "/files")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(trained.admin_password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    return page


def upload(page: Page, file: Path) -> None:
    """Choose a file and send it."""
    page.get_by_label("CSV or Parquet file").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_is_scored_while_the_browser_is_closed(
    browser: Browser, uploading: Service, trained: Trained, loans: Path, *, scripts: bool
) -> None:
    """What was understood is shown first; who comes back finds the results and the wrong rows."""
    page = signed_in(browser, uploading, trained, scripts=scripts)
    upload(page, loans)
    button = page.get_by_role("button", name="Score 3 rows")
    button.wait_for(timeout=MILLISECONDS)
    main = page.get_by_role("main")
    expect(main).to_contain_text("17 is not accepted; accepted is an integer from 18 to 100.")
    expect(main).to_contain_text("furniture / equipment")
    button.click()
    address = page.url
    cookies = page.context.cookies()
    page.context.close()

    again = browser.new_context(java_script_enabled=scripts, accept_downloads=True)
    again.add_cookies(cookies)  # type: ignore[arg-type]
    page = again.new_page()
    page.goto(address)
    link = page.get_by_role("link", name="Results as CSV")
    link.wait_for(timeout=MILLISECONDS)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "loans-results.csv"
    with Path(download.value.path()).open(newline="") as lines:
        found = [(row["row"], row["reference"]) for row in csv.DictReader(lines)]
    assert found == [("2", "first"), ("4", "third")]
    wrong = page.get_by_role("table", name="The first wrong rows")
    expect(wrong.get_by_role("row")).to_have_count(2)
    expect(wrong).to_contain_text("Age in years: 17 is not accepted")
    again.close()


def test_a_file_that_is_too_large_is_not_sent(
    browser: Browser, uploading: Service, trained: Trained, tmp_path: Path
) -> None:
    """The message stands beside the field; without scripts the service says the same."""
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 6_000_000)
    for scripts in (True, False):
        page = signed_in(browser, uploading, trained, scripts=scripts)
        upload(page, large)
        expect(page.get_by_role("alert").first).to_contain_text("A file has at most 5")
        expect(page.get_by_role("heading", name="Files", exact=True)).to_be_visible()
        page.context.close()


@pytest.mark.parametrize("width", [390, 768, 1366])
def test_the_pages_fit(
    browser: Browser, uploading: Service, trained: Trained, loans: Path, width: int
) -> None:
    """No page scrolls sideways."""
    page = signed_in(browser, uploading, trained, scripts=True)
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_text("How a file must look").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    upload(page, loans)
    page.get_by_role("button", name="Score 3 rows").wait_for(timeout=MILLISECONDS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
