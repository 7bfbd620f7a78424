"""Whether a server can be asked for what a request wants, by what it said of itself."""

from __future__ import annotations

from . import frames
from .errors import RefusedError, UnsupportedByServerError
from .request import Request
from .responses import Offer
from .vocabulary import Status


def check_offer(offer: Offer, request: Request) -> None:
    """UnsupportedByServerError or RefusedError if it cannot."""
    options = request.options
    if offer.version == 1:
        if not options.is_of_version_1:
            raise UnsupportedByServerError(
                "the server speaks version 1 of the protocol, which has counts of tokens under the server's own "
                "regime and nothing else; count() without a regime, a priority and a traceparent can be had"
            )
    elif options.columns & ~offer.columns:
        raise UnsupportedByServerError("the server tells only counts, no columns; count() can be had")
    elif options.regime is not None and options.regime not in offer.regimes:
        raise UnsupportedByServerError(
            f"the server has no regime {options.regime!r}; it has {', '.join(map(repr, offer.regimes))}"
        )
    elif options.columns & frames.COLUMN_BITS["issues"] and options.issues_max > offer.issues_max:
        raise UnsupportedByServerError(
            f"the server tells {offer.issues_max} issues at most, and issues_max is {options.issues_max}"
        )
    if len(request.document) > offer.document_bytes_max:
        raise RefusedError(Status.DOCUMENT_TOO_LARGE)
