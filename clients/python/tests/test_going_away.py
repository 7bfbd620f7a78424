"""Servers that say they go: what they did not take is sent elsewhere at once, and nothing more to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_server import PATIENCE, Caller, answer, going_away, refusal, serve

import texlex
from texlex.vocabulary import Status

Start = Callable[..., Any]


def test_what_was_not_taken_goes_elsewhere_before_it_is_answered_and_what_was_is_answered_here(scripted: Start) -> None:
    elsewhere, asked = threading.Event(), []

    def leaving(caller: Caller) -> None:
        caller.greet(features=1)
        frames = [caller.receive() for _ in range(3)]
        asked.extend(frame.document for frame in frames)
        caller.send(12, 0, going_away(1, frames[0].id))
        assert elsewhere.wait(PATIENCE)  # without an answer to any
        answer(caller, frames[0])
        for frame in frames[1:]:
            caller.send(9, frame.id, refusal(Status.SHUTTING_DOWN))
        caller.wait_for_end()

    first, second = scripted(leaving), scripted(serve)
    with texlex.Client([first.url, second.url]) as client:
        futures = [client.submit(document) for document in (b"a", b"bc", b"def")]
        assert [len(future.result()) for future in futures[1:]] == [3, 4]
        assert len(client.tokenize(b"more")) == 5  # to the other one
        assert not futures[0].done()
        elsewhere.set()
        assert len(futures[0].result()) == 2
    assert asked == [b"a", b"bc", b"def"]
    assert (first.connections, second.connections) == (1, 1)


def test_a_late_answer_to_what_went_elsewhere_is_let_be(scripted: Start) -> None:
    def leaving(caller: Caller) -> None:
        caller.greet(features=1)
        frame = caller.receive()
        caller.send(12, 0, going_away(0, 0))
        answer(caller, frame)
        caller.wait_for_end()

    with texlex.Client([scripted(leaving).url, scripted(serve).url]) as client:
        for _ in range(3):
            assert len(client.tokenize(b"ab")) == 3


@pytest.mark.parametrize("asked", [False, True])
def test_servers_that_all_go_as_soon_as_they_are_connected_to_are_given_up(scripted: Start, asked: bool) -> None:
    def leaving(caller: Caller) -> None:
        caller.greet(features=1)
        if asked:  # and what it did not take it never answers
            caller.receive()
        caller.send(12, 0, going_away(0, 0))
        caller.wait_for_end()

    with texlex.Client(scripted(leaving).url, attempts_max=3) as client:
        with pytest.raises((texlex.ConnectionFailedError, texlex.RefusedError), match="shutting.down"):
            client.tokenize(b"ab")


@pytest.mark.parametrize("what", ["not offered", "a later request", "too short", "no magic", "another id"])
def test_a_going_away_that_makes_no_sense_breaks_the_protocol(scripted: Start, what: str) -> None:
    def script(caller: Caller) -> None:
        caller.greet(features=0 if what == "not offered" else 1)
        frame = caller.receive()
        payload = going_away(1, frame.id + 1 if what == "a later request" else frame.id)
        payload = payload[:23] if what == "too short" else b"TXLY" + payload[4:] if what == "no magic" else payload
        caller.send(12, 5 if what == "another id" else 0, payload)
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client, pytest.raises(texlex.ProtocolError):
        client.tokenize(b"ab")


def test_texlexd_that_is_ended_leaves_no_request_unanswered(start_texlexd: Start, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("first", "second")]
    first, _ = [start_texlexd("--unix", str(path)) for path in paths]
    with texlex.Client([f"unix:{path}" for path in paths]) as client:
        assert len(client.tokenize(b"ab")) == 3
        futures = [client.submit(b"ab" * 1000) for _ in range(200)]
        first.process.terminate()
        futures += [client.submit(b"ab" * 1000) for _ in range(200)]
        assert {len(future.result()) for future in futures} == {2001}
