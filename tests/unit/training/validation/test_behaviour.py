"""The parts of a report that say how a model behaves find what made rows were made with."""

import numpy as np
import pytest

from creditapp.policy.definition import DEFAULT_POLICY
from tests import mixed
from training.dataset import split, split_at_random
from training.estimators.families import FAMILIES
from training.folds import Folds
from training.validation.decisions import CutOffs
from training.validation.hold_out import documented_split, out_of_time
from training.validation.importance import drops_of, importances
from training.validation.learning_curve import learning_curve
from training.validation.measures import functions
from training.validation.robustness import CHANGES, robustness
from training.validation.segments import weakest
from training.validation.stability import Refits, stability

WHOLE = mixed.dataset()
FOREST, SCORECARD = FAMILIES["forest"], FAMILIES["scorecard"]
CUT_OFFS = CutOffs.of(DEFAULT_POLICY)
SPLIT = split_at_random(WHOLE)


def test_the_answers_that_matter_are_important() -> None:
    """Savings and income decide in the made rows, so shuffling one of them costs most."""
    folds = Folds(WHOLE, 3, 1)
    ranked = importances(folds, [drops_of(one) for one in folds.fit(FOREST.fit)])
    assert {one.feature for one in ranked[:2]} == {"savings", "income"}
    assert ranked[0].low < ranked[0].drop < ranked[0].high
    assert abs(ranked[-1].drop) < 0.05


def test_a_learning_curve_ends_with_all_rows_of_a_fold() -> None:
    """Its last point is that of the folds themselves."""
    folds = Folds(WHOLE, 4, 1)
    points = [*learning_curve(folds, folds.scores(FOREST.fit), FOREST.fit)]
    assert [one.rows for one in points] == [60, 120, 180, 240, 300]
    assert points[-1].roc_auc.mean > points[0].roc_auc.mean - 0.05


def test_fewer_rows_have_wider_intervals() -> None:
    """Worked by hand: the same model everywhere, so only the ratio of 100 held out to 60 or 300 differs."""
    folds, fitted = Folds(WHOLE, 4, 1), FOREST.fit(WHOLE)
    points = [*learning_curve(folds, folds.scores(lambda _: fitted), lambda _: fitted)]
    first, last = (one.roc_auc.high - one.roc_auc.mean for one in (points[0], points[-1]))
    assert first / last == pytest.approx(np.sqrt((1 / 4 + 100 / 60) / (1 / 4 + 100 / 300)))


def test_a_model_with_chance_depends_on_its_seed() -> None:
    """Another seed gives another forest, and another decision for some."""
    refits = Refits(FOREST, protected=True, seeds=1, bootstraps=1)
    assert stability(FOREST.fit(SPLIT.training), SPLIT, refits, CUT_OFFS).crossing_by_seed > 0


def test_a_model_without_chance_does_not_depend_on_its_seed() -> None:
    """A scorecard draws nothing; other rows make another scorecard."""
    fitted = SCORECARD.fit(SPLIT.training)
    refits = Refits(SCORECARD, protected=True, seeds=2, bootstraps=2)
    measured = stability(fitted, SPLIT, refits, CUT_OFFS)
    assert measured.crossing_by_seed == 0
    assert 0 < measured.crossing_by_bootstrap < 1


def test_the_weakest_segments_come_first() -> None:
    """Scores that are right everywhere except where the region is 30."""
    target = WHOLE.target.to_numpy()
    is_weak = np.array(WHOLE.answers["region"]) == 30
    good = np.where(is_weak, 1 - target, target).astype(float)
    first = weakest(WHOLE, good)[0]
    assert (first.feature, first.label, first.count) == ("region", "30", is_weak.sum())
    assert first.roc_auc == 0
    assert first.observed == pytest.approx(target[is_weak].mean())


def test_small_changes_stay_acceptable_answers() -> None:
    """Numbers stay within their limits, the last code has no next one, and a missing answer stays."""
    savings, school = (WHOLE.catalogue.by_name[name] for name in ("savings", "school"))
    assert CHANGES["numbers larger by 1 %"](savings, 800) == 808
    assert CHANGES["numbers smaller by 1 %"](savings, 20) == 19
    assert CHANGES["numbers larger by 5 %"](savings, 99_999) == 99_999
    assert CHANGES["ordered answers one step up"](school, "lower") == "higher"
    assert CHANGES["ordered answers one step up"](school, "higher") == "higher"
    assert CHANGES["ordered answers one step down"](savings, 800) == 800


def test_changes_are_compared_with_no_change() -> None:
    """The first line is the hold-out as it is."""
    found = [*robustness(FOREST.fit(SPLIT.training), SPLIT.held_out, CUT_OFFS)]
    assert [one.change for one in found] == ["none", *CHANGES]
    assert found[0].crossing == 0
    assert all(abs(one.roc_auc - found[0].roc_auc) < 0.1 for one in found)


def test_a_hold_out_stands_beside_other_splits() -> None:
    """Worked by hand: three ROC AUCs of 0.6, 0.7 and 0.8 have a standard deviation of 0.1."""
    good = SPLIT.held_out.target.to_numpy() * 0.8 + 0.1
    others = [dict.fromkeys(functions(CUT_OFFS), value) for value in (0.6, 0.7, 0.8)]
    measured = documented_split(SPLIT, good, others, CUT_OFFS)
    assert measured["roc_auc"] == {"value": 1.0, "spread": pytest.approx(0.1)}
    assert measured["brier"]["value"] == pytest.approx(0.01)


def test_rows_without_days_have_no_future() -> None:
    """A random hold-out is not newer than the rows fitted on."""
    assert out_of_time(SPLIT, np.full(len(SPLIT.held_out), 0.5), CUT_OFFS) is None


def test_the_newest_rows_are_measured_apart() -> None:
    """Where rows have days, with an interval around each measure."""
    by_time = split(WHOLE)
    target = by_time.held_out.target.to_numpy()
    good = np.where(target == 1, 0.8, 0.3)
    good[:10] = 0.5
    measured = out_of_time(by_time, good, CUT_OFFS)
    assert measured
    assert measured["brier"]["value"] == pytest.approx(((good - target) ** 2).mean())
    assert all(one["low"] <= one["value"] <= one["high"] for one in measured.values())
