"""The frames that were sent on one connection and are not answered, and the requests in them."""

from __future__ import annotations

from dataclasses import dataclass

from . import responses
from .frames import FrameType
from .request import Request

ABANDONED_PATIENCE = 5.0  # seconds that a request nobody waits for any more may stay unanswered
HELLO_ID = 1


@dataclass
class Flight:
    """A frame that was sent and is not answered."""

    requests: list[Request]
    type: FrameType
    abandoned_since: float | None = None
    is_elsewhere: bool = False
    """The server takes it no more, and its requests have left for another one: its answer is not waited for."""
    document_passed: bool = False


class Flights:
    """By the ids of their frames, which go up."""

    def __init__(self) -> None:
        self._by_id: dict[int, Flight] = {}
        self._next_id = HELLO_ID + 1

    def __len__(self) -> int:
        return len(self._by_id)

    def take_id(self) -> int:
        """For the next frame."""
        self._next_id += 1
        return self._next_id - 1

    def add(self, frame_id: int, flight: Flight) -> None:
        self._by_id[frame_id] = flight

    def get(self, frame_id: int) -> Flight | None:
        return self._by_id.get(frame_id)

    def remove(self, frame_id: int) -> None:
        del self._by_id[frame_id]

    def was_sent(self, frame_id: int) -> bool:
        return frame_id < self._next_id

    def are_awaited(self) -> bool:
        """Whether anything is still to be answered from here."""
        return any(not flight.is_elsewhere for flight in self._by_id.values())

    def requests(self) -> list[Request]:
        """Those that still wait for an answer from here."""
        flights = [flight for flight in self._by_id.values() if not flight.is_elsewhere]
        return [request for flight in flights for request in flight.requests]

    def abandon(self, request: Request, now: float) -> int | None:
        """Nobody waits for it any more. The id of its frame, if nobody waits for anything else in that: it is to be
        cancelled."""
        for frame_id, flight in self._by_id.items():
            if flight.is_elsewhere or request not in flight.requests:
                continue
            if flight.abandoned_since is None and all(each.done for each in flight.requests):
                flight.abandoned_since = now
                return frame_id
        return None

    def due(self) -> float:
        """When the server will have left the client waiting for a cancelled request as long as it may."""
        since = [flight.abandoned_since for flight in self._by_id.values() if flight.abandoned_since is not None]
        return min(since, default=float("inf")) + ABANDONED_PATIENCE

    def send_elsewhere(self, last_id: int) -> list[Request]:
        """The requests of the frames behind one, which the server does not take: whatever it answers is let be."""
        leaving: list[Request] = []
        for frame_id, flight in self._by_id.items():
            if frame_id <= last_id or flight.is_elsewhere:
                continue
            flight.is_elsewhere = True
            leaving += [request for request in flight.requests if not request.done]
        return leaving

    def expected(self, type_number: int, frame_id: int) -> tuple[FrameType, int] | None:
        """The type of a response of version 2 that may come now, and how many bytes it may have; None: it may not."""
        flight = self._by_id.get(frame_id)
        if flight is None:
            return None
        options, lengths = flight.requests[0].options, [len(each.document) for each in flight.requests]
        if type_number == FrameType.TOKENIZE_RESPONSE and flight.type is FrameType.TOKENIZE:
            return FrameType.TOKENIZE_RESPONSE, responses.response_bytes_max(options, lengths[0])
        if type_number == FrameType.BATCH_RESPONSE and flight.type is FrameType.BATCH:
            return FrameType.BATCH_RESPONSE, responses.batch_response_bytes_max(options, lengths)
        return None
