"""Stored decisions are scored again by the bundle that made them."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, update

from creditapp.applications.questions import number_from_text
from creditapp.database.session import writing
from creditapp.decisions import log as decision_log
from creditapp.decisions.log import Answers, Decision, NewDecision
from creditapp.decisions.past_models import load_past_model
from creditapp.scoring.bundle import Bundle, digest
from creditapp.serving import change_lock, deployments
from creditapp.serving.deployments import Change, Deployment, ServedBundle
from creditapp.settings.paths import ROOT
from tests.actors import A_TEST
from tests.changed_portfolios import renamed
from tests.clients import StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE, FEATURE_NAMES
from tests.retrained import other_bundle
from tests.tampering import tampering


@pytest.fixture
def decided(app: Flask, client: StrictClient) -> list[str]:
    """The ids of decisions that were made one by one and in a batch, of the same applications."""
    with (ROOT / "data" / "estadistical.csv").open(newline="") as lines:
        table = list(csv.DictReader(lines))[:60]
    rows = [{name: number_from_text(row[name]) for name in FEATURE_NAMES} for row in table]
    alone = [client.post("/api/predict", json=row).get_json() for row in rows]
    batch = client.post("/api/predict-batch", json={"applications": rows}).get_json()
    return [one["decision_id"] for one in [*alone, *batch["predictions"]]]


def run(app: Flask, *arguments: str) -> Any:
    """Run the command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["replay", *arguments])


def copy_of(decision: Decision, **changed: Any) -> NewDecision:
    """A new decision like a stored one, but for its id and what is changed."""
    found_again = ("reasons", "earlier_decisions")
    columns = {
        name: getattr(decision, name) for name in NewDecision._fields if name not in found_again
    }
    return NewDecision(**{**columns, "decision_id": uuid4(), **changed})


def with_old_names(bundle: Bundle) -> Bundle:
    """The bundle as it would be if each question had another name."""

    def old(by_name: Mapping[str, Any]) -> dict[str, Any]:
        return {f"Old {name}": one for name, one in by_name.items()}

    catalogue = renamed(bundle.catalogue, "Old {}")
    metadata = replace(
        bundle.metadata,
        inputs=old(bundle.metadata.inputs),
        population=old(bundle.metadata.population),
        fingerprint=catalogue.fingerprint,
    )
    return replace(bundle, catalogue=catalogue, metadata=metadata)


def test_every_decision_scores_as_it_did(app: Flask, decided: list[str]) -> None:
    """Made alone or in a batch, it is replayed among others to less than a billionth."""
    done = run(app)
    assert done.exit_code == 0, done.output
    assert done.output == f"{len(decided)} decisions scored again, 0 differ\n"
    assert run(app, "--limit", "7").output.startswith("7 decisions")
    assert run(app, decided[0]).output.startswith("1 decisions")


def test_a_difference_is_reported_and_ends_with_code_1(app: Flask, decided: list[str]) -> None:
    """A millionth is allowed to another version of the engine, and not to the same one."""
    with app.app_context():
        decision = decision_log.find(decided[0])
        assert decision.given
        nudged = decision.probability_good_credit + 5e-7
        same = copy_of(decision, probability_good_credit=nudged)
        older = copy_of(decision, probability_good_credit=nudged, engine="onnxruntime 1.0")
        decision_log.record([same, older], [decision.given.answers] * 2)
    done = run(app)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        f"{same.decision_id}  differs by 5e-07",
        f"{len(decided) + 2} decisions scored again, 1 differ",
    ]


@on_both
def test_an_altered_bundle_scores_nothing_again(
    app: Flask, officer: StrictClient, decided: list[str]
) -> None:
    """Its digest gives it away, to the command and to the page."""
    with app.app_context(), tampering("served_bundle") as session:
        session.execute(update(ServedBundle).values(content=b"altered"))
    load_past_model.cache_clear()
    done = run(app)
    assert done.exit_code == 2
    assert "cannot be used: the stored bundle was altered" in done.output
    assert officer.get(f"/decisions/{decided[0]}/replay").status_code == 409


