"""A client of a running texlexd."""

from __future__ import annotations

import gc
import os
import random
import re
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, wait
from pathlib import Path
from typing import Any

import numpy
import pytest
from scripted_server import Caller, answer, letters_response, serve

import texlex

DOCUMENT = b"\\emph{Gr\xc3\xb6\xc3\x9fe} % note\n\n"
PATIENCE = 20.0  # only a failing test waits so long

Start = Callable[..., Any]


def test_tokens_are_those_made_in_process(texlexd: str) -> None:
    with texlex.Client(texlexd) as client:
        for view in ("tex", "source"):
            here = texlex.tokenize(DOCUMENT, "plain", view, column_unit="utf16")
            there = client.tokenize(DOCUMENT, "plain", view, column_unit="utf16")
            assert isinstance(there, texlex.Tokens)
            assert list(there) == list(here)
            assert bytes(there.document) == DOCUMENT


def test_a_server_is_asked_over_tcp_as_well(start_texlexd: Start) -> None:
    ready = start_texlexd("--tcp-port", "0").ready
    port = re.search(r"127\.0\.0\.1:(\d+)", ready)
    assert port is not None, ready
    for host in ("127.0.0.1", "localhost"):
        with texlex.Client(f"tcp://{host}:{port[1]}") as client:
            assert len(client.tokenize(b"Hi")) == 3


def test_columns_are_read_only_views_of_one_response(texlexd: str) -> None:
    with texlex.Client(texlexd) as client:
        tokens = client.tokenize(DOCUMENT)
    response = tokens.kinds.base
    assert isinstance(response, numpy.ndarray) and response.flags.owndata
    for column in (tokens.kinds, tokens.starts, tokens.ends, tokens.names.bytes, tokens.issues.starts):
        assert column.size == 0 or numpy.shares_memory(column, response)
        assert not column.flags.writeable
        assert column.ctypes.data % column.itemsize == 0


def test_only_the_columns_asked_for_are_there(texlexd: str) -> None:
    with texlex.Client(texlexd) as client:
        tokens = client.tokenize(DOCUMENT, columns=["kinds", "lines"])
        assert (len(tokens.kinds), len(tokens.lines)) == (len(tokens), len(tokens))
        with pytest.raises(texlex.ColumnNotAskedError, match="'starts' was not asked.* has 'kinds', 'lines'"):
            tokens.starts
        assert len(client.tokenize(DOCUMENT, columns=[])) == len(tokens)


def test_a_large_document_comes_back_whole(start_texlexd: Start, tmp_path: Path) -> None:
    start_texlexd("--unix", str(tmp_path / "s"), "--document-bytes-max", "40000000")
    document = DOCUMENT * 400_000
    with texlex.Client(f"unix:{tmp_path / 's'}") as client:
        tokens = client.tokenize(document, columns=["kinds", "starts"])
    here = texlex.tokenize(document)
    assert numpy.array_equal(tokens.kinds, here.kinds) and numpy.array_equal(tokens.starts, here.starts)


def test_counts_are_of_the_servers_own_regime_or_the_one_named(start_texlexd: Start, tmp_path: Path) -> None:
    start_texlexd("--unix", str(tmp_path / "s"), "--regime", "latex-package")
    with texlex.Client(f"unix:{tmp_path / 's'}") as client:
        assert client.count(b"\\a@b\0") == texlex.Counts(1, 2)
        assert client.count(b"\\a@b\0", "latex") == texlex.Counts(4, 2)


def test_many_requests_of_many_threads_share_a_connection(texlexd: str) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    documents = [bytes(chance.choices(b"\\ab{}%$ \n", k=chance.randrange(3000))) for _ in range(200)]
    expected = [list(texlex.tokenize(document)) for document in documents]
    wrong: list[int] = []

    def work(first: int) -> None:
        order = list(range(first, len(documents), 4))
        for i, future in [(i, client.submit(documents[i])) for i in order]:
            if list(future.result()) != expected[i]:
                wrong.append(i)

    with texlex.Client(texlexd) as client:
        threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_batch_has_a_result_for_each_document_in_order(texlexd: str) -> None:
    documents = [b"x" * length for length in range(700)]
    with texlex.Client(texlexd) as client:
        results = client.tokenize_batch(documents, columns=["starts"])
        assert [len(result) for result in results if isinstance(result, texlex.Tokens)] == list(range(1, 701))
        assert client.tokenize_batch([]) == []


