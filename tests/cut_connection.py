"""Stands between the service and PostgreSQL, and cuts the connection in the middle of a commit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum


class Cut(Enum):
    """When a connection is cut."""

    BEFORE = "the server never gets the commit"
    AFTER = "the server commits, and its answer is lost"


class Between:
    """Passes bytes on in both directions; `cut_next` arms it for one commit."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._cut: Cut | None = None
        self.cuts = 0
        self.is_down = False
        self.stays_down = False
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next(self, cut: Cut, *, stays_down: bool) -> None:
        """Cut the next commit; with `stays_down`, let nobody in afterwards."""
        self._cut, self.stays_down = cut, stays_down

    def close(self) -> None:
        """End all connections."""
        self._listener.close()
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
                if is_client and self._cut and b"COMMIT" in data:
                    self._cut_here(data, read, write)
                    return
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
