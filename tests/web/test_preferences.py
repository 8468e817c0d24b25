"""The reader's language and theme: what the browser asks for, and what the switch keeps."""

import html5lib
import pytest
from flask.testing import FlaskClient

from tests.portfolios import EXAMPLE

FORM = "/"


def language_of(client: FlaskClient, path: str = FORM, asked: str = "") -> str | None:
    """The language that a page says it is in."""
    page = client.get(path, headers={"Accept-Language": asked} if asked else {}).text
    return html5lib.parse(page, namespaceHTMLElements=False).get("lang")


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "en"), ("fr", "fr"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de", "en"), ("de,fr", "fr")],
)
def test_a_page_is_in_a_language_that_the_browser_asks_for(
    client: FlaskClient, asked: str, language: str
) -> None:
    """English where it asks for none that exists."""
    assert language_of(client, asked=asked) == language


def test_a_chosen_language_is_kept_whatever_the_browser_asks_for(client: FlaskClient) -> None:
    """The switch leads back to the page where it was used."""
    answer = client.get("/preferences?language=fr&next=/codebook")
    assert answer.location == "/codebook"
    assert language_of(client, asked="en") == "fr"
    assert language_of(client, "/nowhere") == "fr"


def test_the_api_is_in_the_language_of_its_own_header(client: FlaskClient) -> None:
    """What a person chose in the same browser is for pages."""
    client.get("/preferences?language=fr")
    wrong = {**EXAMPLE, "Age in years": 17}
    answer = client.post("/api/predict", json=wrong).json
    assert answer is not None
    assert "an integer from 18 to 100" in str(answer["errors"])


def test_a_chosen_theme_is_kept(client: FlaskClient) -> None:
    """Without a choice, the browser's own setting applies."""
    assert "data-theme" not in client.get(FORM).text
    client.get("/preferences?theme=dark")
    assert 'data-theme="dark"' in client.get(FORM).text
    client.get("/preferences?theme=")
    assert "data-theme" not in client.get(FORM).text


@pytest.mark.parametrize("wanted", ["//elsewhere.example/", "https://elsewhere.example", "/../x"])
def test_the_switch_leads_to_our_own_pages_only(client: FlaskClient, wanted: str) -> None:
    """What leads elsewhere leads to the form."""
    assert client.get("/preferences", query_string={"next": wanted}).location == FORM


def test_values_that_do_not_exist_are_not_kept(client: FlaskClient) -> None:
    """Neither from an address, nor from a cookie that somebody wrote."""
    assert client.get("/preferences?language=xx&theme=pink").headers.getlist("Set-Cookie") == []
    client.set_cookie("creditapp_language", '"><script>')
    client.set_cookie("creditapp_theme", '"><script>')
    page = client.get(FORM).text
    assert "<script>" not in page
    assert 'lang="en"' in page


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/decisions/1?a=b", "/decisions/1?a%3Db"),
        ("http://elsewhere.example/x", "/"),
        ("", "/"),
    ],
)
def test_a_page_that_answers_a_form_leads_back_to_the_form(
    client: FlaskClient, referrer: str, back: str
) -> None:
    """The answer itself has no address."""
    page = client.post("/", data={}, headers={"Referer": referrer} if referrer else {}).text
    assert f"/preferences?language=fr&amp;next={back}" in page
