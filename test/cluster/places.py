"""Where things lie, and test/chaos, whose parts are used here."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CHAOS = os.path.join(os.path.dirname(HERE), "chaos")
sys.path.append(CHAOS)

from paths import BUILD, SOURCES, TEXLEXD # noqa: E402 (found by the line above)

RELAY = os.path.join(BUILD, "cluster_relay")
TEXLEX = os.path.join(BUILD, "texlex")
LIBRARY = os.path.join(BUILD, "libtexlex.so")
PYTHON_CLIENT = os.path.join(SOURCES, "clients", "python", "src")
__all__ = ["BUILD", "HERE", "LIBRARY", "PYTHON_CLIENT", "RELAY", "SOURCES", "TEXLEX", "TEXLEXD"]
