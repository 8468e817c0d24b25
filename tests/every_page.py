"""Every page that a person can open, at every width, in every language and theme that matter."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.clients import LONG, POOR
from tests.portfolios import EXAMPLE
from tests.serving import ROOT, Service, Trained

CHECKS = ROOT / "tests" / "browser" / "checks"
AXE = CHECKS / "node_modules" / "axe-core" / "axe.min.js"
HTML_VALIDATE = CHECKS / "node_modules" / ".bin" / "html-validate"


class Look(NamedTuple):
    """How a reader sees the pages: the width of the window in pixels, the language, and the theme."""

    width: int
    language: str
    theme: str

    def __str__(self) -> str:
        return f"{self.width}-{self.language}-{self.theme}"


LOOKS = (
    Look(390, "en", "dark"),
    Look(390, "fr", "light"),
    Look(768, "en", "light"),
    Look(768, "fr", "dark"),
    Look(1366, "en", "dark"),
    Look(1366, "fr", "light"),
)
"""Each width with two pairs of language and theme."""

QUICK_LOOKS = (LOOKS[1], LOOKS[3], LOOKS[4])
"""Each width, each language and each theme."""

WALKED = [
    pytest.param(look, id=str(look), marks=() if look in QUICK_LOOKS else pytest.mark.soak)
    for look in LOOKS
]
"""For tests that take long: all looks, of which some are left to `make soak`."""

HEIGHT = 768


def addresses(service: Service) -> dict[str, str]:
    """The name and the path of each page; the decisions that they show are made first."""
    approved = _decide(service, EXAMPLE, "walk 1")
    declined = _decide(service, POOR, "walk 2")
    referred = _decide(service, LONG, "walk 3")
    return {
        "home": "/home",
        "score": "/",
        "score-example": "/?example=1",
        "decisions": "/decisions",
        "decisions-none": "/decisions?reference=nobody",
        "queue": "/decisions/waiting",
        "decision-approved": f"/decisions/{approved}",
        "decision-declined": f"/decisions/{declined}",
        "decision-referred": f"/decisions/{referred}",
        "score-again": f"/decisions/{declined}/correct",
        "decision-replay": f"/decisions/{approved}/replay",
        "letter": f"/decisions/{declined}/notice",
        "code-book": "/codebook",
        "models": "/models",
        "model-version": "/models/1",
        "models-compare": "/models/compare?first=1&second=1",
        "policy": "/policy",
        "challenger": "/challenger",
        "performance": "/performance",
        "reviews": "/performance/reviews",
        "drift": "/drift",
        "drift-answer": "/drift/credit_amount",
        "files": "/files",
        "people": "/people",
        "person": "/people/1",
        "keys": "/keys",
        "sign-in": "/sign-in",
        "account": "/account",
        "second-factor": "/account/second-factor",
        "events": "/events",
        "design": "/design?done=1",
        "outcome-unknown": "/problems/outcome-unknown",
        "not-found": "/nowhere",
        "api": "/apidocs",
        "api-redoc": "/redoc",
    }


def _decide(service: Service, application: dict[str, Any], reference: str) -> str:
    answer = service.post("/api/predict", {**application, "reference": reference})
    assert answer.status == 200, answer.body
    return str(answer.json["decision_id"])


class Walked(NamedTuple):
    """A page in a browser, and what is wrong so far."""

    page: Page
    problems: list[str]


@contextmanager
def walking(
    browser: Browser, service: Service, trained: Trained, look: Look, *, scripts: bool = True
) -> Iterator[Walked]:
    """A browser where the admin is signed in, with a reader's look; it notes what a page should not do."""
    context = browser.new_context(
        viewport={"width": look.width, "height": HEIGHT},
        color_scheme="light",
        java_script_enabled=scripts,
    )
    page = context.new_page()
    problems: list[str] = []
    own = service.address.split("/")[2]

    def note_request(url: str) -> None:
        if url.startswith("http") and url.split("/")[2] != own:
            problems.append(f"{page.url}: asks {url}")

    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on("request", lambda request: note_request(request.url))
    page.on("console", lambda one: note_console(problems, page, one.type, one.text))
    page.goto(f"{service.address}/preferences?language={look.language}&theme={look.theme}")
    page.goto(f"{service.address}/sign-in")
    page.locator("#name").fill("admin")
    page.locator("#password").fill(trained.admin_password)
    page.locator("main button[type=submit]").click()
    yield Walked(page, problems)
    context.close()


def note_console(problems: list[str], page: Page, kind: str, text: str) -> None:
    """Note an error or a violation of the policy, except that a page is missing."""
    if (kind == "error" or "Policy" in text) and "404" not in text:
        problems.append(f"{page.url}: {text}")


def run_axe(page: Page) -> list[str]:
    """What axe finds on the page at hand: the rule, and the first elements that break it."""
    # why: the page's own policy would refuse a script that is added to it.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url}: {one['id']}: {one['help']}: {[node['target'] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]


def weigh(page: Page) -> int:
    """The bytes of the page at hand with all that it loads, as they are sent."""
    entries = "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
    sizes = page.evaluate(f"{entries}.map((entry) => entry.encodedBodySize)")
    return int(sum(sizes))


def validate_html(pages: dict[str, str], folder: Path) -> str:
    """What html-validate finds in pages, each a name and its source; empty if nothing."""
    for name, source in pages.items():
        (folder / f"{name}.html").write_text(source)
    settings = folder / ".htmlvalidate.json"
    settings.write_text(json.dumps({"root": True, **HTML_RULES}))
    done = subprocess.run(
        [HTML_VALIDATE, "--formatter", "text", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


HTML_RULES = {
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "rules": {
        "no-trailing-whitespace": "off",
        # why: the templates write void elements and attributes as Jinja leaves them.
        "void-style": "off",
        "attr-quotes": "off",
    },
}
