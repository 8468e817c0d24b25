"""The most similar past applications, with distances that are worked out by hand."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from creditapp.applications.catalogue import Application
from creditapp.exceptions import BrokenBundle
from creditapp.explanations.similar import PastCases
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata
from tests import mixed
from tests.mixed import MIXED

COMPARED = 9
"""The features of the mixed portfolio that are not protected."""


class ByIncome:
    """Takes the place of the engine."""

    def probabilities(self, columns: Mapping[str, Any]) -> Any:
        """A tenth, and more for each thousand earned."""
        return np.array([0.1 + (income or 0) / 10_000 for income in columns["income"]])


def past_cases(*rows: tuple[dict[str, Any], bool]) -> PastCases:
    """The example with other answers, and what became of each."""
    names = [*MIXED.feature_names, "applied"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*names, "paid"])
    for given, good in rows:
        answers = {**mixed.EXAMPLE, **given}
        writer.writerow(
            [*(MIXED.by_name[name].as_cell(answers[name]) for name in names), int(good)]
        )
    metadata = Metadata(FORMAT, "run", "now", "", "", {}, [0, 1], {}, {}, {})
    bundle = Bundle(b"", b"", metadata, Golden([], []), text.getvalue(), MIXED)
    scorer: Any = ByIncome()
    return PastCases(bundle, scorer)


ELSEWHERE = {"region": 10, "owner": True, "married": False}
FAR = ({**ELSEWHERE, "income": 12500.5}, False)
ENDS = (FAR, ({**ELSEWHERE, "income": 2500.5}, False))
"""Far away in other answers, and 10,000 from each other: the range of the incomes."""


def distances(*given: dict[str, Any], applicant: dict[str, Any] | None = None) -> list[float]:
    """How many features' worth each row differs from the applicant, the nearest first."""
    found = past_cases(*((one, True) for one in given), *ENDS).nearest(
        Application({**mixed.EXAMPLE, **(applicant or {})})
    )
    return [one.distance * COMPARED for one in found]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 0.0),
        ({"income": 5000.5}, 0.25),  # 2,500 of 10,000
        ({"school": "higher"}, 0.5),  # one rank of two
        ({"grade": 1}, 0.5),
        ({"region": 30}, 1.0),  # another code
        ({"owner": True}, 1.0),
        ({"income": None}, 1.0),  # missing
        ({"school": "?"}, 1.0),
        ({"hired": "never"}, 1.0),
        ({"age": 75, "work": "B"}, 0.0),  # protected
        ({"income": 5000.5, "region": 10}, 1.25),
    ],
)
def test_the_distance_is_the_share_of_what_could_differ(
    given: dict[str, Any], expected: float
) -> None:
    """Numbers by their range, ordered codes by ranks, other codes and missing answers wholly."""
    assert distances(given)[0] == pytest.approx(expected)


def test_the_same_missing_answer_is_equal_and_another_one_is_not() -> None:
    """Null and -1 mean different things."""
    found = distances({"income": None}, {"income": -1}, applicant={"income": None})
    assert found[:2] == pytest.approx([0.0, 1.0])


def test_a_date_counts_in_days_before_the_application() -> None:
    """Both are 100 days before it, though the dates are not the same."""
    later = {"applied": "2025-07-10", "hired": "2020-01-11", "born": "1984-03-10"}
    assert distances(later)[0] == pytest.approx(0.0)


def test_three_cases_come_with_score_outcome_and_what_differs() -> None:
    """The nearest first; nothing protected is shown."""
    found = past_cases(
        FAR,
        ({"region": 30, "age": 70}, True),
        ({"income": 3500.5}, False),
        ({"work": "B"}, True),
    ).nearest(Application(mixed.EXAMPLE))
    told = [
        (one.good, [(question.name, answer) for question, answer in one.differences])
        for one in found
    ]
    assert told == [(True, []), (False, [("income", 3500.5)]), (True, [("region", 30)])]
    assert found[1].probability_good_credit == pytest.approx(0.45005)


def test_an_answer_beyond_the_past_ones_differs_wholly_at_most() -> None:
    """A million is not a hundred times as far as the range."""
    assert distances(applicant={"income": 1e6})[0] <= COMPARED
    assert distances({}, applicant={"income": 1e6})[0] == pytest.approx(1.0)


def test_a_hold_out_that_cannot_be_read_is_refused() -> None:
    """As where a bundle cannot be explained."""
    metadata = Metadata(FORMAT, "run", "now", "", "", {}, [0, 1], {}, {}, {})
    scorer: Any = ByIncome()
    with pytest.raises(BrokenBundle, match="hold-out"):
        PastCases(Bundle(b"", b"", metadata, Golden([], []), "a,b\n1,2\n", MIXED), scorer)
