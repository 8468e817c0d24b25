"""The page of one uploaded file: what was understood, how far it is, and its results."""

import csv
import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext
from werkzeug import Response
from werkzeug.utils import secure_filename

from creditapp.exceptions import BadUpload, NotFound, UnknownUpload
from creditapp.files import upload_process, uploads
from creditapp.files.upload_folder import UploadFolder
from creditapp.files.uploads import State, Upload
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.phrase_documents import from_document
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.intake import catalogue_in_force
from creditapp.web.pages.files import sees_all, start_work
from creditapp.web.personal import ONCE_IN
from creditapp.web.phrasing import phrase

blueprint = Blueprint("file", __name__)

SHOWN_WRONG = 100
USUAL_WAIT = timedelta(seconds=60)
"""After this time somebody should have begun to check a file."""

RESULTS = {
    "results.csv": "text/csv",
    "results.parquet": "application/vnd.apache.parquet",
    "wrong-rows.csv": "text/csv",
}
NOT_NOW = marked("The file is not in a state to be scored. Look at what is said about it below.")

Page = str | tuple[str, int]


@blueprint.get("/files/<upload_id>")
@open_to(OFFICERS)
def show(upload_id: str) -> Page:
    """Show what was understood of a file, how far its scoring is, or its results."""
    rate_limits.spend_reading()
    upload = _load(upload_id)
    if upload.is_at_work:
        start_work()
    return _page(upload)


@blueprint.post("/files/<upload_id>/score")
@open_to(OFFICERS)
def score(upload_id: str) -> Response | Page:
    """Score a file that was checked, or go on with one that was stopped."""
    upload = _load(upload_id)
    if upload.state == State.CHECKED and catalogue_in_force().fingerprint != upload.fingerprint:
        uploads.change(upload.id, [State.CHECKED], state=State.CHECKING)
        flash(gettext("The model in force asks for other fields now. The file is checked again."))
    elif not uploads.let_score(upload, access.current_actor()):
        return _page(upload, str(phrase(NOT_NOW))), BadUpload.status
    else:
        flash(gettext("The file is being scored. You may close this page; the work goes on."))
    start_work()
    return redirect(url_for("file.show", upload_id=upload_id))


@blueprint.post("/files/<upload_id>/delete")
@open_to(OFFICERS)
def delete(upload_id: str) -> Response:
    """Delete a file with its results; decisions that were recorded stay."""
    upload = _load(upload_id)
    uploads.remove(upload, access.current_actor())
    _folder().discard(upload.id)
    flash(gettext("The file %(name)s and its results are deleted.", name=upload.name))
    return redirect(url_for("files.overview"))


@blueprint.get("/files/<upload_id>/<name>")
@open_to(OFFICERS)
def download(upload_id: str, name: str) -> Response:
    """Send the results or the wrong rows; who took them is on record."""
    rate_limits.spend_reading()
    upload = _load(upload_id)
    if name not in RESULTS or upload.state != State.DONE:
        raise NotFound(marked("there is no such result"))
    path = _folder().place_of(upload.id) / name
    if not path.exists():
        raise NotFound(marked("the results are not on this host"))
    audit.record(access.current_actor(), Action.DATA_EXPORTED, upload.subject, name)
    stem = secure_filename(PurePath(upload.name).stem) or "file"
    return send_file(
        path, RESULTS[name], as_attachment=True, download_name=f"{stem}-{name}", max_age=0
    )


def _load(upload_id: str) -> Upload:
    """A file that the person may see.

    Raises:
        UnknownUpload: there is none, or it is another person's.
    """
    upload = uploads.find(upload_id)
    if upload.owner != access.current().label and not sees_all():
        raise UnknownUpload(marked("there is no such file; it may have been deleted"))
    return upload


def _folder() -> UploadFolder:
    return UploadFolder(current_settings().uploads_folder)


def _page(upload: Upload, problem: str = "") -> str:
    here = upload.folder == _folder().load_id()
    seen = _read_preview(upload) if here else None
    if seen and seen["first"]:
        audit.record_once(access.current_actor(), Action.DATA_READ, upload.subject, ONCE_IN)
    waited = datetime.now(UTC) - upload.created_at
    days = timedelta(days=current_settings().keep_uploads_days)
    context: dict[str, Any] = {
        "upload": upload,
        "problem": problem,
        "here": here,
        "seen": seen,
        "questions": catalogue_in_force().by_name,
        "seen_problem": from_document(seen["problem"]) if seen else None,
        "wrong_rows": _read_wrong_rows(upload) if here else [],
        "nobody_works": upload.is_at_work
        and waited > USUAL_WAIT
        and not upload_process.can_score(),
        "deleted_at": upload.created_at + days,
    }
    return render_template("files/file.html", **context)


def _read_preview(upload: Upload) -> dict[str, Any] | None:
    """What was understood; none before the file was checked."""
    path = _folder().place_of(upload.id) / "preview.json"
    if upload.state == State.CHECKING:
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except OSError:
        return None
    return found


def _read_wrong_rows(upload: Upload) -> list[list[str]]:
    """The first wrong rows of a file that was scored, each with its number and what is wrong."""
    path: Path = _folder().place_of(upload.id) / "wrong-rows.csv"
    if upload.state != State.DONE or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(islice(csv.reader(lines), 1, SHOWN_WRONG + 1))
