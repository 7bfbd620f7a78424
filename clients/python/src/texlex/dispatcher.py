"""The thread behind a client: which request goes to which server, when it is tried again, and when its time is over.

All its state is its thread's own. Others put requests into its inbox and wake it.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from .connection import Connection
from .endpoint import Endpoint
from .errors import (
    ClientClosedError,
    ConnectionFailedError,
    Error,
    ProtocolError,
    RefusedError,
    UnsupportedByServerError,
)
from .request import Request
from .responses import Received
from .retry import Backoff, RetryPolicy, deadline_error
from .server_link import ServerLink
from .timers import Timers

_FOREVER = float("inf")


class Dispatcher:
    def __init__(
        self,
        endpoints: list[Endpoint],
        *,
        connect_timeout: float,
        attempts_max: int,
        backoff: Backoff,
        descriptors: bool,
        released: Callable[[int], None],
    ) -> None:
        """`released` is called with how many requests have ended."""
        self._retry = RetryPolicy(attempts_max, len(endpoints), backoff)
        self._released = released
        self._links = [
            ServerLink(number, endpoint, self, backoff, connect_timeout, self.post, self.wake, descriptors)
            for number, endpoint in enumerate(endpoints)
        ]
        self._inbox: deque[Callable[[], None]] = deque()
        self._waiting: deque[Request] = deque()
        self._live: set[Request] = set()
        self._deadlines = Timers()
        self._delayed = Timers()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._watched: dict[int, tuple[socket.socket, int]] = {}
        self._closing = False
        self._ended: BaseException | None = None
        self._ending = threading.RLock()  # a finalizer may run while its own thread holds it
        self.thread = threading.Thread(target=self._run, name="texlex client", daemon=True)
        self.thread.start()

    # What other threads call

    def post(self, work: Callable[[], None]) -> None:
        """Has the thread do something. What comes after its end is dropped."""
        with self._ending:
            if self._ended is not None:
                return
            self._inbox.append(work)
            self._wake()

    def submit(self, requests: list[Request]) -> None:
        """ClientClosedError, or what ended the thread, if it is not there any more."""
        with self._ending:
            if isinstance(self._ended, ClientClosedError):
                raise ClientClosedError("the client is closed")
            if self._ended is not None:
                raise Error("the client's thread has ended by a fault of its own") from self._ended
            self._inbox.append(lambda: self._admit(requests))
            self._wake()

    def wake(self) -> None:
        """Has the thread look what there is to do. Finalizers may call it."""
        with self._ending:
            if self._ended is None:
                self._wake()

    def abandon(self, request: Request) -> None:
        """Its future was cancelled."""
        self.post(lambda: self._abandon(request))

    def close(self) -> None:
        self.post(self._begin_close)
        if threading.current_thread() is not self.thread:
            self.thread.join()

    def _wake(self) -> None:
        try:
            self._wake_write.send(b"\0")
        except BlockingIOError:
            pass  # it has more than enough to wake by

    # The thread

    def _run(self) -> None:
        ending: BaseException = ClientClosedError("the client is closed")
        try:
            while not self._closing:
                self._turn()
        except BaseException as error:  # a fault of ours, and all who wait are to hear of it
            ending = Error(f"the client's thread has ended by a fault of its own: {error!r}")
            ending.__cause__ = error
        with self._ending:
            self._ended = ending
            inbox, self._inbox = list(self._inbox), deque()
        for work in inbox:
            work()  # so that requests which crossed the end are among those told of it
        for request in list(self._live):
            self._fail(request, ending)
        for link in self._links:
            if link.connection is not None:
                link.connection.close()
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def _begin_close(self) -> None:
        self._closing = True

    def _turn(self) -> None:
        self._retry.begin_turn()
        timeout = self._next_time() - time.monotonic()
        for key, events in self._selector.select(None if timeout == _FOREVER else max(0.0, timeout)):
            link = key.data
            if link is None:
                self._drain_wakes()
            elif link.connection is not None and link.connection.socket is key.fileobj:
                self._serve(link, link.connection, events)
        while self._inbox:
            self._inbox.popleft()()
        for link in self._links:
            if link.connection is not None and link.connection.has_releases:
                self._write(link, link.connection)
        now = time.monotonic()
        self._look_at_time(now)
        self._dispatch(now)
        for link in self._links:
            self._watch(link)

    def _drain_wakes(self) -> None:
        try:
            while self._wake_read.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _next_time(self) -> float:
        times = [self._deadlines.next(), self._delayed.next()]
        for link in self._links:
            times.append(link.due())
            if self._waiting and link.down_until:
                times.append(link.down_until)
        return min(times)

    def _admit(self, requests: list[Request]) -> None:
        for request in requests:
            self._live.add(request)
            self._deadlines.add(request.deadline, request, len(self._live))
            self._waiting.append(request)

    # Time

    def _look_at_time(self, now: float) -> None:
        for request in self._deadlines.take_due(now):
            self._fail(request, deadline_error(request))
            self._tell_abandoned(request, now)
        for request in self._delayed.take_due(now):
            self._waiting.append(request)
        for link in self._links:
            try:
                link.check_time(now)
                link.go_on_opening()
            except OSError as error:
                self._lose(link, error)

    def _abandon(self, request: Request) -> None:
        if request.done:
            return
        self._end(request, lambda: request.fail(ClientClosedError("cancelled")))
        self._tell_abandoned(request, time.monotonic())

    def _tell_abandoned(self, request: Request, now: float) -> None:
        for link in self._links:
            connection = link.connection
            if connection is not None and connection.is_open and connection.abandon(request, now):
                self._write(link, connection)

    # Ends of requests

    def _end(self, request: Request, tell: Callable[[], None]) -> None:
        if request.done:
            return
        self._live.discard(request)
        request.done = True
        self._released(1)
        tell()

    def _fail(self, request: Request, error: BaseException) -> None:
        self._end(request, lambda: request.fail(error))

    def answered(self, request: Request, received: Received) -> None:
        self._end(request, lambda: request.succeed(received))

    def again(self, request: Request) -> None:
        self._waiting.appendleft(request)

    def failed(self, connection: Connection, request: Request, error: Exception) -> None:
        self._failed_at(next(link for link in self._links if link.connection is connection), request, error)

    def _failed_at(self, link: ServerLink, request: Request, error: Exception) -> None:
        """A server refused it, or was lost with it: it is tried again where and when that may help."""
        if request.done:
            return
        now = time.monotonic()
        try:
            again_at = self._retry.again_at(request, link.number, error, now)
        except Exception as ending:
            self._fail(request, ending)
            return
        if again_at <= now:
            self._waiting.append(request)
        else:
            self._delayed.add(again_at, request, len(self._live))

    # Requests to servers

    def _dispatch(self, now: float) -> None:
        held_back: deque[Request] = deque()
        while self._waiting:
            request = self._waiting.popleft()
            if request.done or self._place(request, now):
                continue
            held_back.append(request)
            if not request.refused_by:
                break  # no other has a better chance
        self._waiting.extendleft(reversed(held_back))

    def _place(self, request: Request, now: float) -> bool:
        """False: it has to wait."""
        link = self._choose(request, now)
        if link is None:
            return False
        if link.connection is None and not link.is_opening:
            try:
                link.begin_open(now)
            except OSError as error:
                self._waiting.appendleft(request)  # among those that hear of it
                self._lose(link, error)
                return True
        if link.connection is None or not link.connection.has_room():
            return False
        self._send(link, link.connection, request, now)
        return True

    def _choose(self, request: Request, now: float) -> ServerLink | None:
        """The first server, in the order they were given, that has not failed lately and has not refused it."""
        for link in self._links:
            goes_away = link.connection is not None and link.connection.is_going_away
            if link.number not in request.refused_by and not goes_away and link.may_be_tried(now):
                return link
        return None

    def _send(self, link: ServerLink, connection: Connection, request: Request, now: float) -> None:
        try:
            connection.check_can(request)
        except UnsupportedByServerError as error:
            request.last_error = error
            request.refused_by.add(link.number)
            if len(request.refused_by) == len(self._links):
                self._fail(request, error)
            else:
                self._waiting.appendleft(request)
            return
        except RefusedError as error:
            return self._fail(request, error)
        requests = self._gather(connection, request)
        try:
            connection.send(requests, now)
        except OSError as error:
            self._lose(link, error)

    def _gather(self, connection: Connection, first: Request) -> list[Request]:
        """The request and those behind it that go in the same frame."""
        documents_max, bytes_max = connection.batch_room()
        requests, total = [first], len(first.document)
        while len(requests) < documents_max and self._waiting:
            following = self._waiting[0]
            if not following.done:
                total += len(following.document)
                if not following.goes_with(first) or following.refused_by != first.refused_by or total > bytes_max:
                    break
                requests.append(following)
            self._waiting.popleft()
        return requests

    # Connections

    def _serve(self, link: ServerLink, connection: Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE or not connection.connected:
                connection.write()
            if events & selectors.EVENT_READ:
                connection.read()
        except (ConnectionFailedError, ProtocolError, RefusedError, MemoryError) as error:
            return self._lose(link, error)
        except OSError as error:
            if connection.connected or not link.has_further_address():
                return self._lose(link, error)
            self._unwatch(link)
            connection.close()
            try:
                return link.try_next_address()
            except OSError as last_error:
                return self._lose(link, last_error)
        if connection.is_spent:
            self._lose(link, ConnectionFailedError("the server is shutting down"))
        elif connection.is_open:
            link.opened()

    def _write(self, link: ServerLink, connection: Connection) -> None:
        try:
            connection.write()
        except OSError as error:
            self._lose(link, error)

    def _lose(self, link: ServerLink, error: Exception) -> None:
        """Closes its connection. Requests that were in flight on it, or waited for it to open, are tried elsewhere."""
        now = time.monotonic()
        connection = link.connection
        was_open = connection is not None and connection.is_open
        is_spent = connection is not None and connection.is_spent
        knows_no_hello = connection is not None and connection.knows_no_hello
        concerned = [] if connection is None else connection.requests()
        if not was_open and not knows_no_hello:
            waited = {request for request in self._waiting if self._choose(request, now) is link}
            concerned += [request for request in self._waiting if request in waited]
            self._waiting = deque(request for request in self._waiting if request not in waited)
        elif is_spent:  # those that no other server is there for have been in vain here too
            waited = {request for request in self._waiting if self._choose(request, now) is None}
            waited = {request for request in waited if link.number not in request.refused_by}
            concerned += [request for request in self._waiting if request in waited]
            self._waiting = deque(request for request in self._waiting if request not in waited)
        self._unwatch(link)
        if connection is not None:
            connection.close()
        link.lost(now, is_failure=not was_open or is_spent or isinstance(error, ProtocolError))
        for request in concerned:
            self._failed_at(link, request, link.told(error))

    def _watch(self, link: ServerLink) -> None:
        connection = link.connection
        if connection is None:
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_to_write else 0)
        watched = self._watched.get(link.number)
        if watched is None:
            self._selector.register(connection.socket, wanted, link)
        elif watched[1] != wanted:
            self._selector.modify(connection.socket, wanted, link)
        self._watched[link.number] = (connection.socket, wanted)

    def _unwatch(self, link: ServerLink) -> None:
        watched = self._watched.pop(link.number, None)
        if watched is not None:
            self._selector.unregister(watched[0])
