"""The columns of a response: where its directory says they lie, and that nobody who follows their offsets gets lost."""

from __future__ import annotations

import struct
from typing import Any

from .errors import broken
from .frames import COLUMN_BITS, HEAD_BYTES
from .tokens import UInt8Column, UInt32Column

ALIGNMENT = 64
ENTRY_BYTES = 16
ENTRIES_MAX = 64  # of a tokenize response's directory: more than this version and some later ones know

_COLUMN_ENTRY = struct.Struct("<HHIQ")

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


def read_directory(
    payload: UInt8Column, memory: UInt8Column | None, entries: int, token_count: int, issues_told: int
) -> dict[int, Any]:
    """Columns by their ids; they lie in the payload, or in memory that came with it. Those of later versions are left
    out."""
    if entries > ENTRIES_MAX:
        broken(f"its response has {entries} columns")
    counts = {_NAME_OFFSET: token_count + 1, _ISSUE_KIND: issues_told, _ISSUE_START: issues_told}
    end = directory_end(payload, entries)
    holder = payload
    if memory is not None:
        if end != len(payload):
            broken(f"its response of {len(payload)} bytes has more than a directory, and columns elsewhere")
        holder = memory
    last_id = 0
    found: dict[int, Any] = {}
    for index in range(entries):
        column, type_number, begin, length = _COLUMN_ENTRY.unpack_from(payload.data, HEAD_BYTES + ENTRY_BYTES * index)
        if column <= last_id:
            broken(f"column {column} stands behind column {last_id}")
        last_id = column
        # In memory that is lent they stand in any order.
        end = check_extent(begin * ALIGNMENT, length, end if memory is None else 0, len(holder))
        if column > _ISSUE_START:
            continue  # of a later version
        is_byte = column in _ONE_BYTE_COLUMNS
        if type_number != (_ONE_BYTE if is_byte else _FOUR_BYTES):
            broken(f"column {column} has type {type_number}")
        expected = counts.get(column, token_count) * (1 if is_byte else 4)
        if length != expected and column != _NAME_BYTE:
            broken(f"column {column} has {length} bytes and not {expected}")
        part = holder[end - length : end]
        found[column] = part if is_byte else part.view("<u4")
    return found


def read_columns(found: dict[int, Any], wanted: int, token_count: int, document_bytes: int) -> dict[str, Any]:
    """The columns that were asked for by their names, once what they say is checked."""
    for name, ids in _COLUMN_IDS.items():
        if wanted & COLUMN_BITS[name] and any(each not in found for each in ids):
            broken(f"its response lacks the column {name}")
    _check_offsets(found, token_count, document_bytes)
    return {
        name: found[ids[0]] if len(ids) == 1 else (found[ids[0]], found[ids[1]])
        for name, ids in _COLUMN_IDS.items()
        if wanted & COLUMN_BITS[name]
    }


def directory_end(payload: UInt8Column, entries: int) -> int:
    """Where what a directory of so many entries tells of may begin."""
    end = HEAD_BYTES + padded(ENTRY_BYTES * entries)
    if end > len(payload):
        broken(f"its response of {len(payload)} bytes has no room for a directory of {entries}")
    return end


def check_extent(begin: int, length: int, end: int, payload_bytes: int) -> int:
    """The end of a part that begins behind the last one's and is inside."""
    if begin < end or length > payload_bytes - begin:
        broken(f"{length} bytes at {begin} overlap what is before, or leave the response of {payload_bytes}")
    return begin + length


def _check_offsets(found: dict[int, Any], token_count: int, document_bytes: int) -> None:
    """Offsets go up, and do not leave the document or the names: nobody who follows them gets lost."""
    starts, ends = found.get(_START), found.get(_END)
    if starts is not None and token_count and not (_ascends(starts) and starts[-1] <= document_bytes):
        broken("its starts of tokens do not go up, or leave the document")
    if ends is not None and token_count and not (_ascends(ends) and ends[-1] <= document_bytes):
        broken("its ends of tokens do not go up, or leave the document")
    if starts is not None and ends is not None and bool((ends < starts).any()):
        broken("a token ends before it starts")
    if _NAME_OFFSET in found and _NAME_BYTE in found:
        _check_names(found[_NAME_OFFSET], found[_NAME_BYTE])
    issues = found.get(_ISSUE_START)
    if issues is not None and len(issues) and not (_ascends(issues) and issues[-1] <= document_bytes):
        broken("its issues do not go up, or leave the document")


def _check_names(offsets: UInt32Column, name_bytes: UInt8Column) -> None:
    if offsets[0] != 0 or offsets[-1] != len(name_bytes) or not _ascends(offsets):
        broken("its names leave their bytes")
    try:
        name_bytes.tobytes().decode()
    except UnicodeDecodeError:
        broken("its names are no UTF-8")
    inside = offsets[offsets < len(name_bytes)]
    if len(inside) and bool((name_bytes[inside] & 0xC0 == 0x80).any()):
        broken("a name of it begins inside a character")


def _ascends(column: UInt32Column) -> bool:
    return bool((column[1:] >= column[:-1]).all())


def padded(length: int) -> int:
    return (length + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
