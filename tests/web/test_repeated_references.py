"""A reference that was decided before is shown before it is scored once more."""

from flask import Flask

from creditapp.identity.people import Role
from tests.clients import StrictClient, csrf_token, example, form_data
from tests.engines import on_both


def sent(client: StrictClient, **changes: str) -> dict[str, str]:
    """What the form sends."""
    return {"csrf_token": csrf_token(client.get("/").text), **form_data(**changes)}


def number_of_decisions(client: StrictClient) -> int:
    """How many decisions there are."""
    return len(client.get("/api/decisions").get_json()["decisions"])


@on_both
def test_a_repeat_is_scored_after_a_confirmation(officer: StrictClient) -> None:
    """The form comes back with links and a box; the answers stay."""
    made = officer.post("/api/predict", json=example(reference="again")).get_json()
    again = sent(officer, reference="again", once="a form")
    asked = officer.post("/", data=again)
    assert asked.status_code == 409
    assert 'class="verdict' not in asked.text
    assert f"/decisions/{made['decision_id']}" in asked.text
    assert 'name="repeat" value="again"' in asked.text
    assert number_of_decisions(officer) == 1
    done = officer.post("/", data={**again, "repeat": "again"})
    assert done.status_code == 200
    assert 'class="verdict' in done.text
    assert number_of_decisions(officer) == 2


def test_a_confirmation_is_for_one_reference(officer: StrictClient) -> None:
    """A box that was ticked for another one is none."""
    for reference in ("first", "second"):
        officer.post("/api/predict", json=example(reference=reference))
    asked = officer.post("/", data=sent(officer, reference="second", repeat="first"))
    assert asked.status_code == 409


def test_a_form_that_is_sent_twice_is_no_repeat(officer: StrictClient) -> None:
    """Its own decision is shown again."""
    data = sent(officer, reference="new", once="a form")
    first, second = (officer.post("/", data=data) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert "was sent twice" in second.text
    assert number_of_decisions(officer) == 1


def test_the_page_asks_for_the_reference_alone(app: Flask, officer: StrictClient) -> None:
    """By a post: the reference is in no address. At most five are shown, the newest first."""
    for _ in range(6):
        officer.post("/api/predict", json=example(reference="again"))
    token = csrf_token(officer.get("/").text)
    page = officer.post("/earlier", data={"csrf_token": token, "reference": "again"})
    assert page.status_code == 200
    assert page.text.count('class="chip') == 5
    assert "There are more" in page.text
    for other in ("unknown", "", "x" * 65, "a\tb"):
        none = officer.post("/earlier", data={"csrf_token": token, "reference": other})
        assert none.status_code == 200
        assert "decided before" not in none.text


def test_without_a_sign_in_there_are_no_links(client: StrictClient) -> None:
    """In development the form is open; whose pages are not open gets no link to them."""
    client.post("/api/predict", json=example(reference="again"))
    asked = client.post("/", data=sent(client, reference="again"))
    assert asked.status_code == 409
    assert "decided before" in asked.text
    assert "/decisions/0" not in asked.text


def test_a_review_stands_in_the_list(
    app: Flask, officer: StrictClient, people: dict[Role, str]
) -> None:
    """What applies is shown, not what the machine said."""
    made = officer.post("/api/predict", json=example(reference="again")).get_json()
    token = csrf_token(officer.get("/").text)
    review = {
        "outcome": "decline",
        "confirmed": "decline",
        "reason": "other",
        "note": "seen",
        "after": "",
    }
    path = f"/decisions/{made['decision_id']}/review"
    assert officer.post(path, data={"csrf_token": token, **review}).status_code == 302
    page = officer.post("/earlier", data={"csrf_token": token, "reference": "again"})
    assert 'class="chip decline"' in page.text
