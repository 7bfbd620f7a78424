"""Bytes of a connection into frames, each in memory of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import numpy

from .errors import ProtocolError
from .frames import HEADER, FrameType
from .tokens import UInt8Column


@dataclass
class ReceivedFrame:
    """Its payload is read-only memory that nothing else refers to: columns stay where they are."""

    type: FrameType
    id: int
    payload: UInt8Column


class FrameReceiver:
    """`expected` tells of a type and an id which frame that is and how many bytes its payload may have; it raises a
    ProtocolError if there can be none."""

    def __init__(self, expected: Callable[[int, int], tuple[FrameType, int]]) -> None:
        self._expected = expected
        self._header = bytearray(HEADER.size)
        self._header_filled = 0
        self._frame: ReceivedFrame | None = None
        self._filled = 0

    def receive(self, sock: socket.socket) -> tuple[int, ReceivedFrame | None]:
        """How many bytes were received, 0 at the end of the connection, and the frame that is whole by them. OSError
        if there are none now, or if the connection has broken."""
        if self._frame is None:
            got = sock.recv_into(memoryview(self._header)[self._header_filled :])
            self._header_filled += got
            if self._header_filled == len(self._header):
                self._begin()
        else:
            got = sock.recv_into(self._frame.payload.data[self._filled :])
            self._filled += got
        return got, self._whole()

    # No memory is touched before bytes come for it, so that a server cannot have it used by a word.
    def _begin(self) -> None:
        type_number, frame_id, payload_bytes = HEADER.unpack(self._header)
        type_, at_most = self._expected(type_number, frame_id)
        if payload_bytes > at_most:
            raise ProtocolError(
                f"the server broke the protocol: a frame of {payload_bytes} bytes where {at_most} are the most"
            )
        self._header_filled = 0
        self._filled = 0
        self._frame = ReceivedFrame(type_, frame_id, numpy.empty(payload_bytes, numpy.uint8))

    def _whole(self) -> ReceivedFrame | None:
        frame = self._frame
        if frame is None or self._filled < len(frame.payload):
            return None
        self._frame = None
        frame.payload.flags.writeable = False
        return frame
