"""The letter to a declined applicant: in two languages, with the reasons, and without any model's words."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete

from creditapp.database.session import writing
from creditapp.decisions import erasures, letter_reasons
from creditapp.decisions.log import Answers
from creditapp.decisions.reviews import ReviewNote
from creditapp.identity import audit
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient, csrf_token, form_data
from tests.portfolios import EXAMPLE

MODEL_WORDS = re.compile(
    r"score|probab|model|modèle|version|risk|risque|cut-off|seuil|shap|algorithm|%", re.IGNORECASE
)


@pytest.fixture
def officer(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as a credit officer."""
    client.sign_in("the officer", people[Role.OFFICER])
    return client


def decided(client: StrictClient, application: dict[str, Any], expected: str) -> str:
    """The id of a decision."""
    answer = client.post("/api/predict", json=application).get_json()
    assert answer["decision"] == expected, answer
    return str(answer["decision_id"])


def letter(client: StrictClient, decision: str, language: str = "en") -> Any:
    """The letter's answer."""
    return client.get(f"/decisions/{decision}/notice?lang={language}")


def body(page: str) -> str:
    """What is printed."""
    return re.sub(r"<[^>]+>", " ", page.partition("<main>")[2])


@pytest.fixture
def declined(officer: StrictClient) -> str:
    """A decision that the machine declined."""
    return decided(officer, POOR, "decline")


def test_the_letter_says_what_why_and_how_to_have_a_person_look(
    officer: StrictClient, declined: str
) -> None:
    """In English: date, amount, the reasons of the API's answer, the contact; and no model's words."""
    page = letter(officer, declined).text
    told = officer.get(f"/api/decisions/{declined}").get_json()["reasons"]
    assert 1 <= len(told) <= 4
    for reason in told:
        assert reason["text"] in page
    assert "a credit of 14,000 DM over 60 months" in page
    assert "made automatically" in page
    assert "reviews@lender.example" in page
    assert declined in page
    assert MODEL_WORDS.findall(body(page)) == []


def test_the_letter_is_whole_in_french(officer: StrictClient, declined: str) -> None:
    """No English word is left, and numbers and dates are French."""
    page = letter(officer, declined, "fr").text
    text = body(page)
    assert '<html lang="fr">' in page
    assert "Madame, Monsieur," in text
    assert "Durée\u00a0: 60 mois, plus que d’ordinaire parmi les demandes acceptées" in text
    assert "14\u202f000 DM" in text
    assert "Réexamen par une personne" in text
    english = re.findall(r"\b(the|you|your|of|than|months|approved|please|decision was)\b", text)
    assert english == []
    assert MODEL_WORDS.findall(text) == []


def test_other_pages_stay_english(officer: StrictClient, declined: str) -> None:
    """The language is the letter's alone."""
    letter(officer, declined, "fr")
    assert "Principal reasons" in officer.get(f"/decisions/{declined}").text


def test_a_letter_is_for_what_stands_declined(officer: StrictClient) -> None:
    """Neither for an approval nor for what waits for a person; the page offers none."""
    for application, outcome in (
        ({**EXAMPLE, "Status of existing checking account": "A14"}, "approve"),
        ({**EXAMPLE, "Duration in month": 36, "Credit amount": 9000.0}, "refer"),
    ):
        made = decided(officer, application, outcome)
        refused = letter(officer, made)
        assert refused.status_code == 409
        assert f"the outcome of this one is: {OUTCOMES[outcome]}" in refused.text
        assert "Letter to the applicant" not in officer.get(f"/decisions/{made}").text


OUTCOMES = {"approve": "Approve", "refer": "Refer to a person"}
"""The outcomes in words."""


def review(
    client: StrictClient, decision: str, outcome: str, after: str = "", language: str = "en"
) -> None:
    """Decide as a person."""
    token = csrf_token(client.get(f"/decisions/{decision}").text)
    form = {
        "outcome": outcome,
        "reason": "documents",
        "note": "The income could not be proved",
        "after": after,
        "language": language,
        "confirmed": outcome,
    }
    assert (
        client.post(f"/decisions/{decision}/review", data={"csrf_token": token, **form}).status_code
        == 302
    )


def test_a_person_who_declined_is_the_reason_and_one_who_approved_ends_the_letter(
    officer: StrictClient, declined: str
) -> None:
    """In the person's own words."""
    review(officer, declined, "decline")
    page = letter(officer, declined).text
    assert "The income could not be proved" in page
    assert "made by a person" in page
    assert "more than is usual" not in page
    review(officer, declined, "approve", after="1")
    assert letter(officer, declined).status_code == 409


def write_reason(client: StrictClient, decision: str, language: str, text: str) -> Any:
    """What the page sends that asks for the reason in the language of the letter."""
    token = csrf_token(letter(client, decision, language).text)
    data = {"csrf_token": token, "text": text}
    return client.post(f"/decisions/{decision}/notice?lang={language}", data=data)


