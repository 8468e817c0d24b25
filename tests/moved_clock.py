"""A clock for processes of a test, which can be set while they run; the real one stays as it is."""

import struct
import subprocess
from datetime import timedelta
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class MovedClock:
    """The time of day of all processes that get its environment."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._file.write_bytes(bytes(8))
        library = folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
        self.environment = {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(self._file)}

    def move(self, offset: timedelta) -> None:
        """Set it to the real time and so much more."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", int(offset.total_seconds())))
