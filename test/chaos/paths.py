"""Where things lie: the sources, and what was built of them (TEXLEX_BUILD_DIR, else build/release)."""

import os

SOURCES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TEXLEX_BUILD_DIR", os.path.join(SOURCES, "build", "release"))
TEXLEXD = os.path.join(BUILD, "texlexd")
SHIM = os.path.join(BUILD, "libchaos_shim.so")
GOLDEN_VECTORS = os.path.join(SOURCES, "test", "golden", "vectors.json")
