"""The JSON API, route by route."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from creditapp.web import large_bodies
from tests.clients import StrictClient, example
from tests.engines import on_both
from tests.portfolios import EXAMPLE, FEATURE_NAMES

pytestmark = on_both


def predict(client: StrictClient, **changes: object) -> TestResponse:
    """Send the example with some answers changed."""
    return client.post("/api/predict", json=example(**changes))


def test_a_prediction_has_the_contracts_shape(client: StrictClient) -> None:
    """Keys, types and their agreement with each other."""
    answer = predict(client)
    body = answer.get_json()
    assert answer.status_code == 200
    assert list(body) == [
        "prediction",
        "probability_good_credit",
        "probability_bad_credit",
        "score",
        "risk_level",
        "model_version",
        "timestamp",
        "decision_id",
        "decision",
        "reasons",
        "outside_training",
        "policy_version",
        "reference",
        "earlier_decisions",
    ]
    assert body["prediction"] == int(body["probability_good_credit"] > 0.5)
    assert body["probability_good_credit"] + body["probability_bad_credit"] == 1
    assert (body["risk_level"], body["decision"]) == ("LOW", "approve")
    assert (body["model_version"], body["reasons"], body["outside_training"]) == ("1", [], [])
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta(0)
    assert UUID(body["decision_id"]).version == 7


def test_the_recorded_attribute_and_the_reference_are_kept_and_not_scored(
    client: StrictClient,
) -> None:
    """They change no probability, and are there when the decision is looked up."""
    plain = predict(client).get_json()
    more = {**EXAMPLE, "Present residence since": 4, "reference": "file 7 / \u00e9"}
    full = client.post("/api/predict", json=more).get_json()
    assert full["probability_good_credit"] == plain["probability_good_credit"]
    assert full["reference"] == "file 7 / \u00e9"
    stored = client.get(f"/api/decisions/{full['decision_id']}").get_json()
    assert stored["application"] == {**EXAMPLE, "Present residence since": 4}


def test_a_stored_decision_is_the_prediction_and_the_application(client: StrictClient) -> None:
    """What was answered is what is kept."""
    answer = client.post("/api/predict", json=EXAMPLE, headers={"X-Request-ID": "trace-1"})
    prediction = answer.get_json()
    stored = client.get(f"/api/decisions/{prediction['decision_id']}").get_json()
    assert {key: stored[key] for key in prediction} == prediction
    assert stored["application"] == EXAMPLE
    assert (stored["channel"], stored["request_id"]) == ("api", "trace-1")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Purpose", "A47"),
        ("Duration_in_month", 73),
        ("Credit_amount", 18424.5),
        ("Age_in_years", 76),
    ],
)
def test_an_answer_outside_the_training_data_is_scored_named_and_never_approved(
    client: StrictClient, name: str, answer: object
) -> None:
    """The application is otherwise the safest of all."""
    safest = {
        "Status_of_existing_checking_account": "A14",
        "Credit_history": "A34",
        "Credit_amount": 1500,
        "Duration_in_month": 6,
        "Savings_account/bonds": "A65",
    }
    assert predict(client, **safest).get_json()["decision"] == "approve"
    body = predict(client, **{**safest, name: answer}).get_json()
    assert body["outside_training"] == [name.replace("_", " ")]
    assert body["decision"] != "approve"


def test_the_edges_of_the_training_data_are_inside(client: StrictClient) -> None:
    """72 months and the largest amount were seen."""
    body = predict(client, Duration_in_month=72, Credit_amount=18424).get_json()
    assert body["outside_training"] == []


def test_wrong_answers_are_named_with_what_is_accepted(client: StrictClient) -> None:
    """All of them at once: wrong, missing, unknown."""
    application = example(Age_in_years="35", Job="A9")
    del application["Housing"]
    answer = client.post("/api/predict", json={**application, "Shoe size": 44, "reference": "a\nb"})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {
        "Age in years": ['"35" is not accepted; accepted is an integer from 18 to 100.'],
        "Job": ['"A9" is not accepted; accepted is one of A171, A172, A173, A174.'],
        "Housing": ["Missing; accepted is one of A151, A152, A153."],
        "Shoe size": ["This field is not known."],
        "reference": [
            '"a\\nb" is not accepted; accepted is a text of 1 to 64 printable characters.'
        ],
    }


def test_a_batch_keeps_its_order_and_one_model(client: StrictClient) -> None:
    """Each row is scored as it would be alone."""
    rows = [example(Age_in_years=age) for age in (60, 20, 40)]
    alone = [client.post("/api/predict", json=row).get_json() for row in rows]
    answer = client.post("/api/predict-batch", json={"applications": rows}).get_json()
    together = answer["predictions"]
    for one, other in zip(alone, together, strict=True):
        assert one["probability_good_credit"] == other["probability_good_credit"]
    assert answer["total_processed"] == 3
    assert {one["model_version"] for one in together} == {answer["model_version"]} == {"1"}
    assert [one["reasons"] for one in together] == [None] * 3
    assert "errors" not in answer
    assert "index" not in together[0]


def test_a_prediction_of_a_batch_is_written_as_one_alone(client: StrictClient) -> None:
    """The same keys in the same order with the same values, but for what is each decision's own."""
    row = example(reference='a:"é', Purpose="A47")
    alone = client.post("/api/predict", json=row).get_json()
    body = {"applications": [row], "reasons": True}
    [together] = client.post("/api/predict-batch", json=body).get_json()["predictions"]
    assert list(together) == list(alone)
    own = {"decision_id": "", "timestamp": "", "earlier_decisions": []}
    assert together["earlier_decisions"] == [alone["decision_id"]]
    assert {**together, **own} == {**alone, **own}
    assert [type(value) for value in together.values()] == [type(v) for v in alone.values()]
    assert datetime.fromisoformat(together["timestamp"]).utcoffset() == timedelta(0)


