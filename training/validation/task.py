"""What a validation report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sklearn.pipeline import Pipeline

from training import dataset
from training.dataset import Dataset, Split
from training.folds import Folds
from training.reason_check import ReasonCount
from training.source import Source
from training.validation.decisions import CutOffs
from training.validation.effort import USUAL, Effort
from training.validation.subject import Rival, Subject


@dataclass(frozen=True)
class Task:
    """The model, the rows and their source, the cut-offs in force, and the rivals.

    `tried` says which other models were tried, `reasons` what the refusals of the served bundle name.
    """

    subject: Subject
    whole: Dataset
    source: Source
    cut_offs: CutOffs
    rivals: Sequence[Rival]
    reasons: ReasonCount
    tried: Sequence[str] = ()
    effort: Effort = USUAL

    @cached_property
    def folds(self) -> Folds:
        """The folds that all models are compared on."""
        return Folds(self.whole, self.effort.folds, self.effort.repeats)

    @cached_property
    def first_repeat(self) -> Folds:
        """The folds of the first repeat."""
        return Folds(self.whole, self.effort.folds, 1)

    @cached_property
    def split(self) -> Split:
        """The documented split: the rows that the registered version is fitted on, and its hold-out."""
        return dataset.split(self.whole)

    @cached_property
    def fitted(self) -> Pipeline:
        """The registered version, fitted again."""
        return self.subject.fit(self.split.training)
