"""Cases are counted by the bins of the training population, and the bins have names."""

from typing import Any

import pytest

from creditapp.applications.questions import Code, Numeric, Question
from creditapp.drift.bins import name_bins, name_score_bins
from creditapp.drift.tally import Population, count, own_counts
from tests.portfolios import BY_NAME

MISSING = {"edges": [0, 10, 20], "counts": [4, 2], "missing": [[None, 3], [-1, 0]]}


@pytest.mark.parametrize(
    ("answers", "distribution", "live", "own"),
    [
        (["a", "z", "z"], {"counts_by_code": {"a": 5, "b": 3, "z": 0}}, [1, 0, 2], [5, 3, 0]),
        ([0, 5, 99], {"edges": [1, 4, 9], "counts": [2, 2]}, [0, 1, 2], [2, 2, 0]),
        ([5, 15, 15, 99, None, -1, -1.0, None, None], MISSING, [1, 2, 1, 3, 2], [4, 2, 0, 3, 0]),
        (
            [True, None, False, None],
            {"answers": [[False, 2], [True, 0], [None, 1]]},
            [1, 2, 1],
            [2, 1, 0],
        ),
        ([None, 3, 4, None], {"edges": [], "counts": [], "missing": [[None, 7]]}, [2, 2], [0, 7]),
    ],
    ids=["codes", "numbers", "missing", "yes or no", "all were missing"],
)
def test_answers_are_counted_by_bin(
    answers: list[Any], distribution: dict[str, Any], live: list[int], own: list[int]
) -> None:
    """What the population does not have counts in a bin of its own; each missing answer has one too."""
    assert count(answers, distribution) == live
    assert own_counts(distribution) == own


def test_a_population_counts_scores_and_answers() -> None:
    """Its own cases are those of the score."""
    population = Population(
        {"x": {"answers": [["a", 5], ["b", 1]]}}, {"edges": [0, 1], "counts": [3]}
    )
    tally = population.tally({"x": ["b", "c"]}, [0.2, 0.9])
    assert (tally.cases, tally.score, tally.answers) == (2, [2, 0], {"x": [0, 1, 1]})
    assert (population.own().cases, population.own().answers) == (3, {"x": [5, 1, 0]})


WHOLE = Numeric(name="n", slug="n", label="n", unit="years", integer=True, minimum=0, maximum=99)
ANY = Numeric(name="n", slug="n", label="n", integer=False, minimum=0, maximum=99)
WITH_GAP = Numeric(
    name="n",
    slug="n",
    label="n",
    integer=True,
    minimum=0,
    maximum=99,
    missing=(Code(None, "not given"),),
)


@pytest.mark.parametrize(
    ("question", "distribution", "names"),
    [
        (
            WHOLE,
            {"edges": [19, 23, 26.5, 30], "counts": [1, 1, 1]},
            ["19 to 22 years", "23 to 26 years", "27 to 30 years", "other answers"],
        ),
        (
            WHOLE,
            {"edges": [0.5, 1.5, 2.5], "counts": [1, 1]},
            ["1 years", "2 years", "other answers"],
        ),
        (
            ANY,
            {"edges": [0.25, 1.12345, 20], "counts": [1, 1]},
            ["0.25 to under 1.12", "1.12 to under 20", "other answers"],
        ),
        (
            WITH_GAP,
            {"edges": [1, 3], "counts": [1], "missing": [[None, 2]]},
            ["1 to 3", "other answers", "not given"],
        ),
        (BY_NAME["Telephone"], {"answers": [["A191", 3], ["A192", 0]]}, ["none", "other answers"]),
    ],
    ids=["whole numbers", "single values", "any numbers", "missing", "codes"],
)
def test_bins_have_names_in_the_order_of_the_counts(
    question: Question, distribution: dict[str, Any], names: list[str]
) -> None:
    """An interval of whole numbers ends with the last one in it."""
    assert [str(one) for one in name_bins(question, distribution)] == names
    assert len(names) == len(own_counts(distribution))


def test_bins_of_the_score_are_shares() -> None:
    """As the score is a probability."""
    names = name_score_bins({"edges": [0, 0.525, 1], "counts": [1, 1]})
    assert [str(one) for one in names] == [
        "0.0 % to under 52.5 %",
        "52.5 % to under 100.0 %",
        "other answers",
    ]