@pytest.mark.parametrize(("written", "other"), [("en", "fr"), ("fr", "en")])
def test_a_letter_in_another_language_waits_until_a_person_wrote_the_reason_in_it(
    app: Flask, officer: StrictClient, declined: str, written: str, other: str
) -> None:
    """The words of the review are shown as what they are, and never in the letter."""
    review(officer, declined, "decline", language=written)
    asked = letter(officer, declined, other).text
    assert f'<q lang="{written}">The income could not be proved</q>' in asked
    assert "Madame, Monsieur" not in asked
    assert "Dear Sir or Madam" not in asked
    refused = write_reason(officer, declined, other, " ")
    assert refused.status_code == 422
    assert "a reason of 1 to 500 printable characters is required" in refused.text
    assert write_reason(officer, declined, other, "Dans ses propres mots").status_code == 302
    shown = letter(officer, declined, other).text
    assert f'<html lang="{other}">' in shown
    assert "Dans ses propres mots" in shown
    assert "The income could not be proved" not in shown
    assert "The income could not be proved" in letter(officer, declined, written).text
    with app.app_context():
        [event] = audit.find_newest(limit=1)
        assert (event.action, event.subject) == ("reason written for a letter", declined)
        assert "propres" not in event.detail


def test_a_corrected_reason_counts_and_an_erasure_takes_both(
    app: Flask, officer: StrictClient, declined: str
) -> None:
    """Rows are only added; the newest is what the letter says."""
    review(officer, declined, "decline")
    page = f"/decisions/{declined}/notice?lang=fr"
    for text in ("Premiers mots", "Derniers mots"):
        token = csrf_token(officer.get(f"/decisions/{declined}").text)
        assert officer.post(page, data={"csrf_token": token, "text": text}).status_code == 302
    assert "Derniers mots" in officer.get(page).text
    assert "Premiers mots" not in officer.get(page).text
    with app.app_context():
        erasures.erase([declined], A_TEST, "asked for")
        assert letter_reasons.find_all(UUID(declined)) == []
        assert erasures.list_all()[-1].parts == ["decision_answers", "letter_reason", "review_note"]
    assert "ont été effacées depuis" in officer.get(page).text


def test_words_from_before_their_language_was_recorded_are_english(
    app: Flask, officer: StrictClient, declined: str
) -> None:
    """The pages were English then."""
    review(officer, declined, "decline")
    with app.app_context(), writing() as session:
        session.execute(delete(ReviewNote))
        session.add(ReviewNote(review_id=1, note="From before", salt=bytes(16)))
    assert "From before" in letter(officer, declined).text
    assert "Dear Sir or Madam" in letter(officer, declined).text
    assert "Madame, Monsieur" not in letter(officer, declined, "fr").text


def test_a_note_that_is_a_word_of_the_product_is_not_translated(
    officer: StrictClient, declined: str
) -> None:
    """Neither in the letter nor in the API's reasons."""
    token = csrf_token(officer.get(f"/decisions/{declined}").text)
    form = {"outcome": "decline", "reason": "documents", "note": "Decline", "language": "fr"}
    sent = {"csrf_token": token, "after": "", "confirmed": "decline", **form}
    officer.post(f"/decisions/{declined}/review", data=sent)
    told = officer.get(f"/api/decisions/{declined}", headers={"Accept-Language": "fr"}).get_json()
    assert [one["text"] for one in told["review"]["reasons"]] == ["Decline"]
    assert "<li>Decline</li>" in letter(officer, declined, "fr").text


def test_erased_answers_leave_a_letter_that_says_so(
    app: Flask, officer: StrictClient, declined: str
) -> None:
    """By the machine, and by a person whose words were erased."""
    with app.app_context(), writing() as session:
        session.execute(delete(Answers))
    assert "have since been erased" in letter(officer, declined).text
    review(officer, declined, "decline")
    with app.app_context(), writing() as session:
        session.execute(delete(ReviewNote))
    assert "have since been erased" in letter(officer, declined).text


def test_a_decline_that_no_single_answer_explains_says_so(
    officer: StrictClient, declined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the letter and on both pages; here, no effect reaches the floor."""
    monkeypatch.setattr("creditapp.explanations.reasons.SMALLEST_SHARE", 2.0)
    assert officer.get(f"/api/decisions/{declined}").get_json()["reasons"] == []
    page = letter(officer, declined).text
    assert "We cannot name one answer as the reason" in page
    assert "a person will look at your application" in page
    assert "Nous ne pouvons pas citer une réponse" in letter(officer, declined, "fr").text
    assert MODEL_WORDS.findall(body(page)) == []
    sentence = "No single answer can be named as a reason"
    assert sentence in officer.get(f"/decisions/{declined}").text
    data = {"csrf_token": csrf_token(officer.get("/").text), **form_data(duration_in_month="60")}
    assert sentence in officer.post("/", data=data).text


def test_another_language_is_refused(officer: StrictClient, declined: str) -> None:
    """It says which there are."""
    refused = letter(officer, declined, "de")
    assert refused.status_code == 400
    assert "lang must be en or fr" in refused.text


def test_in_production_no_letter_is_written_by_a_lender_that_is_made_up(
    settings: Settings,
) -> None:
    """It names what is not set."""
    from creditapp.exceptions import NoNotice
    from creditapp.web.lender import LENDER_SETTINGS, lender_of

    production = replace(settings, env="production", given=frozenset())
    with pytest.raises(NoNotice, match=r"CREDITAPP_LENDER_NAME, .*CREDITAPP_REVIEW_CONTACT"):
        lender_of(production)
    named = replace(production, given=frozenset(LENDER_SETTINGS))
    assert lender_of(named).name == "Example Lender"
    with pytest.raises(NoNotice, match=r"set CREDITAPP_LENDER_NAME$"):
        lender_of(replace(named, lender_name=""))
