"""Nodes on hosts of their own, the relay between them, and clients: where scenarios strike, and what is checked then.
"""

import os
import shutil
import threading
import time
from socket import AF_UNIX
from types import SimpleNamespace

import cluster_flags
from certificates import Authority
from clients import FailoverClients, NodeLoad
from faults import GRACE_S
from ledger import QUIET
from links import Links
from load import Address
from namespaces import AddressFrom, run
from nodes import SERVICE_PORT, Node, NodeChecks

NODES_NAME = "texlexd.cluster.test" # what all nodes are found by
MEMBERS_S_MAX = 15
REST_S_MAX = 30
HOSTS_FILE = "/etc/hosts"


class Field:
    def __init__(self, network, folder, ledger, documents, count, tls, seed, relayed=True):
        self.network, self.folder, self.ledger, self.documents = network, folder, ledger, documents
        self.tls, self.seed, self.relayed = tls, seed, relayed
        self.allowances, self.nodes = [], []
        self.authority = Authority(os.path.join(folder, "authority")) if tls else None
        self.links = Links(seed)
        self.links.spoil_only(cluster_flags.PORT) # a client's protocol has no sums, so that it may not be spoilt
        self.outside = network.add_host("clients")
        self.links.add(self.outside)
        self.clients = FailoverClients(ledger, documents)
        for i in range(count):
            self.add_node(f"node-{i}")
        self.nodes_file = os.path.join(folder, "hosts")
        self.name_nodes()
        for node in self.nodes:
            self.start(node)
        self.add_clients()

    def add_node(self, name):
        node = Node(self.network.add_host(name), self.folder, self.ledger)
        self.nodes.append(node)
        self.links.add(node.host)
        if not self.relayed:
            node.host.told = node.host.address
        from_outside = AddressFrom(self.outside, (node.host.stand_in, SERVICE_PORT))
        by_socket = Address(AF_UNIX, os.path.join(node.folder, "texlexd.sock"))
        node.load = NodeLoad(node, self.documents, SimpleNamespace(tcp=from_outside, unix=by_socket), self.seed)
        node.checks = NodeChecks(node, self.ledger, self.documents, from_outside)
        if self.tls:
            node.identity = self.authority.issue(name)
        return node

    def name_nodes(self):
        """One name for all, as a service without an address of its own has. The mounts are this test's alone."""
        with open(self.nodes_file, "w") as file:
            file.write("127.0.0.1 localhost\n")
            file.writelines(f"{node.host.stand_in} {NODES_NAME}\n" for node in self.nodes)
        if not os.path.samefile(self.nodes_file, HOSTS_FILE):
            run("mount", "--bind", self.nodes_file, HOSTS_FILE)

    def add_clients(self):
        """On each node, which asks its own first, and outside, by one name."""
        stand_ins = [f"tcp://{node.host.stand_in}:{SERVICE_PORT}" for node in self.nodes]
        for i, node in enumerate(self.nodes):
            others = stand_ins[i + 1:] + stand_ins[:i]
            own = f"unix:{os.path.join(node.folder, 'texlexd.sock')}"
            self.clients.add(node.host, [own, *others], f"{self.seed}/{node.name}")
        self.clients.add(self.outside, stand_ins, f"{self.seed}/outside")
        self.clients.add(self.outside, [f"tcp://{NODES_NAME}:{SERVICE_PORT}"], f"{self.seed}/by name")

    def start(self, node, dns=None):
        node.start([peer for peer in self.nodes if peer is not node], dns)
        self.links.listen(node.host, (SERVICE_PORT, cluster_flags.PORT))

    def kill(self, node):
        """As kill -9 and a lost machine do."""
        node.kill()
        self.links.listen_no_more(node.host)

    def drain(self, node):
        """Its exit status."""
        node.begin_drain()
        self.links.listen_no_more(node.host)
        return node.end_drain()

    def start_clients(self):
        self.clients.start()
        for node in self.nodes:
            node.load.start()

    def cut_from_peers(self, node):
        return sum(self.links.cut(node.host, peer.host) for peer in self.nodes if peer is not node)

    # What a fault may do to clients, told while it lasts.

    def allow(self, nodes, statuses=(), closes=False):
        self.allowances += [(node.ledger, node.ledger.allow(statuses, closes)) for node in nodes]

    def allow_all(self, statuses):
        """Of those that go to another node, too."""
        self.allow(self.nodes, statuses)
        self.allowances.append((self.ledger, self.ledger.allow(statuses)))

    def strike(self, row, scenario, dice):
        """Returns whether all nodes live on, and a newcomer to each was answered."""
        self.ledger.current = row
        self.clients.strokes.append(row)
        try:
            self.ledger.add(row, "times", scenario.strike(self, dice))
        except Exception as error:
            self.ledger.complain(f"{row}: {type(error).__name__}: {error}")
        self.links.calm()
        lives = self.check_life(row) and self.check_recovery(row)
        if lives and cluster_flags.is_there():
            self.check_members(row)
        self.ledger.current = QUIET
        for ledger, allowance in self.allowances:
            ledger.disallow(allowance, GRACE_S)
        self.allowances.clear()
        return lives

    # What is checked.

    def check_life(self, row):
        return all([node.checks.check_life(row) for node in self.nodes])

    def check_recovery(self, row):
        threads = [threading.Thread(target=node.checks.check_recovery, args=(row,)) for node in self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.ledger.row(row).unrecovered == 0

    def check_members(self, row):
        """Each knows all others again."""
        until, missing = time.monotonic() + MEMBERS_S_MAX, None
        while missing != [] and time.monotonic() < until:
            missing = [f"{node.name} has {self.states_told_by(node)}" for node in self.nodes
                       if not self.knows_all(node)]
            time.sleep(0.05)
        if missing:
            self.ledger.add(row, "unrecovered")
            self.ledger.complain(f"not all are members again {MEMBERS_S_MAX} s after {row}: {'; '.join(missing)}")

    def states_told_by(self, node):
        try:
            return cluster_flags.states_of_peers(node)
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            return {"": f"{type(error).__name__}: {error}"}

    def knows_all(self, node):
        states = self.states_told_by(node)
        return all(states.get(peer.name) == cluster_flags.ACTIVE for peer in self.nodes if peer is not node)

    # Its end.

    def check_lent(self):
        """Where nodes never helped each other, nothing was tried."""
        given = sum(cluster_flags.attempts_given(node) for node in self.nodes if node.server.alive())
        if cluster_flags.is_there() and given == 0:
            self.ledger.complain("no node has given a document to another one")
        return given

    def stop_clients(self):
        """All at once, so that none waits for another, and each once it has its answers."""
        loads = [node.load for node in self.nodes]
        for each in [self.clients, *loads]:
            each.open_gate.clear()
        if not all([each.all_gone(REST_S_MAX) for each in loads]):
            self.ledger.complain("clients of the load do not come to rest")
        for each in [self.clients, *loads]:
            each.stopped.set()
        if not all([each.stop() for each in [self.clients, *loads]]):
            self.ledger.complain("clients of the load did not end")
        for node in self.nodes:
            self.ledger.unexplained_closes += node.ledger.unexplained_closes

    def close(self):
        for node in self.nodes:
            node.close()
            self.network.remove_host(node.host)
        self.network.remove_host(self.outside)
        self.links.close()
        if os.path.samefile(self.nodes_file, HOSTS_FILE):
            run("umount", HOSTS_FILE)
        if self.authority:
            shutil.rmtree(self.authority.folder)
