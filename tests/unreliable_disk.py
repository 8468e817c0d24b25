"""A disk under the files of a test's processes: its fsync can fail, and it can lose what was not synced."""

import os
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.serving import wait_until

SOURCE = Path(__file__).with_suffix(".c")
NOTE = struct.Struct("240sqqqq")
WELL, FAILS, HOLDS = b"\0", b"\1", b"\2"
"""What the disk does with an fsync."""
A_WRITE = -1


@dataclass(frozen=True)
class Note:
    """What the journal says of one write, or of one sync; `place` is where it stands in the journal."""

    place: int
    path: Path
    synced: int
    offset: int
    before: bytes
    size: int


class UnreliableDisk:
    """The disk of all processes that get its environment, for the files whose paths begin with `files`."""

    def __init__(self, files: Path, folder: Path, *, keeps_journal: bool) -> None:
        self._files, self._fault, self._journal = files, folder / "fault", folder / "journal"
        self._fault.write_bytes(WELL)
        library = folder / "disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
        self.environment = {
            "LD_PRELOAD": str(library),
            "WATCHED_FILES": str(files),
            "WATCHED_FAULT": str(self._fault),
        }
        if keeps_journal:
            self._journal.touch()
            # PostgreSQL has a user of its own, to whom its folder belongs.
            os.chown(self._journal, folder.stat().st_uid, folder.stat().st_gid)
            self.environment["WATCHED_JOURNAL"] = str(self._journal)

    def fail(self, is_broken: bool) -> None:
        """Let each fsync fail from now on, or no more."""
        self._set(FAILS if is_broken else WELL)

    def hold(self) -> None:
        """Let no fsync end from now on, until there are writes that none covers."""
        self._set(HOLDS)
        wait_until(lambda: any(map(_is_of_a_file, self._not_synced())), 30)

    def lose_what_was_not_synced(self) -> int:
        """Take back the writes that no sync covers, as all processes have ended; how many there were."""
        lost = self._not_synced()
        for note in reversed(lost):
            with note.path.open("r+b") as file:
                file.seek(note.offset)
                file.write(note.before)
                file.truncate(note.size)
        self._journal.write_bytes(b"")
        # SQLite's index of its log is shared memory, which no disk keeps.
        Path(f"{self._files}-shm").unlink(missing_ok=True)
        self._set(WELL)
        return sum(map(_is_of_a_file, lost))

    def _set(self, what: bytes) -> None:
        with self._fault.open("r+b") as file:
            file.write(what)

    def _not_synced(self) -> list[Note]:
        notes = list(self._notes())
        on_disk: dict[Path, int] = {}
        for note in notes:
            on_disk[note.path] = max(on_disk.get(note.path, 0), note.synced)
        return [
            note
            for note in notes
            if note.synced == A_WRITE and note.place >= on_disk[note.path] and note.path.exists()
        ]

    def _notes(self) -> Iterator[Note]:
        journal, place = self._journal.read_bytes(), 0
        # why: what is being written at the end may be there in part.
        while place + NOTE.size <= len(journal):
            path, synced, offset, length, size = NOTE.unpack_from(journal, place)
            start = place + NOTE.size
            before = journal[start : start + length]
            yield Note(place, Path(path.rstrip(b"\0").decode()), synced, offset, before, size)
            place = start + length


def _is_of_a_file(note: Note) -> bool:
    return not note.path.name.endswith("-shm")
