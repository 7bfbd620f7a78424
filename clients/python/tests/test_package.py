"""What was built and installed."""

from __future__ import annotations

import os
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from conftest import TOP

import texlex

installed = os.environ.get("TEXLEX_INSTALLED")


def test_its_version_is_that_of_the_project() -> None:
    project = re.search(r"^project\(texlex VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(), re.MULTILINE)
    assert project is not None
    assert texlex.__version__ == project[1] == texlex.version()


def test_all_that_is_promised_is_there() -> None:
    for name in texlex.__all__:
        assert hasattr(texlex, name), name


@pytest.mark.skipif(not (TOP / ".git").exists(), reason="the tree is no working copy")
def test_what_pip_leaves_in_the_tree_is_no_part_of_it() -> None:
    left = ["clients/python/build/lib/texlex/client.py", "clients/python/src/texlex.egg-info/PKG-INFO"]
    ignored = subprocess.run(["git", "check-ignore", *left], cwd=TOP, capture_output=True, text=True, check=False)
    assert ignored.stdout.split() == left


@pytest.mark.skipif(installed is None, reason="the package under test is not an installed one")
def test_the_wheel_is_what_is_tested() -> None:
    assert installed is not None
    assert Path(texlex.__file__).is_relative_to(installed)
    assert metadata.version("texlex") == texlex.__version__
    assert (Path(texlex.__file__).parent / "py.typed").exists()


@pytest.mark.skipif(installed is None, reason="there is no wheel but by deploy/test-python")
def test_the_wheel_is_for_every_machine_and_the_source_package_has_the_tests() -> None:
    assert installed is not None
    built = {path.name for path in (Path(installed).parent / "dist").iterdir()}
    assert built == {f"texlex-{texlex.__version__}-py3-none-any.whl", f"texlex-{texlex.__version__}.tar.gz"}