def test_a_wrong_name_that_is_no_text_is_reported_as_it_came(client: StrictClient) -> None:
    """Half of a surrogate pair is JSON, and cannot be written as UTF-8."""
    body = '{"applications": [{"\\ud800": 1}], "on_error": "report"}'
    answer = client.post("/api/predict-batch", data=body, content_type="application/json")
    assert answer.status_code == 200
    assert "\ud800" in answer.get_json()["errors"][0]["errors"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["NUL", "half of a character"])
def test_a_text_that_no_database_holds_is_refused(client: StrictClient, text: str) -> None:
    """As a reference, as an answer and as a name; nobody made a decision on it."""
    for row in (example(reference=text), example(Purpose=text), {**example(), text: 1}):
        assert client.post("/api/predict", json=row).status_code == 422
    asked = {"reference": text.encode("utf-8", "surrogatepass")}
    found = client.get("/api/decisions", query_string=asked)
    assert found.status_code == 422 or found.get_json()["decisions"] == []


def test_decisions_are_kept_as_they_were_answered(client: StrictClient) -> None:
    """One alone and each of a batch, with the answers, in the log's own types."""
    rows = [example(reference="kept"), {**example(Purpose="A47"), "Present residence since": 4}]
    made = [client.post("/api/predict", json=rows[0]).get_json()]
    made += client.post("/api/predict-batch", json={"applications": rows}).get_json()["predictions"]
    for prediction, row in zip(made, [rows[0], *rows], strict=True):
        kept = client.get(f"/api/decisions/{prediction['decision_id']}").get_json()
        reasons = prediction["reasons"] or kept["reasons"]
        assert {name: kept[name] for name in prediction} == {**prediction, "reasons": reasons}
        assert kept["application"] == {k: v for k, v in row.items() if k != "reference"}


def test_one_wrong_row_refuses_the_batch_and_records_nothing(officer: StrictClient) -> None:
    """Unless the body says otherwise."""
    rows = [example(reference="batch-1"), example(Age_in_years=17), "row"]
    answer = officer.post("/api/predict-batch", json={"applications": rows})
    assert answer.status_code == 422
    assert [error["index"] for error in answer.get_json()["errors"]] == [1, 2]
    assert list(answer.get_json()["errors"][0]["errors"]) == ["Age in years"]
    assert "No decision was found." in officer.get("/decisions?reference=batch-1").text


def test_a_batch_can_report_its_wrong_rows(officer: StrictClient) -> None:
    """Good rows are scored and say which they are."""
    rows = [example(Age_in_years=17), EXAMPLE, {}, EXAMPLE]
    body = {"applications": rows, "on_error": "report"}
    answer = officer.post("/api/predict-batch", json=body).get_json()
    assert [one["index"] for one in answer["predictions"]] == [1, 3]
    assert [one["index"] for one in answer["errors"]] == [0, 2]
    assert answer["total_processed"] == 2


def test_a_batch_of_wrong_rows_alone_is_reported_too(officer: StrictClient) -> None:
    """Nothing to score is no failure."""
    answer = officer.post("/api/predict-batch", json={"applications": [{}], "on_error": "report"})
    assert answer.status_code == 200
    assert answer.get_json()["predictions"] == []
    assert answer.get_json()["model_version"] == "1"


def test_rows_of_any_kind_are_reported_by_their_index(client: StrictClient) -> None:
    """Null, a list, a row with a list for an answer: none of them costs the good row its decision."""
    rows = [None, EXAMPLE, [], example(Purpose=[]), 7]
    body = {"applications": rows, "on_error": "report"}
    answer = client.post("/api/predict-batch", json=body).get_json()
    assert [one["index"] for one in answer["predictions"]] == [1]
    assert [one["index"] for one in answer["errors"]] == [0, 2, 3, 4]
    refused = client.post("/api/predict-batch", json={"applications": rows})
    assert [one["index"] for one in refused.get_json()["errors"]] == [0, 2, 3, 4]


def test_a_flood_of_unknown_fields_gets_one_message(client: StrictClient) -> None:
    """The answer is not larger than the question."""
    flood = {f"field {number}": 1 for number in range(5000)}
    answer = client.post("/api/predict", json={**EXAMPLE, **flood})
    assert answer.status_code == 422
    assert len(answer.data) < 1000


