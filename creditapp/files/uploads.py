"""Uploaded files: whose they are, what is done with each, and how far that is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils import compat

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import UnknownUpload
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrase_documents import from_document

PAGE_LENGTH = 50


class State(StrEnum):
    """What is done with an uploaded file."""

    CHECKING = "checking"
    CHECKED = "checked"
    REFUSED = "refused"
    WAITING = "waiting"
    SCORING = "scoring"
    DONE = "done"
    STOPPED = "stopped"


WORK = {"check": (State.CHECKING,), "score": (State.WAITING, State.SCORING)}
"""By the kind of work, the states of the files that need it."""

AT_WORK = frozenset({State.CHECKING, State.WAITING, State.SCORING})
"""The states in which something happens without the person."""


class Upload(Base):
    """An uploaded file; its content and its results are in the folder with the id `folder`.

    `problem` says why it was refused or stopped, as a document of a phrase. `fingerprint` is that of the
    catalogue that it was checked by. `language` is that of who uploaded it. `repeats` is when the same
    decisions were recorded first, if they were. `outcomes` says by decision how many rows have it.
    """

    __tablename__ = "file_upload"
    __table_args__ = (
        Index("ix_file_upload_owner", "owner", "id"),
        Index("ix_file_upload_state", "state"),
        Index("ix_file_upload_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    folder: Mapped[str] = mapped_column(String(36))
    owner: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    recorded: Mapped[bool]
    language: Mapped[str] = mapped_column(String(10), server_default="en")
    state: Mapped[str] = mapped_column(String(20))
    problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    rows: Mapped[int | None]
    wrong: Mapped[int | None]
    outcomes: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    parts: Mapped[int]
    parts_done: Mapped[int]
    attempts: Mapped[int]
    model_version: Mapped[str | None] = mapped_column(String(50))
    repeats: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_at_work(self) -> bool:
        """Whether something happens to it without the person."""
        return self.state in AT_WORK

    @property
    def explanation(self) -> object:
        """Why it was refused or stopped."""
        return from_document(self.problem) if self.problem else None

    @property
    def subject(self) -> str:
        """How events name it."""
        return f"file {self.id}"


@dataclass(frozen=True)
class Received:
    """A file as it came: its name at the person's, its format, its size in bytes, and whose it is.

    `language` is that of the person.
    """

    name: str
    format: str
    size: int
    owner: str
    recorded: bool
    language: str


def new_id() -> str:
    """The id of a new upload; later ones are greater."""
    return str(compat.uuid7())


def add(upload_id: str, folder: str, received: Received, actor: Actor) -> None:
    """Note an uploaded file that is to be checked, with an event."""
    row = Upload(
        id=upload_id,
        folder=folder,
        **vars(received),
        state=State.CHECKING,
        parts=0,
        parts_done=0,
        attempts=0,
        created_at=datetime.now(UTC),
    )
    detail = "its decisions are recorded" if received.recorded else "only tried"
    with writing() as session:
        session.add(row)
        audit.note(session, actor, Action.FILE_UPLOADED, row.subject, detail)


def find(upload_id: str) -> Upload:
    """One uploaded file.

    Raises:
        UnknownUpload: there is none with this id.
    """
    with reading() as session:
        found = session.get(Upload, upload_id)
    if found is None:
        raise UnknownUpload("there is no such file; it may have been deleted")
    return found


def list_newest(owner: str | None, before: str = "", limit: int = PAGE_LENGTH) -> Sequence[Upload]:
    """Uploaded files of one person or of all, newest first; with `before`, those older than that id."""
    query = select(Upload).order_by(Upload.id.desc()).limit(limit)
    query = query.where(Upload.owner == owner) if owner is not None else query
    query = query.where(Upload.id < before) if before else query
    with reading() as session:
        return session.scalars(query).all()


def count_own(owner: str) -> int:
    """How many files of a person are kept."""
    with reading() as session:
        query = select(func.count()).select_from(Upload).where(Upload.owner == owner)
        return session.scalar(query) or 0


def find_work(folder: str, kind: str) -> Sequence[Upload]:
    """The files of a folder that need a kind of work, oldest first."""
    query = select(Upload).where(Upload.state.in_(WORK[kind]), Upload.folder == folder)
    with reading() as session:
        return session.scalars(query.order_by(Upload.id)).all()


def find_existing(ids: Collection[str]) -> set[str]:
    """Those of some ids that uploaded files have."""
    with reading() as session:
        return set(session.scalars(select(Upload.id).where(Upload.id.in_(ids))))


def change(upload_id: str, states: Collection[State], **values: Any) -> bool:
    """Change a file that is in one of some states, and return whether it was."""
    same = update(Upload).where(Upload.id == upload_id, Upload.state.in_(states))
    with writing() as session:
        return bool(session.execute(same.values(**values)).rowcount)  # type: ignore[attr-defined]


def let_score(upload: Upload, actor: Actor) -> bool:
    """Let a checked or stopped file wait for its turn to be scored; false if it is in another state."""
    states = (State.CHECKED, State.STOPPED)
    same = update(Upload).where(Upload.id == upload.id, Upload.state.in_(states))
    waiting: Mapping[str, Any] = {"state": State.WAITING, "attempts": 0, "problem": None}
    with writing() as session:
        changed = session.execute(same.values(**waiting)).rowcount  # type: ignore[attr-defined]
        if changed:
            audit.note(session, actor, Action.FILE_SCORING_STARTED, upload.subject)
    return bool(changed)


def finish(upload: Upload, **results: Any) -> None:
    """Note that a file is scored, with an event in its owner's name."""
    same = update(Upload).where(Upload.id == upload.id, Upload.state == State.SCORING)
    done: Mapping[str, Any] = {"state": State.DONE, "problem": None, **results}
    detail = f"{results['rows']} rows, {results['wrong']} wrong"
    with writing() as session:
        changed = session.execute(same.values(**done, finished_at=datetime.now(UTC))).rowcount  # type: ignore[attr-defined]
        if changed:
            audit.note(session, Actor(upload.owner), Action.FILE_SCORED, upload.subject, detail)


def remove(upload: Upload, actor: Actor) -> None:
    """Delete the row of a file, with an event; its content goes with the next look at the folder."""
    with writing() as session:
        session.execute(delete(Upload).where(Upload.id == upload.id))
        audit.note(session, actor, Action.FILE_DELETED, upload.subject)
