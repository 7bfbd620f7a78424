"""Columns of a response in memory that the server lends with it, and that is given back once nobody sees it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from . import responses, sealed_memory
from .errors import DescriptorLostError, broken
from .frame_receiver import ReceivedFrame
from .request import Request


class LentColumns:
    """Of one connection. `wake`, which any thread may call, has the dispatcher look whether there is something to give
    back."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._releases: deque[int] = deque()

    @property
    def has_releases(self) -> bool:
        return bool(self._releases)

    def take_release(self) -> int:
        """The id of a response whose memory is to be given back."""
        return self._releases.popleft()

    def read(self, frame: ReceivedFrame, request: Request, may_lend: bool) -> responses.Received:
        """A tokenize response. `may_lend`: whether its columns may lie in memory that came with it."""
        options, length = request.options, len(request.document)
        mapped_bytes = responses.read_mapped_bytes(frame.payload, options, length)
        if mapped_bytes is None:
            if frame.descriptor is not None or frame.lost_descriptor:
                broken("a descriptor came that its frame does not tell")
            return responses.read_tokenized(frame.payload, options, length)
        if not options.columns or not may_lend:
            broken("it lends memory that was not asked for")
        releases, wake, frame_id = self._releases, self._wake, frame.id

        def release() -> None:
            releases.append(frame_id)
            wake()

        if frame.descriptor is None:
            if not frame.lost_descriptor:
                broken("the descriptor it tells of did not come")
            release()
            raise DescriptorLostError(
                "the memory with the columns did not arrive, as this process may open no more files; raise its limit, "
                "or make the client with descriptors=False"
            )
        memory = sealed_memory.map_lent(frame.descriptor, mapped_bytes, release)
        return responses.read_tokenized(frame.payload, options, length, memory)
