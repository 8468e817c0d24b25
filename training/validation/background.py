"""The parts of a report that are known before anything is measured: the model, its purpose, its data."""

from collections.abc import Mapping
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Question
from training.dataset import Dataset
from training.source import Source
from training.validation.subject import Subject

UNKNOWN = "unknown"


def model_section(subject: Subject, model_name: str) -> dict[str, Any]:
    """What the model is, and where it comes from; `logged_roc_auc` is what its training logged."""
    record = subject.record
    return {
        "name": model_name,
        "version": record["version"],
        "family": subject.family.name,
        "title": subject.family.title,
        "monotone": subject.family.monotone,
        "bundle_digest": record["bundle_digest"],
        "uses_protected": subject.protected,
        "trained_at": record["trained_at"],
        "run_id": record["run_id"],
        "logged_roc_auc": record["logged_roc_auc"],
        "parameters": dict(record["parameters"]),
    }


def purpose_section(catalogue: Catalogue) -> dict[str, Any]:
    """What the portfolio's document says; "unknown" where it says nothing."""
    document = catalogue.document
    return {
        "title": catalogue.title,
        "description": document.get("description") or UNKNOWN,
        "outcome": {
            "field": catalogue.outcome.name,
            "good": [*catalogue.outcome.good],
            "bad": [*catalogue.outcome.bad],
        },
        "owner": _names(document.get("contributors")),
        "licence": _names(document.get("licenses")),
        "sources": _names(document.get("sources")),
    }


def data_section(whole: Dataset, source: Source, subject: Subject) -> dict[str, Any]:
    """The rows that the model is measured on, and where they come from.

    `digest_at_training` is that of the rows that the version was trained on; "unknown" for old versions.
    """
    catalogue = whole.catalogue
    return {
        "portfolio": catalogue.name,
        "file": source.name,
        "digest": source.digest,
        "digest_at_training": subject.record["data_digest"],
        "rows": len(whole),
        "bad_rate": 1 - float(whole.target.mean()),
        "catalogue_fingerprint": catalogue.fingerprint,
        "inputs": [_input(question, whole) for question in catalogue.features],
    }


def _input(question: Question, whole: Dataset) -> dict[str, Any]:
    answers = whole.columns[question.name]
    missing = sum(question.is_missing(one) for one in answers)
    return {
        "name": question.name,
        "title": str(question.label),
        "kind": question.kind,
        "protected": question.protected,
        "missing_share": missing / len(answers),
    }


def _names(entries: Any) -> str:
    """The titles of a list of contributors, licences or sources, or "unknown"."""
    listed = entries if isinstance(entries, list) else []
    names = [_name(one) for one in listed if isinstance(one, Mapping)]
    return "; ".join(name for name in names if name) or UNKNOWN


def _name(entry: Mapping[str, Any]) -> str:
    keys = ("title", "name", "path")
    return next((str(entry[key]) for key in keys if entry.get(key)), "")
