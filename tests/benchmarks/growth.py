"""What grows with the log: `python -m tests.benchmarks.growth [DECISIONS] [--postgresql] [OPTION]`.

Two databases, one of 10,000 decisions and one of a million, are asked the same in turn. Printed are the least
of several looks, of processor time (this process alone) and by the clock, and the ratio of both databases.
With `--background` also what a thread or a command does with all decisions, by decision. With `--pages` no
seal and no backup of all decisions, which take an hour for ten million.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from click.testing import CliRunner

from creditapp.cli.backups import backup
from creditapp.decisions import days
from creditapp.drift import keeping
from creditapp.performance import watch
from creditapp.seals import sealer
from creditapp.seals.signatures import SigningKey, create_key
from creditapp.seals.verification import verify
from creditapp.serving import cache as model_cache
from creditapp.simulation.costs import ASSUMPTIONS
from tests.benchmarks import results
from tests.benchmarks.grown import Grown, grown
from tests.postgresql import postgresql

FEW, MANY = 10_000, 1_000_000
LOOKS = 7
ADDED = 1_000
"""So many decisions are added before each look at the sealer."""

TRIED = {"approve_from": 0.72, "refer_from": 0.45, **{one.name: one.default for one in ASSUMPTIONS}}
PAGES = {
    "list": "/decisions",
    "list: reviewed": "/decisions?state=reviewed",
    "list: of a channel that none has": "/decisions?channel=file",
    "list: sorted by amount": "/decisions?order=largest",
    "list: amounts of one kind": "/decisions?amount_from=9000&amount_to=9001",
    "search: a reference": "/decisions?reference=loan-4711",
    "search: inside references": "/decisions?reference=n-77&inside=y",
    "search: what none has": "/decisions?reference=nowhere&inside=y",
    "queue": "/decisions/waiting",
    "home": "/home",
    "drift": "/drift",
    "drift: one answer": "/drift/status_of_existing_checking_account",
    "challenger": "/challenger",
    "reviews": "/performance/reviews",
    "workbench": f"/policy?{urlencode(TRIED)}",
    "events": "/events",
    "events: what never meets": "/events?actor=1&subject=ann&action=data+read",
}

Work = Callable[[Grown], object]


class Times(NamedTuple):
    """Milliseconds of processor time and by the clock."""

    processor: float
    clock: float


class Compared(NamedTuple):
    """The times with few decisions and with many."""

    few: Times
    many: Times

    @property
    def ratios(self) -> Times:
        """How often as long the many take."""
        return Times(*(many / few for few, many in zip(*self, strict=True)))


def main(arguments: Iterable[str]) -> None:
    """Make both databases, compare, print and keep the figures."""
    given = list(arguments)
    many = next((int(one) for one in given if one.isdecimal()), MANY)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if "--postgresql" in given:
            server = stack.enter_context(postgresql())
            addresses = [server.create(), server.create()]
        else:
            addresses = [f"sqlite:///{folder}/{name}.db" for name in ("few", "many")]
        both = [
            stack.enter_context(grown(address, folder / "mlflow.db", decisions))
            for address, decisions in zip(addresses, (FEW, many), strict=True)
        ]
        figures = compare(*both, folder, given)
    engine = addresses[0].partition(":")[0]
    results.keep(f"growth-{engine}", figures)
    show(figures, f"{engine}: {many:,} decisions against {FEW:,}")


def compare(few: Grown, many: Grown, folder: Path, options: Container[str]) -> dict[str, Compared]:
    """All cases, each in both databases in turn."""
    key = create_key(folder / "seal-key.pem")
    once: dict[str, Work] = {"count all days, by decision": in_app(days.refresh)}
    often: dict[str, Work] = {
        **{name: lambda one, address=address: one.ask(address) for name, address in PAGES.items()},  # type: ignore[misc]
        "look at the recent days": in_app(_look_again),
    }
    if "--pages" not in options:
        once |= {
            "seal everything, by decision": in_app(lambda: _seal(key)),
            "backup, by decision": in_app(lambda: _back_up(folder)),
        }
        often[f"seal {ADDED:,} more"] = in_app(lambda: _seal(key))
    if "--background" in options:
        once |= {
            "verify everything, by decision": in_app(lambda: verify(None, full=True)),
            "look at 26 weeks, by decision": in_app(_look_at_weeks),
            "report on performance, by decision": in_app(lambda: watch.make(datetime.now(UTC))),
        }
    figures = {name: by_decision(work, few, many) for name, work in once.items()}
    for name, work in often.items():
        adds = name.startswith("seal")
        figures[name] = least(work, few, many, ADDED if adds else 0)
    return figures


def in_app(work: Callable[[], object]) -> Work:
    """Work that is done within the application."""

    def do(one: Grown) -> None:
        with one.app.app_context():
            work()

    return do


def _seal(key: SigningKey) -> None:
    assert sealer.seal(key, None, everything=False).rows


def _back_up(folder: Path) -> None:
    file = folder / "backup"
    done = CliRunner().invoke(backup, [str(file)])
    assert done.exit_code == 0, done.exception
    file.unlink()


def _look_again() -> None:
    keeping.look_again(model_cache.current(), datetime.now(UTC))


def _look_at_weeks() -> None:
    list(keeping.look_at_weeks(model_cache.current(), datetime.now(UTC)))


def by_decision(work: Work, few: Grown, many: Grown) -> Compared:
    """The times of work on all decisions, done once, for each of them."""
    return Compared(*(_shared(timed(work, one), one) for one in (few, many)))


def _shared(times: Times, among: Grown) -> Times:
    return Times(times.processor / among.decisions, times.clock / among.decisions)


def least(work: Work, few: Grown, many: Grown, adding: int) -> Compared:
    """The least times of several looks in turn, after one that is not counted."""
    looks: dict[int, list[Times]] = {few.decisions: [], many.decisions: []}
    for look in range(LOOKS + 1):
        for one in (few, many):
            if adding:
                one.add(adding)
            times = timed(work, one)
            if look:
                looks[one.decisions].append(times)
    return Compared(*map(least_of, looks.values()))


def least_of(looks: Iterable[Times]) -> Times:
    """The least of each."""
    return Times(*map(min, zip(*looks, strict=True)))


def timed(work: Work, one: Grown) -> Times:
    """The times of one look."""
    processor, clock = time.process_time(), time.perf_counter()
    work(one)
    return Times(1000 * (time.process_time() - processor), 1000 * (time.perf_counter() - clock))


def show(figures: dict[str, Compared], title: str) -> None:
    """A line for each case."""
    print(f"{title}: the least; processor time (by the clock)")
    for name, one in figures.items():
        few, many, ratios = one.few, one.many, one.ratios
        print(
            f"{name:36}{few.processor:9.3f} ms ({few.clock:9.3f}) {many.processor:9.3f} ms"
            f" ({many.clock:9.3f})  {ratios.processor:5.2f} x ({ratios.clock:5.2f})"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
