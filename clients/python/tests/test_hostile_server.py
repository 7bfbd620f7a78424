"""Servers that send what the protocol does not allow: a ProtocolError for their own requests, and no crash, hang or
large allocation."""

from __future__ import annotations

import os
import random
import resource
import struct
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from scripted_server import (
    Caller,
    Frame,
    answer,
    batch_response,
    counts_response,
    hello_response,
    letters_response,
    refusal,
    serve,
)

import texlex
from texlex import responses
from texlex.frames import ALL_COLUMNS, RequestOptions

Start = Callable[..., Any]
DOCUMENT = b"abc"
OPTIONS = RequestOptions(ALL_COLUMNS, 0, 1, "latex", 65536)
RESPONSE = letters_response(DOCUMENT)
DIRECTORY = 64
COLUMNS = 64 + 192  # where the first column begins
NUMBERS = [0, 1, 2, 3, 5, 63, 64, 255, 256, 65535]
SEED = int(os.environ.get("TEXLEX_SEED", random.randrange(1 << 32)))


def changed(data: bytes, at: int, form: str, *values: int) -> bytes:
    result = bytearray(data)
    struct.pack_into("<" + form, result, at, *values)
    return bytes(result)


def read(payload: bytes) -> responses.Received:
    return responses.read_tokenized(numpy.frombuffer(payload, numpy.uint8), OPTIONS, len(DOCUMENT))


def entry(index: int) -> int:
    return DIRECTORY + 16 * index


def column(index: int) -> int:
    """Where a column's bytes begin."""
    (begin,) = struct.unpack_from("<I", RESPONSE, entry(index) + 4)
    return int(begin) * 64


