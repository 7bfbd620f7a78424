"""Load whose every reply is checked: clients of both versions, over Unix sockets and TCP, that send ahead, cancel now
and then, and know what each answer must be.
"""

import random
import socket
import threading
import time

import wire
from connection import REPLY_S_MAX
from ledger import QUIET

LATE_S = 0.3 # before a drain begins: sent so long before it, a request was read
PAUSE_S = 0.002 # between the rounds of a client, so that this program leaves the machine to the server


class Client(threading.Thread):
    """A connection after the other; `requests_max` rounds on each."""

    def __init__(self, load, kind, version, by_tcp, rounds_max, seed):
        super().__init__(daemon=True)
        self.load, self.kind = load, kind
        self.version, self.by_tcp, self.rounds_max = version, by_tcp, rounds_max
        self.dice = random.Random(seed)

    def run(self):
        try:
            self.connect_again_and_again()
        except Exception as error: # a bug of this program, which must not look like a quiet client
            self.load.ledger.complain(f"a client of the load ended: {type(error).__name__}: {error}")

    def connect_again_and_again(self):
        while not self.load.stopped.is_set():
            self.load.open_gate.wait(0.1)
            if self.load.stopped.is_set() or not self.load.open_gate.is_set():
                continue
            address = self.load.server.tcp if self.by_tcp else self.load.server.unix
            try:
                connection = self.kind(self.load, self.version, address, self.dice)
            except OSError: # the probe tells when nobody is there for too long
                time.sleep(0.02)
                continue
            self.load.note_open(connection, 1)
            self.converse(connection)
            self.load.note_open(connection, -1)

    def converse(self, connection):
        error = "its end"
        try:
            for _ in range(self.rounds_max):
                connection.ask_some()
                if not connection.talk(self.dice.choice((0, 0, 3))):
                    break
                if self.load.stopped.is_set() or not self.load.open_gate.is_set():
                    break
                time.sleep(PAUSE_S)
            else:
                error = None
            if (error is None or not self.load.open_gate.is_set()) and connection.talk(0):
                connection.socket.close()
                return
        except OSError as problem:
            error = problem if isinstance(problem, TimeoutError) else str(problem)
        except wire.Malformed as problem:
            connection.ledger.add(connection.ledger.current, "wrong")
            connection.ledger.complain(f"wrong: {problem}")
        connection.ended(error)


class Load:
    """Clients of all sorts. Its gate is shut while there is no server."""

    def __init__(self, ledger, documents, kinds, seed):
        self.ledger, self.documents, self.server = ledger, documents, None
        self.stopped, self.open_gate = threading.Event(), threading.Event()
        self.draining_since, self.ended_at_once = None, False
        self.late_s = LATE_S
        self.lock, self.open = threading.Lock(), 0
        ledger.current = QUIET
        self.clients = [Client(self, *kind, f"{seed}/client {i}") for i, kind in enumerate(kinds)]

    def start(self):
        for client in self.clients:
            client.start()

    def note_open(self, _, by):
        with self.lock:
            self.open += by

    def all_gone(self, seconds):
        """Whether every connection has ended, each judged."""
        until = time.monotonic() + seconds
        while self.open and time.monotonic() < until:
            time.sleep(0.005)
        return self.open == 0

    def stop(self):
        self.stopped.set()
        self.open_gate.set()
        for client in self.clients:
            client.join(2 * REPLY_S_MAX)
        return not any(client.is_alive() for client in self.clients)


class Address:
    def __init__(self, family, where):
        self.family, self.where = family, where

    def connect(self, seconds):
        made = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            made.settimeout(seconds)
            made.connect(self.where)
        except OSError:
            made.close()
            raise
        return made
