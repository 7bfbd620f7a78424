"""One connection to a server: what is sent on it, what it answers, and that neither takes for ever.

It belongs to the dispatcher's thread and never blocks. What it learns it tells its `Listener`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any, Protocol

from . import flights, frames, responses, sealed_memory
from .errors import ConnectionFailedError, DescriptorLostError, RefusedError, broken
from .flights import HELLO_ID, Flight, Flights
from .frame_receiver import FrameReceiver, ReceivedFrame
from .frames import Feature, FrameType
from .lent_columns import LentColumns
from .offer_check import check_offer
from .outgoing import Outgoing
from .request import Request
from .responses import Offer
from .vocabulary import Status

REQUESTS_MAX = 256  # in flight on one connection, whatever the server would take
TURN_BYTES = 4 << 20  # read in one turn, so that other connections have theirs
VERSION_1 = Offer(version=1, requests_max=16)  # what a server that knows no hello can do


class Listener(Protocol):
    def answered(self, request: Request, received: responses.Received) -> None: ...
    def failed(self, connection: Connection, request: Request, error: Exception) -> None: ...
    def again(self, request: Request) -> None: ...


class Connection:
    """`socket` may still be connecting. `greets`: whether it begins with a hello, or takes the server for one that
    speaks version 1 alone. `features`: what the hello asks for. `wake`, which any thread may call,
    has `has_releases` looked at."""

    def __init__(
        self,
        sock: socket.socket,
        listener: Listener,
        opening_until: float,
        greets: bool,
        features: Feature,
        wake: Callable[[], None],
    ) -> None:
        self.socket = sock
        self.opening_until = opening_until
        self.offer: Offer | None = None if greets else VERSION_1
        self.knows_no_hello = False
        self.connected = False
        self._listener = listener
        self._greets = greets
        self._flights = Flights()
        self._features = features if greets else Feature.NONE
        self._lent = LentColumns(wake)
        self._out = Outgoing()
        self._frames = FrameReceiver(self._expected, bool(self._features & Feature.DESCRIPTORS))
        self.is_going_away = False

    # What the dispatcher asks

    @property
    def is_open(self) -> bool:
        return self.connected and self.offer is not None

    @property
    def wants_to_write(self) -> bool:
        return not self.connected or bool(self._out)

    @property
    def was_asked(self) -> bool:
        """Whether a request was ever sent on it."""
        return self._flights.was_sent(HELLO_ID + 1)

    def has_room(self) -> bool:
        """Whether a frame may be sent now: it is written whole before the next one begins."""
        if not self.is_open or self._out or self.is_going_away or self.offer is None:
            return False
        return len(self._flights) < min(self.offer.requests_max, REQUESTS_MAX)

    @property
    def is_spent(self) -> bool:
        """Its server is shutting down, and has answered all that it took."""
        return self.is_going_away and not self._flights.are_awaited()

    @property
    def has_releases(self) -> bool:
        """Whether memory is to be given back: `write` does it."""
        return self.is_open and self._lent.has_releases

    def requests(self) -> list[Request]:
        """That are in flight."""
        return self._flights.requests()

    def _has(self, feature: Feature) -> bool:
        return self.offer is not None and bool(self._features & self.offer.features & feature)

    def due(self) -> float:
        """When `check_time` has something to say at the latest."""
        return self._flights.due() if self.is_open else min(self._flights.due(), self.opening_until)

    def check_time(self, now: float) -> None:
        """ConnectionFailedError if the server keeps the client waiting for what nobody can wait for."""
        if now < self.due():
            return
        if not self.is_open:
            raise ConnectionFailedError("the server could not be connected to in time, or did not answer the hello")
        patience = flights.ABANDONED_PATIENCE
        raise ConnectionFailedError(f"the server did not answer a cancelled request within {patience:g} s")

    # Sending

    def check_can(self, request: Request) -> None:
        """UnsupportedByServerError or RefusedError if this server cannot be asked for it."""
        if self.offer is None:
            raise AssertionError("asked before the server has said what it can do")
        check_offer(self.offer, request)

    def batch_room(self) -> tuple[int, int]:
        """How many documents, of how many bytes together, may go in one frame."""
        if self.offer is None or self.offer.version == 1 or self.offer.batch_documents_max == 0:
            return 1, 0
        bytes_max = frames.PAYLOAD_BYTES_MAX - frames.BATCH_HEAD_BYTES_MAX
        return self.offer.batch_documents_max, min(self.offer.document_bytes_max, bytes_max)

    def send(self, requests: list[Request], now: float) -> None:
        """In one frame. OSError if the connection has broken."""
        request_id = self._flights.take_id()
        first = requests[0]
        deadline_ms = max(1, int((min(request.deadline for request in requests) - now) * 1000))
        lengths = [len(request.document) for request in requests]
        descriptor = self._seal(first) if len(requests) == 1 else None
        passed = descriptor is not None
        if self.offer is not None and self.offer.version == 1:
            type_, head = FrameType.REQUEST, frames.request_head(request_id, lengths[0])
        elif len(requests) == 1:
            type_ = FrameType.TOKENIZE
            columns_passed = bool(first.options.columns) and self._has(Feature.DESCRIPTORS)
            head = frames.tokenize_head(
                request_id, first.options, deadline_ms, lengths[0],
                document_passed=passed, columns_passed=columns_passed,
            )
        else:
            type_ = FrameType.BATCH
            head = frames.batch_head(request_id, first.options, deadline_ms, lengths)
        self._flights.add(request_id, Flight(requests, type_, document_passed=passed))
        self._out.put(head, *([] if passed else [each.document.view for each in requests]), descriptor=descriptor)
        self.write()

    def _seal(self, request: Request) -> int | None:
        if not self._has(Feature.DESCRIPTORS) or request.in_frame_only:
            return None
        if len(request.document) < sealed_memory.DOCUMENT_BYTES_MIN:
            return None
        return sealed_memory.seal(request.document.view)

    def write(self) -> None:
        """As much as the socket takes. OSError if it has broken."""
        if not self.connected:
            self._finish_connect()
        while self.has_releases:
            self._out.put(frames.release(self._lent.take_release()))
        self._out.write(self.socket)

    def _finish_connect(self) -> None:
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
        self.connected = True
        if self._greets:
            self._out.put(frames.hello(HELLO_ID, self._features))

    def abandon(self, request: Request, now: float) -> bool:
        """Nobody waits for it any more: the server is to be told if nobody waits for anything else in its frame."""
        frame_id = self._flights.abandon(request, now)
        if frame_id is None:
            return False
        self._out.put(frames.cancel(frame_id))
        return True

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
        if type_number == FrameType.GOING_AWAY and frame_id == 0 and self._has(Feature.GOING_AWAY):
            return FrameType.GOING_AWAY, responses.GOING_AWAY_BYTES_MAX
        expected = self._flights.expected(type_number, frame_id)
        if expected is None:
            broken(f"a frame of type {type_number} and id {frame_id}, which answers nothing")
        return expected

    def _received(self, frame: ReceivedFrame) -> None:
        try:
            self._take(frame)
        finally:
            if frame.descriptor is not None:
                os.close(frame.descriptor)

    def _take(self, frame: ReceivedFrame) -> None:
        came = frame.descriptor is not None or frame.lost_descriptor
        if came and frame.type is not FrameType.TOKENIZE_RESPONSE:
            broken("a descriptor came where none may")
        if frame.type is FrameType.HELLO_RESPONSE:
            self.offer = responses.read_hello_response(frame.payload.data)
        elif frame.type is FrameType.RESPONSE:
            self._end_counts(frame)
        elif frame.type is FrameType.GOING_AWAY:
            self._go_away(responses.read_going_away(frame.payload.data))
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
        broken(f"a response of version 1 with id {frame.id} and status {status.text}")

    def _go_away(self, last_id: int) -> None:
        """What was sent behind the last request that was taken goes elsewhere at once."""
        if not self._flights.was_sent(last_id):
            broken(f"it took request {last_id}, which was not sent")
        self.is_going_away = True
        for request in self._flights.send_elsewhere(last_id):
            self._listener.failed(self, request, RefusedError(Status.SHUTTING_DOWN))

    def _end_columns(self, frame: ReceivedFrame) -> None:
        flight = self._flights.get(frame.id)
        if flight is None:
            raise AssertionError("columns are received for a flight alone")
        requests = flight.requests

        def tokenized(payload: Any, request: Request) -> Any:
            return lambda: responses.read_tokenized(payload, request.options, len(request.document))

        if frame.type is FrameType.TOKENIZE_RESPONSE:
            may_lend = self._has(Feature.DESCRIPTORS)
            self._settle(frame.id, [lambda: self._lent.read(frame, requests[0], may_lend)])
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
        flight = self._flights.get(frame_id)
        if flight is None:
            raise AssertionError("only what is in flight is settled")
        for read in outcomes:
            request = flight.requests[0]
            try:
                received = read()
            except (RefusedError, DescriptorLostError) as error:
                del flight.requests[0]
                if not flight.is_elsewhere and not request.done:
                    self._failed(flight, request, error)
                continue
            del flight.requests[0]
            if not flight.is_elsewhere and not request.done:
                self._listener.answered(request, received)
        self._flights.remove(frame_id)

    def _failed(self, flight: Flight, request: Request, error: Exception) -> None:
        status = error.status if isinstance(error, RefusedError) else None
        if status is Status.DESCRIPTOR_LOST and flight.document_passed:
            request.in_frame_only = True
            self._listener.again(request)
            return
        self.is_going_away |= status is Status.SHUTTING_DOWN
        self._listener.failed(self, request, error)

    def close(self) -> None:
        self._frames.close()
        self._out.close()
        self.socket.close()
