"""The challenger: it scores its share after the answer, decides nothing, and costs nobody an answer."""

import re
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger import shadow
from creditapp.challenger.scores import ChallengerScore, ShadowScore
from creditapp.database.session import reading, writing
from creditapp.decisions.log import Decision
from creditapp.exceptions import RefusedModel
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.people import Role
from creditapp.observability import metrics
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from creditapp.serving import deployments
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient
from tests.clock import stop_clock
from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.retrained import other_bundle
from tests.tampering import tampering

RISKY = {**EXAMPLE, "Duration in month": 48, "Credit amount": 12000.0}


@pytest.fixture(scope="module")
def bundle() -> bytes:
    """Another model: without the protected answers."""
    return other_bundle().pack()


def begin(app: Flask, bundle: bytes, share: float = 1.0) -> None:
    """Have this process score with the challenger too."""
    with app.app_context():
        challengers.begin("RDF_score_pipeline", "2", bundle, share, A_TEST, "to compare")
        shadow.of_app(app).look()


def work_off(app: Flask) -> None:
    """What the threads of a worker do now and then."""
    with app.app_context():
        shadow.of_app(app).look()
        shadow.of_app(app).work_off()


def scored(app: Flask) -> list[ChallengerScore]:
    """All that challengers scored."""
    with app.app_context(), reading() as session:
        return list(session.scalars(select(ChallengerScore)))


def counted(result: str) -> float:
    """How many decisions ended so for the challenger, in this process."""
    return float(metrics.SHADOWED.labels(result)._value.get())


@on_both
def test_both_scores_of_a_decision_are_kept(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """The answer is the served model's; the challenger's stands beside it under the same policy."""
    begin(app, bundle)
    answer = client.post("/api/predict", json=RISKY).get_json()
    assert scored(app) == []
    work_off(app)
    [beside] = scored(app)
    assert str(beside.decision_id) == answer["decision_id"]
    assert beside.probability_good_credit != answer["probability_good_credit"]
    with app.app_context():
        served, [pair] = challenger_scores.pairs(beside.challenger_id, 10)
        [event] = audit.find_newest(limit=1)
    assert served == answer["model_version"] == "1"
    assert (pair.served, pair.decided) == (answer["probability_good_credit"], answer["decision"])
    assert (pair.challenger, pair.would_be) == (beside.probability_good_credit, beside.decision)
    assert (event.action, event.subject) == ("challenger changed", "version 2")


def test_a_batch_is_scored_too_and_only_its_share(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """Which decisions are chosen depends on the last 32 bits of their ids alone."""
    begin(app, bundle, 0.3)
    answer = client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 200}).get_json()
    work_off(app)
    made = {UUID(one["decision_id"]) for one in answer["predictions"]}
    chosen = {one for one in made if one.int % 2**32 < 0.3 * 2**32}
    assert {one.decision_id for one in scored(app)} == chosen
    assert 20 < len(chosen) < 100


def test_a_share_of_ids_is_chosen_evenly() -> None:
    """All at 1, none at 0, and who is in a share is in each larger one."""
    ids = [UUID(int=(number * 2654435761) % (1 << 32)) for number in range(10_000)]
    assert all(shadow.is_chosen(one, 1.0) for one in ids)
    assert not any(shadow.is_chosen(one, 0.0) for one in ids)
    some = {one for one in ids if shadow.is_chosen(one, 0.2)}
    assert some < {one for one in ids if shadow.is_chosen(one, 0.5)}
    assert 1900 < len(some) < 2100


def test_what_there_is_no_room_for_is_dropped_and_counted(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """A thousand may wait in one process; the answer is whole all the same."""
    begin(app, bundle)
    before = counted("dropped")
    answer = client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 1500})
    assert answer.get_json()["total_processed"] == 1500
    assert counted("dropped") - before == 500
    work_off(app)
    assert len(scored(app)) == 1000


