"""The pages of people in a real browser: account, second factor, two people, single sign-on."""

import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import open_own_menu, sign_out
from tests.provider import ROLES, provider, put_user
from tests.serving import Service, Trained, flask, serve

NEW = "thirteen purple kettles"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider for single sign-on."""
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def home(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of this module's own."""
    folder = tmp_path_factory.mktemp("people")
    return Path(shutil.copy(trained.database, folder / "creditapp.db"))


@pytest.fixture(scope="module")
def own(trained: Trained, home: Path, issuer: str) -> Iterator[Service]:
    """The real service with four eyes and the provider."""
    settings = {
        "CREDITAPP_FOUR_EYES": "on",
        "CREDITAPP_OIDC_ISSUER": issuer,
        "CREDITAPP_OIDC_CLIENT_ID": "creditapp-test",
        "CREDITAPP_OIDC_CLIENT_SECRET": "hush",
        "CREDITAPP_OIDC_ROLES": ",".join(ROLES),
        "CREDITAPP_SIGN_IN_LIMIT": "1000 per minute",
    }
    with serve(home, trained.registry, **settings) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of its own, whose console stays clean."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if "Policy" in one.text else None)
    yield page
    context.close()
    assert problems == []


def add_person(home: Path, trained: Trained, role: str) -> tuple[str, str]:
    """Add a person with a name of their own; the name and the password."""
    name = f"{role}-{secrets.token_hex(3)}"
    done = flask(
        *("user", "add", name, "--role", role, "--generate"),
        database=home,
        registry=trained.registry,
    )
    [password] = re.findall(r"shown only once: (\S+)", done.stdout)
    return name, password


def sign_in(page: Page, service: Service, name: str, password: str, path: str = "/account") -> None:
    """Sign in on the page."""
    page.goto(service.address + path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_person_changes_the_password_and_ends_another_session(
    own: Service, home: Path, trained: Trained, browser: Browser, page: Page
) -> None:
    """The other browser is sent to sign in."""
    name, password = add_person(home, trained, "officer")
    other = browser.new_page()
    sign_in(other, own, name, password)
    sign_in(page, own, name, password)
    expect(page.locator("#sessions tbody tr")).to_have_count(2)
    expect(page.locator("#sessions")).to_contain_text("Chrome · Linux")
    page.get_by_role("button", name="End all other sessions").click()
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()
    page.get_by_label("Current password").fill(password)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("The password is changed.")
    sign_out(page)
    sign_in(page, own, name, NEW)
    expect(page.get_by_role("heading", name="Account")).to_be_visible()


def test_a_second_factor_is_set_up_and_used(
    own: Service, home: Path, trained: Trained, page: Page
) -> None:
    """The picture is drawn, and holds what the app needs; a recovery code opens the account."""
    name, password = add_person(home, trained, "analyst")
    sign_in(page, own, name, password)
    page.get_by_role("link", name="Set it up").click()
    box = page.locator(".qr svg").bounding_box()
    assert box
    assert box["width"] > 150
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Set up").click()
    codes = page.locator("#recovery li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page)
    sign_in(page, own, name, password, "/policy")
    page.get_by_label("Code from your app").fill("000000")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong.")
    page.get_by_label("Code from your app").fill(codes[0])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Policy", exact=True)).to_be_visible()


def test_two_people_put_a_policy_in_force(
    own: Service, home: Path, trained: Trained, browser: Browser, page: Page
) -> None:
    """One proposes, another one reads and approves."""
    sign_in(page, own, *add_person(home, trained, "analyst"), "/policy")
    page.get_by_label("Approve from").fill("0.8")
    page.get_by_role("button", name="Try").click()
    page.get_by_label("Reason", exact=True).fill("fewer bad ones")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("#proposals")).to_contain_text("fewer bad ones")
    expect(page.locator("#proposals").get_by_role("button")).to_have_text(["Withdraw"])
    context = browser.new_context()
    other = context.new_page()
    sign_in(other, own, *add_person(home, trained, "analyst"), "/policy")
    other.get_by_label("Your reason").fill("tried it too")
    other.get_by_role("button", name="Approve and put in force").click()
    expect(other.locator("#in-force")).to_contain_text("approved from 0.8")
    expect(other.locator("#proposals")).to_have_count(0)
    context.close()


def test_a_person_signs_in_and_out_with_the_provider(own: Service, issuer: str, page: Page) -> None:
    """Through the provider's own pages, to the page that was wanted, and out of both."""
    put_user(issuer, "s-1", preferred_username="ann", groups=["risk"])
    page.goto(own.address + "/policy")
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.get_by_placeholder("sub").fill("s-1")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="Policy", exact=True)).to_be_visible()
    open_own_menu(page)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("main")).to_contain_text("You are signed in as ann")
    sign_out(page)
    page.get_by_role("link", name="Sign out there too").click()
    assert page.url.startswith(issuer)