def test_a_decision_of_an_altered_bundle_is_still_shown_in_words(
    app: Flask, officer: StrictClient
) -> None:
    """The served model has the same inputs, so its catalogue names them."""
    decision_id = officer.post("/api/predict", json=EXAMPLE).get_json()["decision_id"]
    with app.app_context(), tampering("served_bundle") as session:
        session.execute(update(ServedBundle).values(content=b"altered"))
    load_past_model.cache_clear()
    page = officer.get(f"/decisions/{decision_id}").text
    assert "furniture / equipment" in page


@on_both
def test_a_deployment_that_was_altered_to_name_another_bundle_is_reported(
    app: Flask, decided: list[str]
) -> None:
    """The other bundle is whole, but gives other scores."""
    bundle = other_bundle().pack()
    with app.app_context(), tampering("deployment") as session:
        session.add(ServedBundle(digest=digest(bundle), content=bundle))
        session.flush()
        session.execute(update(Deployment).values(bundle_digest=digest(bundle)))
    done = run(app, decided[0])
    assert done.exit_code == 1
    assert done.output.endswith("1 decisions scored again, 1 differ\n")


@on_both
def test_points_that_were_altered_are_reported(
    app: Flask, officer: StrictClient, decided: list[str]
) -> None:
    """By command and on the page; points that an older version did not record are not."""
    with app.app_context(), tampering("decision") as session:
        right = session.get_one(Decision, UUID(decided[0])).score
        session.execute(
            update(Decision).where(Decision.decision_id == UUID(decided[0])).values(score=999)
        )
        session.execute(
            update(Decision).where(Decision.decision_id == UUID(decided[1])).values(score=None)
        )
    done = run(app, decided[0], decided[1])
    assert done.output == (
        f"{decided[0]}  has 999 points; its policy gives {right}\n2 decisions scored again, 1 differ\n"
    )
    page = officer.get(f"/decisions/{decided[0]}/replay").text
    assert f"The recorded score is 999 points; its policy gives {right}." in page


def test_a_decision_of_another_catalogue_is_replayed_under_the_columns_of_its_bundle(
    app: Flask, decided: list[str]
) -> None:
    """Its questions had other names then."""
    with app.app_context():
        in_force = deployments.in_force()
        assert in_force
        bundle = Bundle.unpack(deployments.load_bundle(in_force.bundle_digest))
        packed = with_old_names(bundle).pack()
        with change_lock.hold("a test") as turn:
            change = Change(A_TEST, "an old one", turn)
            deployments.deploy("name", "0", bundle.catalogue.name, packed, change)
        former, old = decision_log.find(decided[0]), deployments.in_force()
        assert old
        assert former.given
        made = copy_of(former, generation=old.generation)
        answers = {f"Old {name}": answer for name, answer in former.given.answers.items()}
        decision_log.record([made], [answers])
    assert run(app, str(made.decision_id)).output == "1 decisions scored again, 0 differ\n"
    assert run(app).exit_code == 0


def test_erased_answers_cannot_be_replayed(
    app: Flask, officer: StrictClient, decided: list[str]
) -> None:
    """The command passes them over, unless it is asked for them; the page says so."""
    with app.app_context(), writing() as session:
        session.execute(delete(Answers))
    assert run(app).output == "0 decisions scored again, 0 differ\n"
    asked = run(app, decided[0])
    assert asked.exit_code == 2
    assert "the answers were erased" in asked.output
    assert officer.get(f"/decisions/{decided[0]}/replay").status_code == 409


def test_the_page_shows_it(officer: StrictClient, decided: list[str]) -> None:
    """By a button on the decision."""
    assert "Score again" in officer.get(f"/decisions/{decided[0]}").text
    assert "the result is the same" in officer.get(f"/decisions/{decided[0]}/replay").text
