"""What is served, and was: one row per change, with the bundle itself, so that serving needs no registry."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.bundle import digest
from creditapp.config import ROOT
from creditapp.exceptions import (
    DeploymentFailed,
    ModelUnavailable,
    RefusedModel,
    RegistryUnavailable,
)
from creditapp.extensions import Base, UtcDateTime, reading, writing

REFUSED = 3
"""The exit code by which the command says that the promoted version must not be served."""


class ServedBundle(Base):
    """A bundle's bytes, under their digest."""

    __tablename__ = "served_bundle"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Deployment(Base):
    """One change of what is served; the highest generation is in force."""

    __tablename__ = "deployment"
    __table_args__ = ({"sqlite_autoincrement": True},)

    generation: Mapped[int] = mapped_column(primary_key=True)
    model_name: Mapped[str] = mapped_column(String(200))
    model_version: Mapped[str] = mapped_column(String(50))
    bundle_digest: Mapped[str] = mapped_column(ForeignKey(ServedBundle.digest))
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)


NEWEST = select(Deployment).order_by(Deployment.generation.desc()).limit(1)


@dataclass(frozen=True)
class Reload:
    """What a reload found: the version served before, and the version served now."""

    model_version: str
    previous_version: str | None


def in_force() -> Deployment | None:
    """The deployment that all workers should serve; none before the first.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            return session.scalar(NEWEST)
    except SQLAlchemyError as error:
        raise ModelUnavailable("the deployment in force cannot be read") from error


def bundle_of(deployment: Deployment) -> bytes:
    """The bytes of a deployment's bundle.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            return session.get_one(ServedBundle, deployment.bundle_digest).content
    except SQLAlchemyError as error:
        raise ModelUnavailable("the bundle in force cannot be read") from error


def deploy(model_name: str, version: str, bundle: bytes, reason: str) -> Reload:
    """Put a version in force for all workers; nothing changes where it already is.

    Raises:
        DeploymentFailed: the database does not take it; what was in force still is.
    """
    try:
        with writing() as session:
            newest = session.scalar(NEWEST)
            key = digest(bundle)
            if newest is None or (newest.model_version, newest.bundle_digest) != (version, key):
                _keep(session, key, bundle)
                _add(session, model_name, version, key, reason)
            return Reload(version, newest.model_version if newest else None)
    except SQLAlchemyError as error:
        raise DeploymentFailed("the deployment cannot be written to the database") from error


def _keep(session: Session, key: str, bundle: bytes) -> None:
    if session.get(ServedBundle, key) is None:
        session.add(ServedBundle(digest=key, content=bundle))
        session.flush()


def _add(session: Session, model_name: str, version: str, key: str, reason: str) -> None:
    session.add(
        Deployment(
            model_name=model_name,
            model_version=version,
            bundle_digest=key,
            deployed_at=datetime.now(UTC),
            reason=reason,
        )
    )


def reload_from_registry(actor: str, request_id: str) -> Reload:
    """Bring what is served up to the registry's alias, in a process of its own that may load MLflow.

    Raises:
        RefusedModel: nothing is promoted, or the promoted version cannot be served.
        RegistryUnavailable: the registry or the database did not answer, or not in time.
    """
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "deploy", "--json"]
    command += ["--actor", actor, "--request-id", request_id]
    limits = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    environment = {**limits, **os.environ, "FLASK_SKIP_DOTENV": "1"}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RegistryUnavailable("the model registry did not answer in time") from error
    return _reload_of(done.returncode, done.stdout)


def _reload_of(code: int, output: str) -> Reload:
    """What the command answered with its last line; its failures are raised here again."""
    try:
        answer = json.loads(output.strip().rpartition("\n")[2])
    except ValueError:
        answer = {"error": "the reload failed"}
    if code == REFUSED:
        raise RefusedModel(answer["error"])
    if code:
        raise RegistryUnavailable(answer["error"])
    return Reload(**answer)
