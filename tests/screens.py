"""Takes the pictures of `docs/screens/`: every page as the admin sees it.

`python -m tests.screens` starts the service with a model of its own, makes decisions, and takes each page
once on a desk, and the most used pages on a telephone, in French, in the light theme.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browsing import launch
from tests.every_page import Look, addresses, walking
from tests.serving import ROOT, Service, Trained, flask, serve

SCREENS = ROOT / "docs" / "screens"
DESK = Look(1366, "en", "dark")
TELEPHONE = Look(390, "fr", "light")
ON_TELEPHONE = ("score", "decisions", "queue", "decision-declined", "letter", "policy")


def main() -> None:
    """Take every picture."""
    SCREENS.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        trained = prepare(Path(folder))
        with (
            serve(trained.database, trained.registry) as service,
            sync_playwright() as playwright,
        ):
            browser = launch(playwright)
            paths = addresses(service)
            # why: it shows a secret, even if of an account that is gone.
            del paths["second-factor"]
            take(browser, service, trained, DESK, paths)
            few = {name: paths[name] for name in ON_TELEPHONE}
            take(browser, service, trained, TELEPHONE, few, "-telephone")


def prepare(home: Path) -> Trained:
    """Train and promote a model; the admin's password."""
    database, registry = home / "creditapp.db", home / "mlflow.db"
    done = flask("prepare", database=database, registry=registry)
    [password] = re.findall(r"name admin, password (\S+)", done.stdout)
    return Trained(database, registry, password)


def take(
    browser: Browser,
    service: Service,
    trained: Trained,
    look: Look,
    paths: dict[str, str],
    ending: str = "",
) -> None:
    """Take one picture of each page, as high as the window, and one of a result."""
    with walking(browser, service, trained, look) as (page, _problems):
        page.goto(f"{service.address}/?example=1")
        page.locator("#application button[type=submit]").last.click()
        page.locator("#result .verdict").wait_for()
        page.screenshot(path=SCREENS / f"score-result{ending}.png")
        await_registry(page, service)
        for name, path in paths.items():
            page.goto(service.address + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=SCREENS / f"{name}{ending}.png")


def await_registry(page: Page, service: Service) -> None:
    """Wait until the pages know what the registry says; they ask it in the background."""
    for path in ("/models", "/models/1", "/models/compare?first=1&second=1"):
        page.goto(service.address + path)
        while page.get_by_text(re.compile("being asked|interrogé en ce moment")).count():
            page.wait_for_timeout(2000)
            page.reload()


if __name__ == "__main__":
    main()
