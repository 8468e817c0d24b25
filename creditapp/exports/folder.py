"""A folder that appears whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from creditapp.exceptions import BadExport


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft of a folder, which gets its name at the end of the block; only its owner can read it.

    Raises:
        BadExport: the folder exists already, or cannot be written.
    """
    if not folder.name:
        raise BadExport(f"{folder}: name a folder that does not exist yet")
    draft = folder.with_name(f".{folder.name}.part")
    try:
        if folder.exists():
            raise BadExport(f"{folder}: this folder exists already; give another name")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        yield draft
        draft.rename(folder)
    except OSError as error:
        raise BadExport(f"{folder}: cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
