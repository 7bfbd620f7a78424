"""Tokens that a server sent: views of the response as it was received."""

from __future__ import annotations

from typing import Any

from .document import Document
from .errors import ColumnNotAskedError
from .responses import Received
from .tokens import Issues, Names, Tokens, UInt8Column, UInt32Column
from .vocabulary import COLUMN_UNITS

_UTF16 = COLUMN_UNITS["utf16"]
_BYTES = COLUMN_UNITS["bytes"]


class ReceivedTokens(Tokens):
    def __init__(self, document: Document, received: Received, eight_bit: bool, column_unit: int) -> None:
        super().__init__(document, received.token_count)
        self._columns = received.columns
        self._issue_count = received.issue_count
        self._eight_bit = eight_bit
        self._column_unit = column_unit

    @property
    def kinds(self) -> UInt8Column:
        return self._column("kinds")

    @property
    def starts(self) -> UInt32Column:
        return self._column("starts")

    @property
    def ends(self) -> UInt32Column:
        return self._column("ends")

    @property
    def codes(self) -> UInt32Column:
        return self._column("codes")

    @property
    def lines(self) -> UInt32Column:
        return self._column("lines")

    @property
    def columns(self) -> UInt32Column:
        return self._column("columns")

    @property
    def names(self) -> Names:
        return Names(*self._column("names"))

    @property
    def issues(self) -> Issues:
        kinds, starts = self._column("issues")
        return Issues(kinds, starts, self._issue_count)

    def _column(self, name: str) -> Any:
        column = self._columns.get(name)
        if column is None:
            asked = ", ".join(map(repr, self._columns)) or "none"
            raise ColumnNotAskedError(f"the column {name!r} was not asked for; columns= has {asked}")
        return column

    # As the library counts: LF, CR and CRLF end a line, and a malformed part of UTF-8 is one character.
    def place(self, start: int) -> tuple[int, int]:
        document = self._document
        if not 0 <= start <= len(document):
            raise IndexError(f"{start} is no offset in a document of {len(document)} bytes")
        before = document.part(0, start)
        line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
        line_start = 1 + max(before.rfind(b"\n"), before.rfind(b"\r"))
        text = before[line_start:]
        if self._column_unit == _BYTES or self._eight_bit:
            return line, 1 + len(text)
        decoded = text.decode("utf-8", "replace")
        if self._column_unit == _UTF16:
            return line, 1 + len(decoded.encode("utf-16-le")) // 2
        return line, 1 + len(decoded)
