"""One connection of the client and a hostile server at its other end, without a thread or a clock: what the client does
and what the server says is drawn by chance, and each thing the client takes for an answer is held against the bytes."""

from __future__ import annotations

import os
import random
import socket
import struct
from typing import Any

import hostile_chance
from expected_answer import ANSWERS, Answer, Asked, Contradiction, answer_to
from hostile_chance import Packet

from texlex import frames, responses
from texlex.connection import Connection
from texlex.document import Document
from texlex.errors import ConnectionFailedError, DescriptorLostError, ProtocolError, RefusedError
from texlex.frames import Feature
from texlex.received_tokens import ReceivedTokens
from texlex.request import Request

HEADER = struct.Struct(">IQI")
ENDINGS = (ConnectionFailedError, ProtocolError, RefusedError)


class HostileConnection:
    """`play` does a whole connection. AssertionError, or what the client must not raise, is what was looked for."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._is_honest = self._chance.random() < 0.15
        ours, self._server = socket.socketpair()
        ours.setblocking(False)
        self._server.setblocking(False)
        greets = self._chance.random() < 0.85
        features = Feature(self._chance.choice([0, 1, 2, 3, 3, 3]))
        self._sees_descriptors = greets and bool(features & Feature.DESCRIPTORS)
        self._client = Connection(ours, self, 10.0, greets, features, lambda: None)
        self._is_over = False
        self._now = 0.0
        self._heard = b""
        self._sent = bytearray()
        self._memories: dict[int, bytes] = {}  # by where in what was sent their descriptors were
        self._asked: list[Asked] = []
        self._unanswered: list[Asked] = []
        self._frames: list[list[Request]] = []  # requests of each frame of the client, in their order
        self._open: set[Request] = set()
        self._failed: list[tuple[Request, Exception]] = []
        self.frames_sent = 0
        self.answers_taken = 0
        self._held: list[Any] = []

    def play(self) -> None:
        try:
            self._guarded(self._client.write)
            self._hear()
            for _ in range(self._chance.randrange(1, 10)):
                if self._is_over:
                    break
                self._client_does()
                self._hear()
                self._server_says()
                self._look_at_failures()
            self._end()
        finally:
            self._client.close()
            self._server.close()

    # The client's side

    def _guarded(self, act: Any) -> None:
        try:
            act()
        except (*ENDINGS, BrokenPipeError, ConnectionResetError) as error:
            assert str(error)
            assert not self._is_honest, f"what is right ended the connection: {error}"
            self._is_over = True

    def _client_does(self) -> None:
        for _ in range(self._chance.randrange(4)):
            if self._chance.random() < 0.15 and self._open:
                self._abandon(self._chance.choice(sorted(self._open, key=id)))
            elif self._client.has_room():
                self._ask()
        if self._client.has_releases:
            self._guarded(self._client.write)
        if self._chance.random() < 0.3:
            self._held.clear()

    def _ask(self) -> None:
        chance = self._chance
        options = frames.RequestOptions(
            chance.choice([0, 1, 3, 64, 128, 255, chance.randrange(256)]), chance.randrange(2), chance.randrange(3),
            chance.choice([None, "latex", "plain"]), chance.choice([0, 1, 2, 65536]),
        )
        offer = self._client.offer
        if offer is not None and offer.version == 1:
            options = frames.RequestOptions(0, 0, 0, None, 0)
        batch = min(self._client.batch_room()[0], chance.choice([1, 1, 2, 5]))
        requests = [
            Request(Document(b"x" * chance.choice([0, 1, 3, 8, 30])), options, "tokens", 9.0, object())
            for _ in range(batch)
        ]
        self._open.update(requests)
        self._frames.append(requests)
        self._guarded(lambda: self._client.send(list(requests), self._now))

    def _abandon(self, request: Request) -> None:
        request.done = True
        self._open.discard(request)
        if self._client.abandon(request, self._now):
            self._guarded(self._client.write)

    # What the connection tells

    def answered(self, request: Request, received: responses.Received) -> None:
        self._open.remove(request)
        request.done = True
        self.answers_taken += 1
        said = self._said_to(request)
        assert said.status == 0 and (said.tokens, said.issues) == (received.token_count, received.issue_count)
        assert said.columns is not None and said.columns.keys() == received.columns.keys()
        for name, parts in said.columns.items():
            taken = received.columns[name] if isinstance(received.columns[name], tuple) else (received.columns[name],)
            assert [each.tobytes() for each in taken] == parts, name
        self._use(ReceivedTokens(request.document, received, False, request.options.column_unit))
        self._held.append(received)

    @staticmethod
    def _use(tokens: ReceivedTokens) -> None:
        if tokens._columns.keys() >= {"kinds", "starts", "ends", "codes", "lines", "columns", "names"}:
            list(tokens)
        if "names" in tokens._columns:
            list(tokens.names)
        if "issues" in tokens._columns:
            list(tokens.issues)

    def failed(self, connection: Connection, request: Request, error: Exception) -> None:
        assert connection is self._client and isinstance(error, (RefusedError, DescriptorLostError)), repr(error)
        self._failed.append((request, error))

    def again(self, request: Request) -> None:
        raise AssertionError("no document was passed, and so none was lost")

    def _look_at_failures(self) -> None:
        for request, error in self._failed:
            self._open.remove(request)
            if isinstance(error, RefusedError) and not self._client.is_going_away:
                assert self._said_to(request).status == error.status, error
        self._failed.clear()

    def _said_to(self, request: Request) -> Answer:
        """By the first frame under its id that answers."""
        at = next(i for i, requests in enumerate(self._frames) if request in requests)
        asked, index = self._asked[at], [each is request for each in self._frames[at]].index(True)
        for type_, id_, payload, memory in self._frames_said():
            if id_ == asked.id and type_ == ANSWERS[asked.type]:
                try:
                    return answer_to(asked, index, payload, memory)
                except Contradiction as contradiction:
                    raise AssertionError("what contradicts itself was taken for an answer") from contradiction
        raise AssertionError("there was no answer")

    def _frames_said(self) -> Any:
        at = 0
        while at + 16 <= len(self._sent):
            type_, id_, length = HEADER.unpack_from(self._sent, at)
            yield type_, id_, bytes(self._sent[at + 16 : at + 16 + length]), self._memories.get(at)
            at += 16 + length

    # The server's side

    def _hear(self) -> None:
        try:
            while more := self._server.recv(65536):
                self._heard += more
        except (BlockingIOError, ConnectionResetError):
            pass
        while len(self._heard) >= 16:
            type_, id_, length = HEADER.unpack_from(self._heard)
            if len(self._heard) < 16 + length:
                break
            payload, self._heard = self._heard[16 : 16 + length], self._heard[16 + length :]
            if type_ in ANSWERS:
                self._asked.append(Asked.of(type_, id_, payload))
                self._unanswered.append(self._asked[-1])
            else:
                assert type_ in (3, 6, 13), f"a client sends no frame of type {type_}"

    def _server_says(self) -> None:
        chance = self._chance
        packets = []
        if self._client.offer is None and chance.random() < 0.9:
            packets.append(hostile_chance.right_hello(chance, 1))
        while self._unanswered and (self._is_honest or chance.random() < 0.8):
            packets.append(hostile_chance.right_answer(chance, self._unanswered.pop(0), lies=not self._is_honest))
        while not self._is_honest and chance.random() < 0.35:
            packets = hostile_chance.spoiled(chance, packets, self._asked)
        self.frames_sent += len(packets)
        for piece in hostile_chance.pieces(chance, packets):
            if not self._say(piece):
                return
            if chance.random() < 0.7:
                self._guarded(self._client.read)
            if self._is_over:
                return
        if not self._is_honest and chance.random() < 0.03:
            self._server.shutdown(socket.SHUT_WR)
        self._guarded(self._client.read)

    def _say(self, piece: Packet) -> bool:
        descriptors = piece.descriptors()
        try:
            count = socket.send_fds(self._server, [piece.data], descriptors)
        except OSError:
            return False  # the client has ended it, or reads no more
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        if descriptors and self._sees_descriptors:
            self._memories[len(self._sent)] = piece.memory or b""
        self._sent += piece.data[:count]
        return count == len(piece.data)

    def _end(self) -> None:
        if self._is_over:
            return
        left = self._client.requests()
        assert len(set(left)) == len(left)
        assert {each for each in left if not each.done} == self._open, "what has not ended is in flight"
        if self._is_honest:
            assert not self._unanswered and not left, "what is right is taken"
