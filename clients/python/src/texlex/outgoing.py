"""What is to be sent on a connection, in order, and descriptors that go along with the first byte of their frame."""

from __future__ import annotations

import array
import os
import socket
from collections import deque
from dataclasses import dataclass

_PARTS_AT_ONCE = 64


@dataclass
class _Part:
    bytes: memoryview
    descriptor: int | None = None


class Outgoing:
    def __init__(self) -> None:
        self._parts: deque[_Part] = deque()

    def __bool__(self) -> bool:
        return bool(self._parts)

    def put(self, head: bytes, *rest: memoryview, descriptor: int | None = None) -> None:
        """A frame. `descriptor` is closed once it is sent, or when this is closed."""
        self._parts.append(_Part(memoryview(head), descriptor))
        self._parts.extend(_Part(each) for each in rest if len(each))

    def write(self, sock: socket.socket) -> None:
        """As much as the socket takes. OSError if it has broken."""
        while self._parts:
            try:
                sent = self._send(sock)
            except (BlockingIOError, InterruptedError):
                return
            self._close_descriptor(self._parts[0])
            while sent:
                part = self._parts[0]
                if sent < len(part.bytes):
                    part.bytes = part.bytes[sent:]
                    break
                sent -= len(part.bytes)
                self._parts.popleft()

    def _send(self, sock: socket.socket) -> int:
        parts: list[memoryview] = []
        for part in self._parts:
            if len(parts) == _PARTS_AT_ONCE or (parts and part.descriptor is not None):
                break
            parts.append(part.bytes)
        descriptor = self._parts[0].descriptor
        if descriptor is None:
            return sock.sendmsg(parts)
        return sock.sendmsg(parts, [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])

    def close(self) -> None:
        """Nothing of it is sent any more."""
        for part in self._parts:
            self._close_descriptor(part)
        self._parts.clear()

    @staticmethod
    def _close_descriptor(part: _Part) -> None:
        if part.descriptor is not None:
            os.close(part.descriptor)
            part.descriptor = None
