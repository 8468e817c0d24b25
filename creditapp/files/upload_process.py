"""Starts the processes that check and score uploaded files; a worker itself loads no Dask and no PyArrow."""

import subprocess
import threading
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from creditapp.database.expiry import delete_before
from creditapp.files import uploads
from creditapp.files.upload_folder import UploadFolder, disk_failures
from creditapp.files.uploads import Upload
from creditapp.settings.child_commands import child_environment, flask_command
from creditapp.settings.paths import ROOT

CHECKS_AT_ONCE = 1


class UploadRules(Protocol):
    """The settings about uploaded files."""

    @property
    def uploads_folder(self) -> Path:
        """Where they are."""

    @property
    def max_upload_rows(self) -> int:
        """The largest number of rows."""

    @property
    def uploads_at_once(self) -> int:
        """How many are scored at the same time."""

    @property
    def keep_uploads_days(self) -> int:
        """After how many days they are deleted."""


def can_score() -> bool:
    """Whether this installation has what reads and scores files."""
    return all(find_spec(name) for name in ("distributed", "pyarrow"))


def places_for(kind: str, rules: UploadRules) -> int:
    """How many processes may do a kind of work at the same time."""
    return rules.uploads_at_once if kind == "score" else CHECKS_AT_ONCE


def start_work(rules: UploadRules) -> None:
    """Start a process for each kind of work that a file waits for, unless enough processes do it.

    A file whose process died is waiting too.

    Raises:
        DatabaseUnavailable: the files that wait cannot be read.
        StorageFull, UploadsUnavailable: the folder cannot be used.
    """
    if not can_score():
        return
    folder = UploadFolder(rules.uploads_folder)
    for kind in uploads.WORK:
        if uploads.find_work(folder.load_id(), kind):
            _start(kind, folder, rules)


def tend(rules: UploadRules) -> None:
    """Delete what is past its time or left over, and start the work that waits.

    Raises:
        DatabaseUnavailable, StorageFull, UploadsUnavailable: as `start_work`.
    """
    overdue = datetime.now(UTC) - timedelta(days=rules.keep_uploads_days)
    delete_before(Upload.created_at, overdue, dry_run=False)
    sweep(UploadFolder(rules.uploads_folder))
    start_work(rules)


def sweep(folder: UploadFolder) -> None:
    """Delete the content of uploads that are no longer on record."""
    left_over = folder.list_left_over()
    for upload_id in set(left_over) - uploads.find_existing(left_over):
        folder.discard(upload_id)


def _start(kind: str, folder: UploadFolder, rules: UploadRules) -> None:
    """Start `flask uploads work`, unless as many work as may, with the place that it takes."""
    with disk_failures():
        place = folder.take_place(kind, places_for(kind, rules))
    if place:
        # why: the process inherits the lock, so that no other is started while it loads what it needs.
        with place:
            _start_process(kind, place.fileno())


def _start_process(kind: str, place: int) -> None:
    """Start the process in a session of its own, so that it outlives the worker that starts it."""
    process = subprocess.Popen(
        flask_command("uploads", "work", kind, "--has-place"),
        cwd=ROOT,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=[place],
    )
    # why: a process that ended stays in the list of processes until somebody has waited for it.
    threading.Thread(target=process.wait, daemon=True).start()
