"""The indices of drift: their states, their false alarms, and what they find."""

from collections.abc import Callable

import numpy as np
import pytest

from creditapp.drift import psi
from creditapp.drift.limits import SHIFTED, WATCH
from creditapp.drift.measures import Measure
from creditapp.drift.psi import SCORE, Drift, State
from creditapp.drift.tally import Population
from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN
from training import dataset, export

RUNS = 200
ACCOUNT = "Status of existing checking account"
OVERDRAWN = "A11"


@pytest.fixture(scope="module")
def whole() -> dataset.Dataset:
    """The data set of the project, as the population of all samples."""
    return dataset.load(GERMAN, ROOT / "data" / "estadistical.csv")


Look = Callable[..., list[Drift]]


def look_between(whole: dataset.Dataset, generator: np.random.Generator) -> Look:
    """A comparison with a reference sample of the population; each sample is drawn anew.

    `older` is added to the age of every live case, in years.
    """
    reference = whole.take(generator.integers(0, len(whole), 700))
    scores = export.score_population(generator.beta(4, 2, 300))
    population = Population(export.population(reference), scores)
    own = population.own()

    def look(cases: int, older: int = 0) -> list[Drift]:
        places = generator.integers(0, len(whole), cases)
        columns = {name: [one[place] for place in places] for name, one in whole.columns.items()}
        columns["Age in years"] = [age + older for age in columns["Age in years"]]
        return psi.compare(population.tally(columns, generator.beta(4, 2, cases).tolist()), own)

    return look


def looks(whole: dataset.Dataset, cases: int, runs: int, each: int) -> list[list[Drift]]:
    """Comparisons without drift: so many of each of the reference samples."""
    generator = np.random.default_rng(cases)
    samples = [look_between(whole, generator) for _ in range(runs // each)]
    return [look(cases) for look in samples for _ in range(each)]


def share_of_alarms(found: list[list[Drift]], *states: State) -> float:
    """The share of comparisons with at least one index in one of the states."""
    return float(np.mean([any(drift.state in states for drift in drifts) for drifts in found]))


def most(allowed: float, runs: int) -> float:
    """The share that so many runs exceed with a probability of 0.1 %, if the promise just holds."""
    return allowed + 3.1 * float(np.sqrt(allowed * (1 - allowed) / runs))


@pytest.mark.parametrize("cases", [60, 200, 1000])
def test_false_alarms_are_as_rare_as_promised(whole: dataset.Dataset, cases: int) -> None:
    """Without drift, any index is over a limit in at most 5 % of looks, and shifted in at most 1 %."""
    found = looks(whole, cases, RUNS, each=10)
    alarms = share_of_alarms(found, State.WATCH, State.SHIFTED)
    assert alarms <= most(0.05, RUNS)
    assert share_of_alarms(found, State.SHIFTED) <= most(0.01, RUNS)
    assert alarms > 0, "limits that nothing exceeds promise nothing"


def test_the_promises_are_those_of_the_documents() -> None:
    """5 % and 1 %, for the score and all answers together."""
    assert (WATCH.false_alarms, SHIFTED.false_alarms) == (pytest.approx(0.05), pytest.approx(0.01))


def test_usual_limits_give_false_alarms_with_few_cases(whole: dataset.Dataset) -> None:
    """With 50 cases and no drift, some PSI exceeds 0.25 in most comparisons."""
    found = looks(whole, 50, 60, each=10)
    exceeded = [any(one.index > 0.25 for one in drifts) for drifts in found]
    assert np.mean(exceeded) > 0.5


def test_shift_of_one_feature_is_detected(whole: dataset.Dataset) -> None:
    """If 200 applicants are ten years older, the age is shifted and the other features are not."""
    generator = np.random.default_rng(2)
    look = look_between(whole, generator)
    found = [look(200, older=10) for _ in range(60)]
    ages = [one.state for drifts in found for one in drifts if one.name == "Age in years"]
    others = [one.state for drifts in found for one in drifts if one.name != "Age in years"]
    assert np.mean([state is State.SHIFTED for state in ages]) >= 0.9
    assert np.mean([state is State.SHIFTED for state in others]) < 0.01


def test_shift_of_every_feature_is_detected(whole: dataset.Dataset) -> None:
    """If all cases have the rarest answer of each feature, every feature is shifted."""
    scores = export.score_population(np.linspace(0, 1, 300))
    population = Population(export.population(whole), scores)
    rare = {name: [whole.features[name].value_counts().index[-1]] * 500 for name in whole.features}
    drifts = psi.compare(population.tally(rare, [0.5] * 500), population.own())
    assert [drift.name for drift in drifts if drift.state is not State.SHIFTED] == []


@pytest.mark.parametrize("cases", [0, psi.FEWEST_CASES - 1])
def test_too_few_cases_are_reported_as_too_few(whole: dataset.Dataset, cases: int) -> None:
    """Below the minimum, even a large shift is not reported; a model just promoted has no cases."""
    drifts = look_between(whole, np.random.default_rng(3))(cases, older=10)
    assert {drift.state for drift in drifts} == {State.TOO_FEW}
    named = [(drift.name, drift.measure) for drift in drifts]
    assert named[:2] == [(SCORE, Measure.KS), (SCORE, Measure.PSI)]
    assert [name for name, _ in named[2:]] == list(GERMAN.feature_names)


@pytest.fixture(scope="module")
def scored(whole: dataset.Dataset) -> tuple[Population, dataset.Dataset, dict[str, np.ndarray]]:
    """The hold-out as the default model scores it, as it is and with every account overdrawn."""
    from training.estimators import forest
    from training.frame import frame_of
    from training.pipeline import probability_good

    parts = dataset.split(whole)
    fitted = forest.FAMILY.fit(parts.training)
    columns = parts.held_out.columns
    moved = {**columns, ACCOUNT: [OVERDRAWN] * len(parts.held_out)}
    scores = {
        name: probability_good(fitted, frame_of(GERMAN, one))
        for name, one in (("as they are", columns), ("moved", moved))
    }
    score_population = export.score_population(scores["as they are"])
    population = Population(export.population(parts.training), score_population)
    return population, parts.held_out, scores


def test_the_score_sees_three_in_ten_moved_to_an_overdrawn_account(
    scored: tuple[Population, dataset.Dataset, dict[str, np.ndarray]],
) -> None:
    """With a thousand applicants, in at least 95 % of 200 trials; its PSI hardly ever sees it."""
    population, rows, scores = scored
    own, generator, found = population.own(), np.random.default_rng(11), []
    for _ in range(RUNS):
        places = generator.integers(0, len(rows), 1000)
        moved = generator.random(1000) < 0.3
        columns = {name: [one[place] for place in places] for name, one in rows.columns.items()}
        columns[ACCOUNT] = [
            OVERDRAWN if one else code for one, code in zip(moved, columns[ACCOUNT], strict=True)
        ]
        live = np.where(moved, scores["moved"][places], scores["as they are"][places])
        found.append(psi.compare(population.tally(columns, live.tolist()), own))
    seen = {
        (one.name, one.measure): np.mean(
            [drifts[place].state in (State.WATCH, State.SHIFTED) for drifts in found]
        )
        for place, one in enumerate(found[0])
    }
    assert seen[SCORE, Measure.KS] >= 0.95
    assert seen[ACCOUNT, Measure.PSI] >= 0.95
    assert seen[SCORE, Measure.PSI] <= 0.05
