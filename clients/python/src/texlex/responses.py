"""What a server sends, checked: whatever it is, it becomes what the protocol allows, or a ProtocolError."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy

from .errors import ProtocolError, RefusedError
from .frames import COLUMN_BITS, HEAD_BYTES, MAGIC, Feature, RequestOptions
from .tokens import UInt8Column, UInt32Column
from .vocabulary import Status

HELLO_RESPONSE_BYTES_MAX = 65536
RESPONSE_BYTES = 13  # of version 1
GOING_AWAY_BYTES_MAX = 4096
ALIGNMENT = 64
_ENTRY_BYTES = 16
_ENTRIES_MAX = 64  # of a tokenize response's directory: more than this version and some later ones know

_HELLO = struct.Struct("<4sHHIIQIIII24x")
_RESPONSE = struct.Struct(">IIIB")
_BEGIN = struct.Struct("<4sHHIIQ")
_GOING_AWAY = struct.Struct("<4sHHQQ")
_MAPPED = struct.Struct("<BQ")
_COUNTS = struct.Struct("<IIIBBB")
_COLUMN_ENTRY = struct.Struct("<HHIQ")
_BATCH_ENTRY = struct.Struct("<IIQ")

_ONE_BYTE, _FOUR_BYTES = 1, 2
_KIND, _START, _END, _CODE, _LINE, _COLUMN, _NAME_OFFSET, _NAME_BYTE, _ISSUE_KIND, _ISSUE_START = range(1, 11)
_ONE_BYTE_COLUMNS = frozenset({_KIND, _NAME_BYTE, _ISSUE_KIND})
_COLUMN_IDS = {
    "kinds": (_KIND,),
    "starts": (_START,),
    "ends": (_END,),
    "codes": (_CODE,),
    "lines": (_LINE,),
    "columns": (_COLUMN,),
    "names": (_NAME_OFFSET, _NAME_BYTE),
    "issues": (_ISSUE_KIND, _ISSUE_START),
}


@dataclass(frozen=True)
class Offer:
    """What a server says it can do."""

    version: int
    columns: int = 0
    document_bytes_max: int = 0xFFFFFFFF
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
    padding = ALIGNMENT * _ENTRIES_MAX
    return HEAD_BYTES + _ENTRY_BYTES * _ENTRIES_MAX + width * (document_bytes + 2) + names + issues + padding


def batch_response_bytes_max(options: RequestOptions, lengths: list[int]) -> int:
    heads = HEAD_BYTES + _padded(_ENTRY_BYTES * len(lengths))
    return heads + sum(_padded(response_bytes_max(options, length)) for length in lengths)


def read_hello_response(payload: memoryview) -> Offer:
    if len(payload) < HEAD_BYTES:
        _broken(f"its hello response has {len(payload)} bytes")
    magic, version, fixed, bits, columns, document_bytes_max, requests_max, issues_max, _, batch_max = _HELLO.unpack_from(
        payload
    )
    if magic != MAGIC or version not in (1, 2):
        _broken(f"its hello response begins with {magic!r} and speaks version {version}")
    if not HEAD_BYTES <= fixed <= len(payload):
        _broken(f"its hello response of {len(payload)} bytes claims {fixed} before the regimes")
    if requests_max == 0 or document_bytes_max == 0:
        _broken("its hello response allows no request")
    names = payload[fixed:].tobytes()
    try:
        regimes = tuple(names.decode().split("\n"))
    except UnicodeDecodeError:
        _broken("its names of regimes are no UTF-8")
    if regimes[-1]:
        _broken("its names of regimes do not end")
    features = Feature(bits & (Feature.GOING_AWAY | Feature.DESCRIPTORS))
    return Offer(version, columns, document_bytes_max, requests_max, issues_max, batch_max, regimes[:-1], features)


def read_going_away(payload: memoryview) -> int:
    """The id of the last request that the server takes; 0 if it takes none."""
    if len(payload) < _GOING_AWAY.size:
        _broken(f"its going-away frame has {len(payload)} bytes")
    magic, version, _, _, last_id = _GOING_AWAY.unpack_from(payload)
    if magic != MAGIC or version < 2:
        _broken(f"its going-away frame begins with {magic!r} and version {version}")
    return int(last_id)


def read_mapped_bytes(payload: UInt8Column, options: RequestOptions, document_bytes: int) -> int | None:
    """How many bytes of memory come with a tokenize response and hold its columns. None: the columns are in it."""
    if len(payload) < HEAD_BYTES:
        _broken(f"its tokenize response has {len(payload)} bytes")
    mapped, length = _MAPPED.unpack_from(payload.data, 39)
    if not mapped:
        return None
    # Gaps between columns are the server's own: as much as the largest response again for them.
    at_most = 2 * response_bytes_max(options, document_bytes)
    if mapped != 1 or not 0 < length <= at_most:
        _broken(f"it lends {length} bytes (form {mapped}), and {at_most} are the most")
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
        _broken(f"its response has {len(payload)} bytes, not {RESPONSE_BYTES}")
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
        _broken(f"its tokenize response has {len(payload)} bytes")
    entries, status, retry_after_ms = _read_begin(payload)
    if status is not Status.OK and (entries or memory is not None):
        _broken("its refusal has columns")
    _raise_unless_ok(status, retry_after_ms)
    token_count, issue_count, issues_told, _, view, unit = _COUNTS.unpack_from(payload.data, 24)
    _check_counts(token_count, issue_count, document_bytes)
    if (view, unit) != (options.view, options.column_unit):
        _broken("it answers for another view or unit than was asked for")
    wants_issues = bool(options.columns & COLUMN_BITS["issues"])
    if issues_told > (min(issue_count, options.issues_max) if wants_issues else 0):
        _broken(f"it tells {issues_told} of {issue_count} issues, and {options.issues_max} were asked for at most")
    found = _read_directory(payload, memory, entries, token_count, issues_told)
    for name, ids in _COLUMN_IDS.items():
        if options.columns & COLUMN_BITS[name] and any(each not in found for each in ids):
            _broken(f"its response lacks the column {name}")
    _check_offsets(found, token_count, document_bytes)
    columns = {
        name: found[ids[0]] if len(ids) == 1 else (found[ids[0]], found[ids[1]])
        for name, ids in _COLUMN_IDS.items()
        if options.columns & COLUMN_BITS[name]
    }
    return Received(token_count, issue_count, columns)


def read_batch(payload: UInt8Column, documents: int) -> list[UInt8Column]:
    """The responses in a batch response, in the order of the documents. RefusedError if none was begun."""
    if len(payload) < HEAD_BYTES:
        _broken(f"its batch response has {len(payload)} bytes")
    entries, status, retry_after_ms = _read_begin(payload)
    if entries and status is not Status.OK:
        _broken("its refusal of a batch has responses")
    _raise_unless_ok(status, retry_after_ms)
    if entries != documents:
        _broken(f"it has {entries} responses to a batch of {documents} documents")
    end = _directory_end(payload, entries)
    responses = []
    for index in range(entries):
        begin, _, length = _BATCH_ENTRY.unpack_from(payload.data, HEAD_BYTES + _ENTRY_BYTES * index)
        end = _check_extent(begin * ALIGNMENT, length, end, len(payload))
        responses.append(payload[end - length : end])
    return responses


def _read_begin(payload: UInt8Column) -> tuple[int, Status, int]:
    magic, version, entries, status, retry_after_ms, payload_bytes = _BEGIN.unpack_from(payload.data)
    if magic != MAGIC or version != 2:
        _broken(f"its response begins with {magic!r} and version {version}")
    if payload_bytes != len(payload):
        _broken(f"its response of {len(payload)} bytes claims to have {payload_bytes}")
    return entries, Status(status), retry_after_ms


def _read_directory(
    payload: UInt8Column, memory: UInt8Column | None, entries: int, token_count: int, issues_told: int
) -> dict[int, Any]:
    if entries > _ENTRIES_MAX:
        _broken(f"its response has {entries} columns")
    counts = {_NAME_OFFSET: token_count + 1, _ISSUE_KIND: issues_told, _ISSUE_START: issues_told}
    end = _directory_end(payload, entries)
    holder = payload
    if memory is not None:
        if end != len(payload):
            _broken(f"its response of {len(payload)} bytes has more than a directory, and columns elsewhere")
        holder = memory
    last_id = 0
    found: dict[int, Any] = {}
    for index in range(entries):
        column, type_number, begin, length = _COLUMN_ENTRY.unpack_from(payload.data, HEAD_BYTES + _ENTRY_BYTES * index)
        if column <= last_id:
            _broken(f"column {column} stands behind column {last_id}")
        last_id = column
        # In memory that is lent they stand in any order.
        end = _check_extent(begin * ALIGNMENT, length, end if memory is None else 0, len(holder))
        if column > _ISSUE_START:
            continue  # of a later version
        is_byte = column in _ONE_BYTE_COLUMNS
        if type_number != (_ONE_BYTE if is_byte else _FOUR_BYTES):
            _broken(f"column {column} has type {type_number}")
        expected = counts.get(column, token_count) * (1 if is_byte else 4)
        if length != expected and column != _NAME_BYTE:
            _broken(f"column {column} has {length} bytes and not {expected}")
        part = holder[end - length : end]
        found[column] = part if is_byte else part.view("<u4")
    return found


def _directory_end(payload: UInt8Column, entries: int) -> int:
    end = HEAD_BYTES + _padded(_ENTRY_BYTES * entries)
    if end > len(payload):
        _broken(f"its response of {len(payload)} bytes has no room for a directory of {entries}")
    return end


def _check_extent(begin: int, length: int, end: int, payload_bytes: int) -> int:
    """The end of a part that begins behind the last one's and is inside."""
    if begin < end or length > payload_bytes - begin:
        _broken(f"{length} bytes at {begin} overlap what is before, or leave the response of {payload_bytes}")
    return begin + length


