"""The golden vectors that every client replays: in process, over a socket, and in batches."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from conftest import golden_vectors

import texlex

VECTORS = golden_vectors()


def assert_told(tokens: texlex.Tokens, vector: dict[str, Any]) -> None:
    for column in ("kinds", "starts", "ends", "codes", "lines", "columns"):
        assert getattr(tokens, column).tolist() == vector[column], column
    assert list(tokens.names) == vector["names"]
    assert tokens.issues.found == vector["issue_count"]
    assert tokens.issues.kinds.tolist() == vector["issue_kinds"]
    assert tokens.issues.starts.tolist() == vector["issue_offsets"]
    document = vector["document"]
    assert [token.text for token in tokens] == [
        document[start:end] for start, end in zip(vector["starts"], vector["ends"])
    ]
    assert [
        (token.kind, token.start, token.end, token.code, token.line, token.column, token.name) for token in tokens
    ] == list(
        zip(
            vector["kinds"],
            vector["starts"],
            vector["ends"],
            vector["codes"],
            vector["lines"],
            vector["columns"],
            vector["names"],
        )
    )


def settings(vector: dict[str, Any]) -> dict[str, Any]:
    return {key: vector[key] for key in ("regime", "view", "column_unit", "issues_max")}


def label(vector: dict[str, Any]) -> str:
    return f"{vector['name']}, {vector['regime']}, {vector['view']} view, {vector['column_unit']}"


def test_there_are_vectors_to_replay() -> None:
    assert len(VECTORS) >= 200


@pytest.mark.parametrize("vector", VECTORS, ids=label)
def test_tokens_made_in_process_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    assert_told(texlex.tokenize(vector["document"], **settings(vector)), vector)


def test_tokens_from_a_server_are_those_of_the_vectors(texlexd: str) -> None:
    with texlex.Client(texlexd) as client:
        for vector in VECTORS:
            assert_told(client.tokenize(vector["document"], **settings(vector)), vector)


def test_tokens_in_batches_are_those_of_the_vectors(texlexd: str) -> None:
    def order(vector: dict[str, Any]) -> str:
        return str(sorted(settings(vector).items()))

    with texlex.Client(texlexd) as client:
        for _, group in groupby(sorted(VECTORS, key=order), order):
            vectors = list(group)
            results = client.tokenize_batch([vector["document"] for vector in vectors], **settings(vectors[0]))
            for result, vector in zip(results, vectors, strict=True):
                assert isinstance(result, texlex.Tokens)
                assert_told(result, vector)


def test_places_are_the_same_in_process_and_over_a_socket(texlexd: str) -> None:
    with texlex.Client(texlexd) as client:
        for vector in VECTORS:
            here = texlex.tokenize(vector["document"], **settings(vector))
            there = client.tokenize(vector["document"], **settings(vector))
            starts = {*vector["starts"], *vector["issue_offsets"], len(vector["document"])}
            assert [here.place(start) for start in starts] == [there.place(start) for start in starts], label(vector)
