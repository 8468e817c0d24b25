"""Lets a person upload a file that is larger than other requests, and says why where it is too large."""

import tempfile
from collections.abc import Callable
from typing import IO, Any

from flask import Request, request
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge

from creditapp.exceptions import BadUpload, StorageFull, TooLarge, UploadsUnavailable
from creditapp.files.upload_folder import UploadFolder, disk_failures
from creditapp.settings.current import current_settings

ENDPOINT = "files.upload"
BESIDE_FILE = 100_000
"""Bytes for what a form has besides its file."""
MOST_READ = 4
"""A browser shows an answer only if its request was read; so many times the limit are read and forgotten."""
BLOCK = 1 << 20

Refused = Callable[[BadUpload | StorageFull | TooLarge | UploadsUnavailable], Any]


class RequestWithFile(Request):
    """A request whose uploaded file goes to the folder of uploads at once, and neither to memory nor /tmp."""

    def _get_file_stream(self, *arguments: Any, **named: Any) -> IO[bytes]:
        if self.endpoint != ENDPOINT:
            return super()._get_file_stream(*arguments, **named)
        folder = UploadFolder(current_settings().uploads_folder)
        folder.load_id()
        return tempfile.TemporaryFile(dir=folder.root)


def read_upload(asked: Request, refuse: Refused) -> Any:
    """Read an upload before the form's token is checked; `refuse` answers one that cannot be taken."""
    if asked.endpoint != ENDPOINT or asked.method != "POST":
        return None
    try:
        _read()
    except (TooLarge, StorageFull, UploadsUnavailable) as error:
        return refuse(error)
    return None


def _read() -> None:
    """Read the form with its file.

    Raises:
        TooLarge: the file exceeds the limit.
        StorageFull, UploadsUnavailable: it cannot be kept.
    """
    limit = current_settings().max_upload_bytes
    request.max_content_length = limit + BESIDE_FILE
    if (request.content_length or 0) > request.max_content_length:
        _forget_body(MOST_READ * limit)
        raise TooLarge(too_large())
    with disk_failures():
        try:
            request.form.get("")
        except RequestEntityTooLarge as error:
            raise TooLarge(too_large()) from error


def too_large() -> str:
    """What is said about a file that exceeds the limit."""
    megabytes = f"{current_settings().max_upload_bytes / 1_000_000:g}"
    return str(
        gettext(
            "The file is too large. A file has at most %(size)s MB. Split it into smaller files.",
            size=megabytes,
        )
    )


def _forget_body(most: int) -> None:
    """Read the body of a request, up to so many bytes, and keep nothing of it."""
    if (request.content_length or 0) > most:
        return
    stream = request.environ["wsgi.input"]
    left = request.content_length or 0
    while left > 0 and (block := stream.read(min(left, BLOCK))):
        left -= len(block)
