"""Gives a complete file its name, and never takes the name from another file."""

import errno
import fcntl
import os
from pathlib import Path

WITHOUT_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What a file system answers that has no hard links, such as FAT or some network shares."""


def publish(draft: Path, path: Path) -> None:
    """Give a draft in the same folder its name; the draft is gone afterwards, also after an error.

    Raises:
        FileExistsError: the name is taken, perhaps at this moment; that file stays as it is.
        OSError: the folder cannot be written to.
    """
    try:
        # why: a link, unlike a rename, does not replace what is there.
        os.link(draft, path)
    except OSError as error:
        if error.errno not in WITHOUT_HARD_LINKS:
            raise
        _rename_in_turn(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _rename_in_turn(draft: Path, path: Path) -> None:
    """Rename where nothing has the name; one process at a time looks and renames."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        draft.rename(path)
    finally:
        os.close(folder)
