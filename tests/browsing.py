"""Debian's Chromium, without a window and without calls to other hosts."""

from playwright.sync_api import Browser, Page, Playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MILLISECONDS = 240_000
"""A process that loads Dask starts slowly on a busy machine."""


def launch(playwright: Playwright) -> Browser:
    """Start the browser."""
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)


def open_own_menu(page: Page) -> None:
    """Open the menu with the person's name, where the account, the language and the theme are."""
    page.locator(".who summary").click()


def sign_out(page: Page) -> None:
    """Sign out by that menu."""
    open_own_menu(page)
    page.get_by_role("button", name="Sign out").click()
