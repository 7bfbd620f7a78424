"""One connection to a server: what is sent on it, what it answers, and that neither takes for ever.

It belongs to the dispatcher's thread and never blocks. What it learns it tells its `Listener`.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from . import frames, responses
from .errors import ConnectionFailedError, ProtocolError, RefusedError, UnsupportedByServerError
from .frame_receiver import FrameReceiver, ReceivedFrame
from .frames import FrameType
from .request import Request
from .responses import Offer
from .vocabulary import Status

REQUESTS_MAX = 256  # in flight on one connection, whatever the server would take
ABANDONED_PATIENCE = 5.0  # seconds that a request nobody waits for any more may stay unanswered
TURN_BYTES = 4 << 20  # read in one turn, so that other connections have theirs
HELLO_ID = 1
VERSION_1 = Offer(version=1, requests_max=16)  # what a server that knows no hello can do


class Listener(Protocol):
    def answered(self, request: Request, received: responses.Received) -> None: ...
    def failed(self, connection: Connection, request: Request, error: Exception) -> None: ...


@dataclass
class Flight:
    """A frame that was sent and is not answered."""

    requests: list[Request]
    type: FrameType
    abandoned_since: float | None = None


class Connection:
    """`socket` may still be connecting. `greets`: whether it begins with a hello, or takes the server for one that
    speaks version 1 alone."""

    def __init__(self, sock: socket.socket, listener: Listener, opening_until: float, greets: bool) -> None:
        self.socket = sock
        self.opening_until = opening_until
        self.offer: Offer | None = None if greets else VERSION_1
        self.knows_no_hello = False
        self.connected = False
        self._listener = listener
        self._greets = greets
        self._flights: dict[int, Flight] = {}
        self._next_id = HELLO_ID + 1
        self._out: deque[memoryview] = deque()
        self._frames = FrameReceiver(self._expected)
        self.is_going_away = False

    # What the dispatcher asks

    @property
    def is_open(self) -> bool:
        return self.connected and self.offer is not None

    @property
    def wants_to_write(self) -> bool:
        return not self.connected or bool(self._out)

    def has_room(self) -> bool:
        """Whether a frame may be sent now: it is written whole before the next one begins."""
        if not self.is_open or self._out or self.is_going_away or self.offer is None:
            return False
        return len(self._flights) < min(self.offer.requests_max, REQUESTS_MAX)

    @property
    def is_spent(self) -> bool:
        """Its server is shutting down, and has answered all there was."""
        return self.is_going_away and not self._flights

    def requests(self) -> list[Request]:
        return [request for flight in self._flights.values() for request in flight.requests]

    def due(self) -> float:
        """When `check_time` has something to say at the latest."""
        times = [flight.abandoned_since + ABANDONED_PATIENCE for flight in self._flights.values()
                 if flight.abandoned_since is not None]
        return min(times + ([] if self.is_open else [self.opening_until]), default=float("inf"))

    def check_time(self, now: float) -> None:
        """ConnectionFailedError if the server keeps the client waiting for what nobody can wait for."""
        if now < self.due():
            return
        if not self.is_open:
            raise ConnectionFailedError("the server could not be connected to in time, or did not answer the hello")
        raise ConnectionFailedError(f"the server did not answer a cancelled request within {ABANDONED_PATIENCE:g} s")

    # Sending

    def check_can(self, request: Request) -> None:
        """UnsupportedByServerError or RefusedError if this server cannot be asked for it."""
        offer, options = self.offer, request.options
        if offer is None:
            raise AssertionError("asked before the server has said what it can do")
        if offer.version == 1:
            if options.columns or options.regime is not None:
                raise UnsupportedByServerError(
                    "the server speaks version 1 of the protocol, which has counts of tokens under the server's own "
                    "regime and nothing else; count() without a regime can be had"
                )
        elif options.columns & ~offer.columns:
            raise UnsupportedByServerError("the server tells only counts, no columns; count() can be had")
        elif options.regime is not None and options.regime not in offer.regimes:
            raise UnsupportedByServerError(
                f"the server has no regime {options.regime!r}; it has {', '.join(map(repr, offer.regimes))}"
            )
        elif options.columns & frames.COLUMN_BITS["issues"] and options.issues_max > offer.issues_max:
            raise UnsupportedByServerError(
                f"the server tells {offer.issues_max} issues at most, and issues_max is {options.issues_max}"
            )
        if len(request.document) > offer.document_bytes_max:
            raise RefusedError(Status.DOCUMENT_TOO_LARGE)

    def batch_room(self) -> tuple[int, int]:
        """How many documents, of how many bytes together, may go in one frame."""
        if self.offer is None or self.offer.version == 1 or self.offer.batch_documents_max == 0:
            return 1, 0
        return self.offer.batch_documents_max, self.offer.document_bytes_max

    def send(self, requests: list[Request], now: float) -> None:
        """In one frame. OSError if the connection has broken."""
        request_id = self._next_id
        self._next_id += 1
        first = requests[0]
        deadline_ms = max(1, int((min(request.deadline for request in requests) - now) * 1000))
        lengths = [len(request.document) for request in requests]
        if self.offer is not None and self.offer.version == 1:
            type_, head = FrameType.REQUEST, frames.request_head(request_id, lengths[0])
        elif len(requests) == 1:
            type_ = FrameType.TOKENIZE
            head = frames.tokenize_head(request_id, first.options, deadline_ms, lengths[0])
        else:
            type_ = FrameType.BATCH
            head = frames.batch_head(request_id, first.options, deadline_ms, lengths)
        self._flights[request_id] = Flight(requests, type_)
        self._put(memoryview(head), *(request.document.view for request in requests if len(request.document)))
        self.write()

    def _put(self, *parts: memoryview) -> None:
        self._out.extend(parts)

    def write(self) -> None:
        """As much as the socket takes. OSError if it has broken."""
        if not self.connected:
            self._finish_connect()
        while self._out:
            try:
                sent = self.socket.sendmsg([part for part, _ in zip(self._out, range(64))])
            except (BlockingIOError, InterruptedError):
                return
            while sent:
                part = self._out.popleft()
                if sent < len(part):
                    self._out.appendleft(part[sent:])
                    break
                sent -= len(part)

    def _finish_connect(self) -> None:
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        self.connected = True
        if self._greets:
            self._put(memoryview(frames.hello(HELLO_ID)))

    def abandon(self, request: Request, now: float) -> bool:
        """Nobody waits for it any more: the server is to be told if nobody waits for anything else in its frame."""
        for request_id, flight in self._flights.items():
            if request not in flight.requests:
                continue
            if flight.abandoned_since is None and all(each.done for each in flight.requests):
                flight.abandoned_since = now
                self._put(memoryview(frames.cancel(request_id)))
                return True
        return False

    # Receiving

    def read(self) -> None:
        """What there is, within a turn. ConnectionFailedError, ProtocolError, RefusedError: it is over."""
        budget = TURN_BYTES
        while budget > 0:
            try:
                got, frame = self._frames.receive(self.socket)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                raise ConnectionFailedError(f"the connection to the server broke: {error.strerror}") from error
            if got == 0:
                raise self._ended()
            budget -= got
            if frame is not None:
                self._received(frame)

    def _ended(self) -> Exception:
        if self.offer is None:
            return ConnectionFailedError("the server ended the connection before it answered the hello")
        return ConnectionFailedError("the server ended the connection")

    def _expected(self, type_number: int, frame_id: int) -> tuple[FrameType, int]:
        """What a frame is, and how long it may be; ProtocolError if none of its type and id can come now."""
        if type_number == FrameType.HELLO_RESPONSE and self.offer is None and frame_id == HELLO_ID:
            return FrameType.HELLO_RESPONSE, responses.HELLO_RESPONSE_BYTES_MAX
        if type_number == FrameType.RESPONSE:
            return FrameType.RESPONSE, responses.RESPONSE_BYTES
        flight = self._flights.get(frame_id)
        if flight is not None:
            options, lengths = flight.requests[0].options, [len(each.document) for each in flight.requests]
            if type_number == FrameType.TOKENIZE_RESPONSE and flight.type is FrameType.TOKENIZE:
                return FrameType.TOKENIZE_RESPONSE, responses.response_bytes_max(options, lengths[0])
            if type_number == FrameType.BATCH_RESPONSE and flight.type is FrameType.BATCH:
                return FrameType.BATCH_RESPONSE, responses.batch_response_bytes_max(options, lengths)
        raise ProtocolError(
            f"the server broke the protocol: a frame of type {type_number} and id {frame_id}, which answers nothing"
        )

    def _received(self, frame: ReceivedFrame) -> None:
        if frame.type is FrameType.HELLO_RESPONSE:
            self.offer = responses.read_hello_response(frame.payload.data)
        elif frame.type is FrameType.RESPONSE:
            self._end_counts(frame)
        else:
            self._end_columns(frame)

    def _end_counts(self, frame: ReceivedFrame) -> None:
        """A response of version 1: to a request of it, to the hello of a server that knows none, or to nothing."""
        flight = self._flights.get(frame.id)
        if flight is not None and flight.type is FrameType.REQUEST:
            request = flight.requests[0]
            length = len(request.document)
            self._settle(frame.id, [lambda: responses.read_counts(frame.payload.data, length)])
            return
        status, milliseconds, _ = responses.read_response(frame.payload.data)
        if self.offer is None and frame.id == HELLO_ID and status is Status.UNKNOWN_TYPE:
            self.knows_no_hello = True
            raise ConnectionFailedError("the server speaks version 1 of the protocol and knows no hello")
        if frame.id == 0 and status is Status.TOO_MANY_CONNECTIONS:
            raise responses.refusal(status, milliseconds)
        raise ProtocolError(
            f"the server broke the protocol: a response of version 1 with id {frame.id} and status {status.text}"
        )

    def _end_columns(self, frame: ReceivedFrame) -> None:
        flight = self._flights.get(frame.id)
        if flight is None:
            raise AssertionError("columns are received for a flight alone")
        requests = flight.requests

        def tokenized(payload: Any, request: Request) -> Any:
            return lambda: responses.read_tokenized(payload, request.options, len(request.document))

        if frame.type is FrameType.TOKENIZE_RESPONSE:
            self._settle(frame.id, [tokenized(frame.payload, requests[0])])
            return
        try:
            parts = responses.read_batch(frame.payload, len(requests))
        except RefusedError as refused:
            self._settle(frame.id, [lambda: self._raise(refused)] * len(requests))
            return
        self._settle(frame.id, [tokenized(part, request) for part, request in zip(parts, requests)])

    @staticmethod
    def _raise(error: Exception) -> Any:
        raise error

    def _settle(self, frame_id: int, outcomes: list[Any]) -> None:
        """Tells the outcome of each request of a frame. A ProtocolError ends the connection, and leaves those that are
        not settled in flight."""
        flight = self._flights[frame_id]
        for read in outcomes:
            request = flight.requests[0]
            try:
                received = read()
            except RefusedError as refused:
                del flight.requests[0]
                self.is_going_away |= refused.status is Status.SHUTTING_DOWN
                if not request.done:
                    self._listener.failed(self, request, refused)
                continue
            del flight.requests[0]
            if not request.done:
                self._listener.answered(request, received)
        del self._flights[frame_id]

    def close(self) -> None:
        self.socket.close()
