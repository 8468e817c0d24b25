"""A Flask test client with opinions about HTML, and the application that everything is tried with."""

import re
from typing import Any

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portfolios import EXAMPLE, FEATURES


class PageClient(FlaskClient):
    """Signs in on the page, and leaves nothing open."""

    base_url = "http://localhost"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        kwargs.setdefault("base_url", self.base_url)
        kwargs.setdefault("buffered", True)
        response = super().open(*args, **kwargs)
        for answer in (*response.history, response):
            # A large form is a temporary file, which Werkzeug leaves to the garbage collector.
            answer.request.environ["wsgi.input"].close()
        return response

    def sign_in(self, name: str, password: str) -> TestResponse:
        """Sign in on the page."""
        token = csrf_token(self.get("/sign-in").text)
        data = {"csrf_token": token, "name": name, "password": password}
        return self.post("/sign-in", data=data)


class StrictClient(PageClient):
    """Parses every HTML answer strictly: one wrong tag fails the test."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request, and look at what comes back."""
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.text)
        return response


POOR = {
    **EXAMPLE,
    "Duration in month": 60,
    "Credit amount": 14_000.0,
    "Status of existing checking account": "A11",
    "Savings account/bonds": "A61",
    "Purpose": "A40",
    "Property": "A124",
}
"""An application that the default model declines, with as many reasons as there can be."""

LONG = {**EXAMPLE, "Duration in month": 36, "Credit amount": 9000.0}
"""An application that the default model refers to a person."""


def example(**changes: Any) -> dict[str, Any]:
    """The documentation's own application, with some answers changed."""
    return {**EXAMPLE, **{name.replace("_", " "): value for name, value in changes.items()}}


def form_data(**changes: str) -> dict[str, str]:
    """The same as a form sends it, under the fields' slugs."""
    texts = {feature.slug: str(EXAMPLE[feature.name]) for feature in FEATURES}
    return {**texts, **changes}


def csrf_token(page: str) -> str:
    """The token in a page's form."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    field = root.find(".//input[@name='csrf_token']")
    assert field is not None
    return str(field.get("value"))


def downloads(client: StrictClient, address: str) -> dict[str, str]:
    """The files that the charts of a page offer, by their names: each comes as a file of its kind."""
    root = html5lib.parse(client.get(address).text, namespaceHTMLElements=False)
    found = {}
    for link in root.iterfind(".//p[@class='downloads']/a"):
        response = client.get(link.get("href"))
        assert response.status_code == 200
        [name] = re.findall(
            r'attachment; filename="(\S+)"', response.headers["Content-Disposition"]
        )
        found[name] = response.text
    return found
