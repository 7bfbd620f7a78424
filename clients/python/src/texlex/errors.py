"""What may go wrong. Every error is an `Error`, but for a wrong argument: a TypeError or ValueError."""

from __future__ import annotations

from typing import NoReturn

from .vocabulary import Status


class Error(Exception):
    """The base of all errors of texlex."""


class LibraryError(Error):
    """The shared library libtexlex cannot be found, loaded or used."""


class UnknownRegimeError(Error, ValueError):
    """No regime has the name that was asked for."""


class DocumentTooLargeError(Error, ValueError):
    """The document has more bytes than offsets of 32 bits can tell."""


class ColumnNotAskedError(Error):
    """A column of a response that was not asked for in the request."""


class UnsupportedByServerError(Error):
    """The server cannot do what was asked, or cannot be asked for it by the version of the protocol it speaks."""


class ConnectionFailedError(Error, ConnectionError):
    """No server could be reached, or the connection was lost before the answer came."""


class ProtocolError(Error):
    """A server sent what the protocol does not allow. Its connection is closed."""


class DescriptorLostError(Error):
    """The memory with the columns did not reach this process: it may open no more files, or map no more memory."""


class DeadlineError(Error, TimeoutError):
    """The time for the call is over."""


class ClientClosedError(Error):
    """The client was closed before the answer came."""


class RefusedError(Error):
    """The server answered that it did not tokenize the document, and `status` says why."""

    def __init__(self, status: Status, retry_after: float = 0.0) -> None:
        super().__init__(f"{status.text}: {status.explanation}")
        self.status = status
        self.retry_after = retry_after
        """Of an overload, the seconds after which to try again; 0 if that is not known."""


def broken(what: str) -> NoReturn:
    """Raises the ProtocolError for what a server did."""
    raise ProtocolError(f"the server broke the protocol: {what}")
