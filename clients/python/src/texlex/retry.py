"""When a request is tried again, and when a server that failed: later each time, by chance so that clients which failed
together do not come back together, and never without end."""

from __future__ import annotations

import random

from .errors import ConnectionFailedError, DeadlineError, RefusedError
from .request import Request
from .vocabulary import Status

DELAY_FIRST = 0.05  # seconds
DELAY_MAX = 5.0


class Backoff:
    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()

    def delay(self, failures: int, at_least: float = 0.0) -> float:
        """Seconds to wait after so many failures in a row; what a server asked for counts up to DELAY_MAX."""
        ceiling: float = min(DELAY_MAX, DELAY_FIRST * 2.0 ** min(failures - 1, 16))
        return max(min(at_least, DELAY_MAX), ceiling * self._chance.uniform(0.5, 1.0))


class RetryPolicy:
    """What becomes of a request that failed at one of several servers. No clock and no thread: time is told."""

    def __init__(self, attempts_max: int, servers: int, backoff: Backoff) -> None:
        self._failures_max = attempts_max * servers
        self._servers = servers
        self._backoff = backoff
        self._tried_together: dict[tuple[object, int, float], float] = {}

    def begin_turn(self) -> None:
        """What fails from now on did not fail together with what failed before."""
        self._tried_together.clear()

    def again_at(self, request: Request, server: int, error: Exception, now: float) -> float:
        """When it is to be tried again, by another server than those in its `refused_by`. Raises what the request
        ends with if that is of no use."""
        request.failures += 1
        request.last_error = error
        if not is_worth_another_try(error) or request.failures >= self._failures_max:
            raise error
        request.refused_by.add(server)
        if len(request.refused_by) < self._servers:
            return now
        request.refused_by.clear()
        retry_after = error.retry_after if isinstance(error, RefusedError) else 0.0
        again_at = self._pause_over(request, retry_after, now)
        if max(again_at, now + retry_after) < request.deadline:
            return again_at
        if isinstance(error, RefusedError) and error.status is Status.DEADLINE_EXCEEDED:
            raise deadline_error(request)
        raise error

    def _pause_over(self, request: Request, retry_after: float, now: float) -> float:
        """The same for those of a batch that failed together, so that they go in one frame again."""
        together = (request.batch, request.failures, retry_after)
        over = self._tried_together.get(together)
        if over is None:
            over = now + self._backoff.delay(-(-request.failures // self._servers), retry_after)
            if request.batch is not None:
                self._tried_together[together] = over
        return over


def is_worth_another_try(error: Exception) -> bool:
    if isinstance(error, RefusedError):
        return error.status.may_be_tried_again
    return isinstance(error, ConnectionFailedError)


def deadline_error(request: Request) -> DeadlineError:
    error = DeadlineError("the time for the request is over, and no answer has come")
    error.__cause__ = request.last_error
    return error
