"""Where the shared library is looked for, and what is said if it is not there or not the right one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LIBRARY

import texlex
from texlex import library

PRINT_COUNT = "import texlex; print(len(texlex.tokenize(b'Hi')))"


def run(package_folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a Python prints that finds the package there, and of the library what the environment says."""
    clean = {key: value for key, value in os.environ.items() if key not in ("TEXLEX_LIBRARY", "LD_LIBRARY_PATH")}
    return subprocess.run(
        [sys.executable, "-c", PRINT_COUNT],
        env={**clean, "PYTHONPATH": str(package_folder), **environment},
        cwd=package_folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def package_folder(tmp_path: Path) -> Path:
    """A copy of the package, so that something can be put beside it."""
    shutil.copytree(Path(texlex.__file__).parent, tmp_path / "texlex")
    return tmp_path


def test_the_environment_names_the_library(package_folder: Path) -> None:
    assert run(package_folder, TEXLEX_LIBRARY=str(LIBRARY)).stdout == "3\n"


def test_else_it_lies_beside_the_package(package_folder: Path) -> None:
    shutil.copy(LIBRARY, package_folder / "texlex" / "libtexlex.so.1")
    assert run(package_folder).stdout == "3\n"


def test_else_it_is_the_systems(package_folder: Path) -> None:
    assert run(package_folder, LD_LIBRARY_PATH=str(LIBRARY.parent)).stdout == "3\n"


def test_what_the_environment_names_is_not_passed_over(package_folder: Path) -> None:
    shutil.copy(LIBRARY, package_folder / "texlex" / "libtexlex.so.1")
    failed = run(package_folder, TEXLEX_LIBRARY="/nowhere/libtexlex.so.1")
    assert "LibraryError: TEXLEX_LIBRARY is '/nowhere/libtexlex.so.1', which cannot be loaded" in failed.stderr


def test_a_broken_library_beside_the_package_is_passed_over_and_told(package_folder: Path) -> None:
    (package_folder / "texlex" / "libtexlex.so.1").write_bytes(b"no library")
    failed = run(package_folder)
    if failed.returncode == 0:
        assert failed.stdout == "3\n"  # this machine has one installed
    else:
        assert f"{package_folder / 'texlex' / 'libtexlex.so.1'}: " in failed.stderr


def test_where_there_is_none_the_error_tells_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXLEX_LIBRARY")
    monkeypatch.setattr(library, "places", lambda: ["/nowhere/libtexlex.so.1"])
    with pytest.raises(texlex.LibraryError, match=r"make install.*TEXLEX_LIBRARY.*\n.*/nowhere/libtexlex\.so\.1"):
        library.load_library()


def test_a_library_that_is_another_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXLEX_LIBRARY", "libm.so.6")
    with pytest.raises(texlex.LibraryError, match="libm.so.6 is no libtexlex .* has no texlex_abi_version"):
        library.load_library()


def test_a_library_of_another_interface_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "ABI_VERSION", 2)
    with pytest.raises(texlex.LibraryError, match="has interface 1, and this package needs 2"):
        library.load_library()


def test_the_package_can_be_imported_without_a_library(package_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import texlex; print(texlex.__version__)"],
        env={**os.environ, "PYTHONPATH": str(package_folder), "TEXLEX_LIBRARY": "/nowhere"},
        cwd=package_folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"{texlex.__version__}\n"