def test_a_challenger_that_cannot_write_is_counted_and_nothing_else(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """Its table is gone; decisions go on, and so does the thread."""
    begin(app, bundle)
    with app.app_context(), writing() as session:
        session.connection().exec_driver_sql("DROP TABLE challenger_score")
    before = counted("failed")
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    work_off(app)
    assert counted("failed") - before == 1


def test_a_challenger_whose_bundle_was_altered_scores_nothing(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """It is proved before it scores, as a served model is."""
    with app.app_context():
        row = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, A_TEST, "to compare")
        with tampering("served_bundle") as session:
            table = deployments.ServedBundle
            altered = update(table).where(table.digest == row.bundle_digest)
            session.execute(altered.values(content=b"altered"))
    work_off(app)
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    work_off(app)
    assert scored(app) == []


def test_a_challenger_that_cannot_be_loaded_is_tried_again_after_a_minute(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not four times a second; another challenger is tried at once."""
    clock = stop_clock(monkeypatch, shadow)

    def tries() -> int:
        caplog.clear()
        work_off(app)
        return caplog.text.count("cannot be loaded")

    def begin_with(broken: bytes) -> None:
        with app.app_context():
            challengers.begin("RDF_score_pipeline", "2", broken, 1.0, A_TEST, "to compare")

    begin_with(b"broken")
    assert [tries(), tries()] == [1, 0]
    clock.advance(shadow.SECONDS_AFTER_REFUSAL - 1)
    assert tries() == 0
    clock.advance(1)
    assert [tries(), tries()] == [1, 0]
    begin_with(b"broken too")
    assert [tries(), tries()] == [1, 0]


def test_the_newest_challenger_scores_and_each_is_loaded_once(
    app: Flask, client: StrictClient, bundle: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading takes a tenth of a second, and a turn comes four times a second."""
    loaded: list[Bundle] = []

    def load(bundle: Bundle) -> Scorer:
        loaded.append(bundle)
        return verify(bundle)

    monkeypatch.setattr(shadow, "verify", load)
    begin(app, bundle)
    work_off(app)
    assert len(loaded) == 1
    begin(app, bundle)
    client.post("/api/predict", json=EXAMPLE)
    work_off(app)
    assert len(loaded) == 2
    assert [one.challenger_id for one in scored(app)] == [2]


def test_a_stopped_challenger_scores_no_more_and_what_it_scored_stays(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """Its last comparison can still be read."""
    begin(app, bundle)
    client.post("/api/predict", json=EXAMPLE)
    work_off(app)
    with app.app_context():
        challengers.stop(A_TEST, "enough seen")
    work_off(app)
    client.post("/api/predict", json=EXAMPLE)
    work_off(app)
    assert len(scored(app)) == 1
    with app.app_context():
        assert challengers.in_force() is None
        last = challengers.newest()
    assert last is not None
    assert last.model_version == "2"


def test_the_version_that_is_served_is_no_challenger(app: Flask) -> None:
    """There would be nothing to compare; nor is there anything to stop."""
    with app.app_context():
        served = deployments.in_force()
        assert served is not None
        bundle = deployments.load_bundle(served.bundle_digest)
        with pytest.raises(RefusedModel, match="version 1 is served already"):
            challengers.begin("RDF_score_pipeline", "1", bundle, 0.2, A_TEST, "to compare")
        with pytest.raises(RefusedModel, match="no challenger scores"):
            challengers.stop(A_TEST, "to stop")


def test_a_long_name_of_an_actor_is_cut(app: Flask, bundle: bytes) -> None:
    """To the hundred characters that the column holds."""
    actor = Actor("x" * 101)
    with app.app_context():
        begun = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, actor, "to compare")
        assert begun.set_by == "x" * 100


def test_the_page_shows_agreement_and_which_decisions_would_flip(
    app: Flask, client: StrictClient, people: dict[Role, str], bundle: bytes
) -> None:
    """Before, without a challenger, it says how one is begun."""
    client.sign_in("the analyst", people[Role.ANALYST])
    assert "No challenger is running" in client.get("/challenger").text
    begin(app, bundle)
    assert "has scored no decision yet" in client.get("/challenger").text
    amounts = [float(amount) for amount in range(500, 15_000, 100)]
    rows = [{**EXAMPLE, "Credit amount": amount} for amount in amounts]
    made = client.post("/api/predict-batch", json={"applications": rows}).get_json()
    work_off(app)
    decided = {str(one["decision_id"]): one["decision"] for one in made["predictions"]}
    would_be = {str(one.decision_id): one.decision for one in scored(app)}
    flips = [one for one in sorted(decided, reverse=True) if decided[one] != would_be[one]]
    assert 0 < len(flips) < len(rows) == len(would_be)
    page = client.get("/challenger").text
    assert re.findall(r"/decisions/([0-9a-f-]{36})", page) == flips
    assert f"{100 * (1 - len(flips) / len(rows)):.1f} %" in page


def test_page_and_command_say_by_how_much_and_which_way_the_challenger_differs(
    app: Flask, client: StrictClient, people: dict[Role, str], bundle: bytes
) -> None:
    """Two approvals and a decline: 0.10 and 0.05 below the served score, 0.03 above; one approval flips."""
    with app.app_context():
        row = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, A_TEST, "to compare")
    body = {"applications": [EXAMPLE, EXAMPLE, POOR]}
    made = client.post("/api/predict-batch", json=body).get_json()["predictions"]
    assert [one["decision"] for one in made] == ["approve", "approve", "decline"]
    with app.app_context():
        by_decision = ((-0.10, "refer"), (-0.05, "approve"), (0.03, "decline"))
        challenger_scores.record(
            row.id,
            {
                UUID(one["decision_id"]): ShadowScore(one["probability_good_credit"] + by, decision)
                for one, (by, decision) in zip(made, by_decision, strict=True)
            },
        )
        command = app.test_cli_runner().invoke(args=["compare"]).output
    assert "-0.0400 on average, 0.0600 absolute" in command
    assert "median 0.0500, 95 % within 0.0950, at most 0.1000" in command
    assert re.findall(r"(\w+ to \w+) +([\d.]+%) .*, (\d of \d)", command) == [
        ("approve to refer", "50.0%", "1 of 2")
    ]
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/challenger").text
    assert ">-0.0400<" in page
    assert ">0.0600<" in page
    table = page.partition("what the challenger would decide")[2].partition("</table>")[0]
    cells = re.findall(r'number">([^<]*)', table.partition("<tbody>")[2])
    assert [cell.strip() for cell in cells] == [
        *("1 · 50.0 %", "1 · 50.0 %", "0 · 0.0 %"),
        *("–", "–", "–"),
        *("0 · 0.0 %", "0 · 0.0 %", "1 · 100.0 %"),
    ]


def test_the_commands_begin_stop_and_compare(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """Each says what it did; a wrong line is told what is accepted."""

    def run(*arguments: str) -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(args=arguments)

    begin(app, bundle)
    client.post("/api/predict-batch", json={"applications": [EXAMPLE, RISKY]})
    work_off(app)
    told = run("compare").output
    assert "challenger: version 2, compared with version 1" in told
    assert "decisions scored by both: 2" in told
    assert run("challenge", "--stop", "--reason", "enough").exit_code == 0
    assert "no challenger scores" in run("challenge", "--stop", "--reason", "x").output
    wrong = run("challenge", "2", "--stop", "--reason", "x")
    assert (wrong.exit_code, "either a VERSION" in wrong.output) == (2, True)
    assert "0<x<=1" in run("challenge", "2", "--share", "1.5", "--reason", "x").output
    missing = run("challenge", "9", "--reason", "x")
    assert "version 9 is not registered" in missing.output


def test_decisions_are_what_they_would_be_without_a_challenger(
    app: Flask, client: StrictClient, bundle: bytes
) -> None:
    """Score, version and policy; the challenger's own score is nowhere in the answer."""
    without = client.post("/api/predict", json=RISKY).get_json()
    begin(app, bundle)
    beside = client.post("/api/predict", json=RISKY).get_json()
    for key in ("probability_good_credit", "decision", "model_version", "policy_version"):
        assert beside[key] == without[key]
    with app.app_context(), reading() as session:
        assert len(list(session.scalars(select(Decision)))) == 2
