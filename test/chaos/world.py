"""All that takes part: the server, its load, what faults need of both, and the checks that follow each fault."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import wire
from ledger import QUIET
from server import CRASH_MARKER, Server

RECOVERY_S_MAX = 10
REST_S_MAX = 15
AT_REST = {"requests_in_flight": 0, "request_bytes_in_flight": 0, "column_bytes_in_flight": 0, "lent_bytes": 0,
           "connections_open": 1} # by name in stats
FILES_MORE_MAX = {"thread": 16, "process": 1100} # kept for the next request: documents that are shared (limits.hpp)
CRASH_BYTES = 20_000 # more than the I/O thread tokenizes itself
BUSY = "import signal\nsignal.alarm(5)\nwhile True: pass" # ends by itself, even where nobody ends it
ANSWER_S_MAX = 20


class World:
    def __init__(self, folder, control, ledger, documents, load):
        self.folder, self.control, self.ledger = folder, control, ledger
        self.documents, self.load, self.server = documents, load, None
        self.shim_lock = threading.Lock()
        self.crashes = 0

    def start_server(self, isolation, dice, name):
        self.server = self.load.server = Server(self.folder, self.control, isolation, dice, name)
        self.load.draining_since, self.load.ended_at_once = None, False
        self.load.open_gate.set()

    # What faults do.

    def send(self, pid, number):
        try:
            os.kill(pid, number)
            return 1
        except ProcessLookupError:
            return 0

    def kill_a_worker(self, dice):
        workers = self.server.workers()
        return self.send(dice.choice(workers), signal.SIGKILL) if workers else 0

    def crash_a_worker(self, _):
        """By a document of its own, on which two workers crash before it is given up."""
        self.crashes += 1
        text = CRASH_MARKER + b"%d" % self.crashes
        try:
            status, _ = self.ask(text + b" " * (CRASH_BYTES - len(text)))
        except (OSError, wire.Malformed):
            return 0
        if wire.status_name(status) not in ("worker-lost", "condemned-document", "overload"):
            self.ledger.complain(f"a document that crashes workers was answered {wire.status_name(status)}")
        return 2 if status == wire.STATUS["worker-lost"] else 0

    def talk_into_the_log(self):
        for _ in range(2):
            self.server.signal(signal.SIGUSR1)

    @contextlib.contextmanager
    def busy_loops(self, count):
        loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
        try:
            yield
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()

    @contextlib.contextmanager
    def newcomers(self, count):
        came = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                came.append(self.server.unix.connect(0.05))
        try:
            yield
        finally:
            for each in came:
                each.close()

    # What is checked.

    def address(self):
        """Where newcomers ask."""
        return self.server.unix

    def ask(self, text, seconds=ANSWER_S_MAX):
        """A request on a connection of its own: status and counts."""
        incoming = wire.Incoming()
        with self.address().connect(seconds) as asking:
            asking.settimeout(seconds)
            asking.sendall(wire.request(1, text))
            while True:
                more = asking.recv(1 << 12)
                if not more:
                    raise ConnectionResetError("closed")
                for _, _, payload in incoming.frames(more):
                    status, *counts = wire.counts(payload)
                    return status, counts

    def check_answers(self, row, asked, frames):
        """Each request has one reply, which is ok or may be something else."""
        answered = set()
        self.ledger.add(row, "sent", len(asked))
        for _, number, payload in frames:
            status, tokens, issues = wire.counts(payload)
            name, document = wire.status_name(status), asked.get(number)
            if document is None or number in answered:
                self.ledger.add(row, "doubled")
                self.ledger.complain(f"doubled: {name} for {number}, to a client that {row}")
                continue
            answered.add(number)
            right = status != wire.OK or (tokens, issues) == (document.token_count, document.issue_count)
            allowed = status == wire.OK or self.ledger.allows_status(name, time.monotonic())
            self.ledger.add(row, "ok" if status == wire.OK and right else "refused" if right and allowed else "wrong")
            if not right or not allowed:
                self.ledger.complain(f"wrong: {name}, {tokens} tokens for {number}: {row}")
        lost = len(asked) - len(answered)
        if lost and not self.ledger.allows_close(time.monotonic()):
            self.ledger.add(row, "lost", lost)
            self.ledger.complain(f"lost: {lost} of {len(asked)}: {row}")
        elif lost:
            self.ledger.add(row, "closed", lost)

    def check_refusal(self, row, wanted, frames):
        """The last response says why, and nothing comes behind it."""
        names = [wire.status_name(wire.counts(payload)[0]) for _, _, payload in frames]
        self.ledger.add(row, "sent")
        if names == [wanted] or (len(names) == 1 and self.ledger.allows_status(names[0], time.monotonic())):
            return self.ledger.add(row, "refused")
        if not names and self.ledger.allows_close(time.monotonic()):
            return self.ledger.add(row, "closed")
        self.ledger.add(row, "wrong")
        self.ledger.complain(f"wrong: {names} instead of {wanted}: {row}")

    def check_recovery(self, row):
        """How long it takes until a newcomer is answered ok."""
        began, document, said = time.monotonic(), self.documents.short_1[0], "nothing"
        while time.monotonic() < began + RECOVERY_S_MAX:
            try:
                status, counts = self.ask(document.text, RECOVERY_S_MAX)
                said = wire.status_name(status)
                if status == wire.OK and counts == [document.token_count, document.issue_count]:
                    return self.ledger.recovered(row, time.monotonic() - began)
                if status == wire.OK:
                    self.ledger.complain(f"wrong: {counts} for the probe after {row}")
            except (OSError, wire.Malformed) as error:
                said = str(error)
            if not self.server.alive():
                break
            time.sleep(0.005)
        self.ledger.add(row, "unrecovered")
        self.ledger.complain(f"not recovered from {row} within {RECOVERY_S_MAX} s: {said}")

    def check_rest(self):
        """Without load nothing of it is left: no request, no connection but the one that asks, no memory, no file."""
        self.load.open_gate.clear()
        if not self.load.all_gone(REST_S_MAX):
            return self.ledger.complain(f"{self.load.open} clients of the load do not come to rest")
        until, left = time.monotonic() + REST_S_MAX, {"nothing told": 1}
        while left and time.monotonic() < until:
            time.sleep(0.02)
            left = self.left_behind()
        if left:
            self.ledger.add(QUIET, "wrong")
            self.ledger.complain(f"at rest there is left: {left}, with {' '.join(self.server.flags)}")
        self.load.open_gate.set()

    def left_behind(self):
        stats = self.server.stats()
        if not stats:
            return {"nothing told": 1}
        left = {name: stats.get(f"texlexd_{name}") for name in AT_REST
                if stats.get(f"texlexd_{name}") != AT_REST[name]}
        files = self.server.open_files() - self.server.files_at_start
        return {**left, "files": files} if files > FILES_MORE_MAX[self.server.isolation] else left

    def check_life(self, row):
        """False: it has ended by itself."""
        if self.server.alive():
            return True
        self.ledger.add(row, "unrecovered")
        self.ledger.complain(f"texlexd ended by itself with status {self.server.process.returncode} during {row}, with "
                             f"{' '.join(self.server.flags)}:\n{self.server.last_words()}")
        return False
