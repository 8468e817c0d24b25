"""Correct and score again: a new decision, linked to the one that it corrects."""

import re
from dataclasses import replace

import html5lib
import pytest
from flask import Flask

from creditapp.decisions import erasures
from creditapp.factory import create_app
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.identity.people import Role
from creditapp.serving import cache as model_cache
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import LONG, StrictClient, csrf_token, example, form_data
from tests.engines import on_both

UNKNOWN = "01890000-0000-7000-8000-000000000000"


def made(client: StrictClient, **more: object) -> str:
    """The id of a new decision that is referred to a person."""
    answer = client.post("/api/predict", json={**LONG, **more})
    return str(answer.get_json()["decision_id"])


def values(page: str) -> dict[str, str]:
    """The texts of the form's fields by their names."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    form = root.find(".//form[@id='application']")
    texts = {one.get("name"): one.get("value", "") for one in form.iter("input")}
    for one in form.iter("select"):
        texts[one.get("name")] = one.find("option[@selected]").get("value")
    return texts


def correct(client: StrictClient, decision_id: str, **changes: str) -> str:
    """Send the form of a decision with some answers changed; the page that comes back."""
    page = client.get(f"/decisions/{decision_id}/correct")
    assert page.status_code == 200
    answer = client.post("/", data={**values(page.text), **changes})
    assert answer.status_code == 200, answer.text
    return answer.text


@on_both
def test_a_corrected_decision_is_linked_in_both_directions(officer: StrictClient) -> None:
    """On both pages and in the API; the earlier decision stays as it was."""
    before = made(officer, reference="a file")
    page = correct(officer, before, duration_in_month="12", credit_amount="1,500")
    assert "Corrects decision" in page
    newest = officer.get("/api/decisions?reference=a+file").get_json()["decisions"][0]
    after = newest["decision_id"]
    assert after != before
    stored = officer.get(f"/api/decisions/{after}").get_json()
    assert (stored["corrects"], stored["corrected_by"]) == (before, [])
    assert stored["application"]["Duration in month"] == 12
    assert stored["application"]["Credit amount"] == 1500
    old = officer.get(f"/api/decisions/{before}").get_json()
    assert (old["corrects"], old["corrected_by"]) == (None, [after])
    assert old["application"]["Duration in month"] == 36
    assert 'id="corrected-by"' in officer.get(f"/decisions/{before}").text
    assert f"/decisions/{before}" in officer.get(f"/decisions/{after}").text


@on_both
def test_a_corrected_decision_leaves_the_queue(officer: StrictClient) -> None:
    """The newer one waits in its place, and the list marks the earlier one and finds it."""
    before = made(officer, reference="a file")
    queue = "/decisions/waiting"
    officer.post(f"{queue}/next", data={"csrf_token": csrf_token(officer.get(queue).text)})
    assert "Mine: 1" in officer.get(queue).text
    correct(officer, before, duration_in_month="35")
    newest = officer.get("/api/decisions?reference=a+file").get_json()["decisions"][0]
    assert newest["decision"] == "refer"
    waiting = officer.get(queue).text
    assert [one[-36:] for one in hrefs(waiting)] == [newest["decision_id"]]
    assert "Mine: 0" in waiting
    for state, expected in (("corrected", before), ("waiting", newest["decision_id"])):
        found = officer.get(f"/decisions?state={state}").text
        assert [one[-36:] for one in hrefs(found)] == [expected]
    assert hrefs(officer.get("/decisions?state=automatic").text) == []
    assert "corrected by a newer decision</small>" in officer.get("/decisions?state=corrected").text


def hrefs(page: str) -> list[str]:
    """The addresses of the decisions that a list shows."""
    return re.findall(r'data-row href="([^"]+)"', page)


def test_the_form_holds_the_answers_and_reading_them_is_on_record(
    app: Flask, officer: StrictClient
) -> None:
    """What is recorded and not scored goes with them."""
    before = made(officer, reference="a file", **{"Present residence since": 3})
    sent = values(officer.get(f"/decisions/{before}/correct").text)
    assert (sent["duration_in_month"], sent["reference"]) == ("36", "a file")
    assert sent["corrects"] == before
    with app.app_context():
        events = audit.find_about(before)
    assert [(one.actor, one.action) for one in events] == [
        ("person:the officer", Action.DATA_READ.value)
    ]
    correct(officer, before, duration_in_month="24")
    [newest, _] = officer.get("/api/decisions?reference=a+file").get_json()["decisions"]
    after = officer.get(f"/api/decisions/{newest['decision_id']}").get_json()
    assert after["application"]["Present residence since"] == 3


def test_erased_answers_cannot_be_corrected(app: Flask, officer: StrictClient) -> None:
    """The page says so; a form that was opened before scores nothing either."""
    before = made(officer)
    sent = values(officer.get(f"/decisions/{before}/correct").text)
    with app.app_context():
        erasures.erase([before], A_TEST, "a test")
    refused = officer.get(f"/decisions/{before}/correct")
    assert refused.status_code == 409
    assert "The answers were erased" in refused.text
    assert officer.post("/", data=sent).status_code == 409
    assert "Correct and score again" not in officer.get(f"/decisions/{before}").text


def test_answers_to_other_questions_cannot_be_corrected(
    app: Flask, officer: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form asks for what is asked now."""
    before = made(officer)
    with app.app_context():
        catalogue = model_cache.current().catalogue
    assert catalogue.fingerprint
    monkeypatch.setitem(catalogue.__dict__, "fingerprint", "another")
    refused = officer.get(f"/decisions/{before}/correct")
    assert refused.status_code == 409
    assert "Other questions are asked" in refused.text


