"""The form and its result in a real browser: what is in view, what is kept, and what is said before."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from creditapp.factory import create_app
from creditapp.identity import people
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.browsing import sign_out
from tests.portfolios import EXAMPLE
from tests.serving import Service, Trained, serve

WAIT = 20_000
"""Milliseconds; the first answer of a worker takes longer."""
SIZES = ((1280, 720), (1366, 768), (390, 844))
PASSWORDS = {"Olga": "a quiet river bend", "Anton": "seven tall ladders"}


@pytest.fixture(scope="module")
def service(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this module's own, with two officers."""
    database = tmp_path_factory.mktemp("scoring") / "creditapp.db"
    shutil.copy(trained.database, database)
    add_people(database, trained)
    with serve(database, trained.registry, CREDITAPP_READING_LIMIT="1000 per minute") as running:
        yield running


def add_people(database: Path, trained: Trained) -> None:
    """Add the officers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{database}")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained.registry}")
        with create_app().app_context():
            for name, password in PASSWORDS.items():
                people.add(name, Role.OFFICER, password, A_TEST)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that notes errors of scripts."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def sign_in(page: Page, service: Service, name: str) -> None:
    """Sign in on the page at hand, or on the page to sign in."""
    if "/sign-in" not in page.url:
        page.goto(service.address + "/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def fill_example(page: Page) -> None:
    """Fill in the example, with another age."""
    page.get_by_role("link", name="Fill in an example").click()
    page.get_by_label("Age").fill("43")


def score(page: Page) -> None:
    """Send the form, and wait for the verdict."""
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_verdict_is_in_view_and_has_the_focus(
    service: Service, page: Page, width: int, height: int
) -> None:
    """Whatever the size of the window; the panel does not reach out of it."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(service.address)
    fill_example(page)
    page.get_by_label("Duration").fill("90")
    score(page)
    for part in (page.locator(".verdict"), page.get_by_role("heading", name="Result")):
        expect(part).to_be_in_viewport(ratio=1)
    expect(page.locator("#result")).to_be_focused()
    box = page.locator("#result").bounding_box()
    assert box
    assert box["y"] >= 0
    if width > 1000:
        assert box["y"] + box["height"] <= height


def test_the_verdict_is_in_view_without_javascript(service: Service, browser: Browser) -> None:
    """The address of the form leads to it."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(service.address + "/?example=1")
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".verdict")).to_be_in_viewport(ratio=1)
    context.close()


def test_the_enter_key_sends_once(service: Service, page: Page) -> None:
    """Also from the field of the reference, which is looked up at the same time."""
    page.goto(service.address)
    fill_example(page)
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.get_by_label("Your reference").fill("by Enter")
    page.get_by_label("Your reference").press("Enter")
    expect(page.locator(".verdict")).to_be_visible(timeout=WAIT)
    assert posts.count(service.address + "/") == 1


def test_an_amount_is_echoed_in_words_with_its_currency(service: Service, page: Page) -> None:
    """Before it is sent, as the reader's language writes it."""
    page.goto(service.address)
    echo = page.locator("#credit_amount-echo")
    for typed, shown in {
        "5,000.50": "= 5,000.50 DM, five thousand and 50/100",
        "900": "= 900 DM, nine hundred",
        "1234567": "= 1,234,567 DM, one million two hundred thirty-four thousand five hundred sixty-seven",
        "0.5": "= 0.50 DM, zero and 50/100",
        "5000,50": "",
    }.items():
        page.get_by_label("Credit amount").fill(typed)
        expect(echo).to_have_text(shown)


def test_french_amounts_are_in_french_words(service: Service, browser: Browser) -> None:
    """With the plurals as the language has them."""
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    page.goto(service.address)
    page.evaluate("document.documentElement.lang")
    words = page.evaluate(
        """async () => {
          const { inWords } = await import("/static/words.js");
          return [71, 80, 81, 91, 200, 201, 1000, 5000.5, 80000, 200000, 1000000, 80000000, 21, 99]
            .map((number) => inWords(number, "fr"));
        }"""
    )
    assert words == [
        "soixante et onze",
        "quatre-vingts",
        "quatre-vingt-un",
        "quatre-vingt-onze",
        "deux cents",
        "deux cent un",
        "mille",
        "cinq mille et 50/100",
        "quatre-vingt mille",
        "deux cent mille",
        "un million",
        "quatre-vingts millions",
        "vingt et un",
        "quatre-vingt-dix-neuf",
    ]
    context.close()


