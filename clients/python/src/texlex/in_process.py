"""Tokens made in this process, by the shared library."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from ctypes import byref, c_uint64, c_void_p
from functools import lru_cache
from typing import Any

import numpy

from .document import DOCUMENT_BYTES_MAX, Document
from .errors import DocumentTooLargeError, Error, UnknownRegimeError
from .library import Options, library
from .tokens import Issues, Names, Tokens, UInt8Column, UInt32Column
from .vocabulary import COLUMN_UNITS, ISSUES_MAX, VIEWS, ColumnUnit, View, number_of

_OK = 0
_NO_MEMORY = 3
_DOCUMENT_TOO_LARGE = 4
_UNKNOWN_REGIME = 6
_UNKNOWN_KERNEL = 7

_DERIVED = {"ends": 1, "codes": 2, "lines": 4, "columns": 8, "names": 16}


def tokenize(
    data: Any,
    regime: str = "latex",
    view: View = "tex",
    *,
    column_unit: ColumnUnit = "code_points",
    issues_max: int = ISSUES_MAX,
    kernel: str | None = None,
    copy: bool | None = None,
) -> Tokens:
    """The tokens of a document, made in this process.

    `data`: bytes, bytearray, memoryview, mmap, a numpy array, or anything else with one contiguous buffer.
    `regime`: the category codes it is read under; `regimes()` has their names.
    `view`: "tex", exactly the tokens of TeX's scanner, or "source", the same and trivia in between.
    `column_unit`: what columns count: "code_points", "bytes", or "utf16" as most editors do.
    `issues_max`: how many issues are kept, the first ones; all are counted.
    `kernel`: for measurements; `kernels()` has the names of those there are, and all give the same.
    `copy`: whether the document is copied; by default only where it can be written to. With False it must not
    change as long as the tokens are used.
    """
    if issues_max < 0 or issues_max >= 1 << 64:
        raise ValueError(f"issues_max is {issues_max}, and must be from 0 to {(1 << 64) - 1}")
    functions = library()
    document = Document(data, copy)
    if len(document) > DOCUMENT_BYTES_MAX:
        raise DocumentTooLargeError(f"the document has {len(document)} bytes, and {DOCUMENT_BYTES_MAX} are the most")
    options = _options(regime, view, column_unit, issues_max, kernel)
    handle = c_void_p()
    status = functions.texlex_tokenize(document.address, len(document), byref(options), byref(handle))
    if status != _OK:
        raise _error(functions, status, regime, kernel)
    return LibraryTokens(functions, _Handle(handle.value, functions.texlex_tokens_free), document)


def version() -> str:
    """The version of the library."""
    text: bytes = library().texlex_version()
    return text.decode()


def regimes() -> list[str]:
    """The names of the regimes there are."""
    functions = library()
    return [functions.texlex_regime_name(i).decode() for i in range(functions.texlex_regime_count())]


def kernels() -> list[str]:
    """The names of the kernels this processor can run, the fastest first."""
    functions = library()
    return [functions.texlex_kernel_name(i).decode() for i in range(functions.texlex_kernel_count())]


# The library only reads them, so that calls may share one.
@lru_cache(maxsize=64)
def _options(regime: str, view: str, column_unit: str, issues_max: int, kernel: str | None) -> Options:
    return Options(
        ctypes.sizeof(Options),
        _c_name("regime", regime),
        None if kernel is None else _c_name("kernel", kernel),
        number_of("view", view, VIEWS),
        number_of("column unit", column_unit, COLUMN_UNITS),
        issues_max,
        0,
    )


def _c_name(what: str, name: str) -> bytes:
    if not isinstance(name, str):
        raise TypeError(f"a {what} is the name of one, not {name!r}")
    if "\0" in name:
        raise ValueError(f"{name!r} is no {what}: it holds a NUL")
    return name.encode("utf-8", "replace")


def _error(functions: ctypes.CDLL, status: int, regime: str = "", kernel: str | None = None) -> Exception:
    if status == _NO_MEMORY:
        return MemoryError("texlex has no memory for the tokens of this document")
    if status == _UNKNOWN_REGIME:
        return UnknownRegimeError(f"{regime!r} is no regime; there are {', '.join(map(repr, regimes()))}")
    if status == _UNKNOWN_KERNEL:
        return ValueError(f"{kernel!r} is no kernel of this processor; there are {', '.join(map(repr, kernels()))}")
    text = functions.texlex_status_text(status).decode()
    return DocumentTooLargeError(text) if status == _DOCUMENT_TOO_LARGE else Error(f"libtexlex: {text}")


class _Handle:
    """What the library made, freed when nothing refers to it any more."""

    __slots__ = ("address", "_free")

    def __init__(self, address: int | None, free: Callable[[int | None], None]) -> None:
        self.address = address
        self._free = free

    def __del__(self) -> None:
        self._free(self.address)


class _Memory:
    """Memory of the library as numpy sees it. An array over it refers to this, and so keeps what owns it."""

    __slots__ = ("owner", "__array_interface__")

    def __init__(self, owner: _Handle, address: int, byte_count: int) -> None:
        self.owner = owner
        self.__array_interface__ = {"version": 3, "data": (address, True), "shape": (byte_count,), "typestr": "|u1"}


_BYTE = numpy.dtype(numpy.uint8)
_NUMBER = numpy.dtype(numpy.uint32)
_ISSUE = numpy.dtype({"names": ["kind", "offset"], "formats": ["u1", "u4"], "offsets": [0, 4], "itemsize": 8})


def _column(owner: _Handle, address: int | None, count: int, entry: numpy.dtype[Any]) -> Any:
    if count == 0 or not address:
        return numpy.frombuffer(b"", entry)
    return numpy.asarray(_Memory(owner, address, count * entry.itemsize)).view(entry)


class LibraryTokens(Tokens):
    """Tokens in the library's memory. What is derived is made at its first use, in one pass, and kept."""

    def __init__(self, functions: ctypes.CDLL, handle: _Handle, document: Document) -> None:
        super().__init__(document, functions.texlex_tokens_count(handle.address))
        self._functions = functions
        self._handle = handle
        self._making = threading.Lock()
        self._made: dict[str, Any] = {}

    @property
    def kinds(self) -> UInt8Column:
        return self._once("kinds", self._view_kinds)

    @property
    def starts(self) -> UInt32Column:
        return self._once("starts", self._make_starts)

    @property
    def ends(self) -> UInt32Column:
        return self._derive("ends")

    @property
    def codes(self) -> UInt32Column:
        return self._derive("codes")

    @property
    def lines(self) -> UInt32Column:
        return self._derive("lines")

    @property
    def columns(self) -> UInt32Column:
        return self._derive("columns")

    @property
    def names(self) -> Names:
        return self._derive("names")

    @property
    def issues(self) -> Issues:
        return self._once("issues", self._view_issues)

    def place(self, start: int) -> tuple[int, int]:
        if not 0 <= start <= len(self._document):
            raise IndexError(f"{start} is no offset in a document of {len(self._document)} bytes")
        line, column = c_uint64(), c_uint64()
        self._check(self._functions.texlex_tokens_place(self._handle.address, start, byref(line), byref(column)))
        return line.value, column.value

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        made = self._made.get(name)
        if made is None:
            with self._making:
                made = self._made.get(name)
                if made is None:
                    made = self._made[name] = make()
        return made

    def _view_kinds(self) -> UInt8Column:
        return _column(self._handle, self._functions.texlex_tokens_kinds(self._handle.address), self._count, _BYTE)

    def _make_starts(self) -> UInt32Column:
        starts = c_void_p()
        self._check(self._functions.texlex_tokens_starts(self._handle.address, byref(starts)))
        return _column(self._handle, starts.value, self._count, _NUMBER)

    def _view_issues(self) -> Issues:
        handle = self._handle.address
        kept = self._functions.texlex_tokens_issues_kept(handle)
        issues = _column(self._handle, self._functions.texlex_tokens_issues(handle), kept, _ISSUE)
        return Issues(issues["kind"], issues["offset"], self._functions.texlex_tokens_issue_count(handle))

    def _derive_all(self) -> None:
        self._derive(*_DERIVED)

    def _derive(self, *names: str) -> Any:
        if any(name not in self._made for name in names):
            with self._making:
                self._derive_missing([name for name in names if name not in self._made])
        return self._made[names[0]]

    def _derive_missing(self, names: list[str]) -> None:
        if not names:
            return
        functions = self._functions
        address = c_void_p()
        which = sum(_DERIVED[name] for name in names)
        self._check(functions.texlex_tokens_columns(self._handle.address, which, byref(address)))
        columns = _Handle(address.value, functions.texlex_columns_free)
        for name in names:
            if name == "names":
                offsets = _column(
                    columns, functions.texlex_columns_name_offsets(columns.address), self._count + 1, _NUMBER
                )
                name_bytes = functions.texlex_columns_name_bytes(columns.address)
                self._made[name] = Names(offsets, _column(columns, name_bytes, int(offsets[-1]), _BYTE))
            else:
                entries = getattr(functions, f"texlex_columns_{name}")(columns.address)
                self._made[name] = _column(columns, entries, self._count, _NUMBER)

    def _check(self, status: int) -> None:
        if status != _OK:
            raise _error(self._functions, status)
