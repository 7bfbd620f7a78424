"""Clients whose every reply is checked. Those of test/chaos talk to one node each and count replies that are doubled;
those of clients/python know all nodes, and nothing may be lost to them.
"""

import random
import sys
import threading
import time

from connection import Connection, judge_columns
from ledger import QUIET, SEVERAL
from load import Client, Load
from places import PYTHON_CLIENT

sys.path.append(PYTHON_CLIENT)
import texlex # noqa: E402 (found by the line above)
import wire # noqa: E402

PAUSE_S = 0.005
LATE_S = 4
TIMEOUT_S = 30
CONNECT_S_MAX = 1.0 # so that a host that is silent is left for another soon
ASKED = ("kinds", "starts", "issues")
OF_ONE_NODE = ((Connection, 2, True, 10_000), (Connection, 1, True, 5), (Connection, 2, False, 20))


class NodeLoad(Load):
    """Clients of one node: by TCP from the host of the clients, and by the node's Unix socket."""

    def __init__(self, node, documents, addresses, seed):
        super().__init__(node.ledger, documents, (), seed)
        self.server = addresses
        self.late_s = LATE_S # what the relay and the buffers of two more sockets hold has not been read
        self.clients = [Client(self, *kind, f"{seed}/{node.name}/{i}") for i, kind in enumerate(OF_ONE_NODE)]


class FailoverClient(threading.Thread):
    """One request after another, to the first endpoint that works."""

    def __init__(self, clients, host, endpoints, seed):
        super().__init__(daemon=True)
        self.clients, self.host, self.endpoints = clients, host, endpoints
        self.dice = random.Random(seed)

    def run(self):
        try:
            with self.host.entered():
                client = texlex.Client(self.endpoints, timeout=TIMEOUT_S, connect_timeout=CONNECT_S_MAX)
            with client:
                while not self.clients.stopped.is_set():
                    if self.clients.open_gate.wait(0.1):
                        self.ask(client)
                        time.sleep(PAUSE_S)
        except Exception as error: # a bug of this program, which must not look like a quiet client
            self.clients.ledger.complain(f"a client ended: {type(error).__name__}: {error}")

    def ask(self, client):
        ledger = self.clients.ledger
        row, began, strokes_before = ledger.current, time.monotonic(), len(self.clients.strokes)
        document = self.clients.documents.draw(self.dice, 2)
        ledger.add(row, "sent")
        what, why = outcome(client, document, ledger, began)
        ledger.add(row, what)
        self.clients.note_time({row, *self.clients.strokes[strokes_before:]}, time.monotonic() - began)
        if why:
            ledger.complain(f"{what}: {why} after {time.monotonic() - began:.1f} s, to a client of "
                            f"{', '.join(self.endpoints)}, during {row}")


def outcome(client, document, ledger, began):
    """What it counts as, and why where that must not be."""
    try:
        tokens = client.tokenize(document.text, document.regime, document.view, columns=ASKED)
    except texlex.RefusedError as error:
        name = error.status.name.lower().replace("_", "-")
        if ledger.allows_status(name, began):
            ledger.note_refusal(name)
            return "refused", None
        return "wrong", f"{name} for no reason"
    except (texlex.ConnectionFailedError, texlex.DeadlineError) as error:
        return "lost", f"{type(error).__name__}: {error}"
    except texlex.Error as error:
        return "wrong", f"{type(error).__name__}: {error}"
    found = {wire.COLUMN_KIND: tokens.kinds.tobytes(), wire.COLUMN_START: tokens.starts.tobytes()}
    why = judge_columns(document, (wire.OK, len(tokens), tokens.issues.found, found))[1]
    return ("wrong", why) if why else ("ok", None)


class FailoverClients:
    def __init__(self, ledger, documents):
        self.ledger, self.documents = ledger, documents
        self.stopped, self.open_gate = threading.Event(), threading.Event()
        self.lock, self.longest_s = threading.Lock(), {}
        self.strokes = [] # all so far
        self.threads = []

    def add(self, host, endpoints, seed):
        self.threads.append(FailoverClient(self, host, endpoints, seed))

    def note_time(self, rows, seconds):
        """What happened between question and answer."""
        faults = rows - {QUIET}
        row = SEVERAL if len(faults) > 1 else next(iter(faults), QUIET)
        with self.lock:
            self.longest_s[row] = max(seconds, self.longest_s.get(row, 0))

    def start(self):
        self.open_gate.set()
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(2 * TIMEOUT_S)
        return not any(thread.is_alive() for thread in self.threads)
