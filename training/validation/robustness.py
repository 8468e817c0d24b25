"""Measures what small changes of the answers do to the scores and decisions of the hold-out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from creditapp.applications.questions import Numeric, Ordinal, Question
from creditapp.phrases import marked
from training.dataset import Dataset
from training.folds import Numbers, scores_of, scores_of_frame
from training.frame import frame_of
from training.validation.decisions import CutOffs

Change = Callable[[Question, Any], Any]
"""Takes a question and a given answer, and returns the changed answer."""


@dataclass(frozen=True)
class Robustness:
    """What a change of all answers of a kind does: the ROC AUC, and the share with another outcome."""

    change: str
    roc_auc: float
    crossing: float


def robustness(fitted: Pipeline, rows: Dataset, cut_offs: CutOffs) -> Iterator[Robustness]:
    """Change all numbers, then all ordered answers, a little up and down; the first line has no change."""
    target, before = rows.target.to_numpy(), scores_of(fitted, rows)
    yield Robustness(marked("none"), float(roc_auc_score(target, before)), 0.0)
    for name, change in CHANGES.items():
        after = _changed_scores(fitted, rows, change)
        yield Robustness(
            name, float(roc_auc_score(target, after)), cut_offs.crossing(before, after)
        )


def _changed_scores(fitted: Pipeline, rows: Dataset, change: Change) -> Numbers:
    columns = {
        question.name: _changed(question, rows.columns[question.name], change)
        for question in rows.catalogue.features
    }
    return scores_of_frame(fitted, frame_of(rows.catalogue, columns))


def _changed(question: Question, answers: Sequence[Any], change: Change) -> list[Any]:
    return [one if question.is_missing(one) else change(question, one) for one in answers]


def _scale(question: Question, answer: Any, *, factor: float) -> Any:
    """A number times a factor, within the question's limits; an integer moves by 1 at least."""
    if not isinstance(question, Numeric):
        return answer
    changed = answer * factor
    if question.integer:
        step = 1 if factor > 1 else -1
        changed = answer + (step if abs(changed - answer) < 1 else round(changed - answer))
    return changed if question.accepts_value(changed) else answer


def _step(question: Question, answer: Any, *, by: int) -> Any:
    """The next code of an ordered list, or the one before; the last one stays."""
    if not isinstance(question, Ordinal):
        return answer
    codes = question.values
    return codes[min(max(codes.index(answer) + by, 0), len(codes) - 1)]


CHANGES: Mapping[str, Change] = {
    marked("numbers larger by 1 %"): partial(_scale, factor=1.01),
    marked("numbers smaller by 1 %"): partial(_scale, factor=0.99),
    marked("numbers larger by 5 %"): partial(_scale, factor=1.05),
    marked("numbers smaller by 5 %"): partial(_scale, factor=0.95),
    marked("ordered answers one step up"): partial(_step, by=1),
    marked("ordered answers one step down"): partial(_step, by=-1),
}
