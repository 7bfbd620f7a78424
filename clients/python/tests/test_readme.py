"""The examples of README.md, run beside a texlexd."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_examples_say_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start_texlexd: Callable[..., Any]
) -> None:
    start_texlexd("--unix", str(tmp_path / "texlexd.sock"))
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(README), module_relative=False)
    assert tried >= 18
    assert failed == 0
