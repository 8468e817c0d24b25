"""PostgreSQL as a database that may fall silent: no statement waits for it without an end.

TCP notices a host that is gone. It does not notice a server, or a network in between, that takes what is sent
and answers nothing: the connection stays open. So the wait itself has a limit here.
"""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event

RV = TypeVar("RV")

HEAD_START = 250
"""By how many milliseconds the server ends a statement before the connection is given up."""


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
