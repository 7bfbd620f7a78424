"""What a server sends, checked: whatever it is, it becomes what the protocol allows, or a ProtocolError."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from .errors import RefusedError, broken
from .frames import (
    BATCH_DOCUMENTS_MAX,
    COLUMN_BITS,
    HEAD_BYTES,
    MAGIC,
    PAYLOAD_BYTES_MAX,
    Feature,
    RequestOptions,
)
from .response_columns import (
    ALIGNMENT,
    ENTRIES_MAX,
    ENTRY_BYTES,
    check_extent,
    directory_end,
    padded,
    read_columns,
    read_directory,
)
from .tokens import UInt8Column
from .vocabulary import Status

HELLO_RESPONSE_BYTES_MAX = 65536
RESPONSE_BYTES = 13  # of version 1
GOING_AWAY_BYTES_MAX = 4096

_HELLO = struct.Struct("<4sHHIIQIIII24x")
_RESPONSE = struct.Struct(">IIIB")
_BEGIN = struct.Struct("<4sHHIIQ")
_GOING_AWAY = struct.Struct("<4sHHQQ")
_MAPPED = struct.Struct("<BQ")
_MAPPED_AT = 39
_COUNTS = struct.Struct("<IIIBBB")
_BATCH_ENTRY = struct.Struct("<IIQ")


@dataclass(frozen=True)
class Offer:
    """What a server says it can do, as far as a frame can ask for it."""

    version: int
    columns: int = 0
    document_bytes_max: int = PAYLOAD_BYTES_MAX
    requests_max: int = 1
    issues_max: int = 0
    batch_documents_max: int = 0
    regimes: tuple[str, ...] = ()
    features: Feature = Feature.NONE


@dataclass(frozen=True)
class Received:
    """An ok response: counts, and the columns that were asked for."""

    token_count: int
    issue_count: int
    columns: dict[str, Any] = field(default_factory=dict)


def response_bytes_max(options: RequestOptions, document_bytes: int) -> int:
    """No response to such a request may be longer: a token a byte and one more, three bytes of name a byte."""
    width = sum(4 for name, bit in COLUMN_BITS.items() if options.columns & bit and name not in ("kinds", "issues"))
    width += 1 if options.columns & COLUMN_BITS["kinds"] else 0
    names = 3 * document_bytes if options.columns & COLUMN_BITS["names"] else 0
    issues = 5 * min(options.issues_max, 2 * document_bytes + 2) if options.columns & COLUMN_BITS["issues"] else 0
    padding = ALIGNMENT * ENTRIES_MAX
    return HEAD_BYTES + ENTRY_BYTES * ENTRIES_MAX + width * (document_bytes + 2) + names + issues + padding


def batch_response_bytes_max(options: RequestOptions, lengths: list[int]) -> int:
    heads = HEAD_BYTES + padded(ENTRY_BYTES * len(lengths))
    return heads + sum(padded(response_bytes_max(options, length)) for length in lengths)


def read_hello_response(payload: memoryview) -> Offer:
    if len(payload) < HEAD_BYTES:
        broken(f"its hello response has {len(payload)} bytes")
    magic, version, fixed, *offered = _HELLO.unpack_from(payload)
    bits, columns, document_bytes_max, requests_max, issues_max, _, batch_max = offered
    if magic != MAGIC or version not in (1, 2):
        broken(f"its hello response begins with {magic!r} and speaks version {version}")
    if not HEAD_BYTES <= fixed <= len(payload):
        broken(f"its hello response of {len(payload)} bytes claims {fixed} before the regimes")
    if requests_max == 0 or document_bytes_max == 0:
        broken("its hello response allows no request")
    names = payload[fixed:].tobytes()
    try:
        regimes = tuple(names.decode().split("\n"))
    except UnicodeDecodeError:
        broken("its names of regimes are no UTF-8")
    if regimes[-1]:
        broken("its names of regimes do not end")
    features = Feature(bits & (Feature.GOING_AWAY | Feature.DESCRIPTORS))
    document_bytes_max = min(document_bytes_max, PAYLOAD_BYTES_MAX)
    batch_max = min(batch_max, BATCH_DOCUMENTS_MAX)
    return Offer(version, columns, document_bytes_max, requests_max, issues_max, batch_max, regimes[:-1], features)


def read_going_away(payload: memoryview) -> int:
    """The id of the last request that the server takes; 0 if it takes none."""
    if len(payload) < _GOING_AWAY.size:
        broken(f"its going-away frame has {len(payload)} bytes")
    magic, version, _, _, last_id = _GOING_AWAY.unpack_from(payload)
    if magic != MAGIC or version < 2:
        broken(f"its going-away frame begins with {magic!r} and version {version}")
    return int(last_id)


def read_mapped_bytes(payload: UInt8Column, options: RequestOptions, document_bytes: int) -> int | None:
    """How many bytes of memory come with a tokenize response and hold its columns. None: the columns are in it."""
    if len(payload) < HEAD_BYTES:
        broken(f"its tokenize response has {len(payload)} bytes")
    mapped, length = _MAPPED.unpack_from(payload.data, _MAPPED_AT)
    if not mapped:
        return None
    # Gaps between columns are the server's own: as much as the largest response again for them.
    at_most = 2 * response_bytes_max(options, document_bytes)
    if mapped != 1 or not 0 < length <= at_most:
        broken(f"it lends {length} bytes (form {mapped}), and {at_most} are the most")
    return int(length)


def read_counts(payload: memoryview, document_bytes: int) -> Received:
    """A response of version 1. RefusedError if that is what it says."""
    status, token_count, issue_count = read_response(payload)
    _raise_unless_ok(status, token_count)
    _check_counts(token_count, issue_count, document_bytes)
    return Received(token_count, issue_count)


def read_response(payload: memoryview) -> tuple[Status, int, int]:
    """Status, tokens or milliseconds, issues of a response of version 1."""
    if len(payload) != RESPONSE_BYTES:
        broken(f"its response has {len(payload)} bytes, not {RESPONSE_BYTES}")
    status, token_count, issue_count, _ = _RESPONSE.unpack(payload)
    return Status(status), token_count, issue_count


def refusal(status: Status, retry_after_ms: int) -> RefusedError:
    return RefusedError(status, retry_after_ms / 1000 if status is Status.OVERLOAD else 0.0)


def read_tokenized(
    payload: UInt8Column, options: RequestOptions, document_bytes: int, memory: UInt8Column | None = None
) -> Received:
    """A tokenize response, whose columns stay where they are: in it, or in memory that came with it. RefusedError if
    that is what it says."""
    if len(payload) < HEAD_BYTES:
        broken(f"its tokenize response has {len(payload)} bytes")
    entries, status, retry_after_ms = _read_begin(payload)
    if memory is None and payload[_MAPPED_AT]:
        broken("its columns lie in memory that does not come with it")
    if status is not Status.OK and (entries or memory is not None):
        broken("its refusal has columns")
    _raise_unless_ok(status, retry_after_ms)
    token_count, issue_count, issues_told, _, view, unit = _COUNTS.unpack_from(payload.data, 24)
    _check_counts(token_count, issue_count, document_bytes)
    if (view, unit) != (options.view, options.column_unit):
        broken("it answers for another view or unit than was asked for")
    wants_issues = bool(options.columns & COLUMN_BITS["issues"])
    if issues_told != (min(issue_count, options.issues_max) if wants_issues else 0):
        broken(f"it tells {issues_told} of {issue_count} issues, and {options.issues_max} were asked for at most")
    found = read_directory(payload, memory, entries, token_count, issues_told)
    return Received(token_count, issue_count, read_columns(found, options.columns, token_count, document_bytes))


def read_batch(payload: UInt8Column, documents: int) -> list[UInt8Column]:
    """The responses in a batch response, in the order of the documents. RefusedError if none was begun."""
    if len(payload) < HEAD_BYTES:
        broken(f"its batch response has {len(payload)} bytes")
    entries, status, retry_after_ms = _read_begin(payload)
    if entries and status is not Status.OK:
        broken("its refusal of a batch has responses")
    _raise_unless_ok(status, retry_after_ms)
    if entries != documents:
        broken(f"it has {entries} responses to a batch of {documents} documents")
    end = directory_end(payload, entries)
    responses = []
    for index in range(entries):
        begin, _, length = _BATCH_ENTRY.unpack_from(payload.data, HEAD_BYTES + ENTRY_BYTES * index)
        end = check_extent(begin * ALIGNMENT, length, end, len(payload))
        responses.append(payload[end - length : end])
    return responses


def _read_begin(payload: UInt8Column) -> tuple[int, Status, int]:
    magic, version, entries, status, retry_after_ms, payload_bytes = _BEGIN.unpack_from(payload.data)
    if magic != MAGIC or version != 2:
        broken(f"its response begins with {magic!r} and version {version}")
    if payload_bytes != len(payload):
        broken(f"its response of {len(payload)} bytes claims to have {payload_bytes}")
    return entries, Status(status), retry_after_ms


def _check_counts(token_count: int, issue_count: int, document_bytes: int) -> None:
    if token_count > document_bytes + 1:
        broken(f"it has {token_count} tokens of {document_bytes} bytes")


def _raise_unless_ok(status: Status, retry_after_ms: int) -> None:
    if status is not Status.OK:
        raise refusal(status, retry_after_ms)