def test_a_batch_is_split_where_a_server_takes_no_more_bytes(start_texlexd: Start, tmp_path: Path) -> None:
    start_texlexd("--unix", str(tmp_path / "s"), "--document-bytes-max", "1000")
    documents = [b"x" * length for length in (999, 1001, 1, 600, 600, 0, 1000, 400)]
    with texlex.Client(f"unix:{tmp_path / 's'}") as client:
        results = client.tokenize_batch(documents)
    refused = results[1]
    assert isinstance(refused, texlex.RefusedError) and refused.status is texlex.Status.DOCUMENT_TOO_LARGE
    assert [len(result) for result in results if isinstance(result, texlex.Tokens)] == [1000, 2, 601, 601, 1, 1001, 401]


def test_documents_a_batch_was_given_may_change_at_once(texlexd: str) -> None:
    document = bytearray(b"ab")
    with texlex.Client(texlexd) as client:
        future = client.submit(document)
        document[:] = b"\\"
        assert [token.text for token in future.result()] == [b"a", b"b", b""]


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    [
        ({"regime": "context"}, texlex.UnsupportedByServerError, "no regime 'context'; it has 'latex'"),
        ({"regime": None}, TypeError, "a regime is the name"),
        ({"view": "both"}, ValueError, "'source'"),
        ({"column_unit": "utf8"}, ValueError, "'utf16'"),
        ({"columns": ["kind"]}, ValueError, "'kind' is no column"),
        ({"columns": "kinds"}, TypeError, "several names"),
        ({"issues_max": -1}, ValueError, "issues_max"),
        ({"issues_max": 65537}, texlex.UnsupportedByServerError, "65536 issues at most"),
        ({"timeout": 0}, ValueError, "timeout"),
        ({"timeout": float("nan")}, ValueError, "timeout"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    texlexd: str, arguments: dict[str, Any], error: type[Exception], word: str
) -> None:
    with texlex.Client(texlexd) as client:
        with pytest.raises(error, match=word):
            client.tokenize(b"a", **arguments)
        assert len(client.tokenize(b"a")) == 2


def test_a_server_whose_workers_are_processes_has_the_same_tokens(
    texlexd: str, start_texlexd: Start, tmp_path: Path
) -> None:
    start_texlexd("--unix", str(tmp_path / "s"), "--isolation", "process")
    documents = [b"", DOCUMENT, DOCUMENT * 20_000]
    with texlex.Client(f"unix:{tmp_path / 's'}") as in_processes, texlex.Client(texlexd) as in_threads:
        for document in documents:
            assert in_processes.count(document) == in_threads.count(document)
            for view in ("tex", "source"):
                ours = in_processes.tokenize(document, "plain", view, column_unit="utf16")
                theirs = in_threads.tokenize(document, "plain", view, column_unit="utf16")
                assert list(ours)[:100] == list(theirs)[:100]
                for column in ("kinds", "starts", "ends", "codes", "lines", "columns"):
                    assert numpy.array_equal(getattr(ours, column), getattr(theirs, column)), column
                assert (list(ours.issues), ours.issues.found) == (list(theirs.issues), theirs.issues.found)


def test_a_server_that_has_counts_alone_is_not_asked_for_columns(scripted: Start) -> None:
    def counting(caller: Caller) -> None:
        caller.greet(columns=0)
        request = caller.receive()
        assert request.columns == 0
        payload = bytearray(letters_response(request.document, 0))
        payload[38] = 0  # in bytes, as counts are asked for
        caller.send(9, request.id, bytes(payload))
        caller.wait_for_end()

    with texlex.Client(scripted(counting).url) as client:
        assert client.count(b"Hi") == texlex.Counts(3, 0)
        with pytest.raises(texlex.UnsupportedByServerError, match="only counts"):
            client.tokenize(b"Hi")


@pytest.mark.parametrize("data", ["text", None, 3])
def test_what_is_no_document_is_refused(texlexd: str, data: Any) -> None:
    with texlex.Client(texlexd) as client:
        for call in (client.tokenize, client.submit, client.count, lambda each: client.tokenize_batch([b"a", each])):
            with pytest.raises(TypeError):
                call(data)


# Life


def test_a_closed_client_answers_nothing(texlexd: str) -> None:
    client = texlex.Client(texlexd)
    client.tokenize(b"a")
    client.close()
    client.close()
    with pytest.raises(texlex.ClientClosedError):
        client.tokenize(b"a")


def test_requests_under_way_end_when_the_client_is_closed(scripted: Start) -> None:
    def silent(caller: Caller) -> None:
        caller.greet()
        caller.wait_for_end()

    client = texlex.Client(scripted(silent).url)
    futures = [client.submit(b"a") for _ in range(10)]
    client.close()
    for future in futures:
        assert isinstance(future.exception(PATIENCE), texlex.ClientClosedError)


def test_a_client_nobody_refers_to_ends_its_thread(texlexd: str, collected: Callable[[], None]) -> None:
    client = texlex.Client(texlexd)
    client.tokenize(b"a")
    thread, there = client._dispatcher.thread, weakref.ref(client)
    del client
    collected()
    assert there() is None
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_program_may_end_without_closing_its_client(texlexd: str) -> None:
    program = f"import texlex; c = texlex.Client({texlexd!r}); print(len(c.tokenize(b'a'))); c.submit(b'b')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=_environment())
    assert (done.stdout, done.stderr, done.returncode) == ("2\n", "", 0)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(texlex.__file__).parents[1])}


