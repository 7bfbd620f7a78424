"""What a hostile server may send, drawn by chance: right answers to what it was asked, and what becomes of them."""

from __future__ import annotations

import itertools
import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from expected_answer import ANSWERS, BATCH, REQUEST, TOKENIZE, Asked
from scripted_server import (
    batch_response,
    columns_apart,
    columns_response,
    counts_response,
    going_away,
    hello_response,
    refusal,
    sealed,
)

STATUSES = [*range(1, 21), 99, 0xFFFFFFFF]
AWKWARD = [0, 1, 2, 3, 4, 8, 12, 13, 16, 63, 64, 65, 127, 128, 255, 256, 4096, 65535, 65536, (1 << 31) - 1, 1 << 31]
AWKWARD += [(1 << 32) - 1, 1 << 32, (1 << 53) + 1, 1 << 63, (1 << 64) - 1]
NAMES = [b"", b"", b"", b"a", b"\xc3\xb6", b"makeatletter"]


@dataclass(frozen=True)
class Packet:
    """A frame, or what is left of one. `memory`: whose descriptor comes with its first byte. `junk`: descriptors of
    something else come."""

    data: bytes
    memory: bytes | None = None
    junk: int = 0

    def descriptors(self) -> list[int]:
        """Opened anew, to be closed by who sends them."""
        if self.junk:
            pipes = [os.pipe() for _ in range(self.junk)]
            for _, write in pipes:
                os.close(write)
            return [read for read, _ in pipes]
        return [] if self.memory is None else [sealed(self.memory)]


def packet(type_: int, id_: int, payload: bytes, memory: bytes | None = None) -> Packet:
    return Packet(struct.pack(">IQI", type_, id_, len(payload)) + payload, memory)


# What is right

def right_hello(chance: random.Random, id_: int) -> Packet:
    how = {"version": 1 if chance.random() < 0.2 else 2, "features": chance.randrange(4)}
    how["requests_max"] = chance.choice([1, 2, 16, 64])
    how["batch_documents_max"] = chance.choice([0, 1, 2, 256])
    return packet(7, id_, hello_response(**how))


def right_answer(chance: random.Random, asked: Asked, lies: bool = False) -> Packet:
    """`lies`: what it says of a document may be wrong in itself, in a frame where all lengths are right."""
    if chance.random() < 0.15:
        status = chance.choice(STATUSES)
        payload = counts_response(status, 1) if asked.type == REQUEST else refusal(status, chance.randrange(9))
        return packet(ANSWERS[asked.type], asked.id, payload)
    if asked.type == REQUEST:
        tokens = chance.randrange(asked.lengths[0] + 2)
        return packet(2, asked.id, counts_response(0, tokens, chance.randrange(3)))
    payloads = [tokens_response(chance, asked, each, lies and chance.random() < 0.2) for each in asked.lengths]
    if asked.type == BATCH:
        return packet(11, asked.id, batch_response(payloads))
    if asked.may_lend and chance.random() < 0.7:
        payload, memory = columns_apart(payloads[0])
        if memory:
            return packet(9, asked.id, payload, memory)
    return packet(9, asked.id, payloads[0])


