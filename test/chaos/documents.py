"""Documents and what they must come to, known before any server is asked: those of test/golden, by the reference
kernel, and long ones made of lines whose tokens follow from theirs.
"""

import base64
import json
import struct
from dataclasses import dataclass

from paths import GOLDEN_VECTORS

LONG_BYTES = (20_000, 100_000, 400_000)
LONG_SHARE = 0.1
SHORT_BYTES_MAX = 4000


@dataclass(frozen=True)
class Document:
    text: bytes
    regime: str
    view: str
    token_count: int
    issue_count: int
    kinds: bytes
    starts: bytes

    @property
    def by_version_1(self):
        return self.regime == "latex" and self.view == "tex"


def made(vector, text):
    kinds, starts = vector["kinds"], vector["starts"]
    return Document(text, vector["regime"], vector["view"], len(kinds), vector["issue_count"], bytes(kinds),
                    struct.pack(f"<{len(starts)}I", *starts))


def repeated(vector, text, size):
    """Each line begins in the same state, so that lines behind lines have tokens behind tokens."""
    times = size // len(text)
    starts = [start + i * len(text) for i in range(times) for start in vector["starts"]]
    return Document(text * times, vector["regime"], vector["view"], len(starts), 0, bytes(vector["kinds"]) * times,
                    struct.pack(f"<{len(starts)}I", *starts))


def can_be_repeated(vector, text):
    return vector["regime"] == "latex" and vector["view"] == "tex" and text.endswith(b"\n") \
        and vector["issue_count"] == 0 and len(vector["kinds"]) > 8 and text.isascii()


class Documents:
    def __init__(self, long_bytes=LONG_BYTES, long_share=LONG_SHARE):
        self.long_share = long_share
        with open(GOLDEN_VECTORS, encoding="utf-8") as file:
            vectors = json.load(file)
        self.short, self.long, lines = [], [], []
        for vector in vectors:
            text = base64.b64decode(vector["document"])
            if len(text) <= SHORT_BYTES_MAX:
                self.short.append(made(vector, text))
            if can_be_repeated(vector, text):
                lines.append((vector, text))
        for size in long_bytes:
            self.long += [repeated(vector, text, size) for vector, text in lines[:4]]
        self.short_1 = [each for each in self.short if each.by_version_1]

    def draw(self, dice, version):
        if dice.random() < self.long_share:
            return dice.choice(self.long)
        return dice.choice(self.short_1 if version == 1 else self.short)

    def several_alike(self, dice):
        """For a batch: of one regime and view."""
        first = dice.choice(self.short)
        alike = [each for each in self.short if (each.regime, each.view) == (first.regime, first.view)]
        return [dice.choice(alike) for _ in range(dice.randint(1, 8))]
