"""The folder of uploaded files: each has a folder of its own there, named by us."""

import errno
import fcntl
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from creditapp.exceptions import StorageFull, UploadsUnavailable
from creditapp.phrases import marked
from creditapp.publishing import publish

SPELLING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_ROOM = marked(
    "There is no room on the disk of the service. Ask an administrator to make room, and try again."
)
NOT_USABLE = marked("the folder for uploaded files cannot be written to; see CREDITAPP_UPLOADS")
LEFT_OVER_SECONDS = 3600
"""After how long a folder without an upload is left over, and not one that is being filled."""

FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, says that the disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__
    return False


@contextmanager
def disk_failures() -> Iterator[None]:
    """Raise what the disk says as one of our own exceptions.

    Raises:
        StorageFull: the disk is full.
        UploadsUnavailable: the folder cannot be used.
    """
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFull(NO_ROOM) from error
        raise UploadsUnavailable(NOT_USABLE) from error


@dataclass(frozen=True)
class UploadFolder:
    """The folder; `root` is made where it is missing."""

    root: Path

    def load_id(self) -> str:
        """The id of this folder, which hosts that share it have in common; made at first use.

        Raises:
            StorageFull, UploadsUnavailable: it cannot be made.
        """
        path = self.root / "folder-id"
        with disk_failures():
            if not path.exists():
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                draft = path.with_name(f".{secrets.token_hex(8)}")
                draft.write_text(secrets.token_hex(18))
                with suppress(FileExistsError):
                    publish(draft, path)
            return path.read_text()

    def place_of(self, upload_id: str) -> Path:
        """The folder of one uploaded file.

        Raises:
            ValueError: this is no id.
        """
        if not SPELLING.fullmatch(upload_id):
            raise ValueError(upload_id)
        return self.root / upload_id

    def content_of(self, upload_id: str, file_format: str) -> Path:
        """The file with the content that was uploaded."""
        return self.place_of(upload_id) / f"content.{file_format}"

    def keep(self, content: IO[bytes], upload_id: str, file_format: str) -> None:
        """Keep the content of an uploaded file; after a failure nothing of it is left.

        Raises:
            StorageFull, UploadsUnavailable: it cannot be written.
        """
        place = self.place_of(upload_id)
        with disk_failures():
            try:
                place.mkdir(mode=0o700)
                with self.content_of(upload_id, file_format).open("xb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)
            except OSError:
                shutil.rmtree(place, ignore_errors=True)
                raise

    def discard(self, upload_id: str) -> None:
        """Delete an uploaded file with its results, unless a process works on it."""
        place = self.place_of(upload_id)
        with suppress(FileNotFoundError), self.work_on(upload_id) as free:
            if free:
                shutil.rmtree(place, ignore_errors=True)

    def list_left_over(self) -> list[str]:
        """The ids of folders that are old enough to belong to an upload on record."""
        latest = time.time() - LEFT_OVER_SECONDS
        with suppress(FileNotFoundError):
            return [
                one.name
                for one in self.root.iterdir()
                if SPELLING.fullmatch(one.name) and one.stat().st_mtime < latest
            ]
        return []

    def work_on(self, upload_id: str) -> AbstractContextManager[bool]:
        """Hold one uploaded file for the length of a block; false if another process does."""
        return held(self.place_of(upload_id) / "work.lock")

    def take_place(self, kind: str, number: int) -> IO[str] | None:
        """Take one of so many places for a kind of work; none if all are taken.

        The place is free again when the file is closed here and in each process that got it.
        """
        for place in range(number):
            lock = (self.root / f"{kind}-{place}.lock").open("w")
            if _locks(lock):
                return lock
            lock.close()
        return None


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold a lock file for the length of a block; false if another process holds it."""
    with path.open("w") as lock:
        yield _locks(lock)


def _locks(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
