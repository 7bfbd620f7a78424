"""Whose turn a request is and which trace it is part of: what is sent, to whom it is not, what is refused."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TOP
from scripted_server import Caller, Frame, answer, serve, serve_version_1

import texlex
from texlex import frames
from texlex.trace_context import parse_traceparent
from texlex.vocabulary import PRIORITIES, Status

Start = Callable[..., Any]
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the standard's own example
TRACE_OPTION = bytes.fromhex("0400 1900 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 01 000000")
LATEX_OPTION = b"\x01\0\x05\0latex\0\0\0"


def priority_option(level: int) -> bytes:
    return bytes([5, 0, 1, 0, level, 0, 0, 0])


def options_in(frame: Frame) -> bytes:
    (head_bytes,) = struct.unpack_from("<I", frame.payload)
    (documents,) = struct.unpack_from("<H", frame.payload, 14)
    return frame.payload[32 : head_bytes - 4 * documents]


def recording(seen: list[Frame]) -> Callable[[Caller], None]:
    def script(caller: Caller) -> None:
        caller.greet()
        while True:
            seen.append(caller.receive())
            answer(caller, seen[-1])

    return script


@pytest.mark.parametrize(
    ("how", "options"),
    [
        ({}, b""),
        ({"priority": "normal"}, b""),
        ({"priority": "background"}, priority_option(0)),
        ({"priority": "interactive"}, priority_option(2)),
        ({"traceparent": None}, b""),
        ({"traceparent": TRACEPARENT}, TRACE_OPTION),
        ({"priority": "background", "traceparent": TRACEPARENT}, TRACE_OPTION + priority_option(0)),
    ],
    ids=["nothing", "normal", "background", "interactive", "no trace", "trace", "both"],
)
def test_every_kind_of_request_says_what_it_was_given(scripted: Start, how: dict[str, Any], options: bytes) -> None:
    seen: list[Frame] = []
    with texlex.Client(scripted(recording(seen)).url) as client:
        assert len(client.tokenize(b"ab", **how)) == 3
        assert len(client.submit(b"abc", **how).result()) == 4
        assert [len(each) for each in client.tokenize_batch([b"a", b"bc"], **how)] == [2, 3]  # type: ignore[arg-type]
        assert [len(each.result()) for each in client.submit_batch([b"ab", b"c"], **how)] == [3, 2]
        assert client.count(b"ab", **how) == texlex.Counts(3, 0)
    assert [frame.type for frame in seen] == [8, 8, 10, 10, 8]
    assert [options_in(frame) for frame in seen] == [LATEX_OPTION + options] * 4 + [options]
    assert [frame.document for frame in seen if frame.type == 8] == [b"ab", b"abc", b"ab"]
    assert [frame.documents for frame in seen if frame.type == 10] == [[b"a", b"bc"], [b"ab", b"c"]]


def test_options_stand_in_the_order_of_their_ids_beside_those_of_descriptors() -> None:
    asked = frames.RequestOptions(1, 0, 0, "latex", 0, PRIORITIES["interactive"], parse_traceparent(TRACEPARENT))
    head = frames.tokenize_head(7, asked, 0, 300_000, document_passed=True, columns_passed=True)[16:]
    assert head[32:] == LATEX_OPTION + b"\2\0\0\0" + b"\3\0\0\0" + TRACE_OPTION + priority_option(2)
    assert struct.unpack_from("<I", head) == (len(head),)


def test_priorities_are_those_of_the_document() -> None:
    row = re.search(r"\| priority \| 1 byte: (.*?); without it (\w+) \|", (TOP / "docs" / "protocol-2.md").read_text())
    assert row is not None
    assert {name: int(number) for number, name in re.findall(r"(\d) (\w+)", row[1])} == PRIORITIES
    assert frames.RequestOptions(0, 0, 0, None, 0).priority == PRIORITIES[row[2]]


# What is refused before anything is sent


@pytest.mark.parametrize("wrong", ["urgent", "", "Normal", 2, None, True])
def test_a_priority_that_there_is_not_is_refused_with_those_there_are(scripted: Start, wrong: Any) -> None:
    server = scripted(serve)
    with texlex.Client(server.url) as client:
        for ask in (client.tokenize, client.submit, client.count):
            with pytest.raises(ValueError, match="is no priority; there are 'background', 'normal', 'interactive'"):
                ask(b"a", priority=wrong)
        for ask_many in (client.tokenize_batch, client.submit_batch):
            with pytest.raises(ValueError, match=re.escape(f"{wrong!r} is no priority")):
                ask_many([b"a"], priority=wrong)
    assert server.connections == 0


def test_a_traceparent_is_read_as_the_standard_has_it() -> None:
    bytes_of_it = TRACE_OPTION[4:29]
    assert parse_traceparent(TRACEPARENT) == bytes_of_it
    assert parse_traceparent(TRACEPARENT[:-2] + "fe") == bytes_of_it[:-1] + b"\xfe"
    later = "cc" + TRACEPARENT[2:]
    for of_a_later_version in (later, later + "-what-comes-then", later + "-", later + "-a\nb"):
        assert parse_traceparent(of_a_later_version) == bytes_of_it


NO_TRACEPARENT = {
    "empty": ("", "lower-case hexadecimal"),
    "too short": (TRACEPARENT[:-1], "2 digits of flags"),
    "without its begin": (TRACEPARENT[1:], "lower-case hexadecimal"),
    "too long for version 00": (TRACEPARENT + "-more", "version 00 has 55 characters, and this 60"),
    "with a line feed behind it": (TRACEPARENT + "\n", "lower-case hexadecimal"),
    "with blanks around it": (f" {TRACEPARENT} ", "lower-case hexadecimal"),
    "of the version that is none": ("ff" + TRACEPARENT[2:], "a version is from '00' to 'fe'"),
    "of a later version, and more without a dash": ("cc" + TRACEPARENT[2:] + "more", "lower-case hexadecimal"),
    "of upper case": (TRACEPARENT.upper(), "lower-case hexadecimal"),
    "of other digits": (TRACEPARENT.replace("1", "\u0661"), "lower-case hexadecimal"),
    "with a trace of zeros": (f"00-{'0' * 32}-b7ad6b7169203331-01", "must not be all zeros"),
    "with a span of zeros": (f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01", "must not be all zeros"),
    "a document": ("x" * 100_000, "x{80}...' is no traceparent"),
}


@pytest.mark.parametrize("what", NO_TRACEPARENT)
def test_what_is_no_traceparent_is_refused_with_what_one_is(scripted: Start, what: str) -> None:
    text, told = NO_TRACEPARENT[what]
    server = scripted(serve)
    with texlex.Client(server.url) as client:
        for ask in (client.tokenize, client.submit, client.count):
            with pytest.raises(ValueError, match=told):
                ask(b"a", traceparent=text)
        for ask_many in (client.tokenize_batch, client.submit_batch):
            with pytest.raises(ValueError, match="is no traceparent"):
                ask_many([b"a"], traceparent=text)
        with pytest.raises(TypeError, match="the text of one"):
            client.tokenize(b"a", traceparent=TRACEPARENT.encode())  # type: ignore[arg-type]
    assert server.connections == 0


def test_no_character_of_a_traceparent_may_be_another() -> None:
    for at in range(len(TRACEPARENT)):
        with pytest.raises(ValueError):
            parse_traceparent(TRACEPARENT[:at] + "g" + TRACEPARENT[at + 1 :])


# Servers that cannot heed it


@pytest.mark.parametrize("how", [{"priority": "background"}, {"priority": "interactive"}, {"traceparent": TRACEPARENT}])
def test_a_server_of_version_1_is_not_asked(scripted: Start, how: dict[str, Any]) -> None:
    asked: list[int] = []

    def answering_1(caller: Caller) -> None:
        caller.greet(version=1)
        while True:
            frame = caller.receive()
            asked.append(frame.type)
            answer(caller, frame)

    for script in (answering_1, serve_version_1):
        asked.clear()
        with texlex.Client(scripted(script).url) as client:
            with pytest.raises(texlex.UnsupportedByServerError, match="version 1.*without a regime, a priority and a"):
                client.count(b"ab", **how)
            assert asked == []
            assert client.count(b"ab", priority="normal") == texlex.Counts(3, 0)
    with texlex.Client([scripted(serve_version_1).url, scripted(serve).url]) as client:
        assert client.count(b"ab", **how) == texlex.Counts(3, 0)  # of the other one


def test_a_server_that_does_not_know_the_option_refuses_it_and_is_not_asked_without_it(scripted: Start) -> None:
    seen: list[Frame] = []

    def older(caller: Caller) -> None:
        caller.greet()
        while True:
            seen.append(caller.receive())
            caller.send(9, seen[-1].id, struct.pack("<4sHHIIQ40x", b"TXLX", 2, 0, Status.UNSUPPORTED_OPTION, 0, 64))

    with texlex.Client(scripted(older).url) as client:
        with pytest.raises(texlex.RefusedError, match="unsupported-option"):
            client.tokenize(b"a", priority="background")
    assert len(seen) == 1


# A running texlexd


@pytest.mark.parametrize("priority", PRIORITIES)
def test_texlexd_takes_every_priority_with_a_trace(texlexd: str, priority: Any) -> None:
    how: dict[str, Any] = {"priority": priority, "traceparent": TRACEPARENT}
    with texlex.Client(texlexd) as client:
        assert list(client.tokenize(b"\\a{b}", **how)) == list(texlex.tokenize(b"\\a{b}"))
        assert len(client.tokenize(b"x" * 300_000, **how)) == 300_001  # by descriptor
        assert [len(each) for each in client.tokenize_batch([b"a", b"bc"], **how)] == [2, 3]  # type: ignore[arg-type]
        assert client.count(b"ab", **how) == texlex.Counts(3, 0)


def test_the_log_of_texlexd_names_the_trace_of_a_request_that_is_lost(start_texlexd: Start, tmp_path: Path) -> None:
    server = start_texlexd("--unix", str(tmp_path / "s"), "--test-crash-marker", "%die", "--test-crash-count", "2")
    with texlex.Client(f"unix:{tmp_path / 's'}") as client:
        with pytest.raises(texlex.RefusedError) as caught:
            client.tokenize(b"%die\n" + b"a" * 10_000, traceparent=TRACEPARENT, priority="interactive")
    assert caught.value.status is Status.WORKER_LOST
    server.stop()
    assert f", traceparent {TRACEPARENT}, with a document of 10005 bytes ends with worker-lost" in server.log()
