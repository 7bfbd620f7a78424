"""Tokens made in this process: what may be a document, columns without a copy, how long memory lives, errors."""

from __future__ import annotations

import array
import gc
import mmap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

import texlex
from texlex.in_process import LibraryTokens

DOCUMENT = b"\\emph{Gr\xc3\xb6\xc3\x9fe} % note\n\n"


def same_tokens(one: texlex.Tokens, other: texlex.Tokens) -> bool:
    return list(one) == list(other)


# Documents


@pytest.mark.parametrize(
    "wrap",
    [
        bytes,
        bytearray,
        memoryview,
        lambda data: memoryview(bytearray(data)),
        lambda data: memoryview(b"xx" + data)[2:],
        lambda data: numpy.frombuffer(data, numpy.uint8),
        lambda data: numpy.frombuffer(data, numpy.uint8).copy(),
        lambda data: numpy.frombuffer(data, "S1"),
        lambda data: array.array("B", data),
    ],
    ids=["bytes", "bytearray", "memoryview", "writable view", "part", "array", "writable array", "S1", "array.array"],
)
def test_a_document_may_be_anything_that_has_a_buffer(wrap: Callable[[bytes], Any]) -> None:
    assert same_tokens(texlex.tokenize(wrap(DOCUMENT)), texlex.tokenize(DOCUMENT))


def test_entries_of_several_bytes_are_read_as_their_bytes() -> None:
    numbers = numpy.array([[0x6261, 0x6463], [0x6665, 0x6867]], "<u2")
    assert [token.text for token in texlex.tokenize(numbers)] == [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b""]


@pytest.mark.parametrize("access", [mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY])
def test_a_document_may_be_a_mapped_file(tmp_path: Path, access: int) -> None:
    path = tmp_path / "document.tex"
    path.write_bytes(DOCUMENT)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=access) as mapped:
        tokens = list(texlex.tokenize(mapped))
        gc.collect()
    assert tokens == list(texlex.tokenize(DOCUMENT))


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), numpy.empty(0, numpy.uint8)])
def test_an_empty_document_is_an_empty_line(empty: Any) -> None:
    (token,) = texlex.tokenize(empty)
    assert token == (texlex.Kind.PARAGRAPH, b"", 0, 0, 1, 1, 0, "")


def test_a_str_is_refused_and_told_to_be_encoded() -> None:
    with pytest.raises(TypeError, match=r"pass text\.encode\('utf-8'\)"):
        texlex.tokenize("text")


@pytest.mark.parametrize("wrong", [None, 7, ["a"], object()])
def test_what_has_no_buffer_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
        texlex.tokenize(wrong)


def test_an_array_of_python_objects_is_refused() -> None:
    with pytest.raises(TypeError, match="has none"):
        texlex.tokenize(numpy.array(["a", "b"], object))


@pytest.mark.parametrize("scattered", [numpy.zeros(8, numpy.uint8)[::2], memoryview(b"abcdef")[::-1]])
def test_a_document_in_several_pieces_is_refused(scattered: Any) -> None:
    with pytest.raises(ValueError, match="ascontiguousarray"):
        texlex.tokenize(scattered)


def test_a_document_that_can_be_written_to_is_copied() -> None:
    document = bytearray(DOCUMENT)
    tokens = texlex.tokenize(document)
    document[:] = b"x"  # may be resized, too
    assert same_tokens(tokens, texlex.tokenize(DOCUMENT))


def test_without_a_copy_a_bytearray_is_held_as_it_is() -> None:
    document = bytearray(DOCUMENT)
    tokens = texlex.tokenize(document, copy=False)
    with pytest.raises(BufferError):
        document.append(0)
    assert same_tokens(tokens, texlex.tokenize(DOCUMENT))
    del tokens
    gc.collect()
    document.append(0)


def test_bytes_are_not_copied_unless_that_is_asked_for() -> None:
    there = numpy.frombuffer(DOCUMENT, numpy.uint8)
    assert numpy.shares_memory(there, numpy.asarray(texlex.tokenize(DOCUMENT).document))
    assert not numpy.shares_memory(there, numpy.asarray(texlex.tokenize(memoryview(DOCUMENT), copy=True).document))


