"""What the process of uploaded files does: checks them, and scores them one after the other."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from creditapp.exceptions import (
    BadTable,
    BrokenBundle,
    DatabaseUnavailable,
    FileRunFailed,
    ModelUnavailable,
    UnknownUpload,
    UploadGone,
)
from creditapp.files import run as file_run
from creditapp.files import uploads
from creditapp.files.part import save
from creditapp.files.preview import preview
from creditapp.files.run import Keeping
from creditapp.files.upload_folder import NO_ROOM, UploadFolder, is_full
from creditapp.files.upload_process import UploadRules, places_for
from creditapp.files.upload_results import write_for_people
from creditapp.files.uploads import AT_WORK, WORK, State, Upload
from creditapp.phrase_documents import as_document
from creditapp.phrases import Phrase, marked

MOST_ATTEMPTS = 3

NO_MODEL = marked("No model is in force. Ask an administrator to promote one, and go on then.")
OTHER_FIELDS = marked(
    "The model in force has changed and asks for other fields. The file was checked again. Start it again."
)
DIED = marked(
    "The scoring broke off %(times)s times without a result. Ask an administrator to look at the log."
)
CONTENT_GONE = marked(
    "The content of the file is gone from the disk. Delete it here, and upload it again."
)
FAILED = marked("The scoring stopped; the log says why. What is scored is kept, and you can go on.")
CANNOT_READ = marked("The file cannot be scored: %(reason)s.")

log = logging.getLogger(__name__)


def work(kind: str, rules: UploadRules, *, has_place: bool = False) -> None:
    """Do one kind of work on all files that wait for it, unless as many processes do so as may.

    `has_place`: this process inherited a place from who started it.
    """
    folder = UploadFolder(rules.uploads_folder)
    folder.load_id()
    place = None if has_place else folder.take_place(kind, places_for(kind, rules))
    if has_place or place:
        _work_on_all(kind, folder, rules)
    if place:
        place.close()


def _work_on_all(kind: str, folder: UploadFolder, rules: UploadRules) -> None:
    for upload in _claimed(kind, folder, folder.load_id()):
        try:
            if kind == "check":
                _check(upload, folder, rules)
            else:
                _score(upload, folder)
        except UploadGone:
            log.info("the uploaded file %s was deleted meanwhile", upload.id)


def _claimed(kind: str, folder: UploadFolder, folder_id: str) -> Iterator[Upload]:
    """The files that need work, oldest first, each held while it is worked on; each once."""
    seen: set[str] = set()
    while waiting := [one for one in uploads.find_work(folder_id, kind) if one.id not in seen]:
        seen.add(waiting[0].id)
        try:
            with folder.work_on(waiting[0].id) as free:
                if free and (upload := _claim(waiting[0].id, kind)):
                    yield upload
        except FileNotFoundError:
            _stop(waiting[0], Phrase(CONTENT_GONE, {}))
        _discard_if_gone(waiting[0].id, folder)


def _claim(upload_id: str, kind: str) -> Upload | None:
    """Count an attempt at a file that still needs the work; none if it does not, or was tried too often."""
    try:
        upload = uploads.find(upload_id)
    except UnknownUpload:
        return None
    if upload.attempts >= MOST_ATTEMPTS:
        _stop(upload, Phrase(DIED, {"times": str(MOST_ATTEMPTS)}))
        return None
    values = {"attempts": upload.attempts + 1}
    return upload if uploads.change(upload_id, WORK[kind], **values) else None


def _discard_if_gone(upload_id: str, folder: UploadFolder) -> None:
    if not uploads.find_existing([upload_id]):
        folder.discard(upload_id)


def _check(upload: Upload, folder: UploadFolder, rules: UploadRules) -> None:
    try:
        catalogue = file_run.catalogue_in_force()
        content = folder.content_of(upload.id, upload.format)
        seen = preview(catalogue, content, rules.max_upload_rows, upload.language)
        save(folder.place_of(upload.id) / "preview.json", seen.as_document())
    except (ModelUnavailable, BrokenBundle):
        _stop(upload, Phrase(NO_MODEL, {}))
    except OSError as error:
        _stop(upload, _words_of(error))
    else:
        uploads.change(
            upload.id,
            WORK["check"],
            state=State.REFUSED if seen.problem else State.CHECKED,
            problem=as_document(seen.problem) if seen.problem else upload.problem,
            rows=seen.rows,
            fingerprint=catalogue.fingerprint,
            attempts=0,
        )


def _score(upload: Upload, folder: UploadFolder) -> None:
    place = folder.place_of(upload.id)
    try:
        if not _is_checked_by_catalogue_in_force(upload, place):
            return
        if not uploads.change(
            upload.id, WORK["score"], state=State.SCORING, started_at=_now(upload)
        ):
            raise UploadGone("the file is no longer to be scored")
        repeats = _run(upload, folder)
        counted = write_for_people(place / "results.parquet", place / "results.wrong.csv", place)
        uploads.finish(upload, **vars(counted), repeats=repeats)
    except BadTable as error:
        _end(upload, State.REFUSED, Phrase(CANNOT_READ, {"reason": error.phrase}))
    except (ModelUnavailable, BrokenBundle):
        _stop(upload, Phrase(NO_MODEL, {}))
    except DatabaseUnavailable:
        # why: it waits, and goes on once the database answers.
        raise
    except (FileRunFailed, OSError) as error:
        _stop(upload, _words_of(error))


def _now(upload: Upload) -> datetime:
    return upload.started_at or datetime.now(UTC)


def _is_checked_by_catalogue_in_force(upload: Upload, place: Path) -> bool:
    """Whether the catalogue is the one that the file was checked by; otherwise it is to be checked again."""
    out = place / "results.parquet"
    if out.exists() or file_run.has_begun(out):
        return True
    if file_run.catalogue_in_force().fingerprint == upload.fingerprint:
        return True
    _end(upload, State.CHECKING, Phrase(OTHER_FIELDS, {}))
    return False


def _run(upload: Upload, folder: UploadFolder) -> datetime | None:
    """Score the file, or go on; when the same decisions were recorded first, if they were."""
    out = folder.place_of(upload.id) / "results.parquet"
    if out.exists() and not file_run.has_begun(out):
        return upload.repeats  # it ended after its last part

    def note_progress(done: int, of: int) -> None:
        if not uploads.change(upload.id, [State.SCORING], parts_done=done, parts=of, attempts=0):
            raise UploadGone("the file was deleted")

    content = folder.content_of(upload.id, upload.format)
    keep = Keeping(record=upload.recorded, made_by=upload.owner, language=upload.language)
    with file_run.cluster(1, None) as workers:
        return file_run.score_file(content, out, workers, keep=keep, say=note_progress).repeats


def _words_of(error: BaseException) -> Phrase:
    """What the person reads of a failure."""
    if is_full(error):
        return Phrase(NO_ROOM, {})
    log.error("an uploaded file was not scored: %r", error)
    return Phrase(FAILED, {})


def _stop(upload: Upload, why: Phrase) -> None:
    _end(upload, State.STOPPED, why)


def _end(upload: Upload, state: State, why: Phrase) -> None:
    uploads.change(upload.id, AT_WORK, state=state, problem=as_document(why), attempts=0)
