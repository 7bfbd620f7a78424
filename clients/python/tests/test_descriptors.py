"""Documents and columns in passed memory: with the real texlexd, and with servers that pass what they must not."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from conftest import golden_vectors
from scripted_server import PATIENCE, Caller, Frame, answer, lent_response, letters_response, refusal, sealed
from test_golden import assert_told, label, settings

import texlex
from texlex import sealed_memory
from texlex.vocabulary import Status

Start = Callable[..., Any]
PASSED, LENT = "texlexd_documents_passed_total", "texlexd_columns_lent_total"
LARGE = b"\\section{One} two % three\n" * 20000
COLUMNS = ("kinds", "starts", "ends", "codes", "lines", "columns")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def figure(url: str, name: str) -> int:
    """One of the server's own counts."""
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(url.removeprefix("unix:"))
        caller = Caller(connection)
        caller.send(4, 1, b"")
        lines = caller.receive().payload.decode().splitlines()
    return int(next(line for line in lines if line.startswith(name + " ")).split()[1])


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def columns_of(tokens: texlex.Tokens) -> list[list[int]]:
    return [getattr(tokens, name).tolist() for name in COLUMNS] + [tokens.names.offsets.tolist()]


# texlexd


@pytest.mark.parametrize("vector", golden_vectors(), ids=label)
def test_golden_documents_that_are_passed_have_their_tokens(
    texlexd: str, monkeypatch: pytest.MonkeyPatch, vector: dict[str, Any]
) -> None:
    monkeypatch.setattr(sealed_memory, "DOCUMENT_BYTES_MIN", 1)
    before = figure(texlexd, PASSED)
    with texlex.Client(texlexd) as client:
        assert_told(client.tokenize(vector["document"], **settings(vector)), vector)
    assert figure(texlexd, PASSED) - before == (1 if vector["document"] else 0)