def test_a_fault_in_the_clients_thread_is_told_to_all_who_wait(
    texlexd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_wait = threading.Event()

    def faulty(*_: Any) -> None:
        all_wait.wait(PATIENCE)
        raise ZeroDivisionError("made by the test")

    monkeypatch.setattr("texlex.connection.Connection.check_can", faulty)
    client = texlex.Client(texlexd)
    futures = [client.submit(b"a") for _ in range(3)]
    all_wait.set()
    for future in futures:
        with pytest.raises(texlex.Error, match="fault of its own.*made by the test"):
            future.result(PATIENCE)
    with pytest.raises(texlex.Error, match="fault of its own"):
        client.tokenize(b"a")
    client.close()


def test_a_connection_that_the_server_ended_while_idle_is_made_again(scripted: Start) -> None:
    def once(caller: Caller) -> None:
        caller.greet()
        answer(caller, caller.receive())

    server = scripted(once)
    with texlex.Client(server.url) as client:
        assert [len(client.tokenize(b"a")) for _ in range(5)] == [2] * 5
    assert server.connections == 5


def test_no_connection_is_made_before_it_is_needed(scripted: Start) -> None:
    server = scripted(serve)
    with texlex.Client(server.url):
        pass
    assert server.connections == 0


def test_a_server_that_was_killed_is_found_again(start_texlexd: Start, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = start_texlexd("--unix", str(path))
    with texlex.Client(f"unix:{path}") as client:
        assert len(client.tokenize(b"a")) == 2
        server.kill()
        path.unlink()
        with pytest.raises(texlex.ConnectionFailedError, match="No such file"):
            client.tokenize(b"a")
        start_texlexd("--unix", str(path))
        assert len(client.tokenize(b"a")) == 2


def test_while_a_server_drains_another_one_is_asked(start_texlexd: Start, tmp_path: Path) -> None:
    first = start_texlexd("--unix", str(tmp_path / "1"))
    start_texlexd("--unix", str(tmp_path / "2"))
    with texlex.Client([f"unix:{tmp_path / '1'}", f"unix:{tmp_path / '2'}"]) as client:
        futures = [client.submit(DOCUMENT * 1000, columns=["kinds"]) for _ in range(50)]
        first.process.terminate()
        futures += [client.submit(DOCUMENT * 1000, columns=["kinds"]) for _ in range(50)]
        expected = len(texlex.tokenize(DOCUMENT * 1000))
        assert [len(future.result()) for future in futures] == [expected] * 100


# Time and cancelling


def test_a_request_without_an_answer_ends_in_time(scripted: Start) -> None:
    cancelled = threading.Event()

    def late(caller: Caller) -> None:
        caller.greet()
        request = caller.receive()
        assert caller.receive().type == 3
        cancelled.set()
        caller.send(9, request.id, bytes.fromhex("54584c5802000000 07000000 00000000 4000000000000000") + bytes(40))
        answer(caller, caller.receive())
        caller.wait_for_end()

    server = scripted(late)
    with texlex.Client(server.url) as client:
        with pytest.raises(texlex.DeadlineError):
            client.tokenize(b"a", timeout=0.1)
        assert cancelled.wait(PATIENCE)
        assert len(client.tokenize(b"abc")) == 4  # on the same connection
    assert server.connections == 1


def test_the_server_is_told_how_much_time_there_is(scripted: Start) -> None:
    told: list[int] = []

    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        told.append(int.from_bytes(frame.payload[16:20], "little"))
        answer(caller, frame)
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        client.tokenize(b"a", timeout=7)
    assert 0 < told[0] <= 7000


def test_a_cancelled_future_cancels_its_request(scripted: Start) -> None:
    frames: list[int] = []
    begun, over = threading.Event(), threading.Event()

    def script(caller: Caller) -> None:
        caller.greet()
        frames.append(caller.receive().type)
        begun.set()
        frames.append(caller.receive().type)
        over.set()
        caller.wait_for_end()

    with texlex.Client(scripted(script).url) as client:
        future = client.submit(b"a")
        assert begun.wait(PATIENCE)
        assert future.cancel()
        with pytest.raises(CancelledError):
            future.result(PATIENCE)
        assert over.wait(PATIENCE)
    assert frames == [8, 3]


def test_a_connection_whose_server_answers_no_cancel_is_given_up(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("texlex.flights.ABANDONED_PATIENCE", 0.1)

    def deaf(caller: Caller) -> None:
        caller.greet()
        caller.wait_for_end()

    server = scripted(deaf, serve)
    with texlex.Client(server.url) as client:
        with pytest.raises(texlex.DeadlineError):
            client.tokenize(b"a", timeout=0.1)
        assert len(client.tokenize(b"a")) == 2
    assert server.connections == 2


def test_beyond_pending_max_submitting_waits_until_its_time_is_over(scripted: Start) -> None:
    go_on = threading.Event()

    def held(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        assert go_on.wait(PATIENCE)
        answer(caller, frame)
        while True:
            answer(caller, caller.receive())

    with texlex.Client(scripted(held).url, pending_max=1) as client:
        first = client.submit(b"a")
        with pytest.raises(texlex.DeadlineError, match="pending_max"):
            client.submit(b"b", timeout=0.05)
        go_on.set()
        assert len(first.result()) == 2
        assert [len(each.result()) for each in [client.submit(b"ab") for _ in range(5)]] == [3] * 5


def test_no_more_is_sent_at_once_than_the_server_allows(scripted: Start) -> None:
    at_once: list[int] = []

    def script(caller: Caller) -> None:
        caller.greet(requests_max=3)
        while True:
            frames = [caller.receive() for _ in range(3)]
            caller.connection.setblocking(False)
            try:
                at_once.append(len(caller.connection.recv(1)))
            except BlockingIOError:
                at_once.append(0)
            caller.connection.settimeout(PATIENCE)
            for frame in reversed(frames):  # in another order than they were asked in
                answer(caller, frame)

    with texlex.Client(scripted(script).url) as client:
        futures = [client.submit(b"x" * i) for i in range(30)]
        assert [len(future.result()) for future in futures] == list(range(1, 31))
    assert at_once == [0] * 10


def test_a_callback_may_submit_but_not_wait(scripted: Start) -> None:
    seen: list[Any] = []
    go_on, done = threading.Event(), threading.Event()

    def script(caller: Caller) -> None:
        caller.greet()
        frame = caller.receive()
        assert go_on.wait(PATIENCE)  # the callback is there before the answer, and so runs in the client's thread
        answer(caller, frame)
        while True:
            frame = caller.receive()
            if frame.type != 3:
                answer(caller, frame)

    def callback(_: Any) -> None:
        try:
            client.tokenize(b"b")
        except texlex.Error as error:
            seen.append(error)
        client.submit(b"b").add_done_callback(lambda future: (seen.append(len(future.result())), done.set()))

    with texlex.Client(scripted(script).url) as client:
        client.submit(b"a").add_done_callback(callback)
        go_on.set()
        assert done.wait(PATIENCE)
    assert "cannot wait" in str(seen[0]) and seen[1] == 2


def test_no_descriptor_is_kept_when_clients_and_connections_end(texlexd: str, scripted: Start) -> None:
    def broken(caller: Caller) -> None:
        caller.greet()
        caller.send(9, caller.receive().id, b"")
        caller.wait_for_end()

    urls = [texlexd, scripted(broken).url, "unix:nobody", "tcp://127.0.0.1:1"]

    def ask(url: str) -> None:
        with texlex.Client(url, attempts_max=1) as client:
            try:
                client.tokenize(b"a")
            except texlex.Error:
                pass  # three of these servers give one

    def open_descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    for url in urls:
        ask(url)
    before = open_descriptors()
    for _ in range(25):
        for url in urls:
            ask(url)
    # The script's side of a connection is open until it has seen its end.
    until = time.monotonic() + PATIENCE
    while open_descriptors() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert open_descriptors() <= before


def test_nothing_of_a_request_is_kept_when_it_is_over(texlexd: str, collected: Callable[[], None]) -> None:
    with texlex.Client(texlexd) as client:
        documents = [numpy.frombuffer(bytes(1000), numpy.uint8) for _ in range(300)]
        there = [weakref.ref(document) for document in documents]
        wait([client.submit(document) for document in documents])
        client.tokenize_batch(documents)
        del documents
        until = time.monotonic() + PATIENCE
        while any(each() is not None for each in there) and time.monotonic() < until:
            client.tokenize(b"a")  # the thread lets go of what it served last
            collected()
        assert sum(each() is not None for each in there) == 0
        assert len(client._dispatcher._deadlines) <= 64 + 2 * 301
        gc.collect()