def test_a_reference_is_found_exactly_as_it_was_given(officer: StrictClient) -> None:
    """Blanks at its ends are part of it."""
    officer.post("/api/predict", json={**EXAMPLE, "reference": "  a  "})
    found = officer.get("/decisions", query_string={"reference": "  a  "})
    assert found.text.count("data-row") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "_schema"),
        ({}, "applications"),
        ({"applications": {}}, "applications"),
        ({"applications": []}, "applications"),
        ({"applications": [EXAMPLE], "reasons": 1}, "reasons"),
        ({"applications": [EXAMPLE], "on_error": "ignore"}, "on_error"),
        ({"applications": [EXAMPLE], "more": 1}, "more"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(client: StrictClient, body: object, field: str) -> None:
    """The message names the key."""
    answer = client.post("/api/predict-batch", json=body)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_the_model_says_what_it_is(client: StrictClient) -> None:
    """Name, version, stage, and enough to recognise it again."""
    body = client.get("/api/model-info").get_json()
    assert (body["name"], body["version"], body["stage"]) == (
        "RDF_score_pipeline",
        "1",
        "Production",
    )
    assert len(body["digest"]) == 64
    assert body["inputs"] == list(FEATURE_NAMES)
    assert body["portfolio"] == "german-credit"
    assert 0.5 < body["metrics"]["accuracy"] < 1


def test_a_healthy_service_names_its_model(client: StrictClient) -> None:
    """By its address in the registry, never a file."""
    body = client.get("/api/health").get_json()
    assert (body["status"], body["model_loaded"]) == ("healthy", True)
    assert body["model_path"] == "models:/RDF_score_pipeline/1"


def test_a_sound_request_id_is_kept_and_another_is_replaced(client: StrictClient) -> None:
    """What is written into logs and tables is short and plain."""
    kept = client.get("/api/live", headers={"X-Request-ID": "abc-1.2_3"})
    assert kept.headers["X-Request-ID"] == "abc-1.2_3"
    for bad in ("a b", "x" * 65, "<script>", "\u00e9"):
        answer = client.get("/api/live", headers={"X-Request-ID": bad})
        assert UUID(answer.headers["X-Request-ID"])


def test_metrics_count_what_happened(client: StrictClient) -> None:
    """A batch of n adds n to the counters, and one observation to the histogram."""
    before = metrics(client)
    client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 3})
    predict(client)
    client.post("/api/predict", json={})
    after = metrics(client)

    def grown(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    assert grown('credit_predictions_total{prediction_type="batch",status="success"}') == 3
    assert grown('credit_predictions_total{prediction_type="single",status="success"}') == 1
    assert grown("credit_predictions_good_total") == 4
    assert grown("credit_prediction_duration_seconds_count") == 2
    error = 'api_request_errors_total{endpoint="/api/predict",error_type="InvalidApplication"}'
    assert grown(error) == 1


def metrics(client: StrictClient) -> dict[str, float]:
    """All samples of the metrics page."""
    lines = client.get("/metrics").text.splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


@pytest.mark.parametrize("on_error", ["refuse", "report"])
def test_a_hundred_wrong_rows_of_a_batch_are_described(client: StrictClient, on_error: str) -> None:
    """Ten thousand empty applications answered fifteen megabytes."""
    rows = [{}] * 250 + [EXAMPLE]
    answer = client.post("/api/predict-batch", json={"applications": rows, "on_error": on_error})
    errors = answer.get_json()["errors"]
    described = [one["index"] for one in errors if one["errors"]]
    assert described == list(range(100))
    if on_error == "refuse":
        assert (answer.status_code, len(errors)) == (422, 100)
        detail = answer.get_json()["detail"]
        assert "250 of 251 applications are wrong; the first 100 are described" in detail
    else:
        assert [one["index"] for one in errors] == list(range(250))
        assert answer.get_json()["predictions"][0]["index"] == 250


@pytest.mark.parametrize("one", ["{}", "1.5", '"x"', "null"])
def test_a_flood_of_values_is_too_large(client: StrictClient, one: str) -> None:
    """It is refused before it is parsed, whatever it is a flood of."""
    body = f'{{"applications": [{",".join([one] * 50_000)}]}}'.encode()
    answer = client.post("/api/predict-batch", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["status"]) == (413, 413)


def test_a_large_body_waits_for_another_and_a_small_one_does_not(
    client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several that are parsed at once would take the worker's memory together."""
    monkeypatch.setattr(large_bodies, "SECONDS_TO_WAIT", 0.01)
    large = {**EXAMPLE, "Purpose": "x" * large_bodies.LARGE}
    other = client.application.test_request_context("/", data=b"x" * large_bodies.LARGE)
    with other, large_bodies.in_turn():
        busy = client.post("/api/predict", json=large)
        small = client.post("/api/predict", json=EXAMPLE)
    assert (busy.status_code, small.status_code) == (503, 200)
    assert int(busy.headers["Retry-After"]) > 0
    assert client.post("/api/predict", json=large).status_code == 422
