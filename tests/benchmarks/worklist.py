"""How long the list of decisions and the queue take: `python -m tests.benchmarks.worklist`.

For SQLite and for PostgreSQL, with a million decisions of four years and their answers, 95,000 reviews, and
5,000 cases that wait. The times are of what the page reads, the median of five.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from creditapp.decisions import queue, search
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.filters import Amounts, Filters, Order
from creditapp.decisions.queue import Part
from creditapp.identity.actors import Actor
from tests.benchmarks.queue import prepared
from tests.benchmarks.results import keep
from tests.benchmarks.reviews import DECISIONS, NUMBERS, STATEMENTS, STEP
from tests.portfolios import EXAMPLE
from tests.postgresql import postgresql

AMOUNT = "Credit amount"
WAITING = 50_000
"""Of the newest so many decisions, those that were referred have no review."""

ANSWERS = {
    "sqlite": "json_set(:answers, '$.\"Credit amount\"', 1000.0 + i % 9000), zeroblob(16)",
    "postgresql": "replace(:answers, '5000.0', (1000.0 + i % 9000)::text)::json, '\\x00'::bytea",
}
OURS = Amounts("a benchmark", AMOUNT)
YEAR_AGO = datetime.now(UTC) - timedelta(days=365)
LISTS = {
    "all": Filters(),
    "declined, standing": Filters(outcome="decline"),
    "reviewed": Filters(state="reviewed"),
    "waiting": Filters(state="waiting"),
    "decided automatically": Filters(state="automatic"),
    "a channel that none has": Filters(channel="file"),
    "an old month, high risk": Filters(
        since=YEAR_AGO, until=YEAR_AGO + timedelta(30), risk_level="HIGH"
    ),
    "an amount": Filters(amount_from=9_000, amount_to=9_001, amounts=OURS),
    "sorted by probability": Filters(order=Order.UNLIKELIEST),
    "sorted by amount": Filters(order=Order.LARGEST, amounts=OURS),
    "a reference in another case": Filters(text=" loan-4711 "),
    "references that begin so": Filters(text="loan-99"),
    "a part of a reference": Filters(text="n-77", inside=True),
    "a part that no reference has": Filters(text="nowhere", inside=True),
    "the beginning of an id": Filters(text="0190ffff"),
}


def main() -> None:
    """Measure both engines, and print one line for each case."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for address in (f"sqlite:///{folder}/creditapp.db", server.create()):
            with prepared(address, Path(folder)) as connection:
                fill(connection)
                figures[connection.dialect.name] = measure()
    show(figures)
    keep("worklist", figures)


def show(figures: dict[str, dict[str, float]]) -> None:
    """Print the milliseconds."""
    for engine, cases in figures.items():
        for case, milliseconds in cases.items():
            print(f"{engine:10}  {case:32} {milliseconds:7.1f} ms")


def fill(connection: Connection) -> None:
    """Add the decisions, their answers, and the reviews."""
    dialect = connection.dialect.name
    start = int(datetime.now(UTC).timestamp()) - DECISIONS * STEP - 100_000
    values = {"count": DECISIONS, "start": start, "step": STEP}
    decisions, reviews, _ = STATEMENTS
    given = (
        "INSERT INTO decision_answers (decision_id, reference, answers, salt)"
        f" SELECT id, 'LOAN-' || i, {ANSWERS[dialect]} FROM ({{}}) AS numbers"
    )
    reviews = reviews.replace("WHERE i % 10 = 0", f"WHERE i % 10 = 0 AND i < {DECISIONS - WAITING}")
    for statement in (decisions, given, reviews):
        told = {**values, "answers": _json()} if ":answers" in statement else values
        connection.execute(text(statement.format(NUMBERS[dialect])), told)
    connection.commit()
    if dialect == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def _json() -> str:
    """The answers of the example as the log keeps them."""
    return json.dumps({**EXAMPLE, AMOUNT: 5000.0})


def measure() -> dict[str, float]:
    """The milliseconds of each list, of a page that another one leads to, and of the queue."""
    cases: dict[str, Callable[[], object]] = {}
    for name, filters in LISTS.items():
        cases[name] = lambda filters=filters: search.find_page(filters, 50)  # type: ignore[misc]
    second = search.find_page(Filters(outcome="decline"), 50).after
    cases["its second page"] = lambda: search.find_page(
        Filters(outcome="decline"), 50, after=str(second)
    )
    reviewer = Reviewer(Actor("a benchmark"))
    cases["the queue"] = lambda: (
        queue.find_page(Part.FREE, reviewer, 50),
        queue.count(reviewer, datetime.now(UTC)),
    )
    cases["the next case"] = lambda: queue._next_ones(reviewer, by_another=True)
    return {name: _time(case) for name, case in cases.items()}


def _time(case: Callable[[], object]) -> float:
    """The median of five, after one that is not counted."""
    times = []
    for _ in range(6):
        began = time.perf_counter()
        case()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times[1:])


if __name__ == "__main__":
    main()
