"""Makes the validation report of a model: one document, ready to be written as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from creditapp.scoring.scorer import TOLERANCE
from training import dataset
from training.dataset import Dataset, Split
from training.folds import Folds
from training.validation import background, calibration, comparison, directions, measures
from training.validation.decisions import CutOffs
from training.validation.effort import USUAL, Effort
from training.validation.subject import Rival, Subject

FORMAT = 1

Report = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What a report is made of: the model, the rows, the cut-offs in force, and the rivals."""

    subject: Subject
    whole: Dataset
    file: Path
    cut_offs: CutOffs
    rivals: Sequence[Rival]
    effort: Effort = USUAL

    @cached_property
    def folds(self) -> Folds:
        """The folds that all models are compared on."""
        return Folds(self.whole, self.effort.folds, self.effort.repeats)

    @cached_property
    def split(self) -> Split:
        """The documented split: the rows that the registered version is fitted on, and its hold-out."""
        return dataset.split(self.whole)

    @cached_property
    def fitted(self) -> Pipeline:
        """The registered version, fitted again."""
        return self.subject.fit(self.split.training)


def make_report(task: Task, model_name: str, say: Say) -> Report:
    """Measure a model, and return the report; `say` receives a line for each step."""
    folds, cut_offs = task.folds, task.cut_offs
    say(f"validation: {task.subject.family.title} on {len(folds.places)} folds")
    scores = folds.scores(task.subject.fit)
    target, pooled = task.whole.target.to_numpy(), folds.by_row(scores)[0]
    measured = measures.measure(folds, scores, cut_offs)
    say("validation: benchmarks")
    benchmarks = [comparison.compare(folds, scores, rival, cut_offs) for rival in task.rivals]
    say("validation: directions")
    effects = directions.effects(task.fitted, task.split.held_out)
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "quick": False,
        "model": background.model_section(task.subject, model_name),
        "purpose": background.purpose_section(task.whole.catalogue),
        "data": background.data_section(task.whole, task.file),
        "folds": {"folds": folds.count, "repeats": folds.repeats, "seed": folds.seed},
        "measures": {name: asdict(one) for name, one in measured.items()},
        "calibration": [asdict(one) for one in calibration.curve(target, pooled)],
        "decisions": {**asdict(cut_offs), "table": cut_offs.table(target, pooled)},
        "benchmarks": [asdict(one) for one in benchmarks],
        "directions": [asdict(one) for one in effects],
        "parity": {**task.subject.parity, "limit": TOLERANCE},
    }
