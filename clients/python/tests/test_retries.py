"""What is tried again, where, how often; and servers that speak only version 1 of the protocol."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_server import (
    Caller,
    answer,
    batch_response,
    counts_response,
    hello_response,
    letters_response,
    refusal,
    serve,
    serve_version_1,
)

import texlex
from texlex.retry import DELAY_MAX, Backoff
from texlex.vocabulary import Status

Start = Callable[..., Any]
RETRIED = {Status.OVERLOAD, Status.SHUTTING_DOWN, Status.TOO_MANY_CONNECTIONS, Status.DEADLINE_EXCEEDED}


def refusing(status: int, seen: list[bytes], times: int = 1 << 30, retry_after_ms: int = 0) -> Callable[[Caller], None]:
    def script(caller: Caller) -> None:
        caller.greet()
        while True:
            frame = caller.receive()
            seen.append(frame.document)
            if len(seen) <= times:
                caller.send(9, frame.id, refusal(status, retry_after_ms))
            else:
                answer(caller, frame)

    return script


@pytest.mark.parametrize("status", sorted(RETRIED))
def test_a_refusal_that_time_may_mend_is_tried_again(scripted: Start, status: Status) -> None:
    seen: list[bytes] = []
    with texlex.Client(scripted(refusing(status, seen, times=2)).url) as client:
        assert len(client.tokenize(b"ab")) == 3
    assert seen == [b"ab"] * 3


@pytest.mark.parametrize("status", [s for s in Status if s not in RETRIED and s is not Status.OK] + [Status(77)])
def test_any_other_refusal_is_told_at_once(scripted: Start, status: Status) -> None:
    seen: list[bytes] = []
    with texlex.Client(scripted(refusing(status, seen)).url) as client:
        with pytest.raises(texlex.RefusedError) as caught:
            client.tokenize(b"ab")
    assert caught.value.status == status and status.text in str(caught.value)
    assert len(seen) == 1


def test_tries_have_an_end(scripted: Start) -> None:
    seen: list[bytes] = []
    with texlex.Client(scripted(refusing(Status.OVERLOAD, seen)).url, attempts_max=3) as client:
        with pytest.raises(texlex.RefusedError, match="overload"):
            client.tokenize(b"ab")
    assert len(seen) == 3


def test_a_server_that_asks_for_more_time_than_there_is_is_not_waited_for(scripted: Start) -> None:
    seen: list[bytes] = []
    with texlex.Client(scripted(refusing(Status.OVERLOAD, seen, retry_after_ms=60_000)).url, timeout=10) as client:
        with pytest.raises(texlex.RefusedError) as caught:
            client.tokenize(b"ab")
    assert caught.value.retry_after == 60
    assert len(seen) == 1


@pytest.mark.parametrize("url_count", [1, 2])
def test_a_server_that_ends_the_connection_behind_its_hello_is_not_connected_to_without_end(
    scripted: Start, url_count: int
) -> None:
    def script(caller: Caller) -> None:
        caller.raw(packed_hello)  # before it is asked, so that the end is there as soon as the hello
        caller.connection.shutdown(socket.SHUT_WR)
        caller.wait_for_end()

    packed_hello = struct.pack(">IQI", 7, 1, len(hello_response())) + hello_response()
    servers = [scripted(script) for _ in range(url_count)]
    with texlex.Client([each.url for each in servers], attempts_max=3) as client:
        for _ in range(5):
            before = sum(each.connections for each in servers)
            with pytest.raises(texlex.ConnectionFailedError, match="ended the connection"):
                client.tokenize(b"ab")
            # One that is up again may be connected to while another one still opens: that is no try of the request's.
            assert sum(each.connections for each in servers) - before <= 6 * url_count


def test_pauses_grow_up_to_a_bound_and_are_as_long_as_a_server_asks() -> None:
    backoff = Backoff()
    for failures in range(1, 100):
        delays = [backoff.delay(failures) for _ in range(20)]
        ceiling = min(5.0, 0.05 * 2 ** (failures - 1)) if failures < 20 else 5.0
        assert all(ceiling / 2 <= delay <= ceiling for delay in delays)
    assert backoff.delay(1, at_least=0.75) == 0.75
    assert backoff.delay(1, at_least=1e9) == DELAY_MAX


def test_the_next_server_is_asked_at_once_where_one_is_overloaded(scripted: Start) -> None:
    seen: list[bytes] = []
    first, second = scripted(refusing(Status.OVERLOAD, seen, retry_after_ms=60_000)), scripted(serve)
    with texlex.Client([first.url, second.url], timeout=10) as client:
        assert len(client.tokenize(b"ab")) == 3
    assert (len(seen), second.connections) == (1, 1)


def test_the_first_server_that_can_be_reached_is_asked(scripted: Start, tmp_path: Path) -> None:
    server = scripted(serve)
    urls = [f"unix:{tmp_path / 'nobody'}", "tcp://127.0.0.1:1", "tcp://no.such.name.invalid:7", server.url]
    with texlex.Client(urls) as client:
        assert [len(client.tokenize(b"ab")) for _ in range(3)] == [3] * 3
    assert server.connections == 1


def test_where_none_can_be_reached_the_last_error_tells_which(tmp_path: Path) -> None:
    with texlex.Client(f"unix:{tmp_path / 'nobody'}", attempts_max=2) as client:
        with pytest.raises(texlex.ConnectionFailedError, match="nobody: No such file or directory"):
            client.tokenize(b"a")


@pytest.mark.parametrize("at", ["accepted", "greeted", "asked", "half a response"])
def test_a_request_whose_connection_is_lost_is_sent_again(scripted: Start, at: str) -> None:
    def losing(caller: Caller) -> None:
        if at == "accepted":
            return
        caller.greet()
        if at == "greeted":
            return
        frame = caller.receive()
        if at == "half a response":
            caller.send(9, frame.id, letters_response(frame.document)[:100], claims=len(letters_response(b"ab")))

    server = scripted(losing, losing, serve)
    with texlex.Client(server.url) as client:
        assert len(client.tokenize(b"ab")) == 3
    assert server.connections == 3


def test_a_server_that_always_loses_the_connection_is_given_up(scripted: Start) -> None:
    def losing(caller: Caller) -> None:
        caller.greet()
        caller.receive()

    server = scripted(losing)
    with texlex.Client(server.url, attempts_max=3) as client:
        with pytest.raises(texlex.ConnectionFailedError, match="ended the connection"):
            client.tokenize(b"ab")
    assert server.connections == 3


def test_a_server_with_too_many_connections_sends_to_the_next(scripted: Start) -> None:
    def full(caller: Caller) -> None:
        caller.send(2, 0, counts_response(12))
        caller.wait_for_end()

    first, second = scripted(full), scripted(serve)
    with texlex.Client([first.url, second.url]) as client:
        assert len(client.tokenize(b"ab")) == 3
    with texlex.Client(first.url, attempts_max=2) as client:
        with pytest.raises(texlex.RefusedError, match="too-many-connections"):
            client.tokenize(b"ab")


def test_a_server_that_does_not_answer_the_hello_is_left_for_the_next(scripted: Start) -> None:
    silent, second = scripted(Caller.wait_for_end), scripted(serve)
    with texlex.Client([silent.url, second.url], connect_timeout=0.1) as client:
        assert len(client.tokenize(b"ab")) == 3


def test_what_one_server_does_not_have_another_is_asked_for(scripted: Start) -> None:
    def counting(caller: Caller) -> None:
        caller.greet(columns=0)
        caller.wait_for_end()

    with texlex.Client([scripted(counting).url, scripted(serve).url]) as client:
        assert len(client.tokenize(b"ab")) == 3


# Batches


def test_of_a_batch_only_what_was_refused_is_sent_again(scripted: Start) -> None:
    batches: list[list[bytes]] = []

    def script(caller: Caller) -> None:
        caller.greet()
        while True:
            frame = caller.receive()
            documents = frame.documents if frame.type == 10 else [frame.document]
            batches.append(documents)
            parts = [
                refusal(Status.OVERLOAD) if document in (b"b", b"d") and len(batches) == 1
                else refusal(Status.WORKER_LOST) if document == b"c"
                else letters_response(document)
                for document in documents
            ]
            if frame.type == 10:
                caller.send(11, frame.id, batch_response(parts))
            else:
                caller.send(9, frame.id, parts[0])

    with texlex.Client(scripted(script).url) as client:
        results = client.tokenize_batch([b"a", b"b", b"c", b"d"])
    assert [texlex.RefusedError if isinstance(each, texlex.RefusedError) else len(each) for each in results] == [
        2, 2, texlex.RefusedError, 2
    ]
    assert batches[0] == [b"a", b"b", b"c", b"d"]
    assert sorted(document for batch in batches[1:] for document in batch) == [b"b", b"d"]


def test_a_batch_that_is_refused_as_a_whole_is_tried_again(scripted: Start) -> None:
    sizes: list[int] = []

    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        sizes.append(len(frame.documents))
        caller.send(11, frame.id, refusal(Status.OVERLOAD))
        while True:
            frame = caller.receive()
            sizes.append(len(frame.documents))
            answer(caller, frame)

    with texlex.Client(scripted(script).url) as client:
        assert [len(each) for each in client.tokenize_batch([b"a", b"bc"]) if isinstance(each, texlex.Tokens)] == [2, 3]
    assert sizes == [2, 2]


def test_where_a_server_takes_no_batches_documents_go_one_by_one(scripted: Start) -> None:
    def script(caller: Caller) -> None:
        caller.greet(batch_documents_max=0)
        while True:
            frame = caller.receive()
            assert frame.type == 8
            answer(caller, frame)

    with texlex.Client(scripted(script).url) as client:
        assert [len(each) for each in client.tokenize_batch([b"a", b"bc"]) if isinstance(each, texlex.Tokens)] == [2, 3]


# Version 1


def test_a_server_of_version_1_is_asked_for_counts(scripted: Start) -> None:
    server = scripted(serve_version_1)
    with texlex.Client(server.url) as client:
        assert client.count(b"abc") == texlex.Counts(4, 0)
        assert client.count(b"") == texlex.Counts(1, 0)
    assert server.connections == 2  # the first one ended with the hello


@pytest.mark.parametrize("how", ["knows no hello", "answers 1"])
def test_what_version_1_cannot_carry_is_refused(scripted: Start, how: str) -> None:
    def answering_1(caller: Caller) -> None:
        caller.greet(version=1)
        while True:
            answer(caller, caller.receive())

    server = scripted(answering_1 if how == "answers 1" else serve_version_1)
    with texlex.Client(server.url) as client:
        for ask in (
            lambda: client.tokenize(b"abc"),
            lambda: client.tokenize(b"abc", columns=[]),
            lambda: client.count(b"abc", "latex"),
            lambda: client.tokenize_batch([b"a", b"b"]),
        ):
            with pytest.raises(texlex.UnsupportedByServerError, match="speaks version 1"):
                ask()
        assert client.count(b"abc") == texlex.Counts(4, 0)


def test_a_server_that_was_of_version_1_is_greeted_again_when_it_comes_back(scripted: Start) -> None:
    def once(caller: Caller) -> None:
        answer(caller, caller.receive())

    server = scripted(serve_version_1, once, serve)
    with texlex.Client(server.url) as client:
        assert client.count(b"abc").tokens == 4
        assert client.count(b"abc").tokens == 4  # by the one that came back, whoever notices first that it was gone
        assert len(client.tokenize(b"ab")) == 3
    assert server.connections == 3


def test_other_requests_go_on_while_one_waits_to_be_tried_again(scripted: Start) -> None:
    seen = threading.Semaphore(0)

    def script(caller: Caller) -> None:
        caller.greet()
        while True:
            frame = caller.receive()
            if frame.document == b"later":
                seen.release()
                caller.send(9, frame.id, refusal(Status.OVERLOAD, 5000))
            elif frame.type != 3:
                answer(caller, frame)

    with texlex.Client(scripted(script).url) as client:
        later = client.submit(b"later")
        assert seen.acquire(timeout=20)
        assert [len(client.tokenize(b"ab")) for _ in range(10)] == [3] * 10
        assert not later.done()
