"""A document's tokens, wherever they were made: numpy columns, and one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy

from .document import Document
from .vocabulary import IssueKind, Kind

UInt8Column = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]
UInt32Column = numpy.ndarray[Any, numpy.dtype[numpy.uint32]]

_KINDS = tuple(Kind(number) for number in range(256))
_AT_ONCE = 4096  # tokens that are taken out of the columns at one time while iterating


class Token(NamedTuple):
    kind: Kind
    text: bytes
    """Its bytes in the document."""
    start: int
    """Byte offset of its first byte."""
    end: int
    """Byte offset behind its last byte."""
    line: int
    """From 1."""
    column: int
    """From 1, in the unit that was asked for."""
    code: int
    """The code point of a character or active character; 32 of every space; else 0."""
    name: str
    """Of a control sequence, without the escape character; else empty."""


class Issue(NamedTuple):
    kind: IssueKind
    start: int
    """The byte offset it begins at."""


class Issues(Sequence[Issue]):
    """The issues that were kept, in order; `found` tells how many there are in all."""

    def __init__(self, kinds: UInt8Column, starts: UInt32Column, found: int) -> None:
        self.kinds = kinds
        self.starts = starts
        self.found = found

    def __len__(self) -> int:
        return len(self.kinds)

    @overload
    def __getitem__(self, index: int) -> Issue: ...
    @overload
    def __getitem__(self, index: slice) -> list[Issue]: ...
    def __getitem__(self, index: int | slice) -> Issue | list[Issue]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return Issue(IssueKind(int(self.kinds[index])), int(self.starts[index]))

    def __iter__(self) -> Iterator[Issue]:
        for kind, start in zip(self.kinds.tolist(), self.starts.tolist()):
            yield Issue(IssueKind(kind), start)

    def __repr__(self) -> str:
        return f"<texlex.Issues: {len(self)} of {self.found}>"


class Names(Sequence[str]):
    """The name of each token, empty unless it is a control sequence. That of token i is the bytes
    [offsets[i], offsets[i + 1]) of `bytes`, in UTF-8."""

    def __init__(self, offsets: UInt32Column, name_bytes: UInt8Column) -> None:
        self.offsets = offsets
        self.bytes = name_bytes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        return self.bytes[self.offsets[position] : self.offsets[position + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        names = self.bytes.tobytes()
        for first in range(0, len(self), _AT_ONCE):
            offsets = self.offsets[first : first + _AT_ONCE + 1].tolist()
            for begin, end in zip(offsets, offsets[1:]):
                yield names[begin:end].decode() if begin < end else ""

    def __repr__(self) -> str:
        return f"<texlex.Names: {len(self)} names>"


class Tokens(Sequence[Token], ABC):
    """The tokens of one document. They do not change, and many threads may read them. Columns are read-only numpy
    arrays over the memory that the tokens were made or received in, and keep that memory as long as they are used."""

    def __init__(self, document: Document, count: int) -> None:
        self._document = document
        self._count = count

    @property
    def document(self) -> memoryview:
        """The bytes that were tokenized."""
        return self._document.view

    @property
    @abstractmethod
    def kinds(self) -> UInt8Column:
        """The kind of each token, as a number of `Kind`."""

    @property
    @abstractmethod
    def starts(self) -> UInt32Column:
        """The byte offset of each token's first byte, ascending."""

    @property
    @abstractmethod
    def ends(self) -> UInt32Column:
        """The byte offset behind each token's last byte."""

    @property
    @abstractmethod
    def codes(self) -> UInt32Column:
        """The code point of each character and active character, 32 of every space, else 0."""

    @property
    @abstractmethod
    def lines(self) -> UInt32Column:
        """The line each token starts in, from 1."""

    @property
    @abstractmethod
    def columns(self) -> UInt32Column:
        """The column each token starts at, from 1, in the unit that was asked for."""

    @property
    @abstractmethod
    def names(self) -> Names:
        """The name of each control sequence, without the escape character."""

    @property
    @abstractmethod
    def issues(self) -> Issues:
        """What is worth telling about the document."""

    @abstractmethod
    def place(self, start: int) -> tuple[int, int]:
        """The line and column, from 1, of the character that begins at a byte offset: that of an issue, say. Reads the
        document from its first byte on; tokens know theirs."""

    def _derive_all(self) -> None:
        """Called before all columns are read."""

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Token: ...
    @overload
    def __getitem__(self, index: slice) -> list[Token]: ...
    def __getitem__(self, index: int | slice) -> Token | list[Token]:
        positions = range(self._count)[index]
        if isinstance(positions, int):
            return next(self._tokens(positions, positions + 1))
        if positions.step == 1:
            return list(self._tokens(positions.start, positions.stop))
        return [next(self._tokens(position, position + 1)) for position in positions]

    def __iter__(self) -> Iterator[Token]:
        return self._tokens(0, self._count)

    def _tokens(self, first: int, last: int) -> Iterator[Token]:
        self._derive_all()
        part = self._document.part
        names = self.names
        for begin in range(first, last, _AT_ONCE):
            end = min(begin + _AT_ONCE, last)
            offsets = names.offsets[begin : end + 1].tolist()
            named = names.bytes[offsets[0] : offsets[-1]].tobytes()
            for kind, start, stop, line, column, code, name, next_name in zip(
                self.kinds[begin:end].tolist(),
                self.starts[begin:end].tolist(),
                self.ends[begin:end].tolist(),
                self.lines[begin:end].tolist(),
                self.columns[begin:end].tolist(),
                self.codes[begin:end].tolist(),
                offsets,
                offsets[1:],
            ):
                yield Token(
                    _KINDS[kind],
                    part(start, stop),
                    start,
                    stop,
                    line,
                    column,
                    code,
                    named[name - offsets[0] : next_name - offsets[0]].decode() if name < next_name else "",
                )

    def __repr__(self) -> str:
        return f"<texlex.Tokens: {self._count} tokens of {len(self._document)} bytes>"
