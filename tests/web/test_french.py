"""Every page in French: no text is left in English, and numbers and dates are French."""

import re
from collections.abc import Iterator
from uuid import UUID
from xml.etree.ElementTree import Element

import html5lib
import pytest
from babel.messages.mofile import read_mo
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.challenger import assignments as challengers
from creditapp.challenger import shadow
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.reviews import SentReview
from creditapp.identity.people import Role
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report
from creditapp.performance import watch
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.settings.paths import ROOT
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient
from tests.portfolios import EXAMPLE, QUESTIONS
from tests.retrained import other_bundle

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
    return element.tag in ("script", "style", "svg") or "lang" in element.attrib


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
        shadow.of_app(app).take_turn()
        rule = Rule("Credit amount", Outcome.REFER, "x", over=13_000)
        policy_versions.put_in_force(Policy("tried", 0.7, 0.4, rules=(rule,)), A_TEST, "x")
    approved, *_, referred, declined = decide(client, *[APPROVED] * 30, LONG, POOR)
    with app.app_context():
        shadow.of_app(app).take_turn()
        made = decision_log.find(referred)
        reviews.record(made, SentReview("decline", "documents", "x"), A_TEST, None)
        today = made.timestamp.date()
        recording.record([Report(UUID(approved), "", OutcomeKind.DEFAULTED, today)], A_TEST)
        watch.refresh(0)
    client.sign_in("the admin", people[Role.ADMIN])
    answer = "/drift/" + QUESTIONS[0].slug
    decisions = [f"/decisions/{one}" for one in (approved, referred, declined)]
    return [*PAGES, answer, *decisions, decisions[1] + "/replay"]


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
    left: dict[str, list[str]] = {}
    for page in used:
        shown = fetch(client, page, "fr")
        assert '<html lang="fr"' in shown, page
        words = words_of(shown)
        wrong = {one for one in words if french.get(one, one) != one}
        wrong |= {
            one for one in words & words_of(fetch(client, page, "en")) if not is_name(one, names)
        }
        if wrong:
            left[page] = sorted(wrong)
    assert left == {}


CODE = re.compile(
    r"^[A-Z]\d+$|^(person|key):|^[0-9a-f-]{12,}$|^[A-Z2-7]{32}$|^the (admin|analyst)$"
)

NAMES = {
    "creditapp",
    "English",
    "Français",
    "a test",
    "local",
    "onnxruntime",
    *(question.name for question in QUESTIONS),
    *(code.published for question in QUESTIONS for code in question.codes),
}
"""What is the same in both languages."""


def is_name(text: str, names: set[str]) -> bool:
    """Whether a text is the same in both languages: names and codes, and what somebody wrote."""
    parts = re.split(r" · |: |, |\b(?=[\d(])", text)
    return all(
        part.strip(" :") in names or not WORD.search(part) or CODE.search(part) for part in parts
    )
