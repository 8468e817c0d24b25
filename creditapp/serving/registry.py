"""The model registry: the only module that imports MLflow; used by commands, never by a worker."""

import errno
import logging
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

from creditapp.loading import loading_code

with loading_code():
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.exceptions import MlflowException

from creditapp.exceptions import BrokenBundle, RefusedModel, RegistryUnavailable
from creditapp.phrases import marked
from creditapp.row_numbers import is_row_number
from creditapp.scoring.bundle import FIRST_FAMILY, Bundle, digest
from creditapp.scoring.verification import verify
from creditapp.serving import registry_reports
from creditapp.serving.approval import Approval
from creditapp.serving.registry_paths import artifacts_beside, correct_paths
from creditapp.serving.registry_reports import TrainingRecord

EXPERIMENT = "credit-score-production"
MODEL_NAME = "RDF_score_pipeline"
PRODUCTION, STAGING = "production", "staging"
BUNDLE_FOLDER, BUNDLE_FILE = "served_bundle", "bundle.zip"
POINTS_FILE = "scorecard.csv"
DIGEST_TAG = "bundle_sha256"
PICKLES = (".pkl", ".pickle", ".joblib", ".cloudpickle", ".dill")
POSTGRESQL_PORT, SECONDS_TO_CONNECT = 5432, 5
UNREACHABLE = marked(
    "the model registry cannot be reached or read; check that MLFLOW_TRACKING_URI leads to it"
)
NOT_FETCHED = marked("the bundle cannot be fetched")
NO_SPACE = marked("the bundle cannot be fetched: no space left")
REQUIREMENTS = ("scikit-learn", "skops", "numpy", "pandas")


@dataclass(frozen=True)
class Publication:
    """What is logged of one training.

    Attributes:
        example: a few rows of input.
        texts: files by name.
        family: the family of models, a tag of the version.
        trusted: the types of the pipeline that skops does not trust by default.
    """

    pipeline: Any
    example: Any
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    texts: Mapping[str, str]
    bundle: Bundle
    family: str
    trusted: Sequence[str]


@dataclass(frozen=True)
class Version:
    """A registered version with the figures people compare.

    `validation` holds the measures of its validation report with the limits of their intervals, such as
    `roc_auc`, `roc_auc_low` and `roc_auc_high`; it is empty without a report.
    """

    version: str
    stage: str
    family: str
    created_at: datetime
    accuracy: float | None
    recall_bad: float | None
    digest: str
    portfolio: str
    uses_protected: bool
    promoted_at: str
    promoted_by: str
    promotion_reason: str
    overridden: Sequence[str]
    exclusion_difference: float | None
    exclusion_spread: float | None
    validation: Mapping[str, float]


