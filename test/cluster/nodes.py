"""A node: texlexd on a host of its own, with its share of the processors, its clients and what they may meet."""

import os
import signal
import time

import cluster_flags
import shares
from enclosure import outer_pid
from ledger import Ledger
from server import RunningServer
from world import World

SERVICE_PORT = 7000


class NodeLedger(Ledger):
    """Counts are those of all; what a client may meet is its own node's."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole
        self.lock, self.rows, self.complaints, self.refusals = whole.lock, whole.rows, whole.complaints, whole.refusals

    @property
    def current(self):
        return self.whole.current

    @current.setter
    def current(self, row):
        if hasattr(self, "whole"):
            self.whole.current = row


class NodeChecks(World):
    """Whether it lives, and when a newcomer on the host of the clients is answered again."""

    def __init__(self, node, ledger, documents, address):
        super().__init__(node.folder, None, ledger, documents, None)
        self.reached_at = address

    def address(self):
        return self.reached_at


class Node:
    def __init__(self, host, folder, whole_ledger):
        self.host, self.name = host, host.name
        self.folder = os.path.join(folder, host.name)
        os.makedirs(self.folder)
        self.ledger = NodeLedger(whole_ledger)
        self.server, self.load, self.checks, self.identity = None, None, None, None
        self.flags = []
        try:
            self.share = shares.Share(outer_pid(), host.name)
        except shares.Unavailable:
            self.share = None

    def start(self, peers, dns=None):
        flags = [f"--tcp-address={self.host.address}", f"--tcp-port={SERVICE_PORT}", "--log-level=info", *self.flags]
        with self.host.entered():
            self.server = RunningServer(self.folder, "log", flags + cluster_flags.flags_of(self, peers, self.identity,
                                                                                           dns))
        if self.share:
            self.share.take(self.server.pid)
        self.checks.server = self.server
        self.load.draining_since, self.load.ended_at_once = None, False
        self.load.open_gate.set()

    def kill(self):
        self.load.ended_at_once, self.load.draining_since = True, time.monotonic()
        self.server.kill()

    def begin_drain(self):
        self.load.draining_since = time.monotonic()
        self.server.signal(signal.SIGTERM)

    def end_drain(self):
        """Its exit status."""
        status = self.server.end()
        self.server.kill()
        return status

    def stop(self):
        self.server.signal(signal.SIGSTOP)

    def go_on(self):
        self.server.signal(signal.SIGCONT)

    def close(self):
        if self.server:
            self.server.kill()
        if self.share:
            self.share.remove()
