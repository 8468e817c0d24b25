"""A real nginx that has one path for the service, and a walk through all that is linked there."""

import re
import shutil
import subprocess
import urllib.request
from collections import deque
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.clients import POOR, csrf_token
from tests.nginx import nginx
from tests.serving import ROOT, Answer, Browser, Service, Trained, free_port, send, serve

PREFIX = "/credit"
SENT_TO = re.compile(r"""action=["']([^"'#]+)""")
LINK = re.compile(r"""(?:href|src|data-document)=["']([^"'#]+)""")
IN_A_SHEET = re.compile(r"""url\(["\']?([^"\')]+)""")
FEWEST_PAGES = 25


def test_all_that_is_linked_answers_below_the_prefix(trained: Trained, tmp_path: Path) -> None:
    """Pages, assets, forms and documents: none leads out of it, and none is missing."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with (
        serve(database, trained.registry, CREDITAPP_PROXIES="127.0.0.1") as service,
        nginx([service], tmp_path, PREFIX) as front,
    ):
        assert send(f"{front.address}/").status == 404
        assert send(f"{front.address}{PREFIX}").headers["Location"] == f"{PREFIX}/"
        decided = front.post(f"{PREFIX}/api/predict", POOR).json["decision_id"]
        browser = signed_in(front, trained)
        seen = walk(browser, [f"{PREFIX}/", f"{PREFIX}/redoc", f"{PREFIX}/decisions/{decided}"])
    assert f"{PREFIX}/openapi.json" in seen
    assert f"{PREFIX}/decisions/{decided}/notice" in seen
    assert len(seen) > FEWEST_PAGES


def signed_in(front: Service, trained: Trained) -> Browser:
    """A browser in which the admin has signed in."""
    browser = Browser(front)
    token = csrf_token(browser.get(f"{PREFIX}/sign-in?next={PREFIX}/models").body.decode())
    form = {"csrf_token": token, "name": "admin", "password": trained.admin_password}
    entered = browser.post(f"{PREFIX}/sign-in?next={PREFIX}/models", form)
    assert (entered.status, entered.headers["Location"]) == (302, f"{PREFIX}/models")
    return browser


def walk(browser: Browser, begin: list[str]) -> set[str]:
    """Follow all links of this host, and return their paths; each once, whatever is asked for."""
    seen: set[str] = set()
    waiting = deque(begin)
    while waiting:
        path = waiting.popleft()
        if path.partition("?")[0] in seen or path.endswith("/sign-out"):
            continue
        seen.add(path.partition("?")[0])
        answer = browser.get(path)
        assert answer.status in (200, 301, 302, 308), (path, answer.status)
        for place in SENT_TO.findall(answer.body.decode(errors="replace")):
            assert place.startswith(f"{PREFIX}/"), (path, place)
        linked = [answer.headers["Location"]] if "Location" in answer.headers else links(answer)
        for link in linked:
            place = urlsplit(urljoin(path, link))
            if place.netloc or place.scheme in ("data", "mailto"):
                continue
            assert place.path.startswith(f"{PREFIX}/"), (path, link)
            waiting.append(place.path + (f"?{place.query}" if place.query else ""))
    return seen


def links(answer: Answer) -> list[str]:
    """What a page or a sheet refers to."""
    kind = answer.headers.get("Content-Type", "")
    text = answer.body.decode(errors="replace")
    if kind.startswith("text/html"):
        return [link.replace("&amp;", "&") for link in LINK.findall(text)]
    return IN_A_SHEET.findall(text) if kind.startswith("text/css") else []


def test_gunicorns_own_setting_is_the_prefix(trained: Trained, tmp_path: Path) -> None:
    """`SCRIPT_NAME` is taken off where it is there; the health check asks without it."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with serve(database, trained.registry, SCRIPT_NAME=PREFIX) as service:
        assert service.get("/api/health").status == 200
        assert service.get(f"{PREFIX}/api/health").status == 200
        assert service.get("/creditor").status == 404
        assert service.get(f"{PREFIX}/docs").headers["Location"] == f"{PREFIX}/apidocs"
        request = urllib.request.Request(
            f"{service.address}/docs", headers={"X-Forwarded-Prefix": "/evil"}
        )
        assert send(request).headers["Location"] == f"{PREFIX}/apidocs"


@pytest.mark.parametrize("prefix", ["credit", "/credit/", "//credit", "/a/../b", "/a;b", "/a b"])
def test_nginx_does_not_start_below_what_is_no_path(prefix: str, tmp_path: Path) -> None:
    """The message says what to set."""
    done = subprocess.run(
        [ROOT / "ops" / "nginx" / "start"],
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "SERVER_NAME": "127.0.0.1",
            "MAX_BODY_BYTES": "1000",
            "TLS": "off",
            "PREFIX": prefix,
            "HTTP_PORT": str(free_port()),
            "TMPDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert "PREFIX must be a path such as /credit" in done.stderr
