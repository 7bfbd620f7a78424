"""One endpoint of a client: the connection to it, if there is one, and when to try again if it failed."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from . import sealed_memory
from .connection import Connection, Listener
from .endpoint import Endpoint
from .errors import ConnectionFailedError, ProtocolError, RefusedError
from .frames import Feature
from .retry import Backoff


class ServerLink:
    """Of the dispatcher's thread. `post` has the dispatcher call something in its thread; `wake` has it look
    what there is to do. `descriptors`: whether to ask for them where they can be had."""

    def __init__(
        self,
        number: int,
        endpoint: Endpoint,
        listener: Listener,
        backoff: Backoff,
        connect_timeout: float,
        post: Callable[[Callable[[], None]], None],
        wake: Callable[[], None],
        descriptors: bool,
    ) -> None:
        self.number = number
        self.endpoint = endpoint
        self.connection: Connection | None = None
        self.down_until = 0.0
        self.failures = 0
        self._listener = listener
        self._backoff = backoff
        self._connect_timeout = connect_timeout
        self._post = post
        self._wake = wake
        self._features = Feature.GOING_AWAY
        if descriptors and endpoint.is_unix and sealed_memory.is_available():
            self._features |= Feature.DESCRIPTORS
        self._addresses: deque[tuple[int, Any]] = deque()
        self._opening_until = 0.0
        self._greets = True
        self._resolving: object | None = None
        self._resolver_failed: Exception | None = None

    @property
    def is_opening(self) -> bool:
        return self._resolving is not None or (self.connection is not None and not self.connection.is_open)

    def may_be_tried(self, now: float) -> bool:
        return now >= self.down_until

    def begin_open(self, now: float) -> None:
        """Connects, or asks for the addresses of its name first. OSError if it cannot."""
        self._opening_until = now + self._connect_timeout
        if self.endpoint.must_be_resolved:
            self._resolve()
            return
        self._addresses = deque(self.endpoint.addresses())
        self.try_next_address()

    def try_next_address(self) -> None:
        """OSError if it cannot be connected to, nor any that is left."""
        while True:
            family, address = self._addresses.popleft()
            try:
                sock = begin_connect(family, address)
            except OSError:
                if self._addresses:
                    continue
                raise
            self.connection = Connection(
                sock, self._listener, self._opening_until, self._greets, self._features, self._wake
            )
            return

    def has_further_address(self) -> bool:
        return bool(self._addresses)

    # A name is asked for in a thread of its own: that may take long, and cannot be told to stop.
    def _resolve(self) -> None:
        asked = self._resolving = object()

        def ask() -> None:
            found: list[tuple[int, Any]] = []
            error: Exception | None = None
            try:
                found = self.endpoint.addresses()
            except (OSError, UnicodeError) as failure:
                error = failure
            self._post(lambda: self._resolved(asked, found, error))

        threading.Thread(target=ask, name=f"texlex: {self.endpoint.host}", daemon=True).start()

    def _resolved(self, asked: object, found: list[tuple[int, Any]], error: Exception | None) -> None:
        if self._resolving is not asked:
            return
        self._resolving = None
        self._addresses = deque(found)
        self._resolver_failed = error

    def go_on_opening(self) -> None:
        """Connects once the addresses of its name are there. OSError if there are none, or none can be connected to."""
        error, self._resolver_failed = self._resolver_failed, None
        if error is not None:
            raise OSError(f"{self.endpoint.host}: {error}")
        if self.connection is None and self._resolving is None and self._addresses:
            self.try_next_address()

    def due(self) -> float:
        if self._resolving is not None:
            return self._opening_until
        return self.connection.due() if self.connection is not None else float("inf")

    def check_time(self, now: float) -> None:
        """ConnectionFailedError if it keeps the client waiting for longer than it may."""
        if self._resolving is not None and now >= self._opening_until:
            raise ConnectionFailedError(f"the name {self.endpoint.host} did not resolve in time")
        if self.connection is not None:
            self.connection.check_time(now)

    def opened(self) -> None:
        self.failures = 0
        self._addresses.clear()
        self._greets = True

    def lost(self, now: float, is_failure: bool) -> None:
        """Its connection is closed. `is_failure`: it is left alone for a while."""
        knows_no_hello = self.connection is not None and self.connection.knows_no_hello
        self.connection = None
        self._resolving = None
        self._addresses.clear()
        self._greets = not knows_no_hello
        if is_failure and not knows_no_hello:  # else it is connected to at once, without a hello
            self.failures += 1
            self.down_until = now + self._backoff.delay(self.failures)

    def told(self, error: Exception) -> Exception:
        """An error for one request, that says which server it was."""
        told: Exception
        if isinstance(error, RefusedError):
            told = RefusedError(error.status, error.retry_after)
        elif isinstance(error, ProtocolError):
            told = ProtocolError(f"{self.endpoint.url}: {error}")
        elif isinstance(error, OSError):
            told = ConnectionFailedError(f"{self.endpoint.url}: {error.strerror or error}")
        else:
            return error
        told.__cause__ = error
        return told


def begin_connect(family: int, address: Any) -> socket.socket:
    """A socket that is connecting. OSError if it cannot."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        result = sock.connect_ex(address)
        # A Unix socket whose queue of connections is full says EAGAIN, and is never ready: it is as good as not there.
        if result not in (0, errno.EINPROGRESS):
            raise OSError(result, os.strerror(result))
        return sock
    except BaseException:
        sock.close()
        raise
