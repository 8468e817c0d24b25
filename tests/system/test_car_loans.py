"""A year of car loans whose quality falls half way: the estimate sees it first, then the outcomes do."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from flask import Flask
from sklearn.metrics import roc_auc_score

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.table import Header, application_of, columns_of
from creditapp.exceptions import BadTable
from creditapp.factory import create_app
from creditapp.outcomes.discrimination import Floats
from creditapp.outcomes.judged import Wanted
from creditapp.performance import recent, references, report
from creditapp.performance.cases import Cases
from creditapp.performance.recent import Recent
from creditapp.performance.report import Report
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.settings import Settings
from tests.books import decide_at, record_outcomes
from tests.car_loans import FALL, Loan, draft_portfolio, read_analysis
from tests.serving import flask
from tests.unit.performance.made_cases import BAD, GOOD, WAITING

pytestmark = pytest.mark.soak

START = datetime(2025, 1, 1, tzinfo=UTC)
WEEK, LATE = timedelta(days=7), timedelta(days=30)
LOOKS = (9, 15, 19, 20, 21, 22, 23, 24, 25, 28, 32, 48)
"""The weeks after which somebody looks; the fall is in week 22."""


@pytest.fixture(scope="module")
def car_loans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A lender of car loans, whose model is trained on the reference."""
    home = tmp_path_factory.mktemp("car-loans")
    folder = draft_portfolio(home)
    places = {"database": home / "creditapp.db", "registry": home / "mlflow.db"}
    done = flask("prepare", **places, CREDITAPP_PORTFOLIO=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    settings = Settings.from_environment()
    yield create_app(
        replace(settings, database_url=f"sqlite:///{places['database']}", portfolio=str(folder))
    )
    shutil.rmtree(home)


@dataclass(frozen=True)
class Look:
    """What is seen after so many weeks, and whether an outcome from after the fall was known by then."""

    week: int
    recent: Recent
    has_outcome_after_fall: bool


class Replay:
    """Decides on the loans week by week; what became of them is told a month late."""

    def __init__(self, served: ServedModel, loans: Sequence[Loan]) -> None:
        self._served, self._loans = served, loans
        self._answers = answers_of(served, loans)
        self._ids: list[UUID] = []
        self.told = 0

    def go_on_to(self, now: datetime) -> None:
        """Decide on what comes in before a time, and record the outcomes that are known by then."""
        end = self._before(now)
        first = len(self._ids)
        moments = [START + loan.after for loan in self._loans[first:end]]
        self._ids += decide_at(self._served, self._answers[first:end], moments)
        due = self._before(now - LATE)
        loans = self._loans[self.told : due]
        record_outcomes(
            self._ids[self.told : due],
            [OutcomeKind.REPAID if loan.repaid else OutcomeKind.DEFAULTED for loan in loans],
            [(START + loan.after + timedelta(days=28)).date() for loan in loans],
            now,
        )
        self.told = due

    def look(self, now: datetime, since: datetime | None = None) -> Report:
        """What the report says at a time."""
        wanted = Wanted(self._served.deployment.portfolio, since=since)
        cases = report.read_cases(wanted, self._served.catalogue, now)
        return report.make(cases, self._served, now)

    def _before(self, now: datetime) -> int:
        return sum(START + loan.after < now for loan in self._loans)


def answers_of(served: ServedModel, loans: Sequence[Loan]) -> list[dict[str, object]]:
    """The answers of the loans, as the service reads them from a file."""
    header = Header(served.catalogue, list(loans[0].cells))
    answers = []
    for loan in loans:
        row = header.row_of(list(loan.cells.values()), 1)
        assert not isinstance(row, BadTable)
        answers.append(dict(application_of(served.catalogue, row).answers))
    return answers


def scores_of(served: ServedModel, loans: Sequence[Loan]) -> Floats:
    """The probabilities of good credit of the loans."""
    columns = columns_of(served.catalogue, answers_of(served, loans))
    return np.asarray(served.scorer.probabilities(columns), np.float64)


def test_the_estimate_sees_the_fall_before_the_outcomes_do(car_loans: Flask) -> None:
    """Nothing is outside before; the estimate is before any outcome from after the fall is known."""
    loans = read_analysis()
    with car_loans.app_context():
        replay = Replay(model_cache.current(), loans)
        looks = []
        for week in LOOKS:
            now = START + week * WEEK
            replay.go_on_to(now)
            seen = replay.look(now, since=now - timedelta(days=100)).recent
            looks.append(Look(week, seen, replay.told > FALL))
        whole = replay.look(START + LOOKS[-1] * WEEK)
        scores = scores_of(model_cache.current(), loans)
    fall = next(week for week in LOOKS if START + week * WEEK > START + loans[FALL].after)
    before = [look.recent for look in looks if look.week < fall]
    assert len(before) == 5
    assert not any(one.is_outside for look in before for one in look)
    first = next(look for look in looks if look.recent.estimated_auc.is_outside)
    assert first.week - fall <= 2
    assert not first.has_outcome_after_fall
    later = next(look for look in looks if look.recent.bad_rate.is_outside)
    assert later.week > first.week
    assert later.has_outcome_after_fall
    check_realised(whole, loans, scores)


def check_realised(whole: Report, loans: Sequence[Loan], scores: Floats) -> None:
    """All loans are counted by the data's own outcomes, month by month, and the fall is as large as there."""
    bad = {f"{START + loan.after:%Y-%m}": [0, 0] for loan in loans}
    for loan in loans:
        bad[f"{START + loan.after:%Y-%m}"][0 if loan.repaid else 1] += 1
    assert {row.label: [row.figures.good, row.figures.bad] for row in whole.months} == bad
    repaid = np.array([loan.repaid for loan in loans])
    months = np.array([f"{START + loan.after:%Y-%m}" for loan in loans])
    areas = [row.figures.auc for row in whole.months]
    assert areas == pytest.approx(
        [roc_auc_score(repaid[months == month], scores[months == month]) for month in bad]
    )
    assert min(areas[:5]) > max(areas[5:])
    estimates = [row.figures.estimated_auc for row in whole.months]
    assert min(estimates[:5]) > max(estimates[5:])


def test_the_same_loans_without_the_fall_are_outside_at_the_stated_rate_only(
    car_loans: Flask,
) -> None:
    """A hundred years of loans drawn from those before the fall: less than one look in 300 is outside."""
    loans = read_analysis()[:FALL]
    with car_loans.app_context():
        served = model_cache.current()
        scores = scores_of(served, loans)
        generation = served.deployment.generation
        reference = references.of_generations([generation])[generation]
    repaid = np.array([loan.repaid for loan in loans])
    numbers = np.random.default_rng(1)
    outside, looks = 0, 0
    for _ in range(100):
        drawn = numbers.integers(0, len(loans), 25_000)
        for end in range(8000, 25_001, 3400):
            some = drawn[:end]
            standing = np.where(repaid[some], GOOD, BAD).astype(np.int32)
            standing[-5000:] = WAITING
            ones, unknown = np.ones(end, np.int32), np.full(end, np.nan)
            cases = Cases(scores[some], standing, ones, ones, unknown)
            seen = recent.look(cases, reference.recalibration.correct(scores[some]), reference)
            outside += sum(one.is_outside for one in seen)
            looks += len(seen)
    assert looks == 1800
    assert outside <= looks / 300