def _check_offsets(found: dict[int, Any], token_count: int, document_bytes: int) -> None:
    """Offsets go up, and do not leave the document or the names: nobody who follows them gets lost."""
    starts, ends = found.get(_START), found.get(_END)
    if starts is not None and token_count and not (_ascends(starts) and starts[-1] <= document_bytes):
        _broken("its starts of tokens do not go up, or leave the document")
    if ends is not None and token_count and not (_ascends(ends) and ends[-1] <= document_bytes):
        _broken("its ends of tokens do not go up, or leave the document")
    if starts is not None and ends is not None and bool((ends < starts).any()):
        _broken("a token ends before it starts")
    if _NAME_OFFSET in found and _NAME_BYTE in found:
        _check_names(found[_NAME_OFFSET], found[_NAME_BYTE])
    issues = found.get(_ISSUE_START)
    if issues is not None and len(issues) and not (_ascends(issues) and issues[-1] <= document_bytes):
        _broken("its issues do not go up, or leave the document")


def _check_names(offsets: UInt32Column, name_bytes: UInt8Column) -> None:
    if offsets[0] != 0 or offsets[-1] != len(name_bytes) or not _ascends(offsets):
        _broken("its names leave their bytes")
    try:
        name_bytes.tobytes().decode()
    except UnicodeDecodeError:
        _broken("its names are no UTF-8")
    inside = offsets[offsets < len(name_bytes)]
    if len(inside) and bool((name_bytes[inside] & 0xC0 == 0x80).any()):
        _broken("a name of it begins inside a character")


def _ascends(column: UInt32Column) -> bool:
    return bool((column[1:] >= column[:-1]).all())


def _check_counts(token_count: int, issue_count: int, document_bytes: int) -> None:
    if token_count > document_bytes + 1:
        _broken(f"it has {token_count} tokens of {document_bytes} bytes")


def _raise_unless_ok(status: Status, retry_after_ms: int) -> None:
    if status is not Status.OK:
        raise refusal(status, retry_after_ms)


def _padded(length: int) -> int:
    return (length + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def _broken(what: str) -> NoReturn:
    raise ProtocolError(f"the server broke the protocol: {what}")
