"""Scores the parts of a file on the workers of Dask: processes of this machine, or a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from distributed import Client, Future, LocalCluster, as_completed

from creditapp.exceptions import FileRunFailed
from creditapp.files.formats import Part
from creditapp.files.part import FileRun, ScoredPart, score_part

AHEAD = 3
"""The number of parts submitted for each worker: it scores one, and the rest wait."""

RETRIES = 3
OWN_PORT = "127.0.0.1:0"
"""Loopback only: by default Dask serves its state to the whole network."""


@dataclass(frozen=True)
class DaskWorkers:
    """The workers of one scheduler."""

    client: Client

    def __call__(self, run: FileRun, parts: Sequence[Part]) -> Iterator[ScoredPart]:
        """Score parts on the workers, and yield the results in the order in which they finish."""
        # why: only a few parts are submitted at a time, to limit memory.
        waiting = iter(parts)
        at_once = AHEAD * max(1, sum(self.client.nthreads().values()))
        futures = as_completed([self._submit(run, part) for part in islice(waiting, at_once)])
        for future in futures:
            yield future.result()
            future.release()
            futures.update([self._submit(run, part) for part in islice(waiting, 1)])

    def _submit(self, run: FileRun, part: Part) -> "Future[ScoredPart]":
        return self.client.submit(score_part, run, part, pure=False, retries=RETRIES)


@contextmanager
def connect(workers: int, scheduler: str | None) -> Iterator[DaskWorkers]:
    """Connect to the scheduler at this address, or start local processes without an address.

    Raises:
        FileRunFailed: the scheduler does not answer.
    """
    if scheduler:
        try:
            client = Client(scheduler, timeout=5)
        except (OSError, ValueError) as error:
            raise FileRunFailed(
                f"{scheduler}: no Dask scheduler answers; check the address, and that it is running"
            ) from error
        with client:
            yield DaskWorkers(client)
        return
    local = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=OWN_PORT,
        worker_dashboard_address=OWN_PORT,
        scheduler_kwargs={"dashboard": False},
    )
    with local, Client(local) as client:
        yield DaskWorkers(client)