def test_golden_documents_repeated_until_their_columns_are_lent_have_the_tokens_made_in_process(texlexd: str) -> None:
    vectors = [vector for vector in golden_vectors() if vector["document"]]
    before = figure(texlexd, LENT)
    with texlex.Client(texlexd) as client:
        for vector in vectors[::5]:
            document = vector["document"] * (sealed_memory.DOCUMENT_BYTES_MIN // len(vector["document"]) + 1)
            there, here = client.tokenize(document, **settings(vector)), texlex.tokenize(document, **settings(vector))
            for name in COLUMNS:
                assert numpy.array_equal(getattr(there, name), getattr(here, name)), (label(vector), name)
            assert numpy.array_equal(there.names.offsets, here.names.offsets)
            assert numpy.array_equal(there.names.bytes, here.names.bytes)
            assert numpy.array_equal(there.issues.starts, here.issues.starts)
            assert not there.kinds.flags.writeable
            del there, here
    assert figure(texlexd, LENT) - before == len(vectors[::5])


def test_without_descriptors_and_over_tcp_nothing_is_passed(texlexd: str, start_texlexd: Start, tmp_path: Path) -> None:
    both = start_texlexd("--unix", str(tmp_path / "socket"), "--tcp-port", "0")
    port = re.findall(r"127\.0\.0\.1:(\d+)", both.ready)[0]
    url = f"unix:{tmp_path / 'socket'}"
    expected = columns_of(texlex.tokenize(LARGE))
    for client in (texlex.Client(url, descriptors=False), texlex.Client(f"tcp://127.0.0.1:{port}")):
        with client:
            assert columns_of(client.tokenize(LARGE)) == expected
    assert [figure(url, name) for name in (PASSED, LENT)] == [0, 0]
    with texlex.Client(url) as client:
        assert columns_of(client.tokenize(LARGE)) == expected
    assert [figure(url, name) for name in (PASSED, LENT)] == [1, 1]


def test_memory_is_given_back_when_nothing_sees_it_and_not_before(start_texlexd: Start, tmp_path: Path) -> None:
    start_texlexd("--unix", str(tmp_path / "socket"))
    url = f"unix:{tmp_path / 'socket'}"
    with texlex.Client(url) as client:
        kept = client.tokenize(LARGE).starts[5:]  # of the tokens nothing else is left
        expected = texlex.tokenize(LARGE).starts[5:]
        for _ in range(40):  # the server would write where it was, had it been given back
            client.tokenize(b"x" * len(LARGE))
        assert numpy.array_equal(kept, expected)
        assert figure(url, "texlexd_lent_bytes") > 0
        seen = memoryview(kept)
        del kept
        assert figure(url, "texlexd_lent_bytes") > 0
        assert seen.tolist() == expected.tolist()
        del seen
        until(lambda: figure(url, "texlexd_lent_bytes") == 0)  # at once: there is no other request


def test_what_is_seen_stays_after_the_connection(start_texlexd: Start, tmp_path: Path) -> None:
    server = start_texlexd("--unix", str(tmp_path / "socket"))
    expected = columns_of(texlex.tokenize(LARGE))
    files = open_files()
    client = texlex.Client(f"unix:{tmp_path / 'socket'}")
    tokens = client.tokenize(LARGE)
    server.kill()
    assert columns_of(tokens) == expected
    client.close()
    assert columns_of(tokens) == expected
    del tokens
    assert open_files() == files


def test_after_2000_rounds_as_many_files_are_open_as_before(texlexd: str) -> None:
    document = b"a" * sealed_memory.DOCUMENT_BYTES_MIN
    before = figure(texlexd, PASSED)
    files = open_files()
    with texlex.Client(texlexd) as client:
        client.tokenize(document, columns=["kinds"])
        for _ in range(2000):
            assert len(client.tokenize(document, columns=["kinds"])) == len(document) + 1
    until(lambda: open_files() == files)
    assert figure(texlexd, PASSED) - before == 2001


# Scripted servers


def wished(frame: Frame) -> bool:
    return struct.pack("<HH", 3, 0) in frame.payload[32:64]


def serving(
    pass_columns: Callable[[Caller, Frame, bytes, bytes], None], document: bytes = b"abc"
) -> Callable[..., None]:
    """Answers each request for columns by what it is told to pass, and counts as ever."""

    def script(caller: Caller) -> None:
        caller.greet(features=3)
        while True:
            frame = caller.receive()
            if frame.type == 8 and frame.columns:
                assert wished(frame)
                pass_columns(caller, frame, *lent_response(document, frame.columns))
            elif frame.type == 8:
                answer(caller, frame)

    return script


def changed(data: bytes, at: int, form: str, *values: int) -> bytes:
    result = bytearray(data)
    struct.pack_into("<" + form, result, at, *values)
    return bytes(result)


def test_columns_that_are_lent_are_views_and_given_back_by_a_release(scripted: Start) -> None:
    frames: list[Frame] = []

    def script(caller: Caller) -> None:
        caller.greet(features=3)
        frame = caller.receive()
        payload, memory = lent_response(b"abc", frame.columns)
        caller.send_passing(9, frame.id, payload, sealed(memory))
        frames.extend([frame, caller.receive()])

    with texlex.Client(scripted(script).url) as client:
        tokens = client.tokenize(b"abc")
        assert [token.text for token in tokens] == [b"a", b"b", b"c", b""]
        assert not frames
        del tokens
        until(lambda: len(frames) == 2)
    assert (frames[1].type, frames[1].id, frames[1].payload) == (13, frames[0].id, b"")


HOSTILE: dict[str, Callable[[Caller, Frame, bytes, bytes], None]] = {
    "no descriptor": lambda caller, frame, payload, memory: caller.send(9, frame.id, payload),
    "two descriptors": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, payload, sealed(memory), sealed(memory)
    ),
    "five descriptors": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, payload, *(sealed(memory) for _ in range(5))
    ),
    "no seals": lambda caller, frame, payload, memory: caller.send_passing(9, frame.id, payload, sealed(memory, 0)),
    "one seal": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, payload, sealed(memory, fcntl.F_SEAL_SHRINK)
    ),
    "a device": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, payload, os.open("/dev/zero", os.O_RDONLY)
    ),
    "too short": lambda caller, frame, payload, memory: caller.send_passing(9, frame.id, payload, sealed(memory[:-1])),
    "more bytes told than there are": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 40, "Q", len(memory) + 1), sealed(memory)
    ),
    "fewer bytes told than columns take": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 40, "Q", 64), sealed(memory)
    ),
    "no bytes told": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 40, "Q", 0), sealed(memory)
    ),
    "2^63 bytes told": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 40, "Q", 1 << 63), sealed(memory)
    ),
    "a column behind the memory": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 64 + 4, "I", 1 << 20), sealed(memory)
    ),
    "a descriptor without byte 39": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, letters_response(b"abc", frame.columns), sealed(memory)
    ),
    "byte 39 is 2": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload, 39, "B", 2), sealed(memory)
    ),
    "a refusal with memory": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(refusal(Status.WORKER_LOST), 39, "BQ", 1, len(memory)), sealed(memory)
    ),
    "columns in the frame too": lambda caller, frame, payload, memory: caller.send_passing(
        9, frame.id, changed(payload + bytes(64), 16, "Q", len(payload) + 64), sealed(memory)
    ),
    "a descriptor with a frame that takes none": lambda caller, frame, payload, memory: caller.send_passing(
        2, frame.id, bytes(13), sealed(memory)
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_must_not_be_passed_ends_the_connection_and_leaves_nothing_open(
    scripted: Start, what: str, collected: Callable[[], None]
) -> None:
    server = scripted(serving(HOSTILE[what]))
    with texlex.Client(server.url) as client:
        for _ in range(3):
            with pytest.raises(texlex.ProtocolError):
                client.tokenize(b"abc")
            assert len(client.tokenize(b"ab", columns=[])) == 3  # on another connection
    collected()  # errors and their frames refer to each other
    until(lambda: not [link for link in links() if "scripted" in link])


def links() -> list[str]:
    found = []
    for each in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{each}"))
        except FileNotFoundError:
            pass  # the folder's own
    return found


def test_memory_without_the_feature_is_refused(scripted: Start) -> None:
    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        assert not wished(frame)
        payload, memory = lent_response(b"abc", frame.columns)
        caller.send_passing(9, frame.id, payload, sealed(memory))
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client, pytest.raises(texlex.ProtocolError, match="not asked for"):
        client.tokenize(b"abc")


def test_a_descriptor_that_there_is_no_room_for_fails_its_request_alone(scripted: Start) -> None:
    releases: list[int] = []

    def script(caller: Caller) -> None:
        caller.greet(features=3)
        while True:
            frame = caller.receive()
            if frame.type == 13:
                releases.append(frame.id)
                continue
            payload, memory = lent_response(b"abc", frame.columns)
            descriptor = sealed(memory)
            if not releases:
                limits = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
                try:
                    caller.send_passing(9, frame.id, payload, descriptor)
                    assert caller.receive().type == 13
                    releases.append(frame.id)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            else:
                caller.send_passing(9, frame.id, payload, descriptor)

    server = scripted(script)
    with texlex.Client(server.url) as client:
        with pytest.raises(texlex.DescriptorLostError, match="descriptors=False"):
            client.tokenize(b"abc")
        until(lambda: len(releases) == 1)
        assert len(client.tokenize(b"abc")) == 4
    assert server.connections == 1


def test_a_document_whose_descriptor_was_lost_is_sent_in_the_frame_once_and_is_no_retry(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_memory, "DOCUMENT_BYTES_MIN", 3)
    seen: list[tuple[bytes, bytes | None]] = []

    def script(caller: Caller) -> None:
        caller.greet(features=3)
        while True:
            frame = caller.receive()
            passed = None
            if frame.descriptor is not None:
                passed = os.pread(frame.descriptor, 100, 0)
                needed = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
                assert fcntl.fcntl(frame.descriptor, fcntl.F_GET_SEALS) & needed == needed
                os.close(frame.descriptor)
            seen.append((frame.document, passed))
            if passed is not None or frame.document == b"lost":
                caller.send(9, frame.id, refusal(Status.DESCRIPTOR_LOST))
            else:
                answer(caller, frame)

    with texlex.Client(scripted(script).url, attempts_max=1) as client:
        assert len(client.tokenize(b"abc")) == 4
        assert seen == [(b"", b"abc"), (b"abc", None)]
        with pytest.raises(texlex.RefusedError, match="descriptor-lost"):
            client.tokenize(b"lost")
        assert seen[2:] == [(b"", b"lost"), (b"lost", None)]


def test_a_document_that_is_said_to_be_bad_is_not_sent_again(scripted: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_memory, "DOCUMENT_BYTES_MIN", 3)

    def script(caller: Caller) -> None:
        caller.greet(features=3)
        frame = caller.receive()
        assert frame.descriptor is not None
        os.close(frame.descriptor)
        caller.send(9, frame.id, refusal(Status.BAD_DESCRIPTOR))
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client, pytest.raises(texlex.RefusedError, match="bad-descriptor"):
        client.tokenize(b"abc")
