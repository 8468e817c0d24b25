"""Evaluates the model on the hold-out, the rows that it was not fitted on."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score
from sklearn.pipeline import Pipeline

from training.dataset import Dataset
from training.pipeline import probability_good

CLASSES = {0: "bad", 1: "good"}


@dataclass(frozen=True)
class Evaluation:
    """The metrics by name, the classification report, and the confusion matrix.

    `confusion` has the shape (2, 2), with true classes as rows: bad, good.
    """

    metrics: dict[str, float]
    report: str
    confusion: npt.NDArray[np.int64]

    def beside(self, in_time: "Evaluation", from_day: str) -> "Evaluation":
        """This evaluation of a hold-out by time, with that of a random hold-out beside it.

        The other one's metrics get the prefix `in_time_`.
        """
        metrics = {f"in_time_{name}": value for name, value in in_time.metrics.items()}
        report = (
            f"Hold-out by time: rows from {from_day} on, ROC AUC {self.metrics['roc_auc']:.4f}\n"
            f"{self.report}\n"
            f"Random hold-out, for comparison: ROC AUC {in_time.metrics['roc_auc']:.4f}\n"
            f"{in_time.report}"
        )
        return replace(self, metrics={**self.metrics, **metrics}, report=report)

    @property
    def confusion_text(self) -> str:
        """The confusion matrix as a table in plain text."""
        rows = [
            f"true {name:<6}{bad:>14}{good:>15}"
            for name, (bad, good) in zip(CLASSES.values(), self.confusion, strict=True)
        ]
        return "\n".join([f"{'':<11}predicted bad predicted good", *rows]) + "\n"


def evaluate(pipeline: Pipeline, held_out: Dataset) -> Evaluation:
    """Compute accuracy, precision, recall and F1 by class, ROC AUC and Gini (2 AUC - 1)."""
    predicted = pipeline.predict(held_out.features)
    good = probability_good(pipeline, held_out.features)
    names = list(CLASSES.values())
    by_class = classification_report(
        held_out.target, predicted, target_names=names, output_dict=True, zero_division=0
    )
    report = classification_report(
        held_out.target, predicted, target_names=names, digits=4, zero_division=0
    )
    auc = float(roc_auc_score(held_out.target, good))
    metrics = {
        "accuracy": float(by_class["accuracy"]),
        "roc_auc": auc,
        "gini": 2 * auc - 1,
        **{
            f"{metric}_{name}": float(by_class[name][column])
            for name in names
            for metric, column in (
                ("precision", "precision"),
                ("recall", "recall"),
                ("f1", "f1-score"),
            )
        },
    }
    return Evaluation(metrics, report, confusion_matrix(held_out.target, predicted))
