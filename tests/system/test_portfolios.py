"""Any lender's portfolio: from a data file to decisions that are served, explained, recorded and watched."""

import csv
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browsing import launch
from tests.journeys import ROWS, Lender, draft, openapi_properties, replayed, served
from tests.made_loans import write_loans
from tests.portfolios import GERMAN_FOLDER, TAIWAN_FOLDER

GERMAN_DATA = GERMAN_FOLDER / "estadistical.csv"


def unpacked(folder: Path) -> Path:
    """The data of the cards as a plain CSV file."""
    path = folder / "cards.csv"
    packed = TAIWAN_FOLDER / "UCI_Credit_Card.csv.gz"
    with gzip.open(packed) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("German credit, drafted", marks=pytest.mark.soak),
        pytest.param("Taiwan cards, drafted", marks=pytest.mark.soak),
        "Taiwan cards",
        "loans, drafted",
    ],
)
def lender(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lender]:
    """A lender with one of the portfolios, in service."""
    home = tmp_path_factory.mktemp("lender")
    folder = home / "portfolio"
    match request.param:
        case "German credit, drafted":
            draft(GERMAN_DATA, "Receive/ Not receive credit", "2", folder)
        case "Taiwan cards, drafted":
            draft(unpacked(home), "default.payment.next.month", "1", folder)
        case "loans, drafted":
            write_loans(home / "loans.csv")
            draft(home / "loans.csv", "status", "Charged Off", folder)
        case _:
            folder = TAIWAN_FOLDER
    with served(folder, home) as lender:
        yield lender


def test_the_page_scores_the_example(lender: Lender) -> None:
    """A person fills in the example in a browser, and gets a verdict."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(lender.service.address)
        page.get_by_role("link", name="Fill in an example").click()
        page.get_by_role("button", name="Score").click()
        result = page.get_by_role("region", name="Result")
        expect(result.locator(".verdict")).to_be_visible()
        expect(result.locator(".figure")).to_contain_text("%")
        browser.close()


def test_a_program_scores_the_example(lender: Lender) -> None:
    """The answer is a decision; a field of another type is refused by its name."""
    example = dict(lender.catalogue.example)
    answer = lender.service.post("/api/predict", example)
    assert answer.status == 200, answer.body
    assert answer.json["decision"] in ("approve", "refer", "decline")
    first = lender.catalogue.features[0].name
    refused = lender.service.post("/api/predict", {**example, first: []})
    assert refused.status == 422
    assert list(refused.json["errors"]) == [first]


def test_a_batch_of_the_data_is_decided_with_reasons(lender: Lender) -> None:
    """Rows of the training data lie inside it; a reason never names a protected answer."""
    assert len(lender.decided) == ROWS
    assert sum(one["outside_training"] == [] for one in lender.decided) > 0.9 * ROWS
    reasons = [reason for one in lender.decided for reason in one["reasons"]]
    assert reasons
    named = {reason["feature"] for reason in reasons}
    assert named <= set(lender.catalogue.feature_names)
    assert named.isdisjoint(lender.catalogue.protected)


def test_a_file_is_scored_and_recorded(lender: Lender, tmp_path: Path) -> None:
    """Every row of the data, less its outcome, is a valid application."""
    rows = lender.data_without_outcome(tmp_path / "in.csv")
    done = lender.flask(
        "score", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv"), "--record"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        results = list(csv.DictReader(file))
    assert len(results) == rows
    in_batch = [one["probability_good_credit"] for one in lender.decided]
    in_file = [float(one["probability_good_credit"]) for one in results]
    assert in_file == pytest.approx(in_batch, abs=1e-9)


def test_a_declined_application_is_explained(lender: Lender) -> None:
    """Its page shows the answers, the reasons, and what would have changed it."""
    page = lender.page(f"/decisions/{lender.declined['decision_id']}")
    for reason in lender.declined["reasons"]:
        assert reason["text"].split(":")[0] in page
    answer = lender.service.get(f"/api/decisions/{lender.declined['decision_id']}/alternatives")
    assert answer.status == 200, answer.body
    assert answer.json.keys() >= {"alternatives", "nearest", "note"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_letter_is_written(lender: Lender, language: str) -> None:
    """It gives the reasons."""
    letter = lender.page(f"/decisions/{lender.declined['decision_id']}/notice?lang={language}")
    assert letter.count("<li>") == len(lender.declined["reasons"])


def test_the_workbench_tries_a_policy(lender: Lender) -> None:
    """On the hold-out and on the recorded decisions, by each protected answer."""
    assert lender.decided
    page = lender.page("/policy?approve_from=0.8&refer_from=0.5&cost_ratio=5&referral_cost=0.1")
    assert "Expected cost per applicant" in page
    for name in lender.catalogue.protected:
        assert lender.catalogue.by_name[name].label in page


def test_drift_is_watched(lender: Lender) -> None:
    """The data the model was trained on has not drifted from itself."""
    assert lender.decided
    page = lender.page("/drift")
    assert page.count("stable") >= len(lender.catalogue.features) / 2
    assert "shifted</span>" not in page


def test_the_code_book_and_the_documentation_follow_the_catalogue(lender: Lender) -> None:
    """Both name every field, and the API gives the document itself."""
    codebook = lender.page("/codebook")
    assert codebook.count("<h2>") == len(lender.catalogue.questions)
    assert set(lender.catalogue.by_name) <= set(openapi_properties(lender.service))
    catalogue = lender.service.get("/api/catalogue").json
    assert catalogue["fingerprint"] == lender.catalogue.fingerprint
    assert catalogue["document"] == lender.catalogue.document


def test_decisions_are_replayed(lender: Lender) -> None:
    """None differs."""
    assert lender.decided
    done = lender.flask("replay", "--limit", "200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert replayed(done.stdout) == [200, 0]
    page = lender.page(f"/decisions/{lender.declined['decision_id']}/replay")
    assert "the result is the same" in page
