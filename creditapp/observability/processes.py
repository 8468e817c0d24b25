"""What the processes that serve take of the machine: read from the system when somebody asks."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class WorkerProcesses(Collector):
    """Processor time and memory of each worker, with its process id as a label."""

    def __init__(self, pids: Callable[[], Iterable[str]]) -> None:
        self._pids = pids

    def collect(self) -> Iterator[Metric]:
        """Read both for each process; one that has ended meanwhile is left out."""
        seconds = CounterMetricFamily(
            "creditapp_worker_cpu_seconds", "Processor time of each worker", labels=["pid"]
        )
        memory = GaugeMetricFamily(
            "creditapp_worker_memory_bytes", "Memory that each worker holds", labels=["pid"]
        )
        for pid in self._pids():
            try:
                seconds.add_metric([pid], _processor_seconds(pid))
                memory.add_metric([pid], _resident_bytes(pid))
            except OSError:
                continue
        yield seconds
        yield memory


def _processor_seconds(pid: str) -> float:
    """The time in user and kernel mode: fields 14 and 15 of `man 5 proc_pid_stat`."""
    # why: the second field, the program's name in brackets, may contain blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _resident_bytes(pid: str) -> float:
    """The second field of `man 5 proc_pid_statm`."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
