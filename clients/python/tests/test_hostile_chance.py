"""Servers that say what chance makes of right answers, and of nothing: at one connection, where every answer is held
against the bytes, and at a whole client, where every call ends in time by an answer or an error of the client's own,
and the next server is asked as if nothing had been.

`TEXLEX_SEED` replays a failure, which prints it; `TEXLEX_HOSTILE_ROUNDS` is how many connections are tried, and a
twentieth as many clients."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import resource
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hostile_chance
import pytest
from expected_answer import ANSWERS, Asked
from hostile_connection import HostileConnection
from scripted_server import PATIENCE, Caller, ScriptedServer, serve

import texlex

SEED = int(os.environ.get("TEXLEX_SEED", random.randrange(1 << 32)))
ROUNDS = int(os.environ.get("TEXLEX_HOSTILE_ROUNDS", 1000))
HEADROOM = 2 << 30  # bytes of address space; a length that lies and is believed takes more
DOCUMENTED = (
    texlex.RefusedError, texlex.DeadlineError, texlex.ConnectionFailedError, texlex.UnsupportedByServerError,
    texlex.ProtocolError, texlex.DescriptorLostError, texlex.ClientClosedError,
)  # fmt: skip
ATTEMPTS_MAX = 3
CLIENTS_AT_ONCE = 6


@contextlib.contextmanager
def printed(seed: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(f"TEXLEX_SEED={seed} TEXLEX_HOSTILE_ROUNDS=1 replays it")
        raise


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def lent_mappings() -> int:
    with open("/proc/self/maps") as maps:
        return sum("memfd:" in line for line in maps)


def address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


@pytest.fixture
def nothing_is_left(collected: Callable[[], None]) -> Iterator[None]:
    """No descriptor, no mapping, no thread; and no more than some memory is ever had."""
    collected()
    before = (open_files(), lent_mappings(), threading.active_count())
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + HEADROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    collected()
    assert (open_files(), lent_mappings(), threading.active_count()) == before


@pytest.mark.usefixtures("nothing_is_left")
def test_what_a_connection_takes_for_an_answer_is_what_the_bytes_say() -> None:
    frames = answers = 0
    for seed in range(SEED, SEED + ROUNDS):
        with printed(seed):
            hostile = HostileConnection(seed)
            hostile.play()
        frames += hostile.frames_sent
        answers += hostile.answers_taken
    print(f"{ROUNDS} connections, {frames} frames, of which {answers} answers were taken")
    if ROUNDS >= 100:
        assert frames > ROUNDS and answers > ROUNDS // 2, "what is right is among it"


class HostileServer(ScriptedServer):
    """Hostile by chance, until `repent`: from then on it does what it should."""

    def __init__(self, path: Path, seed: int) -> None:
        self._seed = seed
        self._repents = threading.Event()
        self._changed = threading.Condition()
        self._hostile = 0  # connections
        self.frames_sent = 0
        super().__init__(path, self._play_either)

    def repent(self) -> None:
        """Returns when no hostile connection is left, so that nothing hostile is said to who asks from then on."""
        self._repents.set()
        with self._changed:
            assert self._changed.wait_for(lambda: self._hostile == 0, PATIENCE)

    def _play_either(self, caller: Caller) -> None:
        with self._changed:
            is_hostile = not self._repents.is_set()
            self._hostile += is_hostile
            number = self.connections
        if not is_hostile:
            return serve(caller)
        try:
            self._play_by_chance(caller, random.Random(f"{self._seed} {number}"))
        finally:
            caller.connection.close()
            with self._changed:
                self._hostile -= 1
                self._changed.notify_all()

    def _play_by_chance(self, caller: Caller, chance: random.Random) -> None:
        asked: list[Asked] = []
        caller.connection.settimeout(0.002)  # a turn
        for _ in range(chance.randrange(1, 12)):
            packets = self._packets(caller, chance, asked)
            while chance.random() < 0.3:
                packets = hostile_chance.spoiled(chance, packets, asked)
            self.frames_sent += len(packets)
            for piece in hostile_chance.pieces(chance, packets):
                caller.raw_passing(piece.data, *piece.descriptors())
        if chance.random() < 0.3:
            self._repents.wait(PATIENCE)  # silent

    @staticmethod
    def _packets(caller: Caller, chance: random.Random, asked: list[Asked]) -> list[hostile_chance.Packet]:
        packets = []
        with contextlib.suppress(TimeoutError):
            while len(packets) < 8:
                frame = caller.receive()
                if frame.descriptor is not None:
                    os.close(frame.descriptor)
                if frame.type == 6:
                    packets.append(hostile_chance.right_hello(chance, frame.id))
                elif frame.type in ANSWERS:
                    asked.append(Asked.of(frame.type, frame.id, frame.payload))
                    packets.append(hostile_chance.right_answer(chance, asked[-1], lies=True))
        return packets


def ask(chance: random.Random, client: texlex.Client) -> list[Future[Any]]:
    documents = [b"x" * chance.choice([0, 1, 5, 40, 300_000 if chance.random() < 0.2 else 7]) for _ in range(6)]
    columns = chance.choice([None, None, [], ["kinds", "starts"], ["names"]])
    futures: list[Future[Any]] = []
    for document in documents[: chance.randrange(1, 6)]:
        futures.append(client.submit(document, chance.choice(["latex", "plain"]), columns=columns))
    if chance.random() < 0.5:
        futures += client.submit_batch(documents, columns=columns)
    for future in futures:
        if chance.random() < 0.1:
            future.cancel()
    return futures


def check(future: Future[Any]) -> None:
    if future.cancelled():
        return
    error = future.exception(PATIENCE)
    if error is not None:
        assert isinstance(error, DOCUMENTED), repr(error)
        assert "memory for" not in str(error), "what a server says takes no memory"
        return
    tokens = future.result()
    assert len(tokens) <= len(tokens.document) + 1
    with contextlib.suppress(texlex.ColumnNotAskedError):
        assert len(tokens.kinds) == len(tokens.starts) == len(tokens)
        assert all(0 <= token.start <= token.end <= len(tokens.document) for token in tokens)


def still_works(client: texlex.Client) -> None:
    """What a hostile server has said before may still be on its way, and ends one more call each."""
    for _ in range(20):
        try:
            assert [token.text for token in client.tokenize(b"abc", timeout=PATIENCE)] == [b"a", b"b", b"c", b""]
            return
        except DOCUMENTED as error:
            last = error
    raise AssertionError("nothing is right any more") from last


def play_client(seed: int, folder: Path) -> int:
    chance = random.Random(f"{seed} client")
    hostile = HostileServer(folder / f"hostile-{seed}", seed)
    right = ScriptedServer(folder / f"right-{seed}", serve)
    try:
        urls = [hostile.url, right.url] if chance.random() < 0.7 else [hostile.url]
        attempts_max = chance.randint(1, ATTEMPTS_MAX)
        with texlex.Client(
            urls, timeout=chance.choice([0.02, 0.05, 0.2]), connect_timeout=0.05, attempts_max=attempts_max,
            descriptors=chance.random() < 0.7, chance=chance,
        ) as client:
            futures = []
            for _ in range(4):
                futures += ask(chance, client)
                for future in futures:
                    check(future)
            # Each of them may have a connection end as often as it is tried, and another one open without a hello.
            assert hostile.connections <= 2 * attempts_max * len(urls) * len(futures) + 2, "it connects without end"
            hostile.repent()
            still_works(client)
    finally:
        hostile.repent()
        hostile.stop()
        right.stop()
    assert hostile.faults == [] and right.faults == []
    return hostile.frames_sent


@pytest.mark.usefixtures("nothing_is_left")
def test_what_a_client_makes_of_hostile_servers_is_answers_and_its_own_errors_and_it_works_on(tmp_path: Path) -> None:
    def play(seed: int) -> int:
        with printed(seed):
            return play_client(seed, tmp_path)

    count = max(1, ROUNDS // 40)
    with ThreadPoolExecutor(CLIENTS_AT_ONCE) as at_once:  # mostly they wait
        frames = sum(at_once.map(play, range(SEED, SEED + count)))
    print(f"{count} clients, {frames} frames")
