"""Makes the validation report of a model: one document, ready to be written as JSON."""

import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from creditapp.scoring.scorer import TOLERANCE
from training.folds import Numbers, scores_of
from training.validation import (
    background,
    calibration,
    comparison,
    directions,
    hold_out,
    importance,
    measures,
    robustness,
    segments,
    selection,
    stability,
)
from training.validation.fairness import fairness
from training.validation.learning_curve import learning_curve
from training.validation.limits import limits
from training.validation.task import Task

FORMAT = 1

Report = dict[str, Any]
Say = Callable[[str], None]


def make_report(task: Task, model_name: str, say: Say) -> Report:
    """Measure a model, and return the report; `say` receives a line for each step."""
    say(f"validation 1/5  {task.subject.family.title} on {len(task.folds.places)} folds")
    scores, ranked = _scores_and_importance(task)
    say("validation 2/5  benchmarks, and the share of rows")
    report = {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "quick": False,
        **_background(task, model_name),
        "selection": selection.selection_section(task),
        **_performance(task, scores),
        "importance": ranked,
    }
    say("validation 3/5  other splits, seeds and drawn rows")
    report |= _stability(task)
    say("validation 4/5  directions, segments and small changes")
    report |= _behaviour(task, task.folds.by_row(scores)[0])
    say("validation 5/5  protected answers")
    report["fairness"] = _fairness(task, task.folds.by_row(scores)[0])
    document: Report = _without_nan({**report, "limits": limits(report)})
    return document


def _scores_and_importance(task: Task) -> tuple[list[Numbers], list[dict[str, Any]]]:
    """The scores of all folds, and the importance of each answer in those of the first repeat."""
    scores, drops = [], []
    for number, fitted in enumerate(task.folds.fit(task.subject.fit)):
        scores.append(fitted.good)
        if number < task.folds.count:
            drops.append(importance.drops_of(fitted))
    return scores, [asdict(one) for one in importance.importances(task.folds, drops)]


def _background(task: Task, model_name: str) -> Report:
    return {
        "model": background.model_section(task.subject, model_name),
        "purpose": background.purpose_section(task.whole.catalogue),
        "data": background.data_section(task.whole, task.source, task.subject),
        "parity": {**task.subject.parity, "limit": TOLERANCE},
        "tried": [*task.tried] or [background.UNKNOWN],
        "reasons": asdict(task.reasons),
    }


def _performance(task: Task, scores: list[Numbers]) -> Report:
    folds, cut_offs = task.folds, task.cut_offs
    target, pooled = task.whole.target.to_numpy(), folds.by_row(scores)[0]
    measured = measures.measure(folds, scores, cut_offs)
    rivals = [comparison.compare(folds, scores, rival, cut_offs) for rival in task.rivals]
    return {
        "folds": {"folds": folds.count, "repeats": folds.repeats, "seed": folds.seed},
        "measures": {name: asdict(one) for name, one in measured.items()},
        "calibration": [asdict(one) for one in calibration.curve(target, pooled)],
        "decisions": {**asdict(cut_offs), "table": cut_offs.table(target, pooled)},
        "benchmarks": [asdict(one) for one in rivals],
        "learning_curve": [
            asdict(point) for point in learning_curve(folds, scores, task.subject.fit)
        ],
    }


def _stability(task: Task) -> Report:
    held_out = scores_of(task.fitted, task.split.held_out)
    effort, subject, cut_offs = task.effort, task.subject, task.cut_offs
    others = [*hold_out.other_splits(task.whole, subject.fit, cut_offs, effort.splits)]
    refits = stability.Refits(subject.family, subject.protected, effort.seeds, effort.bootstraps)
    measured = stability.stability(task.fitted, task.split, refits, cut_offs)
    return {
        "documented_split": hold_out.documented_split(task.split, held_out, others, cut_offs),
        "out_of_time": hold_out.out_of_time(task.split, held_out, cut_offs),
        "stability": asdict(measured),
    }


def _behaviour(task: Task, good: Numbers) -> Report:
    held_out = task.split.held_out
    changes = robustness.robustness(task.fitted, held_out, task.cut_offs)
    return {
        "directions": [asdict(one) for one in directions.effects(task.fitted, held_out)],
        "segments": [asdict(one) for one in segments.weakest(task.whole, good)],
        "robustness": [asdict(one) for one in changes],
    }


def _fairness(task: Task, good: Numbers) -> list[dict[str, Any]]:
    """The groups under the model, and under the same kind of model with, or without, protected answers."""
    if not task.whole.catalogue.protected:
        return []
    used = task.subject.protected
    contrary = task.first_repeat.scores(task.subject.contrary)
    scores = {used: good, not used: task.first_repeat.by_row(contrary)[0]}
    return [
        asdict(table)
        for protected, scored in scores.items()
        for table in fairness(task.whole, scored, task.cut_offs, protected_used=protected)
    ]


def _without_nan(part: Any) -> Any:
    """The same document with None for what is not a number, which JSON does not have."""
    match part:
        case dict():
            return {key: _without_nan(value) for key, value in part.items()}
        case list() | tuple():
            return [_without_nan(value) for value in part]
        case float() if not math.isfinite(part):
            return None
    return part
