"""Every page in French: no text is left in English, and numbers and dates are French."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element

import html5lib
import pytest
from babel.messages.mofile import read_mo
from flask import Flask, render_template_string

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.challenger import assignments as challengers
from creditapp.challenger import shadow
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.reviews import SentReview
from creditapp.exceptions import LimitReached
from creditapp.identity.people import Role
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report
from creditapp.performance import watch
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.reports.chapters import chapters
from creditapp.reports.comparison import compared
from creditapp.settings.paths import ROOT
from creditapp.web.phrasing import explain
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient
from tests.portfolios import EXAMPLE, QUESTIONS
from tests.reports import report_of
from tests.retrained import other_bundle
from training.estimators.families import FAMILIES

FRENCH = ROOT / "creditapp" / "translations" / "fr" / "LC_MESSAGES" / "messages.mo"
APPROVED = {**EXAMPLE, "Status of existing checking account": "A14"}
WORD = re.compile(r"[^\W\d_]{3}")
PAGES = (
    "/",
    "/?example=1",
    "/decisions",
    "/decisions?reference=nothing",
    "/decisions/waiting",
    "/codebook",
    "/models",
    "/policy",
    "/policy?approve_from=0.8&refer_from=0.5",
    "/challenger",
    "/drift",
    "/performance",
    "/performance/reviews",
    "/events",
    "/account",
    "/account/second-factor",
    "/problems/outcome-unknown",
    "/nowhere",
)
"""Pages of anybody's data; those of one decision, version or answer are added by the tests."""


def is_foreign(element: Element) -> bool:
    """Whether an element says that it is in another language, or holds no words of ours."""
    is_kept = "lang" in element.attrib or element.attrib.get("translate") == "no"
    return element.tag in ("script", "style", "svg") or is_kept


def texts_of(element: Element) -> Iterator[str]:
    """The texts that a reader sees or hears, without what is marked as another language."""
    for child in element:
        if isinstance(child.tag, str) and not is_foreign(child):
            yield from texts_of(child)
        yield " ".join((child.tail or "").split())
    yield " ".join((element.text or "").split())
    yield from (element.attrib.get(name, "") for name in ("aria-label", "title", "placeholder"))


def words_of(page: str) -> set[str]:
    """The texts of a page that have words."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    return {text for text in texts_of(root) if WORD.search(text)}


def decide(client: StrictClient, *applications: dict[str, object]) -> list[str]:
    """The ids of decisions on some applications."""
    answer = client.post("/api/predict-batch", json={"applications": list(applications)})
    return [one["decision_id"] for one in answer.get_json()["predictions"]]


@pytest.fixture
def used(app: Flask, client: StrictClient, people: dict[Role, str]) -> list[str]:
    """The pages of a service that was used: with reviews, outcomes, a challenger, rules and a report."""
    with app.app_context():
        challengers.begin("RDF_score_pipeline", "2", other_bundle().pack(), 1.0, A_TEST, "x")
        shadow.of_app(app).look()
        rule = Rule("Credit amount", Outcome.REFER, "x", over=13_000)
        policy_versions.put_in_force(Policy("tried", 0.7, 0.4, rules=(rule,)), A_TEST, "x")
    approved, *_, referred, declined = decide(client, *[APPROVED] * 30, LONG, POOR)
    with app.app_context():
        shadow.of_app(app).work_off()
        made = decision_log.find(referred)
        reviews.record(made, SentReview("decline", "documents", "x"), A_TEST, None)
        today = made.timestamp.date()
        recording.record([Report(UUID(approved), "", OutcomeKind.DEFAULTED, today)], A_TEST)
        watch.refresh(0)
    client.sign_in("the admin", people[Role.ADMIN])
    answer = "/drift/" + QUESTIONS[0].slug
    decisions = [f"/decisions/{one}" for one in (approved, referred, declined)]
    return [*PAGES, *pages_of(app), answer, *decisions, decisions[1] + "/replay"]


IN_ENGLISH = {
    "design",
    "docs",
    "flasgger",
    "api",
    "metrics",
    "static",
    "preferences",
    "healthz",
    "readyz",
}
"""Blueprints and routes whose pages are for developers and programs, or no pages."""


def pages_of(app: Flask) -> list[str]:
    """The addresses of all pages that need no argument."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    return sorted(rule.rule for rule in rules if rule.endpoint.split(".")[0] not in IN_ENGLISH)


def catalogue() -> dict[str, str]:
    """The French of every English text."""
    with FRENCH.open("rb") as content:
        return {str(one.id): str(one.string) for one in read_mo(content) if one.id}


def fetch(client: StrictClient, page: str, language: str) -> str:
    """A page in a language."""
    return client.get(page, headers={"Accept-Language": language}).text


