"""What large bodies of nothing cost a worker: `python -m tests.benchmarks.flood`.

Eight clients send 15 MB of `{}` at once, and one sends a batch of 10,000. Printed are the most memory that
the workers took together, how long liveness took at most, and how large the answers were.
"""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.benchmarks.results import keep
from tests.serving import Answer, Service, flask, serve

CLIENTS, BYTES, ROWS = 8, 15_000_000, 10_000


class Watch:
    """Looks at the workers and at liveness while something goes on."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most_bytes = 0
        self.slowest = 0.0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        workers = [psutil.Process(pid) for pid in self._service.workers()]
        while not self._stop.wait(0.05):
            taken = sum(one.memory_info().rss for one in workers)
            self.most_bytes = max(self.most_bytes, taken)
            began = time.perf_counter()
            self._service.get("/api/live")
            self.slowest = max(self.slowest, time.perf_counter() - began)


def main() -> None:
    """Send both kinds to a service of two workers, and print what they cost."""
    with tempfile.TemporaryDirectory() as folder:
        database, registry = Path(folder, "creditapp.db"), Path(folder, "mlflow.db")
        flask("prepare", database=database, registry=registry)
        with serve(database, registry) as service:
            figures = {
                "at rest": measure(service, [], 1),
                f"{CLIENTS} bodies of {BYTES:,} bytes": measure(
                    service, objects(BYTES // len("{}, ")), CLIENTS
                ),
                f"a batch of {ROWS:,}": measure(service, objects(ROWS), 1),
            }
    for name, figure in figures.items():
        print(f"{name:28}", *(f"{key} {value:,.1f}" for key, value in figure.items()), sep="  ")
    keep("flood", figures)


def objects(number: int) -> list[dict[str, object]]:
    """So many applications without an answer."""
    return [{}] * number


def measure(
    service: Service, applications: list[dict[str, object]], clients: int
) -> dict[str, float]:
    """Send a batch by several clients at once; memory in MB, time in s, the largest answer in MB."""
    body = {"applications": applications}

    def ask(_: int) -> Answer:
        try:
            return service.post("/api/predict-batch", body)
        except OSError:
            return Answer(0, {}, b"")

    with Watch(service) as watch, ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(ask, range(clients)))
        time.sleep(1)
    return {
        "memory": watch.most_bytes / 1e6,
        "liveness": watch.slowest,
        "answer": max(len(one.body) for one in answers) / 1e6,
        "status": answers[0].status,
    }


if __name__ == "__main__":
    main()
