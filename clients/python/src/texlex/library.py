"""The shared library: found, loaded, checked, and its functions declared as texlex.h has them."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import threading
from ctypes import POINTER, c_char_p, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any

from .errors import LibraryError

ABI_VERSION = 1
SONAME = f"libtexlex.so.{ABI_VERSION}"
ENVIRONMENT_VARIABLE = "TEXLEX_LIBRARY"


class Options(ctypes.Structure):
    """texlex_options."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("regime", c_char_p),
        ("kernel", c_char_p),
        ("view", c_uint32),
        ("column_unit", c_uint32),
        ("issues_max", c_uint64),
        ("flags", c_uint64),
    ]


_status = c_uint32  # a texlex_status
_handle = c_void_p  # texlex_tokens or texlex_columns

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "texlex_abi_version": (c_uint32, []),
    "texlex_version": (c_char_p, []),
    "texlex_status_text": (c_char_p, [_status]),
    "texlex_regime_count": (c_size_t, []),
    "texlex_regime_name": (c_char_p, [c_size_t]),
    "texlex_kernel_count": (c_size_t, []),
    "texlex_kernel_name": (c_char_p, [c_size_t]),
    "texlex_tokenize": (_status, [c_void_p, c_size_t, POINTER(Options), POINTER(_handle)]),
    "texlex_tokens_free": (None, [_handle]),
    "texlex_tokens_count": (c_uint64, [_handle]),
    "texlex_tokens_kinds": (c_void_p, [_handle]),
    "texlex_tokens_starts": (_status, [_handle, POINTER(c_void_p)]),
    "texlex_tokens_issue_count": (c_uint64, [_handle]),
    "texlex_tokens_issues_kept": (c_uint64, [_handle]),
    "texlex_tokens_issues": (c_void_p, [_handle]),
    "texlex_tokens_place": (_status, [_handle, c_uint64, POINTER(c_uint64), POINTER(c_uint64)]),
    "texlex_tokens_columns": (_status, [_handle, c_uint32, POINTER(_handle)]),
    "texlex_columns_free": (None, [_handle]),
    "texlex_columns_ends": (c_void_p, [_handle]),
    "texlex_columns_codes": (c_void_p, [_handle]),
    "texlex_columns_lines": (c_void_p, [_handle]),
    "texlex_columns_columns": (c_void_p, [_handle]),
    "texlex_columns_name_offsets": (c_void_p, [_handle]),
    "texlex_columns_name_bytes": (c_void_p, [_handle]),
}

_loading = threading.Lock()
_loaded: ctypes.CDLL | None = None


def library() -> ctypes.CDLL:
    """The library, loaded at the first call. Its functions are called without the interpreter's lock."""
    global _loaded
    if _loaded is None:
        with _loading:
            if _loaded is None:
                _loaded = load_library()
    return _loaded


def load_library() -> ctypes.CDLL:
    """What the environment names, and nothing else then; or what lies beside this package; or the system's."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        try:
            return checked(ctypes.CDLL(named), named)
        except OSError as error:
            raise LibraryError(f"{ENVIRONMENT_VARIABLE} is {named!r}, which cannot be loaded: {error}") from error
    tried = []
    for place in places():
        try:
            return checked(ctypes.CDLL(place), place)
        except OSError as error:
            tried.append(f"  {place}: {error}")
    raise LibraryError(
        f"the library libtexlex is not to be found. Install it (make install), or set {ENVIRONMENT_VARIABLE} to "
        f"the path of {SONAME}. Tried:\n" + "\n".join(tried)
    )


def places() -> list[str]:
    beside = Path(__file__).resolve().parent / SONAME
    found = ctypes.util.find_library("texlex")
    return [*([str(beside)] if beside.exists() else []), SONAME, *([found] if found and found != SONAME else [])]


def checked(loaded: ctypes.CDLL, path: str) -> ctypes.CDLL:
    """Declares the functions; LibraryError if this is no libtexlex, or one of another interface."""
    for name, (result, arguments) in _FUNCTIONS.items():
        try:
            function = getattr(loaded, name)
        except AttributeError:
            raise LibraryError(f"{path} is no libtexlex that this package can use: it has no {name}") from None
        function.restype = result
        function.argtypes = arguments
        if name == "texlex_abi_version" and function() != ABI_VERSION:
            raise LibraryError(
                f"{path} has interface {function()}, and this package needs {ABI_VERSION}; "
                "install the libtexlex and the package of one release"
            )
    return loaded
