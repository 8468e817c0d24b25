"""The pages, as a browser without JavaScript sees them."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from flask import Flask

from creditapp.applications.questions import Choice
from creditapp.serving import cache as model_cache
from tests.clients import StrictClient, csrf_token, form_data
from tests.engines import on_both
from tests.portfolios import EXAMPLE, FEATURES

pytestmark = on_both


def submit(client: StrictClient, **changes: str) -> tuple[int, str]:
    """Load the form, fill it in, and send it."""
    token = csrf_token(client.get("/").text)
    answer = client.post("/", data=form_data(csrf_token=token, **changes))
    return answer.status_code, answer.text


def test_the_form_asks_every_feature_with_its_corrected_meanings(client: StrictClient) -> None:
    """And shows no label that was once published wrongly."""
    page = client.get("/").text
    for feature in FEATURES:
        assert f'name="{feature.slug}"' in page
        if isinstance(feature, Choice):
            assert all(f'value="{code}"' in page for code in feature.values)
    assert "no checking account" in page
    assert "salary assignments" not in page


def test_the_example_is_filled_in_with_one_click(client: StrictClient) -> None:
    """The link leads to a form that can be sent as it is."""
    [link] = re.findall(r'id="example" href="([^"]+)"', client.get("/").text)
    page = client.get(link).text
    assert 'value="5000"' in page
    assert page.count("selected") == 16


def test_a_form_is_scored_and_shown_on_the_same_page(officer: StrictClient) -> None:
    """With the decision, the probability, and a link to what was recorded."""
    status, page = submit(officer, reference="desk 4")
    assert status == 200
    assert "Approve" in page
    assert "70.5 %" in page
    [path] = set(re.findall(r"/decisions/[0-9a-f-]{36}", page))
    stored = officer.get(path).text
    assert "desk 4" in stored
    assert "furniture / equipment" in stored


def test_wrong_answers_are_marked_at_their_fields_and_nothing_is_recorded(
    officer: StrictClient,
) -> None:
    """The form keeps what was typed."""
    status, page = submit(officer, age_in_years="17", purpose="", reference="desk 5")
    assert status == 422
    assert "17 is not accepted; accepted is an integer from 18 to 100." in page
    assert "Missing; accepted is one of A40" in page
    assert page.count('aria-invalid="true"') == 2
    assert 'value="17"' in page
    assert "No decision was found." in officer.get("/decisions?reference=desk+5").text


@pytest.mark.parametrize(("amount", "status"), [("5000,50", 422), ("5,000.50", 200)])
def test_a_number_is_read_as_the_pages_language_writes_it(
    officer: StrictClient, amount: str, status: int
) -> None:
    """What could mean two numbers is refused, and stays in the form."""
    answered, page = submit(officer, credit_amount=amount)
    assert answered == status
    assert f'value="{amount}"' in page


def test_what_was_typed_is_never_markup(client: StrictClient) -> None:
    """Neither in the form nor in its messages."""
    _, page = submit(client, age_in_years="<script>alert(1)</script>")
    assert "<script>alert" not in page


def test_a_form_without_its_token_is_refused(client: StrictClient) -> None:
    """Another site cannot score through an officer's browser."""
    answer = client.post("/", data=form_data())
    assert answer.status_code == 400
    assert "Nothing was scored" in answer.text
    assert "/decisions/" not in answer.text


def test_decisions_are_listed_newest_first_and_found_by_reference(officer: StrictClient) -> None:
    """The list links to each decision."""
    for reference in ("first", "second"):
        submit(officer, reference=reference)
    page = officer.get("/decisions").text
    assert page.index("<td>second</td>") < page.index("<td>first</td>")
    found = officer.get("/decisions?reference=first").text
    assert found.count("data-row") == 1


def test_a_form_that_is_sent_twice_is_scored_once(officer: StrictClient) -> None:
    """By a double click or a reload; the second page says so, and shows the same decision."""
    page = officer.get("/").text
    sent = form_data(csrf_token=csrf_token(page), once=name_of(page), reference="twice")
    first, second = officer.post("/", data=sent), officer.post("/", data=sent)
    assert (first.status_code, second.status_code) == (200, 200)
    paths = [re.findall(r"/decisions/[0-9a-f-]{36}", page.text) for page in (first, second)]
    assert paths[0] == paths[1] != []
    assert "It was scored once" in second.text
    assert "It was scored once" not in first.text
    assert officer.get("/decisions?reference=twice").text.count("data-row") == 1


def test_other_answers_from_the_same_page_are_another_application(officer: StrictClient) -> None:
    """As after the browser's Back; and each answered page begins a new application."""
    page = officer.get("/").text
    names = [name_of(page)]
    for amount in ("5000", "6000"):
        sent = form_data(csrf_token=csrf_token(page), once=names[0], credit_amount=amount)
        answer = officer.post("/", data={**sent, "reference": "back", "repeat": "back"})
        assert "It was scored once" not in answer.text
        names.append(name_of(answer.text))
    assert len(set(names)) == 3
    assert officer.get("/decisions?reference=back").text.count("data-row") == 2