BROKEN = {
    "no bytes": b"",
    "a short head": RESPONSE[:63],
    "another magic": b"TXLY" + RESPONSE[4:],
    "version 1": changed(RESPONSE, 4, "H", 1),
    "version 3": changed(RESPONSE, 4, "H", 3),
    "no columns": changed(RESPONSE, 6, "H", 0),
    "fewer columns": changed(RESPONSE, 6, "H", 9),
    "65535 columns": changed(RESPONSE, 6, "H", 65535),
    "columns of a refusal": changed(RESPONSE, 8, "I", 6),
    "more bytes than it has": changed(RESPONSE, 16, "Q", len(RESPONSE) + 1),
    "2^63 bytes": changed(RESPONSE, 16, "Q", 1 << 63),
    "a byte behind": RESPONSE + b"\0",
    "fewer tokens": changed(RESPONSE, 24, "I", 3),
    "more tokens": changed(RESPONSE, 24, "I", 5),
    "2^32 - 1 tokens": changed(RESPONSE, 24, "I", 0xFFFFFFFF),
    "more issues told than found": changed(RESPONSE, 32, "I", 1),
    "issues found and not told": changed(RESPONSE, 28, "I", 1),
    "columns in memory that did not come": changed(RESPONSE, 39, "B", 1),
    "issues told that are not there": changed(changed(RESPONSE, 28, "I", 1), 32, "I", 1),
    "another view": changed(RESPONSE, 37, "B", 1),
    "no view": changed(RESPONSE, 37, "B", 2),
    "another unit": changed(RESPONSE, 38, "B", 2),
    "column 0": changed(RESPONSE, entry(0), "H", 0),
    "a column twice": changed(RESPONSE, entry(1), "H", 1),
    "columns out of order": changed(changed(RESPONSE, entry(2), "H", 4), entry(3), "H", 3),
    "a column of another type": changed(RESPONSE, entry(1) + 2, "H", 1),
    "a column of type 0": changed(RESPONSE, entry(0) + 2, "H", 0),
    "a column in the head": changed(RESPONSE, entry(0) + 4, "I", 0),
    "a column in the directory": changed(RESPONSE, entry(0) + 4, "I", 1),
    "columns that overlap": changed(RESPONSE, entry(2) + 4, "I", column(1) // 64),
    "a column behind the end": changed(RESPONSE, entry(9) + 4, "I", 0xFFFFFFFF),
    "a column over the end": changed(RESPONSE, entry(7) + 8, "Q", len(RESPONSE)),
    "a column of 2^64 - 1 bytes": changed(RESPONSE, entry(7) + 8, "Q", (1 << 64) - 1),
    "a short column": changed(RESPONSE, entry(1) + 8, "Q", 12),
    "half an entry": changed(RESPONSE, entry(1) + 8, "Q", 15),
    "a long column": changed(RESPONSE, entry(0) + 8, "Q", 5),
    "starts that go down": changed(RESPONSE, column(1), "2I", 1, 0),
    "starts behind the document": changed(RESPONSE, column(1) + 12, "I", 4),
    "ends that go down": changed(RESPONSE, column(2), "2I", 3, 2),
    "ends behind the document": changed(RESPONSE, column(2) + 12, "I", 4),
    "an end before its start": changed(RESPONSE, column(2), "4I", 1, 1, 1, 1),
    "names that do not begin at 0": changed(RESPONSE, column(6), "5I", 1, 1, 1, 1, 1),
    "names behind their bytes": changed(RESPONSE, column(6) + 16, "I", 1),
    "names of 2^32 - 1 bytes": changed(RESPONSE, column(6) + 16, "I", 0xFFFFFFFF),
    "no columns behind a directory of none": letters_response(DOCUMENT, 0),
    "a column less than was asked for": letters_response(DOCUMENT, 127),
}


def with_names(name_bytes: bytes, *offsets: int) -> bytes:
    """The response with names, which lie behind all else."""
    moved = changed(RESPONSE, entry(7) + 4, "I", len(RESPONSE) // 64)
    for index in (8, 9):
        moved = changed(moved, entry(index) + 4, "I", len(RESPONSE) // 64 + 1)
    moved = changed(moved, entry(7) + 8, "Q", len(name_bytes)) + name_bytes + bytes(64 - len(name_bytes))
    return changed(changed(moved, column(6), "5I", *offsets), 16, "Q", len(moved))


BROKEN["names that are no UTF-8"] = with_names(b"\xff", 0, 1, 1, 1, 1)
BROKEN["a name that begins inside a character"] = with_names("ö".encode(), 0, 1, 2, 2, 2)
BROKEN["names that go down"] = with_names(b"abc", 0, 2, 1, 3, 3)


def test_what_is_broken_here_is_right_before() -> None:
    assert read(RESPONSE).token_count == 4
    assert read(with_names("aö".encode(), 0, 1, 3, 3, 3)).token_count == 4


@pytest.mark.parametrize("what", BROKEN)
def test_a_response_that_contradicts_itself_or_its_request_is_a_protocol_error(what: str) -> None:
    with pytest.raises(texlex.ProtocolError):
        read(BROKEN[what])


def test_columns_of_a_later_version_are_passed_over() -> None:
    later = changed(RESPONSE, 6, "H", 11)
    later = changed(later, entry(10), "HHIQ", 11, 7, len(RESPONSE) // 64, 64) + bytes(64)
    assert set(read(changed(later, 16, "Q", len(later))).columns) == {
        "kinds", "starts", "ends", "codes", "lines", "columns", "names", "issues"
    }


BATCH = batch_response([RESPONSE, letters_response(b"")])
BROKEN_BATCHES = {
    "a short head": BATCH[:63],
    "another magic": b"TXLY" + BATCH[4:],
    "fewer responses": changed(BATCH, 6, "H", 1),
    "more responses": changed(BATCH, 6, "H", 3),
    "65535 responses": changed(BATCH, 6, "H", 65535),
    "none": refusal(0),
    "responses of a refusal": changed(BATCH, 8, "I", 6),
    "more bytes than it has": changed(BATCH, 16, "Q", len(BATCH) + 1),
    "a response in the head": changed(BATCH, 64, "I", 0),
    "responses that overlap": changed(BATCH, 80, "I", 2),
    "a response behind the end": changed(BATCH, 80, "I", 0xFFFFFFFF),
    "a response over the end": changed(BATCH, 88, "Q", len(BATCH)),
    "a response that is none": changed(BATCH, 72, "Q", 0),
    "a response of another length": changed(BATCH, 72, "Q", 64),
    "a response whose columns lie in memory": batch_response([changed(RESPONSE, 39, "B", 1), letters_response(b"")]),
}


@pytest.mark.parametrize("what", BROKEN_BATCHES)
def test_a_broken_batch_response_is_a_protocol_error(scripted: Start, what: str) -> None:
    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        caller.send(11, frame.id, BROKEN_BATCHES[what])
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        with pytest.raises(texlex.ProtocolError, match="^unix:.*scripted"):
            client.tokenize_batch([DOCUMENT, b""])


HELLO = hello_response()
BROKEN_HELLOS = {
    "short": HELLO[:63],
    "another magic": b"TXLY" + HELLO[4:],
    "version 0": changed(HELLO, 4, "H", 0),
    "version 3": changed(HELLO, 4, "H", 3),
    "a fixed part that is short": changed(HELLO, 6, "H", 63),
    "a fixed part that is longer than all": changed(HELLO, 6, "H", len(HELLO) + 1),
    "no requests": changed(HELLO, 24, "I", 0),
    "no documents": changed(HELLO, 16, "Q", 0),
    "a regime without end": HELLO[:-1],
    "a regime that is no UTF-8": HELLO + b"\xff\n",
    "too long": HELLO + b"x\n" * 40000,
}


@pytest.mark.parametrize("what", BROKEN_HELLOS)
def test_a_broken_hello_response_is_a_protocol_error(scripted: Start, what: str) -> None:
    def script(caller: Caller) -> None:
        caller.send(7, caller.receive().id, BROKEN_HELLOS[what])
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        with pytest.raises(texlex.ProtocolError):
            client.tokenize(DOCUMENT)


def sent(
    type_: int, payload: bytes, id_: int | None = None, claims: int | None = None
) -> Callable[[Caller, Frame], None]:
    return lambda caller, frame: caller.send(type_, frame.id if id_ is None else id_, payload, claims)


BROKEN_FRAMES = {
    "of an unknown type": sent(12, b""),
    "of type 0": sent(0, b""),
    "of a type that only clients send": sent(8, RESPONSE),
    "a batch response": sent(11, BATCH),
    "a second hello response": sent(7, HELLO, 1),
    "a response of version 1": sent(2, counts_response(0, 4)),
    "a refusal of version 1": sent(2, counts_response(6)),
    "of an id that is not in flight": sent(9, RESPONSE, 99),
    "of id 2^64 - 1": sent(9, RESPONSE, (1 << 64) - 1),
    "of 4 GiB": sent(9, b"", None, 0xFFFFFFFF),
    "of 1 MiB for a document of 3 bytes": sent(9, b"", None, 1 << 20),
    "of version 1 with 1 MiB": sent(2, b"", 0, 1 << 20),
    "no frame": lambda caller, frame: caller.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}


@pytest.mark.parametrize("what", BROKEN_FRAMES)
def test_a_frame_that_answers_nothing_is_a_protocol_error(scripted: Start, what: str) -> None:
    def script(caller: Caller) -> None:
        caller.greet()
        BROKEN_FRAMES[what](caller, caller.receive())
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        with pytest.raises(texlex.ProtocolError):
            client.tokenize(DOCUMENT)


def test_a_request_of_version_1_gets_no_more_tokens_than_it_can_have(scripted: Start) -> None:
    def script(caller: Caller) -> None:
        caller.greet(version=1)
        caller.send(2, caller.receive().id, counts_response(0, 5))
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        with pytest.raises(texlex.ProtocolError, match="5 tokens of 3 bytes"):
            client.count(DOCUMENT)


def test_after_a_protocol_error_the_client_goes_on_with_a_new_connection(scripted: Start) -> None:
    def broken(caller: Caller) -> None:
        caller.greet()
        caller.send(9, caller.receive().id, b"")
        caller.wait_for_end()

    server = scripted(broken, serve)
    with texlex.Client(server.url) as client:
        with pytest.raises(texlex.ProtocolError):
            client.tokenize(DOCUMENT)
        assert len(client.tokenize(DOCUMENT)) == 4
    assert server.connections == 2


def silent_after(payload: bytes) -> Callable[[Caller], None]:
    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        caller.raw(struct.pack(">IQI", 9, frame.id, len(RESPONSE))[: max(0, len(payload))] + payload[16:])
        caller.wait_for_end()

    return script


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 80, 300])
def test_a_server_that_falls_silent_does_not_keep_anybody_waiting(scripted: Start, length: int) -> None:
    with texlex.Client(scripted(silent_after((bytes(16) + RESPONSE)[:length])).url, timeout=0.1) as client:
        with pytest.raises(texlex.DeadlineError):
            client.tokenize(DOCUMENT)


def test_a_server_that_does_not_read_does_not_keep_anybody_waiting(scripted: Start) -> None:
    over = threading.Event()

    def script(caller: Caller) -> None:
        caller.greet()
        over.wait(20)

    with texlex.Client(scripted(script).url, timeout=0.2) as client:
        with pytest.raises(texlex.DeadlineError):
            client.tokenize(bytes(2_000_000))
    over.set()


def test_a_response_that_trickles_is_read(scripted: Start) -> None:
    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        for byte in struct.pack(">IQI", 9, frame.id, len(RESPONSE)) + RESPONSE:
            caller.raw(bytes([byte]))
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        assert [token.text for token in client.tokenize(DOCUMENT)] == [b"a", b"b", b"c", b""]


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_memory_is_used_as_a_response_arrives_and_not_as_it_is_announced(scripted: Start) -> None:
    document = bytes(20_000_000)
    announced = threading.Event()

    def script(caller: Caller) -> None:
        caller.greet(document_bytes_max=1 << 30)
        frame = caller.receive()
        caller.send(9, frame.id, RESPONSE, claims=responses.response_bytes_max(OPTIONS, len(document)))
        announced.set()
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        before = resident_bytes()
        future = client.submit(document, timeout=1)
        assert announced.wait(20)
        with pytest.raises(texlex.DeadlineError):
            future.result()
        grown = resident_bytes() - before
    # The script has the document twice over; what was announced, and is held until now, is 24 times as large.
    assert grown < 5 * len(document)


def test_a_response_for_which_there_is_no_memory_is_a_lost_connection(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(size: int, dtype: Any) -> Any:
        if size == len(RESPONSE):
            raise MemoryError
        return numpy.zeros(size, dtype)

    monkeypatch.setattr("texlex.frame_receiver.numpy", SimpleNamespace(empty=no_room, uint8=numpy.uint8))
    with texlex.Client(scripted(serve).url, attempts_max=1) as client:
        with pytest.raises(texlex.ConnectionFailedError, match="no memory for what the server sends"):
            client.tokenize(DOCUMENT)
        assert len(client.tokenize(bytes(100))) == 101


def test_a_batch_has_no_more_documents_than_a_frame_can_say_whatever_the_server_allows(scripted: Start) -> None:
    counts: list[int] = []

    def script(caller: Caller) -> None:
        caller.greet(batch_documents_max=0xFFFFFFFF, document_bytes_max=1 << 63)
        while True:
            frame = caller.receive()
            counts.append(len(frame.documents))
            answer(caller, frame)

    held = threading.Event()
    with texlex.Client(scripted(script).url, pending_max=1000) as client:
        # In the client's thread, so that all documents wait when the first one is sent.
        client.submit(b"").add_done_callback(lambda _: held.wait(20))
        futures = client.submit_batch([b""] * 600)
        held.set()
        assert [len(future.result(20)) for future in futures] == [1] * 600
    assert max(counts) == 256


def test_what_chance_makes_of_a_response_is_read_or_a_protocol_error() -> None:
    print(f"TEXLEX_SEED={SEED}")
    chance = random.Random(SEED)
    outcomes = {"read": 0, "broken": 0}
    for _ in range(20_000):
        data = bytearray(RESPONSE)
        for _ in range(chance.randrange(1, 4)):
            at = chance.choice([chance.randrange(64), chance.randrange(64, 256), chance.randrange(len(data))])
            if chance.random() < 0.5:
                data[at] = chance.randrange(256)
            else:
                form, most = chance.choice([("H", 1 << 16), ("I", 1 << 32), ("Q", 1 << 64)])
                width = struct.calcsize(form)
                value = chance.choice([*NUMBERS, most - 1, chance.randrange(most)])
                struct.pack_into("<" + form, data, min(at // width * width, len(data) - width), value % most)
        if chance.random() < 0.1:
            del data[chance.randrange(len(data)) :]
        try:
            received = read(bytes(data))
        except texlex.ProtocolError:
            outcomes["broken"] += 1
        except texlex.RefusedError:
            continue
        else:
            outcomes["read"] += 1
            tokens = texlex.received_tokens.ReceivedTokens(  # type: ignore[attr-defined]
                texlex.document.Document(DOCUMENT), received, False, 1  # type: ignore[attr-defined]
            )
            list(tokens), list(tokens.issues), list(tokens.names)
    assert all(outcomes.values()), outcomes


def test_the_answers_a_right_server_gives_are_no_protocol_errors(scripted: Start) -> None:
    def script(caller: Caller) -> None:
        caller.greet()
        while True:
            answer(caller, caller.receive())

    with texlex.Client(scripted(script).url) as client:
        assert [len(each) for each in client.tokenize_batch([b"x" * n for n in range(300)])] == list(range(1, 301))
