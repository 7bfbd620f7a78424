"""What became of the load's requests, by what was wrong with the world when they were sent, and what may become of
them: a status other than ok and a connection that ends need a fault that explains them.
"""

import threading
import time
from dataclasses import dataclass, field

QUIET = "(nothing)"
SEVERAL = "(several at once)"
TOLD_MAX = 40 # complaints that are told in full
ALWAYS = frozenset({"ok", "overload"})


@dataclass
class Row:
    times: int = 0 # how many faults
    sent: int = 0
    ok: int = 0
    refused: int = 0
    closed: int = 0 # the connection went, for a reason
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    recovery_s: list = field(default_factory=list)
    unrecovered: int = 0


@dataclass
class Allowance:
    statuses: frozenset
    closes: bool
    begin: float
    end: float = float("inf")


class Ledger:
    """Of all threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rows, self.allowances, self.complaints = {}, [], []
        self.current = QUIET
        self.unexplained_closes = 0
        self.refusals = {}

    def row(self, name):
        return self.rows.setdefault(name, Row())

    def add(self, name, what, count=1):
        if count:
            with self.lock:
                row = self.row(name)
                setattr(row, what, getattr(row, what) + count)

    def recovered(self, name, seconds):
        with self.lock:
            self.row(name).recovery_s.append(seconds)

    def allow(self, statuses=(), closes=False):
        allowance = Allowance(frozenset(statuses), closes, time.monotonic())
        with self.lock:
            self.allowances.append(allowance)
        return allowance

    def disallow(self, allowance, grace_s):
        """What was in flight then may still bear the marks."""
        with self.lock:
            allowance.end = time.monotonic() + grace_s
            self.allowances = [each for each in self.allowances if each.end > allowance.begin - 60]

    def holding(self, since):
        return [each for each in self.allowances if each.end > since]

    def allows_status(self, name, since):
        if name in ALWAYS:
            return True
        with self.lock:
            return any(name in each.statuses for each in self.holding(since))

    def allows_close(self, since):
        with self.lock:
            return any(each.closes for each in self.holding(since))

    def note_refusal(self, name):
        with self.lock:
            self.refusals[name] = self.refusals.get(name, 0) + 1

    def complain(self, text):
        with self.lock:
            self.complaints.append(text)
            if len(self.complaints) <= TOLD_MAX:
                print(f"  !! {text}", flush=True)

    def faults(self):
        with self.lock:
            return sum(row.times for row in self.rows.values())

    def bad(self):
        """Whatever must not be."""
        with self.lock:
            return sum(row.lost + row.doubled + row.wrong + row.unrecovered for row in self.rows.values()) \
                + self.unexplained_closes + len(self.complaints)
