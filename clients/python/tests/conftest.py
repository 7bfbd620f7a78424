"""What the tests share: where the programs lie, and servers that end with the test.

`TEXLEX_BUILD` names the folder that texlexd and libtexlex were built in; by default build/release of this repository.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("TEXLEX_BUILD", TOP / "build" / "release")).resolve()
LIBRARY = BUILD / "kernels" / "api" / "libtexlex.so.1"
os.environ.setdefault("TEXLEX_LIBRARY", str(LIBRARY))
sys.path.insert(0, str(Path(__file__).parent))

from scripted_server import ScriptedServer  # noqa: E402


def golden_vectors() -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((TOP / "test" / "golden" / "vectors.json").read_text())
    for vector in vectors:
        vector["document"] = base64.b64decode(vector["document"])
    return vectors


class RunningTexlexd:
    """A texlexd of its own, that has said it is ready."""

    def __init__(self, *arguments: str) -> None:
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(BUILD / "texlexd"), "serve", *arguments], stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        assert self.ready.startswith("texlexd ready"), self.ready

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def log(self) -> str:
        """What it has logged until now."""
        self._log.seek(0)
        return self._log.read().decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start_texlexd() -> Iterator[Callable[..., RunningTexlexd]]:
    started: list[RunningTexlexd] = []

    def start(*arguments: str) -> RunningTexlexd:
        started.append(RunningTexlexd(*arguments))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def texlexd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a texlexd that all tests may ask."""
    socket = tmp_path_factory.mktemp("texlexd") / "socket"
    server = RunningTexlexd("--unix", str(socket))
    yield f"unix:{socket}"
    server.stop()


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Starts servers that do what a test tells them."""
    started: list[ScriptedServer] = []

    def start(*scripts: Callable[[Any], None]) -> ScriptedServer:
        started.append(ScriptedServer(tmp_path / f"scripted-{len(started)}", *scripts))
        return started[-1]

    yield start
    for server in started:
        server.stop()
    for server in started:
        assert server.faults == []


@pytest.fixture
def collected() -> Callable[[], None]:
    """Has all that nothing refers to collected."""
    return lambda: [gc.collect() for _ in range(3)] and None