class Registry:
    """The registry at one tracking address.

    Each method raises RegistryUnavailable where MLflow cannot be reached or read.
    """

    model_name = MODEL_NAME

    def __init__(self, tracking_uri: str) -> None:
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._tracking_uri = tracking_uri
        _check_folder(tracking_uri)
        try:
            _check_server(tracking_uri)
            correct_paths(tracking_uri, EXPERIMENT)
            mlflow.set_tracking_uri(tracking_uri)
            self._client = MlflowClient(tracking_uri)
            self._client.search_experiments(max_results=1)
        except Exception as error:
            # why: an address can lead to any driver, and each fails in its own way.
            raise RegistryUnavailable(UNREACHABLE) from error

    @contextmanager
    def run(self) -> Iterator[str]:
        """Open a run of the experiment and yield its id; if the block raises, the run is kept as failed."""
        with _registry_failures(), mlflow.start_run(experiment_id=self._experiment_id()) as run:
            yield run.info.run_id

    def publish(self, publication: Publication) -> str:
        """Log to the current run, register the model as Staging, and return the new version."""
        with _registry_failures():
            mlflow.log_params(dict(publication.params))
            mlflow.log_metrics(dict(publication.metrics))
            for name, text in publication.texts.items():
                mlflow.log_text(text, name)
            packed = publication.bundle.pack()
            _log_bundle(packed)
            logged = _log_pipeline(publication)
            tags = {DIGEST_TAG: digest(packed), "stage": "Staging", "family": publication.family}
            registered = mlflow.register_model(logged.model_uri, MODEL_NAME, tags=tags)
            version = str(registered.version)
            self._client.set_registered_model_alias(MODEL_NAME, STAGING, version)
            return version

    def versions(self) -> list[Version]:
        """All versions, newest first."""
        with _registry_failures():
            registered = self._client.search_model_versions(f"name='{MODEL_NAME}'")
            production = self._production() if registered else None
            versions = [self._version(version, production) for version in registered]
        return sorted(versions, key=lambda version: int(version.version), reverse=True)

    def production(self) -> str | None:
        """The version that the production alias names; none before the first promotion."""
        with _registry_failures():
            return self._production()

    def fetch_bundle(self, version: str) -> bytes:
        """Download a version's bundle, and verify that it is complete, unaltered and fit to be served.

        Raises:
            RefusedModel: the version does not exist, or its bundle must not be served.
        """
        with _registry_failures():
            registered = self._find(version)
            self._refuse_pickles(version)
            packed = self._download(registered)
        if digest(packed) != registered.tags.get(DIGEST_TAG):
            raise RefusedModel(
                marked("version %(version)s: its bundle was altered since it was registered"),
                version=version,
            )
        try:
            verify(Bundle.unpack(packed))
        except BrokenBundle as error:
            raise RefusedModel(
                marked("version %(version)s: %(problem)s"), version=version, problem=error
            ) from error
        return packed

    def training_record(self, version: str) -> TrainingRecord:
        """What is known of the training of a version.

        Raises:
            RefusedModel: the version does not exist.
        """
        with _registry_failures():
            return registry_reports.training_record(self._client, self._find(version), DIGEST_TAG)

    def log_report(
        self, version: str, files: Mapping[str, str], metrics: Mapping[str, float]
    ) -> None:
        """Keep the validation report of a version: its files by name, and its metrics.

        Raises:
            RefusedModel: the version does not exist.
        """
        with _registry_failures():
            run_id = str(self._find(version).run_id)
            registry_reports.log_report(self._client, run_id, files, metrics)

    def report(self, version: str) -> dict[str, Any] | None:
        """The validation report of a version; None if there is none.

        Raises:
            RefusedModel: the version does not exist.
        """
        with _registry_failures():
            return registry_reports.read_report(self._client, str(self._find(version).run_id))

    def points_table(self, version: str) -> str | None:
        """The table of points of a version, as CSV; None if its family has none.

        Raises:
            RefusedModel: the version does not exist.
        """
        with _registry_failures():
            run_id = str(self._find(version).run_id)
            return registry_reports.read_text(self._client, run_id, POINTS_FILE)

    def promote(self, version: str, approval: Approval) -> None:
        """Move the production alias to a version, and archive the one it named before."""
        with _registry_failures():
            previous = self._production()
            self._client.set_registered_model_alias(MODEL_NAME, PRODUCTION, version)
            if previous and previous != version:
                self._tag(previous, stage="Archived")
            self._tag(
                version,
                stage="Production",
                promotion_reason=approval.reason,
                promoted_at=datetime.now(UTC).isoformat(),
                promoted_by=approval.by,
                overridden="\n".join(approval.overridden),
            )
            if self._aliases().get(STAGING) == version:
                self._client.delete_registered_model_alias(MODEL_NAME, STAGING)

    def _experiment_id(self) -> str:
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment:
            return str(experiment.experiment_id)
        location = artifacts_beside(self._tracking_uri)
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=location))

    def _aliases(self) -> dict[str, str]:
        try:
            aliases = self._client.get_registered_model(MODEL_NAME).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}
            raise
        return {alias: str(version) for alias, version in aliases.items()}

    def _production(self) -> str | None:
        return self._aliases().get(PRODUCTION)

    def _find(self, version: str) -> ModelVersion:
        registered = self._get(version) if is_row_number(version) else None
        if registered is None or str(registered.version) != version:
            raise RefusedModel(
                marked("version %(version)s is not registered; run: flask models"),
                version=version[:20],
            )
        return registered

    def _get(self, version: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version(MODEL_NAME, version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _download(self, registered: ModelVersion) -> bytes:
        path = f"{BUNDLE_FOLDER}/{BUNDLE_FILE}"
        if not self._has(registered, path):
            raise RefusedModel(
                marked("version %(version)s: it has no served bundle"), version=registered.version
            )
        try:
            with tempfile.TemporaryDirectory() as folder:
                local = self._client.download_artifacts(str(registered.run_id), path, folder)
                return Path(local).read_bytes()
        except OSError as error:
            raise RegistryUnavailable(
                marked("the bundle cannot be fetched: %(problem)s"), problem=error.strerror
            ) from error
        except (
            MlflowException
        ) as error:  # MLflow wraps a full disk here, and an artifact store that is away
            is_full = os.strerror(errno.ENOSPC) in str(error)
            raise RegistryUnavailable(NO_SPACE if is_full else NOT_FETCHED) from error

    def _has(self, registered: ModelVersion, path: str) -> bool:
        listed = self._client.list_artifacts(str(registered.run_id), BUNDLE_FOLDER)
        return path in {file.path for file in listed}

    def _refuse_pickles(self, version: str) -> None:
        """Refuse a version that contains a pickle: `flask train` never publishes one."""
        address = f"models:/{MODEL_NAME}/{version}"
        for file in mlflow.artifacts.list_artifacts(artifact_uri=address):
            if Path(file.path).suffix in PICKLES:
                name = Path(file.path).name
                raise RefusedModel(
                    marked("version %(version)s: it contains %(name)s; pickles are not allowed"),
                    version=version,
                    name=name,
                )

    def _version(self, registered: ModelVersion, production: str | None) -> Version:
        version = str(registered.version)
        tagged = registered.tags.get("stage", "None")
        run = self._client.get_run(str(registered.run_id))
        created = datetime.fromtimestamp(registered.creation_timestamp / 1000, UTC)
        stage = "Production" if version == production else tagged
        metrics = run.data.metrics
        return Version(
            version,
            stage,
            registered.tags.get("family", FIRST_FAMILY),
            created,
            metrics.get("accuracy"),
            metrics.get("recall_bad"),
            digest=registered.tags.get(DIGEST_TAG, ""),
            portfolio=run.data.params.get("portfolio", ""),
            uses_protected=run.data.params.get("protected") != "False",
            promoted_at=registered.tags.get("promoted_at", ""),
            promoted_by=registered.tags.get("promoted_by", ""),
            promotion_reason=registered.tags.get("promotion_reason", ""),
            overridden=registered.tags.get("overridden", "").splitlines(),
            exclusion_difference=metrics.get("cv_roc_auc_difference"),
            exclusion_spread=metrics.get("cv_roc_auc_difference_spread"),
            validation=registry_reports.measures_of(metrics),
        )

    def _tag(self, version: str, **tags: str) -> None:
        for key, value in tags.items():
            self._client.set_model_version_tag(MODEL_NAME, version, key, value)


def _check_folder(tracking_uri: str) -> None:
    """Refuse a folder that MLflow puts into SQL without quoting it."""
    if tracking_uri.startswith("sqlite") and "'" in str(Path.cwd()):
        raise RegistryUnavailable(
            marked(
                "%(folder)s: MLflow cannot make a registry from a folder with an apostrophe in its "
                "name; rename the folder"
            ),
            folder=Path.cwd(),
        )


def _check_server(tracking_uri: str) -> None:
    """Check that the server of a database answers: MLflow would try to reach it for 100 seconds."""
    parts = urlsplit(tracking_uri)
    if parts.hostname and not parts.scheme.startswith("http"):
        address = (parts.hostname, parts.port or POSTGRESQL_PORT)
        socket.create_connection(address, SECONDS_TO_CONNECT).close()


@contextmanager
def _registry_failures() -> Iterator[None]:
    try:
        yield
    except (MlflowException, sqlite3.Error) as error:
        raise RegistryUnavailable(UNREACHABLE) from error


def _log_bundle(packed: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / BUNDLE_FILE
        path.write_bytes(packed)
        mlflow.log_artifact(str(path), BUNDLE_FOLDER)


def _log_pipeline(publication: Publication) -> Any:
    signature = mlflow.models.infer_signature(
        publication.example, publication.pipeline.predict_proba(publication.example)
    )
    return mlflow.sklearn.log_model(
        publication.pipeline,
        name="model",
        signature=signature,
        input_example=publication.example,
        pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
        skops_trusted_types=list(publication.trusted),
        pyfunc_predict_fn="predict_proba",
    )
