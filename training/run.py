"""Runs a training, from the data file to a registered version."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Catalogue
from creditapp.serving.registry import Publication, Registry
from training import dataset, protected_ablation
from training.dataset import HELD_OUT, SEED, Dataset, Split
from training.estimators.families import DEFAULT
from training.estimators.family import Family
from training.evaluation import Evaluation, evaluate
from training.export import Origin, Parity, make_bundle
from training.protected_ablation import ProtectedAblation
from training.source import Source

EXAMPLE_ROWS = 5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A registered version, its evaluation, and how closely its export scores like the pipeline.

    `ablation` says what the model loses without the protected answers; None if it uses them.
    """

    version: str
    evaluation: Evaluation
    parity: Parity
    ablation: ProtectedAblation | None


def train(
    source: Source,
    registry: Registry,
    say: Say,
    *,
    family: Family = DEFAULT,
    protected: bool = True,
) -> Trained:
    """Read, split, fit, evaluate, export and register; `say` receives a line for each step.

    Without `protected`, also measure what the model loses without the protected answers.

    Raises:
        BadTable: the data cannot be used for training; nothing is registered.
        BrokenBundle: the export scores differently from the fitted pipeline; nothing is registered.
        RegistryUnavailable: the registry did not answer.
    """
    say(f"1/6  reading {source.place}")
    whole = source.load()
    split = dataset.split(whole)
    by_time = f", the newest from {split.from_day}" if split.from_day else ""
    say(
        f"2/6  splitting {len(whole)} rows: {len(split.training)} to fit, "
        f"{len(split.held_out)} held out{by_time}"
    )
    say(f"3/6  fitting: {family.title}")
    fitted = family.fit(split.training, protected=protected)
    say("4/6  evaluating on the rows held out")
    evaluation = evaluate(fitted, split.held_out)
    in_time = _evaluate_in_time(whole, family, protected=protected) if split.from_day else None
    if in_time:
        evaluation = evaluation.beside(in_time, split.from_day)
    ablation = None if protected else protected_ablation.measure(whole, family)
    with registry.run() as run_id:
        say("5/6  exporting, and comparing the export with the fitted pipeline")
        origin = Origin(run_id, datetime.now(UTC).isoformat())
        bundle, parity = make_bundle(fitted, split, evaluation.metrics, origin, family)
        say("6/6  logging to MLflow and registering")
        metadata = _metadata(source, split, evaluation, parity, origin)
        version = registry.publish(
            Publication(
                pipeline=fitted,
                example=split.training.features.head(EXAMPLE_ROWS),
                params=_params(source, split, family, protected=protected),
                metrics={**evaluation.metrics, **(ablation.metrics if ablation else {})},
                texts={**_texts(evaluation, metadata), **_tables(family, fitted, source.catalogue)},
                bundle=bundle,
                family=family.name,
                trusted=family.trusted,
            )
        )
    return Trained(version, evaluation, parity, ablation)


def _evaluate_in_time(whole: Dataset, family: Family, *, protected: bool) -> Evaluation:
    """Evaluate the same kind of model on a random hold-out, to compare with the hold-out by time."""
    at_random = dataset.split_at_random(whole)
    return evaluate(family.fit(at_random.training, protected=protected), at_random.held_out)


def _tables(family: Family, fitted: Pipeline, catalogue: Catalogue) -> dict[str, str]:
    """The model as documents, if its family has any."""
    return {name: write(fitted, catalogue) for name, write in family.tables.items()}


def _params(source: Source, split: Split, family: Family, *, protected: bool) -> dict[str, Any]:
    return {
        **family.parameters,
        "family": family.name,
        "portfolio": split.training.catalogue.name,
        "data": source.name,
        "data_digest": source.digest,
        **source.params,
        "split": f"by time, from {split.from_day}" if split.from_day else "random, stratified",
        "test_size": HELD_OUT,
        "split_seed": SEED,
        "protected": protected,
    }


def _texts(evaluation: Evaluation, metadata: dict[str, Any]) -> dict[str, str]:
    return {
        "classification_report.txt": evaluation.report,
        "confusion_matrix.txt": evaluation.confusion_text,
        "model_metadata.json": json.dumps(metadata, indent=2),
    }


def _metadata(
    source: Source, split: Split, evaluation: Evaluation, parity: Parity, origin: Origin
) -> dict[str, Any]:
    return {
        "run_id": origin.run_id,
        "trained_at": origin.trained_at,
        "data": source.name,
        "rows_fitted": len(split.training),
        "rows_held_out": len(split.held_out),
        "portfolio": split.training.catalogue.name,
        "catalogue_fingerprint": split.training.catalogue.fingerprint,
        "held_out_from": split.from_day or None,
        "metrics": evaluation.metrics,
        "export_rows_compared": parity.rows,
        "export_largest_difference": parity.largest_difference,
    }
