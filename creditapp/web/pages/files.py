"""The page of uploaded files: a template, the form to upload one, and the list."""

import csv
import io
import re
from pathlib import PurePath
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug import Response as AnyResponse

from creditapp.applications.catalogue import REFERENCE, Catalogue
from creditapp.exceptions import BadUpload, CreditappError, StorageFull, UploadsUnavailable
from creditapp.files import upload_process, uploads
from creditapp.files.upload_folder import UploadFolder
from creditapp.files.upload_kinds import HEAD, NOTHING, format_of_upload
from creditapp.files.uploads import PAGE_LENGTH, Received
from creditapp.identity.people import Role
from creditapp.phrases import marked
from creditapp.settings.current import current_settings
from creditapp.web import access, rate_limits
from creditapp.web.access import OFFICERS, open_to
from creditapp.web.intake import catalogue_in_force
from creditapp.web.phrasing import explain

blueprint = Blueprint("files", __name__)

RECORD, TRY = "record", "try"
MOST_KEPT = 50
TOO_MANY = marked("You have %(number)s files here. Delete one that you no longer need first.")
LONGEST_NAME = 200
TEMPLATE_NAME = "template.csv"

Page = str | tuple[str, int]


@blueprint.get("/files")
@open_to(OFFICERS)
def overview() -> str:
    """Show the form to upload a file, and the uploads of the person; those of all to an admin."""
    rate_limits.spend_reading()
    _tend()
    return _page()


@blueprint.post("/files")
@open_to(OFFICERS)
def upload() -> AnyResponse | Page:
    """Keep an uploaded file, and have it checked; nothing is scored yet."""
    try:
        upload_id = _keep()
    except (BadUpload, StorageFull, UploadsUnavailable) as error:
        return refuse(error, request.form.get("keeping", RECORD))
    flash(gettext("The file is here. It is being checked; nothing is scored before you say so."))
    return redirect(url_for("file.show", upload_id=upload_id))


@blueprint.get(f"/files/{TEMPLATE_NAME}")
@open_to(OFFICERS)
def template() -> Response:
    """Send a CSV file with all column names and one example."""
    catalogue = catalogue_in_force()
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=catalogue.data.delimiter)
    writer.writerow(template_columns(catalogue))
    writer.writerow([_example_cell(catalogue, name) for name in template_columns(catalogue)])
    # why: without the mark at the beginning, spreadsheets do not take it for UTF-8.
    answer = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="applications-template.csv")
    return answer


def refuse(error: CreditappError, keeping: str = RECORD) -> Page:
    """The page again, with what is wrong with the file that was sent, and with what was chosen.

    Without `keeping` it does not read the form, which may be too large to be read.
    """
    return _page(explain(error), keeping), error.status


def template_columns(catalogue: Catalogue) -> list[str]:
    """All columns that a file may have."""
    return [*catalogue.by_name, catalogue.reference_column or REFERENCE]


def sees_all() -> bool:
    """Whether the person at hand sees the files of all."""
    role = access.current().role
    return role is not None and role.includes(Role.ADMIN)


def start_work() -> None:
    """Start what waits; a file whose process died is gone on with."""
    try:
        upload_process.start_work(current_settings())
    except (StorageFull, UploadsUnavailable):
        return  # the file goes on waiting, and its page says so


def _tend() -> None:
    try:
        upload_process.tend(current_settings())
    except (StorageFull, UploadsUnavailable):
        return  # what can be shown is shown


def _keep() -> str:
    """Keep the file of the form; its id.

    Raises:
        BadUpload: it is no CSV or Parquet file, or the person has too many.
        StorageFull, UploadsUnavailable: it cannot be kept.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise BadUpload(NOTHING)
    owner, name = access.current().label, shown_name(sent.filename)
    if uploads.count_own(owner) >= MOST_KEPT:
        raise BadUpload(TOO_MANY, number=str(MOST_KEPT))
    file_format = format_of_upload(name, sent.stream.read(HEAD))
    size = sent.stream.seek(0, io.SEEK_END)
    sent.stream.seek(0)
    folder, upload_id = UploadFolder(current_settings().uploads_folder), uploads.new_id()
    folder.keep(sent.stream, upload_id, file_format)
    recorded = request.form.get("keeping") != TRY
    received = Received(name, file_format, size, owner, recorded, str(get_locale()))
    uploads.add(upload_id, folder.load_id(), received, access.current_actor())
    start_work()
    return upload_id


def shown_name(name: str) -> str:
    """The name that a file had at the person's, without a path and without what cannot be printed."""
    last = PurePath(name.replace("\\", "/")).name
    printable = "".join(one if one.isprintable() else "_" for one in last)
    return re.sub(r"[\ud800-\udfff]", "_", printable)[-LONGEST_NAME:] or "file"


def _example_cell(catalogue: Catalogue, name: str) -> str:
    question = catalogue.by_name.get(name)
    if question is None:
        return "example-1"
    return question.as_cell(catalogue.example[name]) if name in catalogue.example else ""


def _page(problem: str = "", keeping: str = RECORD) -> str:
    before = request.args.get("before", "")[:36]
    found = uploads.list_newest(None if sees_all() else access.current().label, before)
    catalogue = catalogue_in_force()
    settings = current_settings()
    context: dict[str, Any] = {
        "problem": problem,
        "keeping": keeping,
        "uploads": found,
        "older": found[-1].id if len(found) == PAGE_LENGTH else None,
        "all_owners": sees_all(),
        "catalogue": catalogue,
        "reference_name": catalogue.reference_column or REFERENCE,
        "most_bytes": settings.max_upload_bytes,
        "most_rows": settings.max_upload_rows,
        "days": settings.keep_uploads_days,
    }
    return render_template("files/overview.html", **context)
