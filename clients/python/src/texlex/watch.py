"""Waits for connections that can be read or written, and for what is in the inbox."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator

from .inbox import Inbox
from .server_link import ServerLink

_FOREVER = float("inf")


class Watch:
    """Of the dispatcher's thread."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._selector = selectors.DefaultSelector()
        self._selector.register(inbox.socket, selectors.EVENT_READ)
        self._watched: dict[int, tuple[socket.socket, int]] = {}

    def wait(self, seconds: float) -> Iterator[tuple[ServerLink, bool, bool]]:
        """Links whose connections can be read, written. A link whose connection has changed meanwhile is left out."""
        for key, events in self._selector.select(None if seconds == _FOREVER else max(0.0, seconds)):
            link = key.data
            if link is None:
                self._inbox.drain_wakes()
            elif link.connection is not None and link.connection.socket is key.fileobj:
                yield link, bool(events & selectors.EVENT_READ), bool(events & selectors.EVENT_WRITE)

    def look(self, link: ServerLink) -> None:
        """At what its connection waits for now."""
        connection = link.connection
        if connection is None:
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_to_write else 0)
        watched = self._watched.get(link.number)
        if watched is None:
            self._selector.register(connection.socket, wanted, link)
        elif watched[1] != wanted:
            self._selector.modify(connection.socket, wanted, link)
        self._watched[link.number] = (connection.socket, wanted)

    def forget(self, link: ServerLink) -> None:
        """Before its connection is closed."""
        watched = self._watched.pop(link.number, None)
        if watched is not None:
            self._selector.unregister(watched[0])

    def close(self) -> None:
        self._selector.close()
