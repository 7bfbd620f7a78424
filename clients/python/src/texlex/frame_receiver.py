"""Bytes of a connection into frames, each in memory of its own."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

import numpy

from .errors import broken
from .frames import HEADER, FrameType
from .tokens import UInt8Column

_DESCRIPTORS_SEEN = 4  # at once; there may be one
_DESCRIPTORS_BYTES = _DESCRIPTORS_SEEN * array.array("i").itemsize
_CONTROL_BYTES = socket.CMSG_SPACE(_DESCRIPTORS_BYTES) if hasattr(socket, "CMSG_SPACE") else 0


@dataclass
class ReceivedFrame:
    """Its payload is read-only memory that nothing else refers to: columns stay where they are."""

    type: FrameType
    id: int
    payload: UInt8Column
    descriptor: int | None = None
    """What came with it, to be closed by who takes the frame."""
    lost_descriptor: bool = False
    """One came, and this process had no room for it."""


class FrameReceiver:
    """`expected` tells of a type and an id which frame that is and how many bytes its payload may have; it raises a
    ProtocolError if there can be none. `with_descriptors`: whether they may come."""

    def __init__(self, expected: Callable[[int, int], tuple[FrameType, int]], with_descriptors: bool = False) -> None:
        self._expected = expected
        self._with_descriptors = with_descriptors
        self._descriptor: int | None = None
        self._lost_descriptor = False
        self._header = bytearray(HEADER.size)
        self._header_filled = 0
        self._frame: ReceivedFrame | None = None
        self._filled = 0

    def receive(self, sock: socket.socket) -> tuple[int, ReceivedFrame | None]:
        """How many bytes were received, 0 at the end of the connection, and the frame that is whole by them. OSError
        if there are none now, or if the connection has broken."""
        if self._frame is None:
            got = self._read(sock, memoryview(self._header)[self._header_filled :], self._header_filled == 0)
            self._header_filled += got
            if self._header_filled == len(self._header):
                self._begin()
        else:
            got = self._read(sock, self._frame.payload.data[self._filled :], False)
            self._filled += got
        return got, self._whole()

    # No read goes beyond a frame: so what comes with the first byte of a header is that frame's.
    def _read(self, sock: socket.socket, into: memoryview, begins_frame: bool) -> int:
        if not self._with_descriptors:
            return sock.recv_into(into)
        got, control, flags, _ = sock.recvmsg_into([into], _CONTROL_BYTES, socket.MSG_CMSG_CLOEXEC)
        came = array.array("i")
        for level, type_number, data in control:
            if (level, type_number) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                came.frombytes(data[: len(data) - len(data) % came.itemsize])
        lost = bool(flags & socket.MSG_CTRUNC)
        if len(came) > 1 or ((came or lost) and not begins_frame):
            for descriptor in came:
                os.close(descriptor)
            broken("a descriptor came where none may")
        if begins_frame:
            self._descriptor = came[0] if came else None
            self._lost_descriptor = lost
        return got

    def close(self) -> None:
        """Nothing is received any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    # No memory is touched before bytes come for it, so that a server cannot have it used by a word.
    def _begin(self) -> None:
        type_number, frame_id, payload_bytes = HEADER.unpack(self._header)
        type_, at_most = self._expected(type_number, frame_id)
        if payload_bytes > at_most:
            broken(f"a frame of {payload_bytes} bytes where {at_most} are the most")
        self._header_filled = 0
        self._filled = 0
        self._frame = ReceivedFrame(type_, frame_id, numpy.empty(payload_bytes, numpy.uint8))

    def _whole(self) -> ReceivedFrame | None:
        frame = self._frame
        if frame is None or self._filled < len(frame.payload):
            return None
        self._frame = None
        frame.payload.flags.writeable = False
        frame.descriptor, self._descriptor = self._descriptor, None
        frame.lost_descriptor = self._lost_descriptor
        return frame