def name_of(page: str) -> str:
    """The name that a page gives its next request."""
    [name] = re.findall(r'name="once" value="([^"]+)"', page)
    return name


def test_older_decisions_are_a_link_away(officer: StrictClient) -> None:
    """Each page begins where the last one ended."""
    applications = [{**form_to_json(), "reference": f"r{n:02}"} for n in range(60)]
    officer.post("/api/predict-batch", json={"applications": applications})
    first = officer.get("/decisions").text
    [older] = re.findall(r'href="(/decisions\?[^"]*(?:after|before)=[^"]+)"', first)
    second = officer.get(older).text
    assert first.count("data-row") + second.count("data-row") == 60
    assert "r59" in first
    assert "r00" in second


def form_to_json() -> dict[str, object]:
    """The example as JSON."""
    return dict(EXAMPLE)


def test_an_unknown_decision_is_a_page_not_found(officer: StrictClient) -> None:
    """Also where the id is no id, and in the paging."""
    for path in ("/decisions/x", "/decisions?before=x"):
        assert officer.get(path).status_code == 404


@pytest.mark.parametrize("sent", ["\x00", "a\x01b", "\x7f", "\x85", "\ufffe"])
def test_no_page_holds_what_html_forbids(officer: StrictClient, sent: str) -> None:
    """Whatever is sent comes back as a page that can be parsed."""
    for path, query in (
        ("/decisions", {"reference": sent}),
        ("/decisions", {"before": sent}),
        ("/decisions/waiting", {"before": sent}),
        (f"/decisions/{quote(sent)}", {}),
    ):
        assert officer.get(path, query_string=query).status_code in (200, 404, 422)


def test_the_code_book_shows_both_meanings(client: StrictClient) -> None:
    """What is right, and what was once published."""
    page = client.get("/codebook").text
    assert "no checking account" in page
    assert "salary assignments" in page
    assert "recorded, not scored" in page


def test_the_code_book_says_what_is_protected_and_used(client: StrictClient) -> None:
    """The documented model uses every answer, so the page warns."""
    page = client.get("/codebook").text
    assert page.count("· protected") == 4
    assert page.count("· used by the served model") == 19
    assert "flask train --without-protected" in page


def test_the_code_book_counts_answers_and_bad_credits_in_the_data(client: StrictClient) -> None:
    """By code, by the value of a band, and by quarters of a number; each adds up to all rows."""
    page = client.get("/codebook").text
    new_car = re.search(r">A40</td>.*?</tr>", page, re.DOTALL)
    assert new_car
    assert ">234<" in new_car[0]
    assert ">38.0 %<" in new_car[0]
    with client.application.app_context():
        observed = model_cache.current().metadata.observed
    for rows in observed.values():
        assert (sum(row["count"] for row in rows), sum(row["bad"] for row in rows)) == (1000, 300)
    assert [len(observed[name]) for name in ("Credit amount", "Age in years")] == [4, 4]
    assert observed["Credit amount"][0]["from"] == 250


def test_a_decision_by_a_model_that_uses_protected_answers_comes_with_a_warning(
    officer: StrictClient,
) -> None:
    """Beside the result and on the page of the stored decision, naming them."""
    told = "The model uses protected answers (Age, Personal status and sex, "
    made = officer.post("/api/predict", json=form_to_json()).get_json()
    assert told in officer.get(f"/decisions/{made['decision_id']}").text


def test_every_template_compiles(app: Flask) -> None:
    """Also those that no test renders."""
    names = app.jinja_env.list_templates(extensions=["html"])
    assert {"base.html", "score.html", "flasgger/index.html"} <= set(names)
    for name in names:
        app.jinja_env.get_template(name)


def test_the_list_is_filtered_by_what_was_decided_and_when(
    officer: StrictClient,
) -> None:
    """Blanks around a reference do not count; the filters stay in the form and in the link to older ones."""
    submit(officer, reference="first")
    client_today = f"{datetime.now(UTC):%Y-%m-%d}"
    for query, number in (
        ("reference=%20first%20", 1),
        ("decision=approve", 1),
        ("decision=decline", 0),
        (f"from={client_today}&to={client_today}", 1),
        ("to=2020-01-01", 0),
        ("from=2099-01-01", 0),
        ("model=1", 1),
        ("model=2", 0),
        ("model=%00", 0),
        ("reference=&from=&to=&decision=&model=", 1),
    ):
        page = officer.get(f"/decisions?{query}").text
        assert page.count("data-row") == number, query
    assert f'value="{client_today}"' in officer.get(f"/decisions?from={client_today}").text


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-02-30", "decision=perhaps"])
def test_a_filter_that_is_none_is_named(officer: StrictClient, query: str) -> None:
    """Nothing is listed then, as the reader would believe it."""
    answer = officer.get(f"/decisions?{query}")
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1


def test_an_id_leads_to_its_decision(officer: StrictClient) -> None:
    """Wherever it was copied from."""
    _, page = submit(officer, reference="by id")
    [path] = set(re.findall(r"/decisions/[0-9a-f-]{36}", page))
    found = officer.get(f"/decisions?reference=+{path.rpartition('/')[2]}")
    assert (found.status_code, found.location) == (302, path)
