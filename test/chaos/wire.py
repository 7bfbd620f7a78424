"""Frames of both protocol versions, as docs/protocol.md and docs/protocol-2.md have them: made and taken apart by code
that is not the clients', so that a bug there does not hide one here. bench/hostile_clients.py makes its frames by it.
"""

import struct

HEADER = struct.Struct(">IQI")
REQUEST, RESPONSE, CANCEL, STATS, STATS_RESPONSE, HELLO, HELLO_RESPONSE, TOKENIZE, TOKENIZE_RESPONSE, BATCH, \
    BATCH_RESPONSE, GOING_AWAY, RELEASE = range(1, 14)

STATUSES = ("ok", "malformed-frame", "unknown-type", "document-too-large", "frame-too-large", "duplicate-id",
            "overload", "cancelled", "worker-lost", "shutting-down", "frame-timeout", "frame-cut-short",
            "too-many-connections", "no-worker", "internal-error", "condemned-document", "deadline-exceeded",
            "unknown-regime", "unsupported-option", "bad-descriptor", "descriptor-lost")
STATUS = {name: number for number, name in enumerate(STATUSES)}
OK = STATUS["ok"]

FEATURE_GOING_AWAY, FEATURE_DESCRIPTORS = 1, 2
KIND_AND_START = 3
COLUMN_KIND, COLUMN_START = 1, 2
VIEWS = ("tex", "source")
PAYLOAD_BYTES_MAX = 64 << 20


class Malformed(Exception):
    """What was read is none of the protocol's."""


def status_name(number):
    return STATUSES[number] if number < len(STATUSES) else f"status {number}"


def frame(kind, number, payload=b""):
    return HEADER.pack(kind, number, len(payload)) + payload


def request(number, document):
    return frame(REQUEST, number, struct.pack(">I", len(document)) + document)


def hello(number, features):
    return frame(HELLO, number, b"TXLX" + struct.pack("<HHII", 1, 2, features, 0))


def option(kind, value):
    return struct.pack("<HH", kind, len(value)) + value + bytes(-len(value) % 4)


def head(options, documents_bytes, columns, view, count, table_bytes=0):
    return struct.pack("<IIIBBHII8x", 32 + len(options) + table_bytes, documents_bytes, columns, VIEWS.index(view), 0,
                       count, 0, 0) + options


def tokenize(number, document, regime, view, columns=KIND_AND_START):
    options = option(1, regime.encode())
    return frame(TOKENIZE, number, head(options, len(document), columns, view, 0) + document)


def tokenize_passed(number, document_bytes, regime, view, columns=KIND_AND_START):
    """The document comes by a descriptor, and so may the columns."""
    options = option(1, regime.encode()) + option(2, b"") + option(3, b"")
    return frame(TOKENIZE, number, head(options, document_bytes, columns, view, 0))


def batch(number, documents, regime, view, columns=KIND_AND_START):
    options = option(1, regime.encode())
    table = struct.pack(f"<{len(documents)}I", *map(len, documents))
    whole = sum(map(len, documents))
    return frame(BATCH, number, head(options, whole, columns, view, len(documents), len(table)) + table
                 + b"".join(documents))


def counts(payload):
    """Of a response of version 1: status, tokens, issues."""
    if len(payload) != 13:
        raise Malformed(f"a response of {len(payload)} bytes")
    return struct.unpack(">III", payload[:12])


def features(payload):
    """Of a hello response."""
    return struct.unpack_from("<I", payload, 8)[0]


def mapped_bytes(payload):
    """Of a tokenize response whose columns lie in memory."""
    return struct.unpack_from("<Q", payload, 40)[0]


def tokenized(payload, memory=None):
    """Of a tokenize response: status, tokens, issues, and its columns by id. `memory`: where they lie, if not in it."""
    if len(payload) < 64 or payload[:4] != b"TXLX":
        raise Malformed("a tokenize response without its head")
    _, version, columns, status, _, size, tokens, issues = struct.unpack_from("<4sHHIIQII", payload)
    if version != 2 or size != len(payload):
        raise Malformed(f"a tokenize response of version {version} that says {size} of {len(payload)} bytes")
    found, there = {}, payload if memory is None else memory
    for i in range(columns):
        column, _, begin, length = struct.unpack_from("<HHIQ", payload, 64 + 16 * i)
        if begin * 64 + length > len(there):
            raise Malformed(f"column {column} is not inside its response")
        found[column] = bytes(there[begin * 64:begin * 64 + length])
    return status, tokens, issues, found


def batched(payload):
    """Of a batch response: status, and the payloads of its responses."""
    if len(payload) < 64 or payload[:4] != b"TXLX":
        raise Malformed("a batch response without its head")
    _, _, count, status, _, size = struct.unpack_from("<4sHHIIQ", payload)
    if size != len(payload):
        raise Malformed(f"a batch response that says {size} of {len(payload)} bytes")
    found = []
    for i in range(count):
        begin, _, length = struct.unpack_from("<IIQ", payload, 64 + 16 * i)
        found.append(payload[begin * 64:begin * 64 + length])
    return status, found


def going_away(payload):
    """How many requests were taken from this connection."""
    if len(payload) < 24 or payload[:4] != b"TXLX":
        raise Malformed("going away without its head")
    return struct.unpack_from("<Q", payload, 8)[0]


class Incoming:
    """Frames out of a stream of bytes."""

    def __init__(self):
        self.bytes = bytearray()

    def frames(self, more):
        self.bytes += more
        while len(self.bytes) >= HEADER.size:
            kind, number, length = HEADER.unpack_from(self.bytes)
            if not RESPONSE <= kind <= GOING_AWAY or length > PAYLOAD_BYTES_MAX:
                raise Malformed(f"a frame of type {kind} and {length} bytes")
            if len(self.bytes) < HEADER.size + length:
                return
            payload = bytes(self.bytes[HEADER.size:HEADER.size + length])
            del self.bytes[:HEADER.size + length]
            yield kind, number, payload
