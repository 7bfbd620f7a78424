"""The tokens TeX's scanner reads in LaTeX, with byte positions: made in this process, or by a running texlexd."""

from .client import Client, Counts
from .errors import (
    ClientClosedError,
    ColumnNotAskedError,
    ConnectionFailedError,
    DeadlineError,
    DescriptorLostError,
    DocumentTooLargeError,
    Error,
    LibraryError,
    ProtocolError,
    RefusedError,
    UnknownRegimeError,
    UnsupportedByServerError,
)
from .in_process import kernels, regimes, tokenize, version
from .tokens import Issue, Issues, Names, Token, Tokens
from .vocabulary import Column, ColumnUnit, IssueKind, Kind, Priority, Status, View

__version__ = "0.1.0"

__all__ = [
    "Client",
    "ClientClosedError",
    "Column",
    "ColumnNotAskedError",
    "ColumnUnit",
    "ConnectionFailedError",
    "Counts",
    "DeadlineError",
    "DescriptorLostError",
    "DocumentTooLargeError",
    "Error",
    "Issue",
    "IssueKind",
    "Issues",
    "Kind",
    "LibraryError",
    "Names",
    "Priority",
    "ProtocolError",
    "RefusedError",
    "Status",
    "Token",
    "Tokens",
    "UnknownRegimeError",
    "UnsupportedByServerError",
    "View",
    "kernels",
    "regimes",
    "tokenize",
    "version",
]
