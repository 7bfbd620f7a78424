"""Which trace a request is part of, as W3C's Trace Context tells it: https://www.w3.org/TR/trace-context/."""

from __future__ import annotations

import re

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)


def parse_traceparent(text: str) -> bytes:
    """What stands in a request: trace id (16 bytes), parent id (8 bytes), flags (1 byte). Of a later version than 00
    what this one has is read. ValueError if it is none."""
    if not isinstance(text, str):
        raise TypeError(f"a traceparent is the text of one, not {text!r}")
    parts = _TRACEPARENT.fullmatch(text)
    if parts is None:
        raise ValueError(
            f"{_shown(text)} is no traceparent; there has to be '00-', 32 digits of the trace's id, '-', 16 digits of "
            "the caller's span, '-', 2 digits of flags, all of them lower-case hexadecimal"
        )
    version, trace_id, parent_id, flags, more = parts.groups()
    if version == "ff":
        raise ValueError(f"{_shown(text)} is no traceparent: a version is from '00' to 'fe'")
    if version == "00" and more is not None:
        raise ValueError(f"{_shown(text)} is no traceparent: one of version 00 has 55 characters, and this {len(text)}")
    if not trace_id.strip("0") or not parent_id.strip("0"):
        raise ValueError(f"{_shown(text)} is no traceparent: its two ids must not be all zeros")
    return bytes.fromhex(trace_id + parent_id + flags)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")
