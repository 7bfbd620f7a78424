"""A server that does what a test tells it, right or wrong: each connection plays a script."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 20.0  # seconds that anything may take; only a failing test waits so long
MAGIC = b"TXLX"
REGIMES = b"latex\nplain\n"


class ClientGone(Exception):
    """The client has ended the connection."""


@dataclass
class Frame:
    type: int
    id: int
    payload: bytes
    descriptor: int | None = None
    """What came with it, if the script takes descriptors."""

    @property
    def document(self) -> bytes:
        """Of a tokenize frame, or of a request of version 1."""
        return self.payload[4:] if self.type == 1 else self.payload[struct.unpack_from("<I", self.payload)[0] :]

    @property
    def documents(self) -> list[bytes]:
        """Of a batch."""
        (head_bytes,) = struct.unpack_from("<I", self.payload)
        (count,) = struct.unpack_from("<H", self.payload, 14)
        lengths = struct.unpack_from(f"<{count}I", self.payload, head_bytes - 4 * count)
        result, at = [], head_bytes
        for length in lengths:
            result.append(self.payload[at : at + length])
            at += length
        return result

    @property
    def columns(self) -> int:
        return int(struct.unpack_from("<I", self.payload, 8)[0])

    @property
    def column_unit(self) -> int:
        return self.payload[13]


class Caller:
    """One connection, as a script sees it."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        self.connection = connection
        self._descriptor: int | None = None
        self._header: tuple[int, int, int] | None = None
        self._received = bytearray()

    def receive(self) -> Frame:
        """May be called again after a TimeoutError: nothing is lost by it."""
        self._header = self._header or struct.unpack(">IQI", self._bytes(16))
        type_, id_, length = self._header
        payload = self._bytes(length)
        descriptor, self._descriptor, self._header = self._descriptor, None, None
        return Frame(type_, id_, payload, descriptor)

    def send(self, type_: int, id_: int, payload: bytes, claims: int | None = None) -> None:
        self.raw(struct.pack(">IQI", type_, id_, len(payload) if claims is None else claims) + payload)

    def raw(self, data: bytes) -> None:
        try:
            self.connection.sendall(data)
        except OSError:
            raise ClientGone from None

    def send_passing(self, type_: int, id_: int, payload: bytes, *descriptors: int) -> None:
        """A frame with descriptors, which are closed here."""
        self.raw_passing(struct.pack(">IQI", type_, id_, len(payload)) + payload, *descriptors)

    def raw_passing(self, data: bytes, *descriptors: int) -> None:
        try:
            sent = socket.send_fds(self.connection, [data], list(descriptors))
            self.raw(data[sent:])
        except OSError:
            raise ClientGone from None
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def greet(self, **offer: int) -> None:
        """Answers the hello."""
        hello = self.receive()
        assert hello.type == 6, hello
        self.send(7, hello.id, hello_response(**offer))

    def wait_for_end(self) -> None:
        """Until the client has ended the connection; what it still sends is dropped."""
        try:
            while self.connection.recv(65536):
                pass
        except OSError:
            pass

    def _bytes(self, count: int) -> bytes:
        while len(self._received) < count:
            try:
                more, came, _, _ = socket.recv_fds(self.connection, count - len(self._received), 4)
            except ConnectionError:
                more, came = b"", []
            if not more:
                raise ClientGone
            assert len(came) <= 1 and not (came and self._descriptor is not None), "a descriptor too many"
            self._descriptor = came[0] if came else self._descriptor
            self._received += more
        result = bytes(self._received)
        self._received.clear()
        return result


class ScriptedServer:
    """The first connection plays the first script, and so on; the last script is for all that come after."""

    def __init__(self, path: Path, *scripts: Callable[[Caller], None]) -> None:
        self.url = f"unix:{path}"
        self.connections = 0
        self.faults: list[BaseException] = []
        self._scripts = list(scripts)
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._play, args=(script, connection)))
            self._threads[-1].start()

    def _play(self, script: Callable[[Caller], None], connection: socket.socket) -> None:
        try:
            script(Caller(connection))
        except ClientGone:
            pass
        except BaseException as fault:
            self.faults.append(fault)
        finally:
            connection.close()


def hello_response(
    version: int = 2, columns: int = 255, document_bytes_max: int = 1 << 21, requests_max: int = 64,
    issues_max: int = 65536, batch_documents_max: int = 256, features: int = 0,
) -> bytes:
    fixed = struct.pack(
        "<4sHHIIQIIII24x", MAGIC, version, 64, features, columns, document_bytes_max, requests_max, issues_max, 1024,
        batch_documents_max,
    )
    return fixed + REGIMES


def counts_response(status: int, tokens: int = 0, issues: int = 0) -> bytes:
    return struct.pack(">IIIB", status, tokens, issues, 1)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 64)


