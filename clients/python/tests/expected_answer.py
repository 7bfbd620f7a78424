"""What a frame of a server says by docs/protocol-2.md, read a second time and slowly: no line of it is the client's.

What the client takes for an answer is held against this, so that nothing it takes is wrong where the bytes show it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"TXLX"
REQUEST, RESPONSE, TOKENIZE, TOKENIZE_RESPONSE, BATCH, BATCH_RESPONSE = 1, 2, 8, 9, 10, 11
COLUMNS_PASSED = 3  # an option
ANSWERS = {REQUEST: RESPONSE, TOKENIZE: TOKENIZE_RESPONSE, BATCH: BATCH_RESPONSE}

_BYTE_COLUMNS = {1, 8, 9}
_IDS = {
    "kinds": [1], "starts": [2], "ends": [3], "codes": [4], "lines": [5], "columns": [6], "names": [7, 8],
    "issues": [9, 10],
}


class Contradiction(Exception):
    """No server that keeps to the protocol says this."""


def hold(condition: bool) -> None:
    if not condition:
        raise Contradiction


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire."""

    id: int
    type: int
    lengths: tuple[int, ...]
    columns: int = 0
    view: int = 0
    unit: int = 0
    issues_max: int = 0
    may_lend: bool = False

    @staticmethod
    def of(type_: int, id_: int, payload: bytes) -> Asked:
        if type_ == REQUEST:
            return Asked(id_, type_, (len(payload) - 4,))
        head, length, columns, view, unit, documents, _, issues_max = struct.unpack_from("<IIIBBHII", payload)
        lengths = (length,)
        if type_ == BATCH:
            lengths = struct.unpack_from(f"<{documents}I", payload, head - 4 * documents)
        options, at = set(), 32
        while at < head - (4 * documents if type_ == BATCH else 0):
            option, length = struct.unpack_from("<HH", payload, at)
            options.add(option)
            at += 4 + -(-length // 4) * 4
        return Asked(id_, type_, lengths, columns, view, unit, issues_max, COLUMNS_PASSED in options)


@dataclass(frozen=True)
class Answer:
    """Of one document: a status that is not ok, or counts and the bytes of columns."""

    status: int
    tokens: int = 0
    issues: int = 0
    columns: dict[str, list[bytes]] | None = None


def answer_to(asked: Asked, index: int, payload: bytes, memory: bytes | None) -> Answer:
    """For its document of that number. Contradiction if the payload of its answer, with memory that came along, has
    none."""
    if asked.type == REQUEST:
        hold(len(payload) == 13)
        status, tokens, issues, _ = struct.unpack(">IIIB", payload)
        hold(status != 0 or tokens <= asked.lengths[0] + 1)
        return Answer(status, tokens, issues, {})
    if asked.type == TOKENIZE:
        return _tokenized(asked, asked.lengths[0], payload, memory)
    entries, status = _begin(payload)
    if status != 0:
        return Answer(status)
    hold(entries == len(asked.lengths))
    parts, end = [], _directory_end(payload, entries)
    for entry in range(entries):
        begin, _, length = struct.unpack_from("<IIQ", payload, 64 + 16 * entry)
        hold(64 * begin >= end and 64 * begin + length <= len(payload))
        end = 64 * begin + length
        parts.append(payload[64 * begin : end])
    return _tokenized(asked, asked.lengths[index], parts[index], None)


def _begin(payload: bytes) -> tuple[int, int]:
    hold(len(payload) >= 64)
    magic, version, entries, status, _, length = struct.unpack_from("<4sHHIIQ", payload)
    hold(magic == MAGIC and version == 2 and length == len(payload) and (status == 0 or entries == 0))
    return entries, status


def _directory_end(payload: bytes, entries: int) -> int:
    end = 64 + -(-16 * entries // 64) * 64
    hold(end <= len(payload))
    return end


def _tokenized(asked: Asked, document_bytes: int, payload: bytes, memory: bytes | None) -> Answer:
    entries, status = _begin(payload)
    is_mapped, mapped_bytes = struct.unpack_from("<BQ", payload, 39)
    hold(is_mapped == (memory is not None) and (asked.may_lend or not is_mapped))
    if status != 0:
        hold(not is_mapped)
        return Answer(status)
    tokens, issues, told, _, view, unit = struct.unpack_from("<IIIBBB", payload, 24)
    hold(tokens <= document_bytes + 1 and (view, unit) == (asked.view, asked.unit))
    hold(told == (min(issues, asked.issues_max) if asked.columns & 128 else 0))
    end = _directory_end(payload, entries)
    holder = payload
    if memory is not None:
        hold(0 < mapped_bytes <= len(memory) and end == len(payload))
        holder, end = memory[:mapped_bytes], 0
    found: dict[int, bytes] = {}
    for index in range(entries):
        id_, type_, begin, length = struct.unpack_from("<HHIQ", payload, 64 + 16 * index)
        hold(id_ > max(found, default=0))
        hold(64 * begin >= end and 64 * begin + length <= len(holder))
        end = 64 * begin + length if memory is None else 0
        hold(id_ > 10 or type_ == (1 if id_ in _BYTE_COLUMNS else 2))
        found[id_] = holder[64 * begin : 64 * begin + length]
    _check_lengths(found, tokens, told)
    columns = {}
    for bit, (name, ids) in enumerate(_IDS.items()):
        if asked.columns >> bit & 1:
            hold(all(id_ in found for id_ in ids))
            columns[name] = [found[id_] for id_ in ids]
    _check_offsets(found, document_bytes)
    return Answer(0, tokens, issues, columns)


def _check_lengths(found: dict[int, bytes], tokens: int, told: int) -> None:
    for id_, data in found.items():
        entries = {7: tokens + 1, 9: told, 10: told}.get(id_, tokens)
        hold(id_ == 8 or id_ > 10 or len(data) == entries * (1 if id_ in _BYTE_COLUMNS else 4))


def _check_offsets(found: dict[int, bytes], document_bytes: int) -> None:
    numbers = {id_: struct.unpack(f"<{len(found[id_]) // 4}I", found[id_]) for id_ in (2, 3, 7, 10) if id_ in found}
    for id_, values in numbers.items():
        most = len(found[8]) if id_ == 7 and 8 in found else document_bytes
        hold(list(values) == sorted(values) and (id_ == 7 and 8 not in found or max(values, default=0) <= most))
    hold(all(start <= end for start, end in zip(numbers.get(2, ()), numbers.get(3, ()))))
    if 7 in found and 8 in found:
        offsets = numbers[7]
        hold(offsets[0] == 0 and offsets[-1] == len(found[8]))
        try:
            for begin, end in zip(offsets, offsets[1:]):
                found[8][begin:end].decode()
        except UnicodeDecodeError:
            raise Contradiction from None
