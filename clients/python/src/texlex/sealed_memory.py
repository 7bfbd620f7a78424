"""Memory whose descriptor is passed to a server or comes from one: documents and columns that need not go through the
socket. See Descriptors in docs/protocol-2.md."""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import weakref
from collections.abc import Callable

import numpy

from .errors import DescriptorLostError, broken
from .tokens import UInt8Column

DOCUMENT_BYTES_MIN = 256 << 10
"""Documents from this size on are passed: smaller ones are as fast in the frame."""


def is_available() -> bool:
    """Whether this system has memory that can be sealed, and sockets that pass descriptors."""
    needed = ((os, "memfd_create"), (fcntl, "F_ADD_SEALS"), (socket, "recv_fds"), (socket, "MSG_CMSG_CLOEXEC"))
    return all(hasattr(module, name) for module, name in needed)


def seal(document: memoryview) -> int | None:
    """The descriptor of a copy that nobody can change any more. None if there is no room for it."""
    try:
        descriptor = os.memfd_create("texlex document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError:
        return None
    try:
        while len(document):
            document = document[os.write(descriptor, document) :]
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            return None
        raise
    return descriptor


def map_lent(descriptor: int, length: int, release: Callable[[], None]) -> UInt8Column:
    """Bytes of memory that a server lends, read-only. `release` is called, in any thread, once nothing refers to them
    and they are unmapped; it must not wait. The descriptor stays the caller's.

    ProtocolError: it is not what a server may lend. DescriptorLostError: this process has no room for it; then
    `release` has been called."""
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
    except OSError:
        seals = 0  # no memory that can be sealed at all
    if seals & (fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW) != fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW:
        broken("what it lends is no sealed memory")
    if length == 0 or os.fstat(descriptor).st_size < length:
        broken(f"what it lends has fewer than the {length} bytes it says")
    try:
        lent_memory = mmap.mmap(descriptor, length, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    except (OSError, MemoryError) as error:
        release()
        raise DescriptorLostError(f"the server's memory of {length} bytes cannot be mapped: {error}") from error
    lent: UInt8Column = numpy.frombuffer(lent_memory, numpy.uint8)
    # Every view refers to an array on this memory, and so to it. It ends when the last of them has ended, by counting
    # alone: arrays are not collected, so that no finalizer can bring a view back to life behind this.
    weakref.finalize(lent_memory, release).atexit = False
    return lent
