"""What other threads have the dispatcher's thread do, and what wakes it for that."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable

from .errors import ClientClosedError, Error


class Inbox:
    """`post`, `submit` and `wake` may be called by any thread; what is left by the thread that works it off."""

    def __init__(self) -> None:
        self._work: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._ended: BaseException | None = None
        self._ending = threading.RLock()  # a finalizer may run while its own thread holds it

    # What other threads call

    def post(self, work: Callable[[], None]) -> None:
        """Has the thread do something. What comes after its end is dropped."""
        with self._ending:
            if self._ended is not None:
                return
            self._work.append(work)
            self._wake()

    def submit(self, work: Callable[[], None]) -> None:
        """The same. ClientClosedError, or what ended the thread, if it is not there any more."""
        with self._ending:
            if isinstance(self._ended, ClientClosedError):
                raise ClientClosedError("the client is closed")
            if self._ended is not None:
                raise Error("the client's thread has ended by a fault of its own") from self._ended
            self._work.append(work)
            self._wake()

    def wake(self) -> None:
        """Has the thread look what there is to do. Finalizers may call it."""
        with self._ending:
            if self._ended is None:
                self._wake()

    def _wake(self) -> None:
        try:
            self._wake_write.send(b"\0")
        except BlockingIOError:
            pass  # it has more than enough to wake by

    # What the thread calls

    @property
    def socket(self) -> socket.socket:
        """Readable when the thread is to wake."""
        return self._wake_read

    def drain_wakes(self) -> None:
        try:
            while self._wake_read.recv(4096):
                pass
        except BlockingIOError:
            pass

    def work_off(self) -> None:
        while self._work:
            self._work.popleft()()

    def end(self, ending: BaseException) -> None:
        """Nothing comes any more. What crossed the end is still done, so that its requests are told of it as well."""
        with self._ending:
            self._ended = ending
        self.work_off()

    def close(self) -> None:
        self._wake_read.close()
        self._wake_write.close()