def tokens_response(chance: random.Random, asked: Asked, document_bytes: int, lies: bool) -> bytes:
    """A response to a document of so many bytes, which contradicts itself only if it `lies`."""
    count = chance.randrange(document_bytes + 2)
    starts = sorted(chance.sample(range(document_bytes + 1), count))
    ends = [chance.randint(start, end) for start, end in zip(starts, [*starts[1:], document_bytes])]
    names = [chance.choice(NAMES) for _ in range(count)]
    issues = chance.randrange(min(4, 2 * document_bytes + 3))
    told = min(issues, asked.issues_max) if asked.columns & 128 else 0
    issue_starts = sorted(chance.randrange(document_bytes + 1) for _ in range(told))
    offsets = [0, *itertools.accumulate(map(len, names))]
    name_bytes = b"".join(names)
    view, unit = asked.view, asked.unit
    lie = chance.randrange(4) if lies else None
    if lie == 0:
        listed = chance.choice([starts, ends, offsets, issue_starts])
        if listed:
            at = chance.randrange(len(listed))
            listed[at] = max(0, listed[at] + chance.choice([1, -1, 2, document_bytes]))
    elif lie == 1:
        issue_starts = issue_starts[1:]
    elif lie == 2:
        name_bytes = bytes(chance.choice([byte, byte, 0xC3]) for byte in name_bytes)
    elif lie == 3:
        view, unit = chance.randrange(3), chance.randrange(4)
    numbers = lambda values: struct.pack(f"<{len(values)}I", *values)  # noqa: E731
    any_numbers = lambda: numbers([chance.randrange(300) for _ in range(count)])  # noqa: E731
    every = [
        (1, 1, 1, bytes(chance.randrange(22) for _ in range(count))),
        (2, 2, 2, numbers(starts)),
        (4, 3, 2, numbers(ends)),
        (8, 4, 2, any_numbers()),
        (16, 5, 2, any_numbers()),
        (32, 6, 2, any_numbers()),
        (64, 7, 2, numbers(offsets)),
        (64, 8, 1, name_bytes),
        (128, 9, 1, bytes(chance.randrange(1, 9) for _ in issue_starts)),
        (128, 10, 2, numbers(issue_starts)),
    ]
    parts = [(id_, type_, data) for bit, id_, type_, data in every if asked.columns & bit]
    if chance.random() < 0.1:
        id_ = chance.choice([11, 300, 2 if lies else 12])
        parts.append((id_, chance.randrange(9), chance.randbytes(chance.randrange(70))))
    return columns_response(parts, count, issues, len(issue_starts), view, unit)


# What is not

def unasked(chance: random.Random, asked: list[Asked]) -> Packet:
    """A whole frame that may well not come now."""
    ids = [0, 1, 2, 3, 99, (1 << 64) - 1, *(each.id for each in asked)]
    id_ = chance.choice(ids)
    stranger = Asked(id_, chance.choice([REQUEST, TOKENIZE, BATCH]), (chance.randrange(9),), chance.randrange(256))
    return chance.choice([
        lambda: right_hello(chance, chance.choice([id_, 1])),
        lambda: right_answer(chance, stranger),
        lambda: packet(12, chance.choice([0, 0, id_]), going_away(chance.randrange(4), chance.choice(ids))),
        lambda: packet(2, id_, counts_response(chance.choice([0, *STATUSES]), chance.choice(AWKWARD[:20]))),
        lambda: packet(5, id_, b"texlexd_requests_total 3\n"),
        lambda: packet(chance.randrange(16), id_, chance.randbytes(chance.randrange(100))),
    ])()


def spoiled(chance: random.Random, packets: list[Packet], asked: list[Asked]) -> list[Packet]:
    """Packets after one thing was done to them."""
    if not packets:
        return [unasked(chance, asked)]
    at = chance.randrange(len(packets))
    kind = chance.randrange(8)
    if kind == 0:
        return [*packets[:at], packets[at], *packets[at:]]
    if kind == 1:
        return chance.sample(packets, len(packets))
    if kind == 2:
        return [*packets[:at], unasked(chance, asked), *packets[at:]]
    if kind == 3:
        return [*packets[:at], *packets[at + 1 :]]
    if kind == 4:
        return [*packets[:at], Packet(chance.randbytes(chance.choice([1, 16, 40, 300]))), *packets[at:]]
    spoil = chance.choice(SPOILERS if packets[at].memory is None else [*SPOILERS, with_other_memory, with_other_memory])
    return [*packets[:at], spoil(chance, packets[at]), *packets[at + 1 :]]


