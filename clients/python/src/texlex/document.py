"""A document's bytes: where they lie, and held there as long as something refers to them."""

from __future__ import annotations

from typing import Any

import numpy

DOCUMENT_BYTES_MAX = 0xFFFFFFFF


class Document:
    """The bytes of what a caller handed over: bytes, bytearray, memoryview, mmap, a numpy array, or anything else that
    has one contiguous buffer.

    `copy`: whether they are copied; by default only where they can be written to, as tokens are of a document that
    does not change. While it is referred to, a bytearray cannot be resized and an mmap cannot be closed.
    """

    __slots__ = ("array", "_bytes", "_view")

    array: numpy.ndarray[Any, numpy.dtype[numpy.uint8]]

    def __init__(self, data: Any, copy: bool | None = None) -> None:
        if isinstance(data, str):
            raise TypeError(
                "a document is bytes, and a str has none until it is encoded; "
                "pass text.encode('utf-8'), or what the file holds, read in binary mode"
            )
        try:
            view = memoryview(data)
        except TypeError:
            raise TypeError(
                f"a document is bytes, bytearray, memoryview, mmap or a numpy array, not {type(data).__name__}"
            ) from None
        if "O" in view.format:
            raise TypeError("a document is bytes, and an array of Python objects has none")
        if not view.c_contiguous:
            raise ValueError("a document lies in one piece of memory; pass numpy.ascontiguousarray(data)")
        if copy or (copy is None and not view.readonly):
            data = view.tobytes()
            view = memoryview(data)
        self._bytes: bytes | None = data if isinstance(data, bytes) else None
        self.array = numpy.frombuffer(view, numpy.uint8) if view.nbytes else numpy.empty(0, numpy.uint8)
        self._view = self.array.data

    def __len__(self) -> int:
        return len(self.array)

    @property
    def view(self) -> memoryview:
        return self._view

    @property
    def address(self) -> int:
        address: int = self.array.__array_interface__["data"][0]
        return address

    def part(self, start: int, end: int) -> bytes:
        """A copy of the bytes [start, end)."""
        return self._bytes[start:end] if self._bytes is not None else self._view[start:end].tobytes()
