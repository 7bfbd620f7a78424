"""The thread behind a client: which request goes to which server, when it is tried again, and when its time is over.

All its state is its thread's own. Others put requests into its inbox and wake it.
"""

from __future__ import annotations

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
from .inbox import Inbox
from .request import Request
from .responses import Received
from .retry import Backoff, RetryPolicy, deadline_error
from .server_link import ServerLink
from .timers import Timers
from .watch import Watch


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
        self._inbox = Inbox()
        self._links = [
            ServerLink(
                number, endpoint, self, backoff, connect_timeout, self._inbox.post, self._inbox.wake, descriptors
            )
            for number, endpoint in enumerate(endpoints)
        ]
        self._waiting: deque[Request] = deque()
        self._live: set[Request] = set()
        self._deadlines = Timers()
        self._delayed = Timers()
        self._watch = Watch(self._inbox)
        self._closing = False
        self.thread = threading.Thread(target=self._run, name="texlex client", daemon=True)
        self.thread.start()

    # What other threads call

    def submit(self, requests: list[Request]) -> None:
        """ClientClosedError, or what ended the thread, if it is not there any more."""
        self._inbox.submit(lambda: self._admit(requests))

    def abandon(self, request: Request) -> None:
        """Its future was cancelled."""
        self._inbox.post(lambda: self._abandon(request))

    def close(self) -> None:
        self._inbox.post(self._begin_close)
        if threading.current_thread() is not self.thread:
            self.thread.join()

    # The thread

    def _run(self) -> None:
        ending: BaseException = ClientClosedError("the client is closed")
        try:
            while not self._closing:
                self._turn()
        except BaseException as error:  # a fault of ours, and all who wait are to hear of it
            ending = Error(f"the client's thread has ended by a fault of its own: {error!r}")
            ending.__cause__ = error
        self._inbox.end(ending)
        for request in list(self._live):
            self._fail(request, ending)
        for link in self._links:
            if link.connection is not None:
                link.connection.close()
        self._watch.close()
        self._inbox.close()

    def _begin_close(self) -> None:
        self._closing = True

    def _turn(self) -> None:
        self._retry.begin_turn()
        for link, may_read, may_write in self._watch.wait(self._next_time() - time.monotonic()):
            if link.connection is not None:
                self._serve(link, link.connection, may_read, may_write)
        self._inbox.work_off()
        for link in self._links:
            if link.connection is not None and link.connection.has_releases:
                self._write(link, link.connection)
        now = time.monotonic()
        self._look_at_time(now)
        self._dispatch(now)
        for link in self._links:
            self._watch.look(link)

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

    def _serve(self, link: ServerLink, connection: Connection, may_read: bool, may_write: bool) -> None:
        try:
            if may_write or not connection.connected:
                connection.write()
            if may_read:
                connection.read()
        except (ConnectionFailedError, ProtocolError, RefusedError) as error:
            return self._lose(link, error)
        except MemoryError:
            return self._lose(link, ConnectionFailedError("this process has no memory for what the server sends"))
        except OSError as error:
            if connection.connected or not link.has_further_address():
                return self._lose(link, error)
            self._watch.forget(link)
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
        is_spent = connection is not None and connection.is_spent
        # Of what ends before anything could be asked on it nobody in flight will hear: it is as good as never open.
        was_open = connection is not None and connection.is_open and (connection.was_asked or is_spent)
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
        self._watch.forget(link)
        if connection is not None:
            connection.close()
        link.lost(now, is_failure=not was_open or is_spent or isinstance(error, ProtocolError))
        for request in concerned:
            self._failed_at(link, request, link.told(error))
