"""Stands between the service and PostgreSQL: cuts connections in the middle of a commit, or falls silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

COMMIT = b"WITH t0 AS (INSERT INTO decision "
"""How the statement begins that writes a decision and commits it; other work commits beside it."""


class Cut(Enum):
    """When a connection is cut."""

    BEFORE = "the server never gets the commit"
    AFTER = "the server commits, and its answer is lost"


class Between:
    """Passes bytes on in both directions; `cut_next` arms it for the commit of one decision."""

    passing: threading.Event
    """While it is not set, connections stay open and all bytes wait, as in a network that lost its way."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._cut: Cut | None = None
        self.cuts = 0
        self.is_down = False
        self.silent_after_commit = False
        self.stays_down = False
        self.passing = threading.Event()
        self.passing.set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next(self, cut: Cut, *, stays_down: bool) -> None:
        """Cut the next commit of a decision; with `stays_down`, let nobody in afterwards."""
        self._cut, self.stays_down = cut, stays_down

    def close(self) -> None:
        """End all connections."""
        self._listener.close()
        self.passing.set()
        self._drop_others()

    def _drop_others(self, *kept: socket.socket) -> None:
        for one in self._open - set(kept):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_down:
                client.close()
                continue
            server = socket.create_connection(self._to)
            self._open |= {client, server}
            for read, write, is_client in ((client, server, True), (server, client, False)):
                threading.Thread(
                    target=self._pass_on, args=(read, write, is_client), daemon=True
                ).start()

    def _pass_on(self, read: socket.socket, write: socket.socket, is_client: bool) -> None:
        with suppress(OSError):
            while data := read.recv(65_536):
                self.passing.wait()
                if is_client and self.silent_after_commit and COMMIT in data:
                    self.silent_after_commit = False
                    self.passing.clear()
                if is_client and self._cut and COMMIT in data:
                    self._cut_here(data, read, write)
                    return
                if self.is_down:
                    # why: another connection is used at once, perhaps before it is dropped.
                    break
                write.sendall(data)
        for one in (read, write):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)

    def _cut_here(self, data: bytes, client: socket.socket, server: socket.socket) -> None:
        """Cut a connection; the thread that reads the server closes it."""
        cut, self._cut = self._cut, None
        self.is_down = self.stays_down
        client.shutdown(socket.SHUT_RDWR)
        if self.stays_down:
            self._drop_others(client, server)
        if cut is Cut.AFTER:
            server.sendall(data)
        else:
            server.shutdown(socket.SHUT_RDWR)
        self.cuts += 1


@contextmanager
def between(port: int) -> Iterator[Between]:
    """Stand in front of a port for the length of the block."""
    standing = Between(port)
    try:
        yield standing
    finally:
        standing.close()


def through(address: str, port: int) -> str:
    """The address of a database by another port."""
    before, _, path = address.rpartition("/")
    return f"{before.rpartition(':')[0]}:{port}/{path}"