def refusal(status: int, retry_after_ms: int = 0) -> bytes:
    return struct.pack("<4sHHIIQ40x", MAGIC, 2, 0, status, retry_after_ms, 64)


def letters_response(document: bytes, columns: int = 255, column_unit: int = 1) -> bytes:
    """What the tex view of a document of letters on one line without its end is, in any unit: a letter a byte, and the
    space of the line's end."""
    count = len(document) + 1
    numbers = lambda values: struct.pack(f"<{count}I", *values)  # noqa: E731
    every = [
        (1, 1, 1, bytes([11] * len(document) + [10])),
        (2, 2, 2, numbers(range(count))),
        (4, 3, 2, numbers(min(i + 1, len(document)) for i in range(count))),
        (8, 4, 2, numbers([*document, 32])),
        (16, 5, 2, numbers([1] * count)),
        (32, 6, 2, numbers(range(1, count + 1))),
        (64, 7, 2, bytes(4 * (count + 1))),
        (64, 8, 1, b""),
        (128, 9, 1, b""),
        (128, 10, 2, b""),
    ]
    parts = [(id_, type_, data) for bit, id_, type_, data in every if columns & bit]
    return columns_response(parts, count, column_unit=column_unit)


def columns_response(
    parts: list[tuple[int, int, bytes]], tokens: int, issues: int = 0, told: int = 0, view: int = 0,
    column_unit: int = 1,
) -> bytes:
    """A response with these columns: of each its id, its type and its bytes."""
    at = 64 + len(padded(bytes(16 * len(parts))))
    directory, body = b"", b""
    for id_, type_, data in parts:
        directory += struct.pack("<HHIQ", id_, type_, (at + len(body)) // 64, len(data))
        body += padded(data)
    head = struct.pack(
        "<4sHHIIQIIIBBB25x", MAGIC, 2, len(parts), 0, 0, at + len(body), tokens, issues, told, 1, view, column_unit
    )
    return head + padded(directory) + body


def going_away(taken: int, last_id: int) -> bytes:
    return struct.pack("<4sHHQQ", MAGIC, 2, 0, taken, last_id)


def lent_response(document: bytes, columns: int = 255) -> tuple[bytes, bytes]:
    """The same response with its columns elsewhere: payload and memory."""
    return columns_apart(letters_response(document, columns))


def columns_apart(whole: bytes) -> tuple[bytes, bytes]:
    """A response with columns as one whose columns lie in memory: its payload, and that memory."""
    (count,) = struct.unpack_from("<H", whole, 6)
    head_bytes = 64 + len(padded(bytes(16 * count)))
    payload, memory = bytearray(whole[:head_bytes]), whole[head_bytes:]
    for index in range(count):
        (begin,) = struct.unpack_from("<I", payload, 64 + 16 * index + 4)
        struct.pack_into("<I", payload, 64 + 16 * index + 4, begin - head_bytes // 64)
    struct.pack_into("<Q", payload, 16, head_bytes)
    struct.pack_into("<BQ", payload, 39, 1, len(memory))
    return bytes(payload), memory


def sealed(memory: bytes, seals: int = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW) -> int:
    descriptor = os.memfd_create("scripted", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, memory)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def batch_response(parts: list[bytes], status: int = 0) -> bytes:
    at = 64 + len(padded(bytes(16 * len(parts))))
    directory, body = b"", b""
    for part in parts:
        directory += struct.pack("<IIQ", (at + len(body)) // 64, 0, len(part))
        body += padded(part)
    head = struct.pack("<4sHHIIQ40x", MAGIC, 2, len(parts), status, 0, at + len(body))
    return head + padded(directory) + body


def answer(caller: Caller, frame: Frame) -> None:
    """As a server would that is asked about documents of letters."""
    if frame.type == 10:
        how = (frame.columns, frame.column_unit)
        caller.send(11, frame.id, batch_response([letters_response(each, *how) for each in frame.documents]))
    elif frame.type == 8:
        caller.send(9, frame.id, letters_response(frame.document, frame.columns, frame.column_unit))
    elif frame.type == 1:
        caller.send(2, frame.id, counts_response(0, len(frame.document) + 1))
    else:
        raise AssertionError(f"a frame that asks nothing: {frame}")


def serve(caller: Caller) -> None:
    """Answers all requests."""
    caller.greet()
    while True:
        frame = caller.receive()
        if frame.type != 3:
            answer(caller, frame)


def serve_version_1(caller: Caller) -> None:
    """Knows requests and nothing else."""
    while True:
        frame = caller.receive()
        if frame.type != 1:
            caller.send(2, frame.id, counts_response(2))
            return
        answer(caller, frame)