def test_a_form_that_corrects_nothing_known_scores_nothing(officer: StrictClient) -> None:
    """An id is looked up before anything is decided."""
    token = csrf_token(officer.get("/").text)
    for unknown, status in ((UNKNOWN, 404), ("x", 404)):
        sent = {"csrf_token": token, **form_data(), "corrects": unknown}
        assert officer.post("/", data=sent).status_code == status
    assert officer.get("/api/decisions").get_json()["decisions"] == []


def test_nobody_corrects_without_a_sign_in(client: StrictClient) -> None:
    """In development the form is open, and the decisions of others are not."""
    before = made(client)
    token = csrf_token(client.get("/").text)
    sent = {"csrf_token": token, **form_data(), "corrects": before}
    assert client.post("/", data=sent).status_code == 403


def test_who_corrects_does_not_review_the_correction(
    settings: Settings, people: dict[Role, str]
) -> None:
    """Where two people are needed, the one who chose the answers is not the one who decides."""
    app = create_app(replace(settings, four_eyes="on"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the officer", people[Role.OFFICER])
    before = made(client, reference="mine")
    page = correct(client, before, duration_in_month="40")
    assert "Refer to a person" in page
    after = client.get("/api/decisions?reference=mine").get_json()["decisions"][0]["decision_id"]
    token = csrf_token(client.get(f"/decisions/{after}").text)
    sent = {"csrf_token": token, "outcome": "approve", "reason": "other", "note": "seen"}
    refused = client.post(f"/decisions/{after}/review", data={**sent, "after": ""})
    assert refused.status_code == 403
    assert "another person must review" in refused.text


def test_a_correction_is_no_surprise_repeat(officer: StrictClient) -> None:
    """Its own reference needs no confirmation; another one that was decided before does."""
    officer.post("/api/predict", json=example(reference="other"))
    before = made(officer, reference="a file")
    correct(officer, before, duration_in_month="30")
    sent = values(officer.get(f"/decisions/{before}/correct").text)
    assert officer.post("/", data={**sent, "reference": "other"}).status_code == 409