# Columns


def test_columns_are_read_only_views_of_the_librarys_memory() -> None:
    tokens = texlex.tokenize(DOCUMENT)
    for column in (tokens.kinds, tokens.starts, tokens.ends, tokens.codes, tokens.lines, tokens.columns):
        assert not column.flags.owndata
        assert not column.flags.writeable
        assert len(column) == len(tokens)
        with pytest.raises(ValueError):
            column[0] = 1
    assert tokens.kinds.dtype == numpy.uint8
    assert tokens.starts.dtype == numpy.uint32


def test_a_column_is_made_once() -> None:
    tokens = texlex.tokenize(DOCUMENT)
    for name in ("kinds", "starts", "ends", "codes", "lines", "columns", "names", "issues"):
        assert getattr(tokens, name) is getattr(tokens, name)


def test_kinds_and_starts_do_not_derive_anything() -> None:
    tokens = texlex.tokenize(DOCUMENT)
    assert isinstance(tokens, LibraryTokens)
    assert (tokens.kinds[0], tokens.starts[0]) == (0, 0)
    assert set(tokens._made) == {"kinds", "starts"}
    tokens.lines
    assert set(tokens._made) == {"kinds", "starts", "lines"}


class Frees:
    """Counts what the library frees."""

    def __init__(self, tokens: texlex.Tokens) -> None:
        assert isinstance(tokens, LibraryTokens)
        self.count = 0
        handle = tokens._handle
        free = handle._free

        def counting(address: int | None) -> None:
            self.count += 1
            free(address)

        handle._free = counting


def test_tokens_are_freed_when_nothing_refers_to_them(collected: Callable[[], None]) -> None:
    tokens = texlex.tokenize(DOCUMENT)
    frees = Frees(tokens)
    list(tokens)
    del tokens
    collected()
    assert frees.count == 1


@pytest.mark.parametrize("name", ["kinds", "starts", "issues"])
def test_a_column_keeps_its_memory_when_its_tokens_are_gone(name: str, collected: Callable[[], None]) -> None:
    tokens = texlex.tokenize(b"a\0b}" * 1000)
    frees = Frees(tokens)
    column = getattr(tokens, name)
    expected = list(column)
    part = column[10:]
    del tokens, column
    collected()
    assert name == "issues" or frees.count == 0  # a slice of issues is a list
    texlex.tokenize(b"other text " * 1000)
    assert list(part) == expected[10:]
    del part
    collected()
    assert frees.count == 1


@pytest.mark.parametrize("name", ["ends", "codes", "lines", "columns", "names"])
def test_a_derived_column_stands_alone(name: str, collected: Callable[[], None]) -> None:
    tokens = texlex.tokenize(b"a\\foo b\n" * 1000)
    column = getattr(tokens, name)
    expected = list(column)
    frees = Frees(tokens)
    del tokens
    collected()
    assert frees.count == 1
    texlex.tokenize(b"other text " * 1000)
    assert list(column) == expected


# Tokens one by one


def test_a_token_tells_all_there_is_about_it() -> None:
    tokens = texlex.tokenize(DOCUMENT)
    assert tokens[0] == texlex.Token(texlex.Kind.CONTROL_SEQUENCE, b"\\emph", 0, 5, 1, 1, 0, "emph")
    assert tokens[4] == texlex.Token(texlex.Kind.LETTER, "ö".encode(), 8, 10, 1, 9, ord("ö"), "")
    assert tokens[-1] == texlex.Token(texlex.Kind.PARAGRAPH, b"\n", 22, 23, 2, 1, 0, "")