def test_answers_survive_a_reload_and_back(service: Service, page: Page) -> None:
    """Until they are cleared."""
    page.goto(service.address)
    fill_example(page)
    page.reload()
    expect(page.get_by_label("Age")).to_have_value("43")
    expect(page.locator("#result")).to_contain_text("These answers are from before")
    page.goto(service.address + "/sign-in")
    page.go_back()
    expect(page.get_by_label("Age")).to_have_value("43")
    page.get_by_role("link", name="Clear the form").click()
    expect(page.get_by_label("Age")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Age")).to_have_value("")


def test_scored_answers_come_back_by_back_alone(service: Service, page: Page) -> None:
    """Sent again, they lead to the same decision; a new form is empty."""
    page.goto(service.address)
    fill_example(page)
    score(page)
    decision = page.locator("#result .facts a").inner_text()
    page.goto(service.address + "/sign-in")
    page.go_back()
    expect(page.get_by_label("Age")).to_have_value("43")
    expect(page.locator("#result")).to_contain_text("were scored already")
    score(page)
    expect(page.locator("#result")).to_contain_text("was sent twice")
    expect(page.locator("#result .facts a")).to_have_text(decision)
    page.goto(service.address)
    expect(page.get_by_label("Age")).to_have_value("")


def test_answers_are_kept_for_their_person(
    service: Service, context: BrowserContext, page: Page
) -> None:
    """Through a lost session, but not for the next person in the same tab, and not after a sign-out."""
    sign_in(page, service, "Olga")
    page.goto(service.address)
    fill_example(page)
    context.clear_cookies()
    page.goto(service.address + "/decisions")
    sign_in(page, service, "Olga")
    page.goto(service.address)
    expect(page.get_by_label("Age")).to_have_value("43")
    context.clear_cookies()
    sign_in(page, service, "Anton")
    page.goto(service.address)
    expect(page.get_by_label("Age")).to_have_value("")
    fill_example(page)
    sign_out(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.wait_for_load_state("load")
    kept = "Object.keys(sessionStorage).filter((key) => key.startsWith('creditapp-draft'))"
    assert page.evaluate(kept) == []


def test_an_ended_session_is_said_and_the_answers_stay(
    service: Service, context: BrowserContext, page: Page
) -> None:
    """The fresh token comes with the answer, so that a second press is enough."""
    page.goto(service.address)
    fill_example(page)
    context.clear_cookies()
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#result")).to_contain_text("Your session had ended")
    expect(page.get_by_label("Age")).to_have_value("43")
    score(page)


def test_an_earlier_decision_is_shown_before_it_is_sent(service: Service, page: Page) -> None:
    """When the reference is typed; a tick scores it all the same."""
    assert service.post("/api/predict", {**EXAMPLE, "reference": "a repeat"}).status == 200
    sign_in(page, service, "Olga")
    page.goto(service.address)
    fill_example(page)
    page.get_by_label("Your reference").fill("a repeat")
    page.get_by_label("Your reference").press("Tab")
    expect(page.locator("#earlier")).to_contain_text("was decided before")
    expect(page.locator("#earlier a")).to_have_count(1)
    page.get_by_role("button", name="Score").click()
    expect(page.locator("#result")).to_contain_text("Nothing was scored")
    expect(page.get_by_label("Score it all the same")).to_be_focused()
    page.keyboard.press("Space")
    score(page)


def test_a_decision_is_corrected_from_its_page(service: Service, page: Page) -> None:
    """The form has its answers; both pages lead to each other."""
    sign_in(page, service, "Olga")
    page.goto(service.address)
    fill_example(page)
    page.get_by_label("Your reference").fill("to correct")
    score(page)
    page.locator("#result .facts a").click()
    page.get_by_role("link", name="Correct and score again").click()
    expect(page.get_by_label("Age")).to_have_value("43")
    page.get_by_label("Age").fill("44")
    page.reload()
    expect(page.get_by_label("Age")).to_have_value("44")
    page.get_by_role("link", name="Undo changes").click()
    expect(page.get_by_label("Age")).to_have_value("43")
    page.get_by_label("Age").fill("45")
    score(page)
    page.locator("#result .facts a").click()
    page.locator("#corrects a").click()
    expect(page.locator("#corrected-by")).to_be_visible()
