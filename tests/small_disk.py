"""A file system of a test's own that is soon full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MOUNT = 'mount -t tmpfs -o size=256k none "$1" && echo ready && exec cat'


class SmallDisk:
    """A folder with room for a quarter of a megabyte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Leave no room, not even at the end of a file's last page."""
        for file in (self._filling, *self.folder.iterdir()):
            with file.open("ab", buffering=0) as end, suppress(OSError):
                while True:
                    end.write(b"\n")

    def free(self) -> None:
        """Give the room back."""
        self._filling.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount it for the length of the block, in a namespace of its own, so that no right is needed."""
    folder.mkdir()
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield SmallDisk(Path(f"/proc/{process.pid}/root{folder}"))
        assert process.stdin
        process.stdin.close()
