"""When a request is tried again, and when a server that failed: later each time, by chance so that clients which failed
together do not come back together, and never without end."""

from __future__ import annotations

import random

DELAY_FIRST = 0.05  # seconds
DELAY_MAX = 5.0


class Backoff:
    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()

    def delay(self, failures: int, at_least: float = 0.0) -> float:
        """Seconds to wait after so many failures in a row; what a server asked for counts up to DELAY_MAX."""
        ceiling: float = min(DELAY_MAX, DELAY_FIRST * 2.0 ** min(failures - 1, 16))
        return max(min(at_least, DELAY_MAX), ceiling * self._chance.uniform(0.5, 1.0))
