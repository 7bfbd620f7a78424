"""One document on its way to a server and back, however many times it is sent."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Literal

from .document import Document
from .frames import RequestOptions
from .received_tokens import ReceivedTokens
from .responses import Received

Form = Literal["tokens", "counts"]


class Request:
    """Of the dispatcher's thread, but for its future."""

    __slots__ = (
        "document",
        "options",
        "form",
        "deadline",
        "batch",
        "future",
        "failures",
        "refused_by",
        "last_error",
        "done",
        "in_frame_only",
    )

    def __init__(
        self, document: Document, options: RequestOptions, form: Form, deadline: float, batch: object | None = None
    ) -> None:
        self.document = document
        self.options = options
        self.form: Form = form
        self.deadline = deadline
        self.batch = batch
        """Requests of one batch may go in one frame."""
        self.future: Future[Any] = Future()
        self.failures = 0
        self.refused_by: set[int] = set()
        """Endpoints that are not asked again before the others were."""
        self.last_error: Exception | None = None
        self.done = False
        self.in_frame_only = False
        """Its document was passed by descriptor once, and the descriptor was lost."""

    def goes_with(self, other: Request) -> bool:
        return self.batch is not None and self.batch is other.batch

    def succeed(self, received: Received) -> None:
        result: Any = received
        if self.form == "tokens":
            eight_bit = (self.options.regime or "").endswith("-8bit")
            result = ReceivedTokens(self.document, received, eight_bit, self.options.column_unit)
        future = self._end()
        if future.set_running_or_notify_cancel():
            future.set_result(result)

    def fail(self, error: BaseException) -> None:
        future = self._end()
        if future.set_running_or_notify_cancel():
            future.set_exception(error)

    # Timers may hold a request for long after its end, and must not hold its result, which may be memory of a server.
    def _end(self) -> Future[Any]:
        self.done = True
        future, self.future = self.future, Future()
        return future
