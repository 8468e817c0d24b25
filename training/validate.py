"""Makes the validation report of a registered version, and logs it with the version."""

from dataclasses import dataclass

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.exceptions import BadTable, RefusedModel
from creditapp.explanations.reasons import verify_explainer
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.holdout import read_holdout
from creditapp.scoring.verification import verify
from creditapp.serving.registry import Registry
from creditapp.serving.registry_reports import TrainingRecord
from training.dataset import Dataset
from training.estimators import families
from training.reason_check import ReasonCount, count_good_reasons
from training.run import Say
from training.source import Source
from training.validation.background import UNKNOWN
from training.validation.decisions import CutOffs
from training.validation.effort import USUAL, Effort
from training.validation.rendering import files_of, metrics_of
from training.validation.report import Report, make_report
from training.validation.subject import Rival, Subject, benchmarks, in_production
from training.validation.task import Task

FEWEST_OF_A_CLASS = 50


@dataclass(frozen=True)
class Basis:
    """What a version is measured on: the rows that it was trained on, and the cut-offs of a policy."""

    source: Source
    policy: Policy
    effort: Effort = USUAL


def validate(basis: Basis, registry: Registry, version: str, say: Say) -> Report:
    """Fit a registered version again on many parts of its data, and log what is measured.

    Raises:
        RefusedModel: the version does not exist, or was trained on other data; nothing is logged.
        BadTable: the data cannot be read, or have too few rows.
        RegistryUnavailable: the registry did not answer.
    """
    record = registry.training_record(version)
    source = basis.source
    _check_origin(record, source)
    whole = source.load()
    _check_rows(whole, source)
    task = Task(
        subject=_subject(record),
        whole=whole,
        source=source,
        cut_offs=CutOffs.of(basis.policy),
        rivals=_rivals(registry, record, source.catalogue),
        reasons=_count_reasons(registry.fetch_bundle(version), basis.policy),
        tried=_tried(registry, source.catalogue),
        effort=basis.effort,
    )
    report = make_report(task, registry.model_name, say)
    registry.log_report(version, files_of(report), metrics_of(report))
    return report


def _count_reasons(packed: bytes, policy: Policy) -> ReasonCount:
    """What the refusals among the hold-out of the served bundle name as their reasons."""
    bundle = Bundle.unpack(packed)
    scorer = verify(bundle)
    rows = [Application(answers) for answers in read_holdout(bundle).answers]
    return count_good_reasons(scorer, verify_explainer(bundle, scorer), rows, policy)


def _check_origin(record: TrainingRecord, source: Source) -> None:
    """Refuse a version that was trained on other data, as far as that is known."""
    catalogue = source.catalogue
    version, portfolio = record.version, record.params.get("portfolio", catalogue.name)
    if portfolio != catalogue.name:
        raise RefusedModel(
            f"version {version} was trained on the portfolio {portfolio}, and this is {catalogue.name}; "
            "set CREDITAPP_PORTFOLIO to the folder of that portfolio"
        )
    if record.metadata.get("catalogue_fingerprint", catalogue.fingerprint) != catalogue.fingerprint:
        raise RefusedModel(
            f"version {version} was trained with other inputs than the portfolio's document has now; "
            "train a new version"
        )
    trained_on = record.params.get("data_digest")
    if trained_on and trained_on != source.digest:
        raise RefusedModel(
            f"version {version} was trained on {record.params.get('data')} with the SHA-256 digest "
            f"{trained_on}; {source.place} has another digest; {source.remedy}"
        )


def _check_rows(whole: Dataset, source: Source) -> None:
    """Refuse data with too few good or bad credits for folds and parts of folds."""
    good, rows = int(whole.target.sum()), len(whole)
    if min(good, rows - good) < FEWEST_OF_A_CLASS:
        raise BadTable(
            f"{source.place}: {good} good and {rows - good} bad credits are too few for a validation report; "
            f"it needs {FEWEST_OF_A_CLASS} of each"
        )


def _subject(record: TrainingRecord) -> Subject:
    metadata = record.metadata
    return Subject(
        family=families.find(record.family),
        protected=record.uses_protected,
        record={
            "version": record.version,
            "run_id": record.run_id,
            "bundle_digest": record.bundle_digest,
            "trained_at": metadata.get("trained_at", UNKNOWN),
            "data_digest": record.params.get("data_digest", UNKNOWN),
            "logged_roc_auc": metadata.get("metrics", {}).get("roc_auc"),
            "parameters": record.params,
        },
        parity={
            "rows": metadata.get("export_rows_compared"),
            "largest_difference": metadata.get("export_largest_difference"),
        },
    )


def _rivals(registry: Registry, record: TrainingRecord, catalogue: Catalogue) -> list[Rival]:
    """The benchmarks, and the version in production if it is another one of the same portfolio."""
    rivals = benchmarks(protected=record.uses_protected)
    served = registry.production()
    if served and served != record.version:
        other = registry.training_record(served)
        if other.metadata.get("catalogue_fingerprint") == catalogue.fingerprint:
            family = families.find(other.family)
            rivals.append(in_production(served, family, protected=other.uses_protected))
    return rivals


def _tried(registry: Registry, catalogue: Catalogue) -> list[str]:
    """The registered versions of the portfolio; what was tried and not registered is unknown."""
    return [
        f"version {one.version}: {one.family}, protected answers {'' if one.uses_protected else 'not '}used"
        for one in reversed(registry.versions())
        if one.portfolio == catalogue.name
    ]
