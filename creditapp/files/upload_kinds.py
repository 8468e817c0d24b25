"""What an uploaded file is, by its name and its first bytes; and what else it may be by mistake."""

from pathlib import PurePath

from creditapp.exceptions import BadUpload
from creditapp.phrases import marked

HEAD = 4096
"""The number of bytes that are enough to tell."""

PARQUET, ZIP, OLD_OFFICE, PDF, GZIP = (
    b"PAR1",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"\x1f\x8b",
)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

NOTHING = marked("No file was chosen. Choose a CSV or Parquet file.")
EMPTY = marked(
    "The file is empty. The first line must hold the column names, and each line after it one application."
)
UNKNOWN_NAME = marked(
    "The name %(name)s does not end in .csv or .parquet. Save the table as CSV (UTF-8) or Parquet."
)
WORKBOOK = marked(
    "%(name)s is a workbook or an archive, not CSV. Save the sheet as CSV (UTF-8), and upload that file."
)
OTHER = marked(
    "%(name)s is %(what)s, not %(kind)s. Save the table as CSV (UTF-8) or Parquet, and upload that file."
)
ENCODED = marked("%(name)s is in UTF-16. Save it as CSV in UTF-8, and upload that file.")
NOT_TEXT = marked(
    "%(name)s holds bytes that are no text. Save the table as CSV (UTF-8), and upload that file."
)


def format_of_upload(name: str, head: bytes) -> str:
    """The format of an uploaded file: `csv` or `parquet`.

    `head` is its first bytes.

    Raises:
        BadUpload: it is neither, or not what its name says.
    """
    kind = PurePath(name).suffix.lower().removeprefix(".")
    if kind in ("xlsx", "xls", "ods", "numbers"):
        raise BadUpload(WORKBOOK, name=name)
    if kind not in ("csv", "parquet"):
        raise BadUpload(UNKNOWN_NAME, name=name)
    if not head:
        raise BadUpload(EMPTY)
    if kind == "csv":
        _check_csv(name, head)
    elif not head.startswith(PARQUET):
        raise _other(name, marked("no Parquet file"), "Parquet")
    return kind


def _check_csv(name: str, head: bytes) -> None:
    if head.startswith(PARQUET):
        raise _other(name, "Parquet", "CSV")
    if head.startswith(PDF):
        raise _other(name, "PDF", "CSV")
    if head.startswith((ZIP, OLD_OFFICE, GZIP)):
        raise BadUpload(WORKBOOK, name=name)
    if head.startswith(UTF_16):
        raise BadUpload(ENCODED, name=name)
    if b"\0" in head:
        raise BadUpload(NOT_TEXT, name=name)


def _other(name: str, what: str, kind: str) -> BadUpload:
    return BadUpload(OTHER, name=name, what=what, kind=kind)
