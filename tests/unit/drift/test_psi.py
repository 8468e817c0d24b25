"""Drift: what the index says, and how often it says it wrongly."""

import numpy as np
import pytest

from creditapp.drift import psi
from creditapp.drift.psi import SCORE, Drift, State
from creditapp.settings.paths import ROOT
from training import dataset, export

ROUNDS = 60


@pytest.fixture(scope="module")
def whole() -> dataset.Dataset:
    """The project's own data, as the population that everything is drawn from."""
    return dataset.load(ROOT / "data" / "estadistical.csv")


def look(
    whole: dataset.Dataset, generator: np.random.Generator, cases: int, older: int = 0
) -> dict[str, Drift]:
    """A look at so many cases out of the population that the reference was drawn from too.

    `older` adds years to everybody's age among the cases.
    """
    reference = whole.features.iloc[generator.integers(0, len(whole), 700)]
    live = whole.features.iloc[generator.integers(0, len(whole), cases)].copy()
    live["Age in years"] += older
    scores = export.score_population(generator.beta(4, 2, 300))
    columns = {name: live[name].tolist() for name in live}
    found = psi.compare(
        columns, generator.beta(4, 2, cases).tolist(), export.population(reference), scores
    )
    return {one.name: one for one in found}


def share_of_alarms(looks: list[dict[str, Drift]], state: State) -> float:
    """How many looks show any index in a state."""
    return sum(any(one.state is state for one in found.values()) for found in looks) / len(looks)


@pytest.mark.parametrize("cases", [50, 200, 1000])
def test_without_drift_alarms_are_as_rare_as_promised(whole: dataset.Dataset, cases: int) -> None:
    """Any of 20 indices: 1 % of looks say shifted and 5 % watch, whatever the number of cases."""
    generator = np.random.default_rng(cases)
    looks = [look(whole, generator, cases) for _ in range(ROUNDS)]
    assert share_of_alarms(looks, State.SHIFTED) <= 0.05
    assert share_of_alarms(looks, State.WATCH) <= 0.12


def test_the_usual_limits_alone_would_cry_wolf(whole: dataset.Dataset) -> None:
    """With 50 cases and no drift at all, some index passes 0.25 in most looks."""
    generator = np.random.default_rng(1)
    looks = [look(whole, generator, 50) for _ in range(ROUNDS)]
    assert np.mean([any(one.index > 0.25 for one in found.values()) for found in looks]) > 0.5


def test_a_shift_is_found_once_there_are_cases_enough(whole: dataset.Dataset) -> None:
    """Everybody ten years older: found nearly always with 200 cases, and in the age alone."""
    generator = np.random.default_rng(2)
    looks = [look(whole, generator, 200, older=10) for _ in range(ROUNDS)]
    found = [one["Age in years"].state is State.SHIFTED for one in looks]
    assert np.mean(found) >= 0.9
    others = [one.state for found in looks for one in found.values() if one.name != "Age in years"]
    assert np.mean([state is State.SHIFTED for state in others]) < 0.01


def test_every_feature_can_be_found_shifted(whole: dataset.Dataset) -> None:
    """If everybody gave its rarest answer, numbers with few values included."""
    known = export.population(whole.features)
    rare = {name: [whole.features[name].value_counts().index[-1]] * 500 for name in whole.features}
    scores = export.score_population(np.linspace(0, 1, 300))
    found = psi.compare(rare, [0.5] * 500, known, scores)
    assert [one.name for one in found if one.state is not State.SHIFTED] == []


def test_below_the_minimum_nothing_is_said(whole: dataset.Dataset) -> None:
    """Not even about everybody being ten years older."""
    found = look(whole, np.random.default_rng(3), psi.FEWEST_CASES - 1, older=10)
    assert {one.state for one in found.values()} == {State.TOO_FEW}


def test_no_cases_at_all_are_no_error(whole: dataset.Dataset) -> None:
    """A model that was promoted a moment ago has none."""
    known = export.population(whole.features)
    columns: dict[str, list[object]] = {name: [] for name in known}
    scores = export.score_population(np.linspace(0, 1, 50))
    found = psi.compare(columns, [], known, scores)
    assert [one.name for one in found] == [SCORE, *known]
    assert {one.state for one in found} == {State.TOO_FEW}


def test_what_the_reference_never_held_is_a_bin() -> None:
    """Unseen codes, and numbers beyond the data on either side."""
    live, reference = psi.histograms(["a", "z", "z"], {"counts_by_code": {"a": 5, "b": 3, "z": 0}})
    assert (live.tolist(), reference.tolist()) == ([1, 0, 2], [5, 3, 0])
    live, reference = psi.histograms([0, 5, 99], {"edges": [1, 4, 9], "counts": [2, 2]})
    assert (live.tolist(), reference.tolist()) == ([0, 1, 2], [2, 2, 0])


def test_the_index_is_nothing_for_equal_shares_and_the_formulas_value_else() -> None:
    """By hand, for two bins with so many cases that half a case more is nothing."""
    many = np.array([1.0e9, 1.0e9])
    assert psi.stability_index(many, many) == 0
    other = np.array([0.6e9, 0.4e9])
    by_hand = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert psi.stability_index(other, many) == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize(
    ("probability", "degrees", "quantile"),
    [(0.95, 1, 3.841), (0.99, 9, 21.666), (0.95, 20, 31.410)],
)
def test_quantiles_agree_with_the_tables(probability: float, degrees: int, quantile: float) -> None:
    """To three percent, which is what the approximation gives at one degree of freedom."""
    assert psi.chi_square_quantile(probability, degrees) == pytest.approx(quantile, rel=0.03)
