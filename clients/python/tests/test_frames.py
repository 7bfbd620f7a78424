"""What is sent, byte by byte as docs/protocol-2.md shows it, and names and numbers as the documents have them."""

from __future__ import annotations

import re

import pytest
from conftest import TOP

import texlex
from texlex import frames
from texlex.endpoint import Endpoint
from texlex.frames import RequestOptions
from texlex.vocabulary import Status

VERSION_2 = (TOP / "docs" / "protocol-2.md").read_text()
VERSION_1 = (TOP / "docs" / "protocol.md").read_text()


def examples() -> list[bytes]:
    """What the client sends in each example of version 2."""
    result = []
    for block in re.findall(r"```wire\n(.*?)```", VERSION_2, re.DOTALL):
        lines = [line[2:].split("  ")[0] for line in block.splitlines() if line.startswith("> ")]
        result.append(bytes.fromhex("".join(lines)))
    return result


def test_a_hello_and_a_tokenize_frame_are_those_of_the_document() -> None:
    head = frames.tokenize_head(7, RequestOptions(3, 0, 0, None, 0), 0, 3)
    assert examples()[0] == frames.hello(1, frames.Feature.NONE) + head + b"a%\n"


def test_a_batch_is_that_of_the_document() -> None:
    head = frames.batch_head(7, RequestOptions(0, 0, 0, None, 0), 0, [1, 0])
    assert examples()[1] == frames.hello(1, frames.Feature.NONE) + head + b"a"


def test_a_regime_is_sent_as_in_the_document() -> None:
    head = frames.tokenize_head(7, RequestOptions(0, 0, 0, "plane", 0), 0, 1)
    assert examples()[2] == frames.hello(1, frames.Feature.NONE) + head + b"a"


def test_a_request_and_a_cancel_of_version_1_are_those_of_the_document() -> None:
    compact = re.sub(r"\s", "", VERSION_1)
    assert (frames.request_head(7, 8) + b"Hi \\TeX\n").hex()[:32] in compact
    assert frames.cancel(9).hex() in compact


def test_options_lie_where_the_document_says() -> None:
    options = RequestOptions(0x80 | 1, 1, 2, "plain", 5)
    head = frames.tokenize_head(1, options, 1234, 10)[16:]
    assert len(head) == 44
    assert [int.from_bytes(head[i : i + 4], "little") for i in (0, 4, 8, 16, 20)] == [44, 10, 0x81, 1234, 5]
    assert (head[12], head[13], head[14:16], head[24:32]) == (1, 2, bytes(2), bytes(8))
    assert head[32:] == b"\x01\0\x05\0plain\0\0\0"
    assert frames.tokenize_head(1, RequestOptions(1, 0, 0, None, 5), 1 << 40, 0)[32:40] == b"\xff" * 4 + bytes(4)


def test_statuses_are_those_of_the_document() -> None:
    rows = re.findall(r"^\| (\d+) \| ([a-z-]+) \|", VERSION_1, re.MULTILINE)
    assert len(rows) >= 19
    assert [(int(number), name) for number, name in rows] == [(status, status.text) for status in Status]
    for status in Status:
        assert status.explanation
    again = re.search(r"as errors\. (.*?) are worth\s+another try", VERSION_1, re.DOTALL)
    assert again is not None
    assert set(re.findall(r"`([a-z-]+)`", again[1])) == {s.text for s in Status if s.may_be_tried_again}


def test_columns_are_those_of_the_document() -> None:
    rows = re.findall(r"^\| (\d) \| ([a-z]+) \| \d+ \| [12] \|", VERSION_2, re.MULTILINE)
    assert {name: 1 << int(bit) for bit, name in rows} == {
        "kind": 1, "start": 2, "end": 4, "code": 8, "line": 16, "column": 32, "name": 64, "issues": 128
    }
    assert [name.removesuffix("s") for name in frames.COLUMN_BITS] == [
        "kind", "start", "end", "code", "line", "column", "name", "issue"
    ]


def test_kinds_of_issues_are_those_of_the_document() -> None:
    row = re.search(r"its kind: (.*?); see", VERSION_2)
    assert row is not None
    told = {int(number): name for number, name in re.findall(r"(\d) ([a-z0-9-]+)", row[1])}
    assert told == {
        kind: {"malformed_utf8": "malformed-utf8", "utf16_text": "utf-16-text"}.get(
            kind.name.lower(), kind.name.lower().replace("_", "-")
        )
        for kind in texlex.IssueKind
    }


@pytest.mark.parametrize(
    ("url", "path", "host", "port"),
    [
        ("unix:/run/texlexd.sock", "/run/texlexd.sock", "", 0),
        ("unix:a b", "a b", "", 0),
        ("tcp://example.org:9000", "", "example.org", 9000),
        ("tcp://[::1]:9000", "", "::1", 9000),
        ("tcp://127.0.0.1:1/", None, None, None),
    ],
)
def test_an_endpoint_is_a_url(url: str, path: str | None, host: str, port: int) -> None:
    if path is None:
        with pytest.raises(ValueError, match="has to be 'unix:PATH' or 'tcp://host:port'"):
            Endpoint.parse(url)
        return
    assert Endpoint.parse(url) == Endpoint(url, path, host, port)


@pytest.mark.parametrize(
    "url",
    ["", "unix:", "unix:" + "x" * 108, "unix:a\0b", "tcp://host", "tcp://:9", "tcp://host:0", "tcp://host:70000",
     "tcp://host:x", "http://host:80", "/run/texlexd.sock", "tcp://user@host:1", "tcp://[::1:9"],
)
def test_what_is_no_endpoint_is_refused_with_its_name(url: str) -> None:
    with pytest.raises(ValueError, match="is no endpoint"):
        texlex.Client(url)


def test_a_client_needs_endpoints_and_limits_that_are_some() -> None:
    for arguments in ({"attempts_max": 0}, {"pending_max": 0}, {"timeout": -1}, {"connect_timeout": 0}):
        with pytest.raises(ValueError):
            texlex.Client("unix:x", **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="an endpoint at least"):
        texlex.Client([])
    with pytest.raises(TypeError):
        texlex.Client([b"unix:x"])  # type: ignore[list-item]
