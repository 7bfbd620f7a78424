"""Tokens made by a running texlexd."""

from __future__ import annotations

import random
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, NamedTuple

from .arguments import count_options, document_of, options_of, seconds
from .dispatcher import Dispatcher
from .document import Document
from .endpoint import Endpoint
from .errors import DeadlineError, Error, RefusedError
from .frames import RequestOptions
from .request import Form, Request
from .responses import Received
from .retry import Backoff
from .tokens import Tokens
from .vocabulary import ISSUES_MAX, Column, ColumnUnit, Priority, View

_BATCH_AT_ONCE = 256  # documents that are handed over together, so that they can go in one frame


class Counts(NamedTuple):
    tokens: int
    """Of the tex view."""
    issues: int


class Client:
    """Asks servers for tokens. Any thread may use it, and many at once; requests share one connection to each server
    and do not wait for one another.

    `endpoints`: `"unix:PATH"` or `"tcp://host:port"`, or several of them. The first that works is asked; the next one
    where it cannot be reached, refuses for lack of room, or shuts down.
    `timeout`: seconds that a call may take in all, waits and further tries included.
    `connect_timeout`: seconds that a server may take to be connected to and to answer the hello.
    `attempts_max`: how often a request is sent to each server at most. Only what may help is tried again.
    `pending_max`: requests that may be under way; beyond it submitting waits.
    `descriptors`: whether large documents and columns go through memory that is shared with the server and not through
    the socket, where the endpoint is a Unix socket and both sides can.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str],
        *,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        attempts_max: int = 4,
        pending_max: int = 4096,
        descriptors: bool = True,
        chance: random.Random | None = None,
    ) -> None:
        urls = [endpoints] if isinstance(endpoints, str) else list(endpoints)
        if not urls:
            raise ValueError("a client needs an endpoint at least")
        if attempts_max < 1 or pending_max < 1:
            raise ValueError("attempts_max and pending_max have to be 1 or more")
        self._timeout = seconds("timeout", timeout)
        self._room = threading.Semaphore(pending_max)
        self._dispatcher = Dispatcher(
            [Endpoint.parse(url) for url in urls],
            connect_timeout=seconds("connect_timeout", connect_timeout),
            attempts_max=attempts_max,
            backoff=Backoff(chance),
            descriptors=descriptors,
            released=self._room.release,
        )
        self._close = weakref.finalize(self, self._dispatcher.close)

    def tokenize(
        self,
        data: Any,
        regime: str = "latex",
        view: View = "tex",
        *,
        column_unit: ColumnUnit = "code_points",
        issues_max: int = ISSUES_MAX,
        columns: Iterable[Column] | None = None,
        timeout: float | None = None,
        priority: Priority = "normal",
        traceparent: str | None = None,
    ) -> Tokens:
        """The tokens of a document. Arguments are those of `texlex.tokenize`, and `columns`: which of them the server
        is asked for, by default all, as a server cannot derive them later. Those that are derived take several times as
        long as kinds and starts.

        `priority`: whose turn it is where requests wait for a server's workers. "interactive" goes ahead of what else
        this client has waiting there; "background" behind what others want, and is refused first where there is too
        much, so give it a long `timeout`.
        `traceparent`: which trace it is part of (W3C's Trace Context), for the server's log."""
        return self._wait(
            self.submit(
                data,
                regime,
                view,
                column_unit=column_unit,
                issues_max=issues_max,
                columns=columns,
                timeout=timeout,
                priority=priority,
                traceparent=traceparent,
            )
        )

    def submit(
        self,
        data: Any,
        regime: str = "latex",
        view: View = "tex",
        *,
        column_unit: ColumnUnit = "code_points",
        issues_max: int = ISSUES_MAX,
        columns: Iterable[Column] | None = None,
        timeout: float | None = None,
        priority: Priority = "normal",
        traceparent: str | None = None,
    ) -> Future[Tokens]:
        """The same without waiting for it: many may be under way. The future may be cancelled, and so the request."""
        options = options_of(regime, view, column_unit, issues_max, columns, priority, traceparent)
        return self._submit([document_of(data)], options, "tokens", self._deadline(timeout), None)[0]

    def tokenize_batch(
        self,
        documents: Iterable[Any],
        regime: str = "latex",
        view: View = "tex",
        *,
        column_unit: ColumnUnit = "code_points",
        issues_max: int = ISSUES_MAX,
        columns: Iterable[Column] | None = None,
        timeout: float | None = None,
        priority: Priority = "normal",
        traceparent: str | None = None,
    ) -> list[Tokens | RefusedError]:
        """The tokens of several documents, many in one frame: for small ones that is several times as fast as one by
        one. In the place of a document that the server refused stands the error; any other error is raised."""
        futures = self.submit_batch(
            documents,
            regime,
            view,
            column_unit=column_unit,
            issues_max=issues_max,
            columns=columns,
            timeout=timeout,
            priority=priority,
            traceparent=traceparent,
        )
        results: list[Tokens | RefusedError] = []
        try:
            for future in futures:
                try:
                    results.append(self._wait(future))
                except RefusedError as refused:
                    results.append(refused)
        finally:
            for future in futures:
                future.cancel()
        return results

    def submit_batch(
        self,
        documents: Iterable[Any],
        regime: str = "latex",
        view: View = "tex",
        *,
        column_unit: ColumnUnit = "code_points",
        issues_max: int = ISSUES_MAX,
        columns: Iterable[Column] | None = None,
        timeout: float | None = None,
        priority: Priority = "normal",
        traceparent: str | None = None,
    ) -> list[Future[Tokens]]:
        """The same without waiting: a future for each document, in their order."""
        options = options_of(regime, view, column_unit, issues_max, columns, priority, traceparent)
        read = [document_of(data) for data in documents]
        deadline, batch = self._deadline(timeout), object()
        futures: list[Future[Tokens]] = []
        try:
            for first in range(0, len(read), _BATCH_AT_ONCE):
                futures += self._submit(read[first : first + _BATCH_AT_ONCE], options, "tokens", deadline, batch)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        return futures

    def count(
        self,
        data: Any,
        regime: str | None = None,
        *,
        timeout: float | None = None,
        priority: Priority = "normal",
        traceparent: str | None = None,
    ) -> Counts:
        """How many tokens of the tex view, and how many issues, a document has; under the server's own regime unless
        one is named. Servers that speak only version 1 of the protocol can be asked for this, without a regime, a
        priority and a traceparent."""
        options = count_options(regime, priority, traceparent)
        received: Received = self._wait(
            self._submit([document_of(data)], options, "counts", self._deadline(timeout), None)[0]
        )
        return Counts(received.token_count, received.issue_count)

    def close(self) -> None:
        """Ends all connections, and requests that are under way with a ClientClosedError. May be called again."""
        self._close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self._timeout if timeout is None else seconds("timeout", timeout))

    def _submit(
        self, documents: list[Document], options: RequestOptions, form: Form, deadline: float, batch: object | None
    ) -> list[Future[Any]]:
        taken = 0
        try:
            for _ in documents:
                self._take_room(deadline)
                taken += 1
            requests = [Request(document, options, form, deadline, batch) for document in documents]
            futures = [request.future for request in requests]
            for request in requests:
                request.future.add_done_callback(_abandoner(self._dispatcher, request))
            self._dispatcher.submit(requests)
        except BaseException:
            if taken:
                self._room.release(taken)
            raise
        return futures

    def _take_room(self, deadline: float) -> None:
        if self._in_own_thread():
            if not self._room.acquire(blocking=False):
                raise Error("pending_max requests are under way, and a future's callback cannot wait for one to end")
        elif not self._room.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise DeadlineError("pending_max requests were under way all the time for this one")

    def _wait(self, future: Future[Any]) -> Any:
        if self._in_own_thread():
            future.cancel()
            raise Error("a future's callback runs in the client's own thread and cannot wait for it; use submit")
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _in_own_thread(self) -> bool:
        return threading.current_thread() is self._dispatcher.thread


def _abandoner(dispatcher: Dispatcher, request: Request) -> Callable[[Future[Any]], None]:
    def abandon(future: Future[Any]) -> None:
        if future.cancelled():
            dispatcher.abandon(request)

    return abandon
