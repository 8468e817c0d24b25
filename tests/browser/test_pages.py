"""The pages in a real browser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browsing import sign_out
from tests.clients import POOR
from tests.serving import Service, Trained

NARROW = (
    "/",
    "/home",
    "/decisions",
    "/decisions/waiting",
    "/codebook",
    "/models",
    "/policy",
    "/challenger",
    "/drift",
    "/performance",
    "/performance/reviews",
    "/files",
    "/people",
    "/people/1",
    "/keys",
    "/events",
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that notes errors of scripts and requests to other hosts, also those that are blocked."""
    page = browser.new_page()
    errors: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on(
        "console", lambda message: errors.append(message.text) if "Policy" in message.text else None
    )
    yield page
    page.close()
    assert errors == []
    assert all(host.startswith("127.0.0.1:") for host in hosts if host)


def fill_in(page: Page, reference: str = "") -> None:
    """Fill the form field by field, as a person does; the reference is a new one if none is given."""
    page.get_by_label("Duration").fill("24")
    page.get_by_label("Credit amount").fill("3500")
    page.get_by_label("Age").fill("41")
    for select in page.locator("select").all():
        select.select_option(index=2)
    page.get_by_label("Your reference").fill(reference or f"browser {uuid4().hex[:8]}")


def test_the_form_is_scored_without_leaving_the_page(
    service: Service, page: Page, trained: Trained
) -> None:
    """The result appears beside the form; whoever signs in sees the recorded decision behind it."""
    page.goto(service.address)
    page.evaluate("window.stayed = true")
    fill_in(page, "browser 1")
    page.get_by_role("button", name="Score").click()
    result = page.get_by_role("region", name="Result")
    expect(result.locator(".verdict")).to_have_text(["Approve", "Refer to a person", "Decline"][1])
    expect(result.locator(".figure")).to_contain_text("%")
    expect(result.get_by_role("img")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    result.get_by_role("link").click()
    sign_in(page, trained)
    expect(page.get_by_role("main")).to_contain_text("browser 1")


def sign_in(page: Page, trained: Trained) -> None:
    """Fill in the form to sign in with."""
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(trained.admin_password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_and_out(service: Service, page: Page, trained: Trained) -> None:
    """A wrong password stays where it is; the right one leads to the page that was wanted."""
    page.goto(service.address + "/events")
    sign_in(page, replace(trained, admin_password="wrong"))
    expect(page.get_by_role("main")).to_contain_text("is wrong")
    sign_in(page, trained)
    expect(page.get_by_role("heading", name="Events")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("sign-in failed")
    sign_out(page)
    page.goto(service.address + "/events")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_result_is_marked_when_the_answers_change(service: Service, page: Page) -> None:
    """An old verdict never stands beside new or wrong answers as if it were theirs."""
    page.goto(service.address)
    page.get_by_role("link", name="Fill in an example").click()
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_be_visible()
    page.get_by_label("Duration").fill("60")
    expect(page.locator("#result")).to_contain_text("for the earlier answers")
    page.get_by_label("Duration").fill("")
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#result")).to_contain_text("Nothing was scored")
    expect(page.locator(".verdict")).to_have_count(0)


def test_an_answer_that_is_lost_is_not_asked_for_again(service: Service, page: Page) -> None:
    """It may have been decided, and a second post would decide a second time."""
    page.goto(service.address + "/?example=1")
    posts: list[str] = []

    def lose(route: Route) -> None:
        posts.append(route.request.method)
        route.abort()

    page.route("**/", lose)
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#result")).to_contain_text("No answer arrived")
    assert posts == ["POST"]


def test_an_example_keeps_the_reference_that_was_typed(service: Service, page: Page) -> None:
    """One click fills in the questions, and nothing else."""
    page.goto(service.address)
    page.get_by_label("Your reference").fill("mine")
    page.get_by_role("link", name="Fill in an example").click()
    expect(page.get_by_label("Your reference")).to_have_value("mine")
    expect(page.get_by_label("Age")).to_have_value("35")


def test_wrong_input_is_seen_before_it_is_sent(service: Service, page: Page) -> None:
    """The first wrong field gets the focus and a message, and nothing is sent."""
    page.goto(service.address)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    fill_in(page)
    page.get_by_label("Age").fill("17")
    page.get_by_role("button", name="Score").click()
    expect(page.get_by_label("Age")).to_be_focused()
    expect(page.locator("#age_in_years-error")).not_to_be_empty()
    assert f"POST {service.address}/" not in sent
    page.get_by_label("Age").fill("18")
    expect(page.locator("#age_in_years-error")).to_be_empty()


def test_an_amount_is_read_as_the_reader_writes_it(service: Service, page: Page) -> None:
    """What could mean two numbers is refused before it is sent; a large one is shown again beside it."""
    page.goto(service.address)
    fill_in(page)
    amount = page.get_by_label("Credit amount")
    amount.fill("5000,50")
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#credit_amount-error")).not_to_be_empty()
    expect(page.locator("#credit_amount-echo")).to_be_empty()
    amount.fill("5,000.50")
    expect(page.locator("#credit_amount-error")).to_be_empty()
    expect(page.locator("#credit_amount-echo")).to_have_text(
        "= 5,000.50 DM, five thousand and 50/100"
    )
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_be_visible()


def test_what_only_the_server_can_see_is_shown_at_its_field(service: Service, page: Page) -> None:
    """A check in the browser is a courtesy; the schema is the judge."""
    page.goto(service.address + "/?example=1")
    page.evaluate("delete document.getElementById('age_in_years').dataset.number")
    page.get_by_label("Age").fill("old")
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#age_in_years-error")).to_contain_text("an integer from 18 to 100")
    expect(page.get_by_label("Age")).to_have_value("old")


def test_times_are_shown_where_the_reader_is(
    service: Service, browser: Browser, trained: Trained
) -> None:
    """In a page that is loaded and in a result that is added to it; UTC stays as the title."""
    context = browser.new_context(timezone_id="Asia/Kolkata")
    page = context.new_page()
    page.goto(service.address + "/events")
    sign_in(page, trained)
    check_time(page.locator("time").first)
    page.goto(service.address)
    page.get_by_role("link", name="Fill in an example").click()
    page.get_by_role("button", name="Score").click()
    check_time(page.get_by_role("region", name="Result").locator("time"))
    context.close()


def check_time(shown: Locator) -> None:
    """It is the time of the element, in India: five and a half hours after UTC."""
    expect(shown).to_have_attribute("title", re.compile(r" UTC$"))
    time = datetime.fromisoformat(str(shown.get_attribute("datetime")))
    there = time.astimezone(timezone(timedelta(hours=5, minutes=30)))
    expect(shown).to_have_text(f"{there:%Y-%m-%d %H:%M:%S} GMT+5:30")
    expect(shown).to_have_attribute("title", f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")


def test_the_form_works_without_javascript(service: Service, browser: Browser) -> None:
    """Posted as an ordinary form, with the same result on the same page."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(service.address)
    fill_in(page)
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.get_by_label("Age")).to_have_value("41")
    expect(page.locator("#result time")).to_have_text(re.compile(r"^[0-9 :-]+ UTC$"))
    context.close()


def test_the_example_takes_one_click(service: Service, page: Page) -> None:
    """And can be scored at once."""
    page.goto(service.address)
    page.get_by_role("link", name="Fill in an example").click()
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_have_text("Approve")


def test_nothing_is_wider_than_a_telephone(service: Service, page: Page, trained: Trained) -> None:
    """No page scrolls sideways at 360 pixels."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(service.address + "/?example=1")
    page.get_by_role("button", name="Score").click()
    page.locator("#result").get_by_role("link").click()
    sign_in(page, trained)
    expect(page.get_by_role("heading", name="Decision")).to_be_visible()
    for path in (page.url, *(service.address + path for path in NARROW)):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_letter_is_one_printed_page(service: Service, page: Page, trained: Trained) -> None:
    """In both languages, with as many reasons as there can be, and without what is for the screen."""
    made = service.post("/api/predict", POOR).json
    assert (made["decision"], len(made["reasons"])) == ("decline", 4)
    page.goto(f"{service.address}/decisions/{made['decision_id']}")
    sign_in(page, trained)
    page.get_by_role("link", name="Letter to the applicant").click()
    for language in ("English", "Français"):
        page.get_by_role("link", name=language).click()
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation")).to_be_hidden()
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        page.emulate_media(media="screen")


def test_the_documentation_renders(service: Service, page: Page) -> None:
    """Swagger UI and ReDoc, from our own host alone."""
    page.goto(service.address + "/apidocs")
    expect(page.locator(".opblock")).to_have_count(11)
    page.goto(service.address + "/redoc")
    expect(page.get_by_role("heading", name="Score one application")).to_be_visible()
    logo = page.get_by_alt_text("redocly logo")
    expect(logo).to_have_attribute("src", "static/favicon.svg")
    assert logo.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