def with_bits_flipped(chance: random.Random, one: Packet) -> Packet:
    data = bytearray(one.data)
    for _ in range(chance.randrange(1, 4)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return replace(one, data=bytes(data))


def with_awkward_number(chance: random.Random, one: Packet) -> Packet:
    """In the header, the head, the directory or anywhere."""
    form, width = chance.choice([("H", 2), ("I", 4), ("Q", 8)])
    if len(one.data) < 16 + width:
        return one
    behind = chance.choice([16, 80, 16 + 64 + 160, len(one.data)])
    at = chance.randrange(min(behind, len(one.data)) // width) * width
    order = ">" if at < 16 else "<"
    value = chance.choice([*AWKWARD, len(one.data) - 16, len(one.data) - 15, chance.randrange(1 << 64)])
    value += chance.choice([0, 0, 1, -1])
    data = bytearray(one.data)
    struct.pack_into(order + form, data, min(at, len(data) - width), value % (1 << 8 * width))
    return replace(one, data=bytes(data))


def with_columns_moved(chance: random.Random, one: Packet) -> Packet:
    """An entry of the directory says what another one says, or nearly: columns overlap, or lie in the wrong place."""
    if len(one.data) < 16 + 64 + 32:
        return one
    entries = max(2, min(10, struct.unpack_from("<H", one.data, 22)[0]))
    source, target = (80 + 16 * chance.randrange(entries) for _ in range(2))
    field, width = chance.choice([(0, 2), (4, 4), (8, 8), (4, 12), (0, 16)])
    if max(source, target) + 16 > len(one.data):
        return one
    data = bytearray(one.data)
    data[target + field : target + field + width] = data[source + field : source + field + width]
    if chance.random() < 0.3:
        data[target + field] = (data[target + field] + chance.choice([1, -1])) % 256
    return replace(one, data=bytes(data))


def with_lying_length(chance: random.Random, one: Packet) -> Packet:
    if len(one.data) < 16:
        return one
    length = (len(one.data) - 16 + chance.choice([1, -1, 13, 64, 1 << 20, 1 << 31, chance.choice(AWKWARD)])) % (1 << 32)
    return replace(one, data=one.data[:12] + struct.pack(">I", length) + one.data[16:])


def with_other_id(chance: random.Random, one: Packet) -> Packet:
    id_ = struct.pack(">Q", chance.choice([*AWKWARD[:8], AWKWARD[-1]]))
    return replace(one, data=one.data[:4] + id_ + one.data[12:])


def cut(chance: random.Random, one: Packet) -> Packet:
    return replace(one, data=one.data[: chance.randrange(len(one.data) + 1)])


def with_a_hole_or_a_patch(chance: random.Random, one: Packet) -> Packet:
    at = chance.randrange(len(one.data) + 1)
    patch = chance.randbytes(chance.randrange(9)) if chance.random() < 0.5 else b""
    return replace(one, data=one.data[:at] + patch + one.data[at + chance.randrange(9) :])


def with_other_memory(chance: random.Random, one: Packet) -> Packet:
    """Another descriptor, none, too many, or shorter memory."""
    memory = one.memory or bytes(64)
    return chance.choice([
        replace(one, memory=None),
        replace(one, memory=memory[: chance.randrange(len(memory))]),
        replace(one, memory=memory + bytes(64)),
        replace(one, memory=with_bits_flipped(chance, Packet(memory)).data),
        replace(one, memory=None, junk=chance.randrange(1, 7)),
    ])


SPOILERS: list[Callable[[random.Random, Packet], Packet]] = [
    with_bits_flipped,
    with_awkward_number,
    with_awkward_number,
    with_columns_moved,
    with_columns_moved,
    with_lying_length,
    with_other_id,
    cut,
    with_a_hole_or_a_patch,
    with_other_memory,
]


def pieces(chance: random.Random, packets: list[Packet]) -> list[Packet]:
    """The same bytes in any pieces; a descriptor stays with the first byte of its packet."""
    most = chance.choice([1, 60, 60, 300, *[1 << 20] * 6])
    result = []
    for each in packets:
        at = 0
        while at < len(each.data):
            size = chance.randint(1, most) if most < 1 << 20 else most
            part = each.data[at : at + size]
            result.append(replace(each, data=part) if at == 0 else Packet(part))
            at += size
    return result
