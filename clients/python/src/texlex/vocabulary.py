"""The numbers of texlex and their names: kinds of tokens and issues, statuses, views, units, columns."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeVar

View = Literal["tex", "source"]
ColumnUnit = Literal["bytes", "code_points", "utf16"]
Priority = Literal["background", "normal", "interactive"]
Column = Literal["kinds", "starts", "ends", "codes", "lines", "columns", "names", "issues"]

VIEWS: dict[str, int] = {"tex": 0, "source": 1}
COLUMN_UNITS: dict[str, int] = {"bytes": 0, "code_points": 1, "utf16": 2}
PRIORITIES: dict[str, int] = {"background": 0, "normal": 1, "interactive": 2}

ISSUES_MAX = 65536
"""How many issues are kept unless something else is asked for: all that a server tells."""

Number = TypeVar("Number", bound="_OpenEnum")


class _OpenEnum(IntEnum):
    """An enumeration that later versions may add to: a number without a name here is a member all the same."""

    @classmethod
    def _missing_(cls: type[Number], value: object) -> Number | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"{cls.__name__.upper()}_{value}"
        member._value_ = value
        return member


class Kind(_OpenEnum):
    """The kind of a token: TeX's category code up to 13, and texlex's own above 15. Those from COMMENT on are trivia,
    which only the source view has."""

    CONTROL_SEQUENCE = 0
    BEGIN_GROUP = 1
    END_GROUP = 2
    MATH_SHIFT = 3
    ALIGNMENT_TAB = 4
    PARAMETER = 6
    SUPERSCRIPT = 7
    SUBSCRIPT = 8
    SPACE = 10
    LETTER = 11
    OTHER = 12
    ACTIVE = 13
    PARAGRAPH = 16
    COMMENT = 17
    BLANK = 18
    LINE_END = 19
    IGNORED = 20
    INVALID = 21


class IssueKind(_OpenEnum):
    """What is worth telling about a document."""

    MALFORMED_UTF8 = 1
    NUL_BYTE = 2
    BIDIRECTIONAL_CONTROL = 3
    INVALID_CHARACTER = 4
    MALFORMED_SUPERSCRIPT = 5
    UNBALANCED_GROUP = 6
    UTF16_TEXT = 7
    BYTE_ORDER_MARK = 8


class Status(_OpenEnum):
    """How a server ended a request."""

    OK = 0
    MALFORMED_FRAME = 1
    UNKNOWN_TYPE = 2
    DOCUMENT_TOO_LARGE = 3
    FRAME_TOO_LARGE = 4
    DUPLICATE_ID = 5
    OVERLOAD = 6
    CANCELLED = 7
    WORKER_LOST = 8
    SHUTTING_DOWN = 9
    FRAME_TIMEOUT = 10
    FRAME_CUT_SHORT = 11
    TOO_MANY_CONNECTIONS = 12
    NO_WORKER = 13
    INTERNAL_ERROR = 14
    CONDEMNED_DOCUMENT = 15
    DEADLINE_EXCEEDED = 16
    UNKNOWN_REGIME = 17
    UNSUPPORTED_OPTION = 18
    BAD_DESCRIPTOR = 19
    DESCRIPTOR_LOST = 20

    @property
    def text(self) -> str:
        """Its name as the protocol has it, such as `document-too-large`."""
        return self.name.lower().replace("_", "-")

    @property
    def explanation(self) -> str:
        return _EXPLANATIONS.get(self, "the server's status is not known to this version")

    @property
    def may_be_tried_again(self) -> bool:
        return self in _WORTH_ANOTHER_TRY


_WORTH_ANOTHER_TRY = frozenset(
    {Status.OVERLOAD, Status.SHUTTING_DOWN, Status.TOO_MANY_CONNECTIONS, Status.DEADLINE_EXCEEDED}
)

_EXPLANATIONS: dict[int, str] = {
    Status.OK: "the document was tokenized",
    Status.MALFORMED_FRAME: "the server found that the frame contradicts itself",
    Status.UNKNOWN_TYPE: "the server does not know this type of frame",
    Status.DOCUMENT_TOO_LARGE: "the document is larger than this server accepts; split it",
    Status.FRAME_TOO_LARGE: "the frame is larger than any frame may be",
    Status.DUPLICATE_ID: "a request of this id is in flight on the connection",
    Status.OVERLOAD: "the server holds as many requests or bytes as it may; try again later",
    Status.CANCELLED: "the request was cancelled",
    Status.WORKER_LOST: "two workers died on this document; it was not tokenized",
    Status.SHUTTING_DOWN: "the server is shutting down; ask another one",
    Status.FRAME_TIMEOUT: "the frame did not reach the server in time",
    Status.FRAME_CUT_SHORT: "the connection ended in the middle of a frame",
    Status.TOO_MANY_CONNECTIONS: "the server holds as many connections as it may; try again later",
    Status.NO_WORKER: "the server has no worker left; see its log",
    Status.INTERNAL_ERROR: "the server failed on its own account; see its log",
    Status.CONDEMNED_DOCUMENT: "workers died on this document lately; it is not tried again for some minutes",
    Status.DEADLINE_EXCEEDED: "the request waited past its deadline; send it when the server is less busy",
    Status.UNKNOWN_REGIME: "the server has no regime of this name",
    Status.UNSUPPORTED_OPTION: "the server does not know or cannot do what was asked",
    Status.BAD_DESCRIPTOR: "the server found that what was passed is no sealed memory with the document",
    Status.DESCRIPTOR_LOST: "the document's descriptor did not reach the server; it may open too few files",
}


def number_of(what: str, name: str, numbers: dict[str, int]) -> int:
    """The number that stands for a name; ValueError tells which names there are."""
    number = numbers.get(name)
    if number is None:
        raise ValueError(f"{name!r} is no {what}; there are {', '.join(map(repr, numbers))}")
    return number