def test_no_page_shows_an_english_text_to_a_french_reader(
    client: StrictClient, used: list[str]
) -> None:
    """Neither one of the catalogue, nor one that nobody marked: that is the same in both languages."""
    french = catalogue()
    names = {*NAMES, *(one for one in french if one == french[one])}
    left: list[tuple[str, str]] = []
    for page in used:
        answer = client.get(page, headers={"Accept-Language": "fr"})
        if answer.mimetype != "text/html" or 300 <= answer.status_code < 400:
            continue
        shown = answer.text
        assert '<html lang="fr"' in shown, page
        words = words_of(shown)
        wrong = {one for one in words - NAMES if french.get(one, one) != one}
        wrong |= {
            one for one in words & words_of(fetch(client, page, "en")) if not is_name(one, names)
        }
        left += [(page, one) for one in sorted(wrong)]
    assert left == [], "\n".join(map(str, left))


CODE = re.compile(
    r"^[A-Z]\d+$|^(person|key):|^[a-z]+:[a-z:]+$|^[0-9a-f-]{12,}$|^[A-Z2-7]{32}$"
    r"|^the (admin|analyst|officer)$"
)

NAMES = {
    "creditapp",
    "English",
    "Français",
    "a test",
    "local",
    "onnxruntime",
    "command line: root",
    "the first model",
    "PSI",
    "a test,",
    "reference",
    "request",
    "predict",
    "Enter",
    "Esc",
    "CSV",
    "SVG",
    "admin",
    "analyst",
    "officer",
    "admin, the admin, the analyst, the officer",
    "policy 1",
    "KS",
    *(question.name for question in QUESTIONS),
    *FAMILIES,
}
"""What is the same in both languages."""


def is_name(text: str, names: set[str]) -> bool:
    """Whether a text is the same in both languages: names and codes, and what somebody wrote."""
    if text in names or CODE.search(text):
        return True
    parts = re.split(r" · |: |, |\b(?=[\d(])", text)
    return all(
        part.strip(" :") in names or not WORD.search(part) or CODE.search(part) for part in parts
    )


PROBLEMS = (
    ("/api/predict", {**EXAMPLE, "Age in years": 17}, 422),
    ("/api/predict", {**EXAMPLE, "Nothing": 1}, 422),
    ("/api/predict", [], 422),
    ("/api/predict", '{"a": 1, "a": 2}', 400),
    ("/api/predict", '{"a": NaN}', 400),
    ("/api/predict", "{", 400),
    ("/api/predict-batch", {"applications": []}, 422),
    ("/api/predict-batch", {"applications": [{}]}, 422),
    ("/api/outcomes", {"kind": "repaid"}, 422),
    ("/api/outcomes", {"outcomes": []}, 422),
    ("/api/outcomes", [], 422),
    ("/api/decisions/nothing", None, 404),
    ("/api/decisions?limit=0", None, 422),
    ("/api/decisions?decision=a&decision=b", None, 422),
    ("/api/nowhere", None, 404),
    ("/api/predict", None, 405),
)


@pytest.mark.parametrize(("path", "body", "status"), PROBLEMS)
def test_the_api_says_what_is_wrong_in_the_language_that_is_asked_for(
    client: StrictClient, path: str, body: object, status: int
) -> None:
    """The names of fields, types and members stay; the answer names its language."""
    headers = {"Accept-Language": "fr"}
    if body is None:
        answer = client.get(path, headers=headers)
    else:
        text = body if isinstance(body, str) else json.dumps(body)
        answer = client.post(path, data=text, content_type="application/json", headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Language"] == "fr"
    assert "Accept-Language" in answer.vary
    problem = answer.get_json()
    texts = [problem["title"], problem["detail"], *texts_in(problem.get("errors", {}))]
    french = catalogue()
    assert [text for text in texts if french.get(text, text) != text] == []
    assert [text for text in texts if ENGLISH.search(text)] == []


ENGLISH = re.compile(
    r"\b(the|is|are|of|not|an|expected|accepted|missing|must|with)\b", re.IGNORECASE
)


def texts_in(errors: Any) -> Iterator[str]:
    """The messages about wrong fields."""
    match errors:
        case dict():
            for one in errors.values():
                yield from texts_in(one)
        case list():
            for one in errors:
                yield from texts_in(one)
        case str():
            yield errors


def test_the_limit_of_a_client_is_told_in_french(app: Flask, client: StrictClient) -> None:
    """With the time after which it may be tried again."""
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert explain(LimitReached("5 per 1 minute", 3)) == "La limite est de 5 per 1 minute."


CHAPTER = """
{%- from "macros.html" import report_chapter %}<!doctype html><html lang="fr"><head><title>x</title></head>
<body>{% for one in chapters %}{{ report_chapter(one) }}{% endfor %}</body></html>"""


def test_the_chapters_of_a_report_are_in_french(app: Flask) -> None:
    """Also where two are compared; the sentences on its limits say that they are in English."""
    first, second = report_of("1", "a"), report_of("2", "b")
    made = [*chapters(first), *compared(("1", first), ("2", second))]
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        shown = render_template_string(CHAPTER, chapters=made)
    with app.test_request_context():
        english = render_template_string(CHAPTER, chapters=made)
    french = catalogue()
    words = words_of(shown)
    assert [one for one in sorted(words) if french.get(one, one) != one] == []
    names = {*NAMES, *(one for one in french if one == french[one])}
    print(sorted(one for one in words & words_of(english) if not is_name(one, names)))
    assert "0,79" in shown or "0,7" in shown
