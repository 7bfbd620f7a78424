"""What callers of a client give, checked before anything is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from .document import DOCUMENT_BYTES_MAX, Document
from .errors import DocumentTooLargeError
from .frames import ALL_COLUMNS, NUMBER_MAX, RequestOptions, column_bits
from .trace_context import parse_traceparent
from .vocabulary import COLUMN_UNITS, PRIORITIES, VIEWS, number_of


def options_of(
    regime: str,
    view: str,
    column_unit: str,
    issues_max: int,
    columns: Iterable[str] | None,
    priority: str,
    traceparent: str | None,
) -> RequestOptions:
    if not isinstance(regime, str):
        raise TypeError(f"a regime is the name of one, not {regime!r}")
    if not 0 <= issues_max <= NUMBER_MAX:
        raise ValueError(f"issues_max is {issues_max}, and must be from 0 to {NUMBER_MAX}")
    if isinstance(columns, str):
        raise TypeError("columns are several names, as in columns=['kinds', 'starts']")
    return RequestOptions(
        ALL_COLUMNS if columns is None else column_bits(columns),
        number_of("view", view, VIEWS),
        number_of("column unit", column_unit, COLUMN_UNITS),
        regime,
        issues_max,
        _priority(priority),
        _trace(traceparent),
    )


def count_options(regime: str | None, priority: str, traceparent: str | None) -> RequestOptions:
    return RequestOptions(0, VIEWS["tex"], COLUMN_UNITS["bytes"], regime, 0, _priority(priority), _trace(traceparent))


def _priority(name: str) -> int:
    return number_of("priority", name, PRIORITIES)


def _trace(traceparent: str | None) -> bytes | None:
    return None if traceparent is None else parse_traceparent(traceparent)


def document_of(data: Any) -> Document:
    document = Document(data)
    if len(document) > DOCUMENT_BYTES_MAX:
        raise DocumentTooLargeError(f"the document has {len(document)} bytes, and {DOCUMENT_BYTES_MAX} are the most")
    return document


def seconds(what: str, value: float) -> float:
    if not 0 < value <= threading.TIMEOUT_MAX:
        raise ValueError(f"{what} is {value}, and must be a number of seconds above 0")
    return float(value)
