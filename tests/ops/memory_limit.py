"""Runs a process under the memory limit that its container would have, and tells what it took.

Where this machine lets nobody make control groups, the process has no limit, and what it takes is measured.
"""

import re
from contextlib import suppress
from pathlib import Path

import psutil

from tests.ops.compose import compose

ROOT_V1 = Path("/sys/fs/cgroup/memory")
ROOT_V2 = Path("/sys/fs/cgroup")
UNITS = {"M": 1 << 20, "G": 1 << 30}


def limit_of(process: str) -> int | None:
    """The limit of the service that a process stands for, in bytes; none for a process of the tests."""
    name = "credit-score-api" if process.startswith("web-") else process
    service = compose()["services"].get(name)
    if service is None:
        return None
    [(number, unit)] = re.findall(
        r"^(\d+)([MG])$", service["deploy"]["resources"]["limits"]["memory"]
    )
    return int(number) * UNITS[unit]


def make_limit(process: str, limit: int) -> "MemoryLimit | None":
    """The limit of a process; none where no control group can be made."""
    try:
        return MemoryLimit(process, limit)
    except OSError:
        return None


def taken_by(pid: int) -> int:
    """What a process and all that it started take by themselves, in bytes."""
    root = psutil.Process(pid)
    taken = 0
    for one in [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            taken += one.memory_full_info().uss
    return taken


class MemoryLimit:
    """A control group with a limit, for one process and all that it starts."""

    def __init__(self, process: str, limit: int) -> None:
        self._is_v1 = ROOT_V1.exists()
        root = ROOT_V1 if self._is_v1 else ROOT_V2
        self._folder = root / f"creditapp-test-{process}"
        if not self._is_v1:
            (root / "cgroup.subtree_control").write_text("+memory")
        self._folder.mkdir(exist_ok=True)
        self.limit = limit
        name = "memory.limit_in_bytes" if self._is_v1 else "memory.max"
        (self._folder / name).write_text(str(limit))
        # why: a group that an earlier run left behind, or that nobody can enter, is no use.
        with (self._folder / "cgroup.procs").open("a"):
            pass

    def inside(self, command: list[str]) -> list[str]:
        """The command that runs another within the limit."""
        enter = f'echo $$ >{self._folder}/cgroup.procs && exec "$@"'
        return ["sh", "-c", enter, "sh", *command]

    @property
    def peak(self) -> int:
        """The most that was taken so far, in bytes, with the pages of files that were read and written."""
        name = "memory.max_usage_in_bytes" if self._is_v1 else "memory.peak"
        return int((self._folder / name).read_text())

    @property
    def taken(self) -> int:
        """What the processes take now, in bytes, without the pages of files."""
        key = "total_rss" if self._is_v1 else "anon"
        [found] = re.findall(
            rf"^{key} (\d+)", (self._folder / "memory.stat").read_text(), re.MULTILINE
        )
        return int(found)

    @property
    def killed(self) -> int:
        """How many processes were killed because of the limit."""
        name = "memory.oom_control" if self._is_v1 else "memory.events"
        found = re.findall(r"^oom_kill (\d+)", (self._folder / name).read_text(), re.MULTILINE)
        return sum(map(int, found))

    def remove(self) -> None:
        """Remove the group of processes that have ended."""
        self._folder.rmdir()
