"""Puts a drafted document and its data into a folder: both whole, or nothing."""

import shutil
from pathlib import Path
from uuid import uuid4

from creditapp.exceptions import BadTable

DOCUMENT = "datapackage.yaml"
DOCUMENTS = (DOCUMENT, "datapackage.json")


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds a portfolio already.

    Raises:
        BadTable: there is a document, and it is not to be overwritten; or this is no folder.
    """
    if folder.exists() and not folder.is_dir():
        raise BadTable(f"{folder}: this is a file; name a folder for the portfolio")
    for name in DOCUMENTS:
        if (folder / name).exists() and not overwrite:
            raise BadTable(
                f"{folder / name} exists, and may hold a person's work; choose another folder, or "
                "replace it with --overwrite"
            )


def write(folder: Path, document: str, data: Path, data_name: str, *, overwrite: bool) -> None:
    """Copy the data into the folder, then put the document beside it.

    Raises:
        BadTable: another file of the data's name is there, and it is not to be overwritten.
        OSError: the folder cannot be written.
    """
    copy = folder / data_name
    in_place = copy.exists() and copy.samefile(data)
    if copy.exists() and not in_place and not overwrite:
        raise BadTable(f"{copy} exists and is another file; replace it with --overwrite")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{uuid4().hex}.partial"
    try:
        if not in_place:
            shutil.copyfile(data, partial)
            partial.replace(copy)
        partial.write_text(document, encoding="utf-8", newline="\n")
        if overwrite:
            (folder / "datapackage.json").unlink(missing_ok=True)
        partial.replace(folder / DOCUMENT)
    finally:
        partial.unlink(missing_ok=True)
