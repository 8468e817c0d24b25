"""Drafts a portfolio in a folder from a data file."""

from collections.abc import Sequence
from pathlib import Path

from training.drafts.document import name_of, text_of
from training.drafts.draft import Draft, draft
from training.drafts.folder import check_free, write


def infer(
    data: Path, outcome: str, bad: Sequence[str], folder: Path, *, overwrite: bool = False
) -> Draft:
    """Write `datapackage.yaml` and a copy of the data into a folder.

    Raises:
        BadTable: the data cannot be used, or the folder holds a portfolio; nothing is written.
        OSError: a file cannot be read or written.
    """
    check_free(folder, overwrite=overwrite)
    drafted = draft(data, outcome, bad)
    document = text_of(drafted, name_of(folder.resolve().name))
    write(folder, document, data, drafted.source.file_name, overwrite=overwrite)
    return drafted
