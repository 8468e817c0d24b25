"""PostgreSQL as a database that may fall silent: no statement waits for it without an end.

TCP notices a host that is gone. It does not notice a server, or a network in between, that takes what is sent
and answers nothing: the connection stays open. So the wait itself has a limit here.
"""

import re
import select
import time
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, TypeVar

import psycopg
from psycopg import RawCursor
from psycopg.abc import PQGen
from sqlalchemy import Engine, event

RV = TypeVar("RV")

HEAD_START = 250
"""By how many milliseconds the server ends a statement before the connection is given up."""

PARAMETER = re.compile(r"%\(\w+\)s")
MOST_TOGETHER = 32
"""How many rows are inserted by one statement, which the server keeps prepared for each number of them."""


def insert(connection: psycopg.Connection[Any], rows: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows, by statement, and commit them; few rows in one statement: one question and one answer.

    Many rows are copied, which takes half as long as an INSERT for each of them.
    """
    numbers = tuple((statement, len(of_table)) for statement, of_table in rows.items())
    if not connection.autocommit:
        connection.autocommit = True
    if sum(number for _, number in numbers) <= MOST_TOGETHER:
        values = [value for of_table in rows.values() for row in of_table for value in row.values()]
        RawCursor(connection).execute(one_statement(numbers), values)
        return
    with connection.transaction(), connection.cursor() as cursor:
        for statement, of_table in rows.items():
            with cursor.copy(_copying(statement)) as copy:
                for row in of_table:
                    copy.write_row(list(row.values()))


@cache
def _copying(statement: str) -> bytes:
    """The COPY with the table and the columns of an INSERT."""
    head, _, _ = statement.partition(" VALUES ")
    return (head.replace("INSERT INTO", "COPY", 1) + " FROM STDIN").encode()


@cache
def one_statement(numbers: tuple[tuple[str, int], ...]) -> bytes:
    """The statement that inserts so many rows by each of some statements; parameters have numbers.

    Foreign keys among the rows are checked at its end.
    """
    places = count(1)

    def insertion(statement: str, number: int) -> str:
        head, values, row = statement.partition(" VALUES ")
        rows = (PARAMETER.sub(lambda _: f"${next(places)}", row) for _ in range(number))
        return head + values + ", ".join(rows)

    *others, last = (insertion(*one) for one in numbers)
    named = ", ".join(f"t{place} AS ({other})" for place, other in enumerate(others))
    return (f"WITH {named} {last}" if others else last).encode()


def is_broken(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended a connection that nothing was asked over; it is not asked for that."""
    socket = select.poll()
    socket.register(connection, select.POLLIN)
    return bool(socket.poll(0))


def limit_silence(engine: Engine, seconds: int) -> None:
    """Let the server end a statement just before so many seconds, and then give up a silent connection.

    Without the first, a server that lives and is slow would work for nobody. A commit may have been made when
    the connection is given up, and is looked for as after any broken connection.
    """

    class Impatient(_Impatient):
        limit = seconds

    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Any:
        # why: a server that lives ends the statement first, and the connection stays usable.
        milliseconds = 1000 * seconds - HEAD_START
        server = f"{options.get('options', '')} -c statement_timeout={milliseconds}ms"
        return Impatient.connect(*arguments, **{**options, "options": server})

    event.listen(engine, "do_connect", connect)


class _Impatient(psycopg.Connection[Any]):
    """A connection that is closed when the server says nothing for too long."""

    limit: int

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """Wait for the server, but no longer than the limit since it was last ready."""
        return super().wait(self._listen(gen), *args, **options)

    def _listen(self, gen: PQGen[RV]) -> PQGen[RV]:
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                # why: the driver asks ten times a second, and is then told that nothing was ready.
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.limit:
                    self.close()
                    raise psycopg.OperationalError(
                        f"the database said nothing for {self.limit} s; the connection was closed"
                    )
                wanted = gen.send(ready)
        except StopIteration as ended:
            value: RV = ended.value
            return value
