"""What a client sends: frames of docs/protocol.md and docs/protocol-2.md. Headers are big-endian, the payloads of
version 2 little-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from .vocabulary import PRIORITIES

HEADER = struct.Struct(">IQI")
MAGIC = b"TXLX"
HEAD_BYTES = 64  # of every response of version 2

COLUMN_BITS = {
    "kinds": 1,
    "starts": 2,
    "ends": 4,
    "codes": 8,
    "lines": 16,
    "columns": 32,
    "names": 64,
    "issues": 128,
}
ALL_COLUMNS = 255

NUMBER_MAX = 0xFFFFFFFF
PAYLOAD_BYTES_MAX = 256 << 20  # no server takes a larger one
BATCH_HEAD_BYTES_MAX = 2048  # its table of lengths among them
BATCH_DOCUMENTS_MAX = 256
REGIME_BYTES_MAX = 64

_TOKENIZE_HEAD = struct.Struct("<IIIBBHIIQ")
_OPTION = struct.Struct("<HH")
_OPTION_REGIME, _OPTION_DOCUMENT_PASSED, _OPTION_COLUMNS_PASSED, _OPTION_TRACE, _OPTION_PRIORITY = range(1, 6)


class FrameType(IntEnum):
    REQUEST = 1
    RESPONSE = 2
    CANCEL = 3
    HELLO = 6
    HELLO_RESPONSE = 7
    TOKENIZE = 8
    TOKENIZE_RESPONSE = 9
    BATCH = 10
    BATCH_RESPONSE = 11
    GOING_AWAY = 12
    RELEASE = 13


class Feature(IntFlag):
    """What a hello may ask for."""

    NONE = 0
    GOING_AWAY = 1
    DESCRIPTORS = 2


@dataclass(frozen=True)
class RequestOptions:
    """What is asked of a document. `regime` None: the server's own. `trace`: as `parse_traceparent` gives it."""

    columns: int
    view: int
    column_unit: int
    regime: str | None
    issues_max: int
    priority: int = PRIORITIES["normal"]
    trace: bytes | None = None

    @property
    def regime_bytes(self) -> bytes:
        return b"" if self.regime is None else self.regime.encode()

    @property
    def is_of_version_1(self) -> bool:
        """Whether a request of version 1 asks for the same."""
        asks_nothing_else = self.regime is None and self.priority == PRIORITIES["normal"] and self.trace is None
        return not self.columns and asks_nothing_else


def column_bits(names: Iterable[str]) -> int:
    bits = 0
    for name in names:
        bit = COLUMN_BITS.get(name)
        if bit is None:
            raise ValueError(f"{name!r} is no column; there are {', '.join(map(repr, COLUMN_BITS))}")
        bits |= bit
    return bits


def hello(request_id: int, features: Feature) -> bytes:
    """Versions 1 to 2."""
    return HEADER.pack(FrameType.HELLO, request_id, 16) + MAGIC + struct.pack("<HHII", 1, 2, features, 0)


def cancel(request_id: int) -> bytes:
    return HEADER.pack(FrameType.CANCEL, request_id, 0)


def release(response_id: int) -> bytes:
    """Gives the memory back that came with a response."""
    return HEADER.pack(FrameType.RELEASE, response_id, 0)


def request_head(request_id: int, document_bytes: int) -> bytes:
    """Of version 1: all before the document."""
    return HEADER.pack(FrameType.REQUEST, request_id, document_bytes + 4) + struct.pack(">I", document_bytes)


def tokenize_head(
    request_id: int,
    options: RequestOptions,
    deadline_ms: int,
    document_bytes: int,
    *,
    document_passed: bool = False,
    columns_passed: bool = False,
) -> bytes:
    """All before the document; the whole frame if that is passed. `columns_passed`: a wish that the columns are too."""
    passed = _option(_OPTION_DOCUMENT_PASSED) if document_passed else b""
    passed += _option(_OPTION_COLUMNS_PASSED) if columns_passed else b""
    head = _head(options, deadline_ms, document_bytes, passed=passed)
    in_frame = 0 if document_passed else document_bytes
    return HEADER.pack(FrameType.TOKENIZE, request_id, len(head) + in_frame) + head


def batch_head(request_id: int, options: RequestOptions, deadline_ms: int, lengths: Sequence[int]) -> bytes:
    """All before the first document."""
    table = struct.pack(f"<{len(lengths)}I", *lengths)
    head = _head(options, deadline_ms, sum(lengths), documents=len(lengths), table_bytes=len(table)) + table
    return HEADER.pack(FrameType.BATCH, request_id, len(head) + sum(lengths)) + head


def _head(
    options: RequestOptions,
    deadline_ms: int,
    document_bytes: int,
    *,
    documents: int = 0,
    table_bytes: int = 0,
    passed: bytes = b"",
) -> bytes:
    regime = options.regime_bytes
    option = (_option(_OPTION_REGIME, regime) if regime else b"") + passed
    if options.trace is not None:
        option += _option(_OPTION_TRACE, options.trace)
    if options.priority != PRIORITIES["normal"]:
        option += _option(_OPTION_PRIORITY, bytes([options.priority]))
    fixed = _TOKENIZE_HEAD.pack(
        _TOKENIZE_HEAD.size + len(option) + table_bytes,
        document_bytes,
        options.columns,
        options.view,
        options.column_unit,
        documents,
        min(deadline_ms, NUMBER_MAX),
        min(options.issues_max, NUMBER_MAX) if options.columns & COLUMN_BITS["issues"] else 0,
        0,
    )
    return fixed + option


def _option(id_: int, value: bytes = b"") -> bytes:
    return _OPTION.pack(id_, len(value)) + value + bytes(-len(value) % 4)
