"""The population stability index: its values, its limits and its false alarms."""

import numpy as np
import pytest

from creditapp.drift import psi
from creditapp.drift.psi import SCORE, Drift, State
from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN
from training import dataset, export

ROUNDS = 60


@pytest.fixture(scope="module")
def whole() -> dataset.Dataset:
    """The data set of the project, as the population of all samples."""
    return dataset.load(GERMAN, ROOT / "data" / "estadistical.csv")


def look(
    whole: dataset.Dataset, generator: np.random.Generator, cases: int, older: int = 0
) -> dict[str, Drift]:
    """Compare `cases` live cases with a reference sample of the same population.

    `older` is added to the age of every live case, in years.
    """
    reference = whole.take(generator.integers(0, len(whole), 700))
    live = whole.take(generator.integers(0, len(whole), cases))
    ages = [age + older for age in live.columns["Age in years"]]
    columns = {**live.columns, "Age in years": ages}
    scores = export.score_population(generator.beta(4, 2, 300))
    drifts = psi.compare(
        columns, generator.beta(4, 2, cases).tolist(), export.population(reference), scores
    )
    return {drift.name: drift for drift in drifts}


def share_of_alarms(looks: list[dict[str, Drift]], state: State) -> float:
    """The share of comparisons with at least one index in a state."""
    alarms = [any(drift.state is state for drift in drifts.values()) for drifts in looks]
    return sum(alarms) / len(looks)


@pytest.mark.parametrize("cases", [50, 200, 1000])
def test_false_alarms_are_as_rare_as_allowed(whole: dataset.Dataset, cases: int) -> None:
    """Without drift, any of 20 indices is shifted in 1 % and to watch in 5 % of comparisons.

    The assertions leave room for chance. The rates do not depend on the number of cases.
    """
    generator = np.random.default_rng(cases)
    looks = [look(whole, generator, cases) for _ in range(ROUNDS)]
    assert share_of_alarms(looks, State.SHIFTED) <= 0.05
    assert share_of_alarms(looks, State.WATCH) <= 0.12


def test_usual_limits_give_false_alarms_with_few_cases(whole: dataset.Dataset) -> None:
    """With 50 cases and no drift, some index exceeds 0.25 in most comparisons."""
    generator = np.random.default_rng(1)
    looks = [look(whole, generator, 50) for _ in range(ROUNDS)]
    exceeded = [any(drift.index > 0.25 for drift in drifts.values()) for drifts in looks]
    assert np.mean(exceeded) > 0.5


def test_shift_of_one_feature_is_detected(whole: dataset.Dataset) -> None:
    """If 200 applicants are ten years older, the age is shifted and the other features are not."""
    generator = np.random.default_rng(2)
    looks = [look(whole, generator, 200, older=10) for _ in range(ROUNDS)]
    detected = [drifts["Age in years"].state is State.SHIFTED for drifts in looks]
    assert np.mean(detected) >= 0.9
    other_states = [
        drift.state for drifts in looks for name, drift in drifts.items() if name != "Age in years"
    ]
    assert np.mean([state is State.SHIFTED for state in other_states]) < 0.01


def test_shift_of_every_feature_is_detected(whole: dataset.Dataset) -> None:
    """If all cases have the rarest answer of each feature, every feature is shifted."""
    population = export.population(whole)
    rare = {name: [whole.features[name].value_counts().index[-1]] * 500 for name in whole.features}
    scores = export.score_population(np.linspace(0, 1, 300))
    drifts = psi.compare(rare, [0.5] * 500, population, scores)
    assert [drift.name for drift in drifts if drift.state is not State.SHIFTED] == []


def test_too_few_cases_are_reported_as_too_few(whole: dataset.Dataset) -> None:
    """Below the minimum, even a large shift is not reported."""
    drifts = look(whole, np.random.default_rng(3), psi.FEWEST_CASES - 1, older=10)
    assert {drift.state for drift in drifts.values()} == {State.TOO_FEW}


def test_zero_cases_are_reported_as_too_few(whole: dataset.Dataset) -> None:
    """A model that has just been promoted has no cases."""
    population = export.population(whole)
    columns: dict[str, list[object]] = {name: [] for name in population}
    scores = export.score_population(np.linspace(0, 1, 50))
    drifts = psi.compare(columns, [], population, scores)
    assert [drift.name for drift in drifts] == [SCORE, *population]
    assert {drift.state for drift in drifts} == {State.TOO_FEW}


def test_values_not_in_the_reference_have_their_own_bin() -> None:
    """Unseen codes, and numbers below or above the reference, count in the last bin."""
    live, reference = psi.histograms(["a", "z", "z"], {"counts_by_code": {"a": 5, "b": 3, "z": 0}})
    assert (live.tolist(), reference.tolist()) == ([1, 0, 2], [5, 3, 0])
    live, reference = psi.histograms([0, 5, 99], {"edges": [1, 4, 9], "counts": [2, 2]})
    assert (live.tolist(), reference.tolist()) == ([0, 1, 2], [2, 2, 0])


def test_missing_answers_have_bins_of_their_own() -> None:
    """A number may be missing in several ways; none of them counts as a number."""
    population = {
        "edges": [0, 10, 20],
        "counts": [4, 2],
        "minimum": 0,
        "maximum": 20,
        "missing": [[None, 3], [-1, 0]],
    }
    live, reference = psi.histograms([5, 15, 15, 99, None, -1, -1.0, None, None], population)
    assert live.tolist() == [1, 2, 1, 3, 2]
    assert reference.tolist() == [4, 2, 0, 3, 0]
    answers = {"answers": [[False, 2], [True, 0], [None, 1]]}
    live, reference = psi.histograms([True, None, False, None], answers)
    assert (live.tolist(), reference.tolist()) == ([1, 2, 1], [2, 1, 0])


def test_where_every_answer_was_missing_a_number_is_new() -> None:
    """There are no intervals then."""
    empty = {"edges": [], "counts": [], "minimum": None, "maximum": None, "missing": [[None, 7]]}
    live, reference = psi.histograms([None, 3, 4, None, None], empty)
    assert (live.tolist(), reference.tolist()) == ([2, 3], [0, 7])


def test_index_is_zero_for_equal_shares_and_matches_the_formula() -> None:
    """The expected value is computed by hand, with enough cases to make the added half case negligible."""
    many = np.array([1.0e9, 1.0e9])
    assert psi.stability_index(many, many) == 0
    other = np.array([0.6e9, 0.4e9])
    by_hand = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert psi.stability_index(other, many) == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize(
    ("probability", "degrees", "quantile"),
    [(0.95, 1, 3.841), (0.99, 9, 21.666), (0.95, 20, 31.410)],
)
def test_chi_square_quantiles_match_published_tables(
    probability: float, degrees: int, quantile: float
) -> None:
    """The tolerance of 3 % is the error of the approximation at one degree of freedom."""
    assert psi.chi_square_quantile(probability, degrees) == pytest.approx(quantile, rel=0.03)
