"""Requests by a time at which something is due."""

from __future__ import annotations

import heapq
import itertools

from .request import Request

_SWEPT_FROM = 64  # entries; fewer are not worth it


class Timers:
    """Requests that are done meanwhile are passed over, and swept out before they are the most."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Request]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, at: float, request: Request, live: int) -> None:
        """`live`: how many requests there are."""
        heapq.heappush(self._heap, (at, next(self._numbers), request))
        if len(self._heap) > _SWEPT_FROM + 2 * live:
            self._heap = [entry for entry in self._heap if not entry[2].done]
            heapq.heapify(self._heap)

    def next(self) -> float:
        while self._heap and self._heap[0][2].done:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else float("inf")

    def take_due(self, now: float) -> list[Request]:
        due = []
        while self.next() <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due
