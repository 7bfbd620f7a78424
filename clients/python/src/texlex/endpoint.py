"""Where a server listens, told by a URL."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

UNIX_PATH_BYTES_MAX = 107
ADDRESSES_MAX = 8  # of those a name resolves to


@dataclass(frozen=True)
class Endpoint:
    """`unix:PATH` or `tcp://host:port`."""

    url: str
    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        if not isinstance(url, str):
            raise TypeError(f"an endpoint is a str such as 'unix:PATH' or 'tcp://host:port', not {url!r}")
        if url.startswith("unix:"):
            return cls(url, path=_path_of(url))
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError(f"{url!r} is no endpoint: {error}") from None
        more = parts.path or parts.query or parts.fragment or parts.username or parts.password
        if parts.scheme != "tcp" or not host or not port or more:
            raise ValueError(f"{url!r} is no endpoint; it has to be 'unix:PATH' or 'tcp://host:port'")
        return cls(url, host=host, port=port)

    @property
    def is_unix(self) -> bool:
        return bool(self.path)

    @property
    def must_be_resolved(self) -> bool:
        """Whether its addresses are to be asked for, which may take long."""
        if self.is_unix:
            return False
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return True
        return False

    def addresses(self) -> list[tuple[int, Any]]:
        """Families and addresses to connect to, in turn. OSError if a name does not resolve."""
        if self.is_unix:
            return [(socket.AF_UNIX, self.path)]
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return [(int(family), address) for family, _, _, _, address in found][:ADDRESSES_MAX]


def _path_of(url: str) -> str:
    path = url[len("unix:") :]
    if not path or "\0" in path:
        raise ValueError(f"{url!r} is no endpoint; a path has to follow 'unix:'")
    if len(path.encode("utf-8", "surrogateescape")) > UNIX_PATH_BYTES_MAX:
        raise ValueError(f"{url!r} is no endpoint: a socket's path has at most {UNIX_PATH_BYTES_MAX} bytes")
    return path