def test_tokens_are_a_sequence() -> None:
    tokens = texlex.tokenize(DOCUMENT)
    every = list(tokens)
    assert len(tokens) == len(every)
    assert [tokens[i] for i in range(len(tokens))] == every
    assert [tokens[i] for i in range(-len(tokens), 0)] == every
    assert tokens[2:5] == every[2:5] and tokens[::-2] == every[::-2] and tokens[5:2] == []
    assert list(reversed(tokens)) == every[::-1]
    assert every[3] in tokens and tokens.index(every[3]) == 3
    for outside in (len(tokens), -len(tokens) - 1):
        with pytest.raises(IndexError):
            tokens[outside]


def test_more_tokens_than_are_taken_out_at_once_are_told_in_order() -> None:
    tokens = texlex.tokenize(b"\\a{b}" * 5000)
    assert [token.start for token in tokens] == tokens.starts.tolist()
    assert [token.name for token in tokens] == list(tokens.names) == ["a", "", "", ""] * 5000 + [""]
    assert tokens.names[-5:] == ["a", "", "", "", ""] and tokens.names[0] == "a"
    with pytest.raises(IndexError):
        tokens.names[len(tokens)]


def test_issues_tell_what_they_are_and_how_many_were_found() -> None:
    tokens = texlex.tokenize(b"a\0b\0}", issues_max=2)
    assert list(tokens.issues) == [(texlex.IssueKind.NUL_BYTE, 1), (texlex.IssueKind.INVALID_CHARACTER, 1)]
    assert tokens.issues[1] == tokens.issues[-1] == texlex.Issue(texlex.IssueKind.INVALID_CHARACTER, 1)
    assert tokens.issues[:1] == [tokens.issues[0]]
    assert (len(tokens.issues), tokens.issues.found) == (2, 5)
    assert [tokens.place(issue.start) for issue in tokens.issues] == [(1, 2), (1, 2)]
    assert list(texlex.tokenize(b"a\0", issues_max=0).issues) == []


def test_a_place_is_inside_the_document_or_at_its_end() -> None:
    tokens = texlex.tokenize(b"a\r\nb")
    assert [tokens.place(start) for start in (0, 1, 3, 4)] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    for outside in (-1, 5):
        with pytest.raises(IndexError):
            tokens.place(outside)


# Errors


def test_an_unknown_regime_is_told_with_those_there_are() -> None:
    with pytest.raises(texlex.UnknownRegimeError, match="'latex-package'"):
        texlex.tokenize(b"", "context")
    with pytest.raises(ValueError):
        texlex.tokenize(b"", "latex\0")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"view": "both"}, "'source'"),
        ({"column_unit": "utf8"}, "'utf16'"),
        ({"kernel": "mmx"}, "'reference'"),
        ({"issues_max": -1}, "issues_max"),
        ({"issues_max": 1 << 64}, "issues_max"),
    ],
)
def test_what_there_is_not_is_a_value_error_that_tells_what_there_is(arguments: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        texlex.tokenize(b"a", **arguments)


def test_a_regime_is_a_name() -> None:
    with pytest.raises(TypeError, match="a regime is the name of one"):
        texlex.tokenize(b"", None)  # type: ignore[arg-type]


def test_all_kernels_and_regimes_that_are_listed_can_be_had() -> None:
    assert texlex.kernels()[-1] == "reference"
    for regime in texlex.regimes():
        expected = list(texlex.tokenize(DOCUMENT, regime))
        for kernel in texlex.kernels():
            assert list(texlex.tokenize(DOCUMENT, regime, kernel=kernel)) == expected


def test_a_kind_that_a_later_library_adds_is_a_kind_all_the_same() -> None:
    assert texlex.Kind(30) == 30 and texlex.Kind(30).name == "KIND_30"
    assert texlex.IssueKind(99).name == "ISSUEKIND_99"
    with pytest.raises(ValueError):
        texlex.Kind("letter")


# Threads


def test_many_threads_may_tokenize_and_read_the_same_tokens() -> None:
    document = DOCUMENT * 500
    shared = texlex.tokenize(document)
    expected = list(texlex.tokenize(document))
    start = threading.Barrier(8)
    right = []

    def work() -> None:
        start.wait()
        right.append(list(shared) == expected and list(texlex.tokenize(document)) == expected)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 8
