"""Peers that are no peers: who says garbage to a node's cluster port, announces what nobody has, copies a node; and as
many of the longest documents as there may be while heartbeats are timed.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time

import cluster_flags
from clients import outcome
from documents import Documents
from faults import last
from namespaces import AddressFrom
from scenarios import CLUSTER, IDS, PLAIN, TLS, scenario

import texlex # by the path that clients adds

ANNOUNCED_BYTES = 3 << 29 # 1.5 GiB
BASP_HEADER = struct.Struct(">B2xBIQQQ") # operation, flags, payload, operation data, source, destination
BASP_OPERATIONS = range(0, 8)
LISTEN_S_MAX = 5
MEMORY_MORE_MAX = 400 << 20
LARGEST_BYTES = (8 << 20) - 4096
LARGEST_COUNT = 100
AT_ONCE = 4
BUSY_TIMEOUT_S = 300
LOOK_S = 0.02
UNSUSPECTED = {cluster_flags.ACTIVE, "ejected"} # slow is not silent


def garbage(dice):
    return dice.choice((
        lambda: b"",
        lambda: dice.randbytes(dice.choice((1, 31, 32, 4096, 100_000))),
        lambda: b"GET / HTTP/1.1\r\nHost: texlexd\r\n\r\n",
        lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(508), # TLS begins so
        lambda: BASP_HEADER.pack(dice.choice(BASP_OPERATIONS), dice.getrandbits(8), dice.getrandbits(16),
                                 dice.getrandbits(64), dice.getrandbits(64), dice.getrandbits(64)) + dice.randbytes(64),
    ))()


def announcement(dice):
    return BASP_HEADER.pack(dice.choice(BASP_OPERATIONS), 0, ANNOUNCED_BYTES, 3, 0, 0)


def connected(field, node, as_member=False):
    """A connection to its cluster port from the host of the clients, under TLS where the cluster is."""
    raw = AddressFrom(field.outside, (node.host.stand_in, cluster_flags.PORT)).connect(LISTEN_S_MAX)
    if not field.tls or not as_member:
        return raw
    identity = field.authority.issue("stranger")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(identity.ca)
    context.load_cert_chain(identity.certificate, identity.key)
    return context.wrap_socket(raw)


def say(field, node, words, as_member=False):
    """And listen for a while, as one does who wants to keep a connection. How many connections it was."""
    with contextlib.suppress(OSError), connected(field, node, as_member) as peer: # it may be cut at any time
        peer.sendall(words)
        peer.settimeout(0.3)
        with contextlib.suppress(socket.timeout):
            while peer.recv(1 << 16):
                pass
    return 1


def memory_bytes(node):
    with open(f"/proc/{node.server.pid}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS"))


@scenario("a hostile peer: garbage before the handshake", needs=[CLUSTER])
def garbage_before(field, dice):
    return sum(say(field, dice.choice(field.nodes), garbage(dice)) for _ in range(dice.randint(5, 20)))


@scenario("a hostile peer: garbage within TLS, by a member's certificate", needs=[CLUSTER, TLS])
def garbage_within(field, dice):
    return sum(say(field, dice.choice(field.nodes), garbage(dice), True) for _ in range(dice.randint(3, 10)))


@scenario("a hostile peer: 1.5 GiB announced", needs=[CLUSTER])
def much_announced(field, dice):
    """It is not given the memory for it."""
    node = dice.choice(field.nodes)
    before = memory_bytes(node)
    times = sum(say(field, node, announcement(dice) + bytes(1 << 20), True) for _ in range(dice.randint(1, 4)))
    more = memory_bytes(node) - before
    if more > MEMORY_MORE_MAX:
        field.ledger.complain(f"{node.name} took {more >> 20} MiB for what a stranger announced")
    return times


@scenario("a hostile peer: many connections that say nothing", needs=[CLUSTER])
def silent_strangers(field, dice):
    node, count = dice.choice(field.nodes), dice.randint(50, 200)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            with contextlib.suppress(OSError):
                held.enter_context(connected(field, node))
        last(dice, 0.5, 1.5)
    return count


@scenario("1.5 GiB announced within a connection of two nodes", needs=[CLUSTER, PLAIN])
def announced_within(field, dice):
    one, other = dice.sample(field.nodes, 2)
    return field.links.insert(one.host, other.host, announcement(dice))


@scenario("100 documents of 8 MiB while heartbeats are timed", needs=[CLUSTER], once=True)
def largest_documents(field, dice):
    """All by one node, so that others must help. Nobody may be suspected meanwhile, or be connected to again."""
    node = dice.choice(field.nodes)
    documents = Documents(long_bytes=(LARGEST_BYTES,)).long
    before, seen = list(map(cluster_flags.connections_made, field.nodes)), set()
    left = threading.Semaphore(LARGEST_COUNT)

    def ask_on():
        with texlex.Client(f"unix:{node.server.path}", timeout=BUSY_TIMEOUT_S) as client:
            while left.acquire(blocking=False):
                field.ledger.add(field.ledger.current, "sent")
                what, why = outcome(client, dice.choice(documents), field.ledger, time.monotonic())
                field.ledger.add(field.ledger.current, what)
                if why:
                    field.ledger.complain(f"{what}: {why}, of the largest documents")

    threads = [threading.Thread(target=ask_on) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen |= {state for each in field.nodes for state in cluster_flags.states_in_stats(each).values()}
        time.sleep(LOOK_S)
    after = list(map(cluster_flags.connections_made, field.nodes))
    if not seen <= UNSUSPECTED or after != before:
        field.ledger.complain(f"while large documents went peers were {', '.join(sorted(seen))}, and nodes had made "
                              f"{before} connections, then {after}")
    return LARGEST_COUNT


@scenario("a node with the id of another (a clone)", needs=[CLUSTER, IDS])
def cloned(field, dice):
    """As a machine that was copied while it ran. Whom the others believe is up to them, but nothing may be mixed up."""
    same = f"{cluster_flags.NODE_ID}={dice.getrandbits(128):032x}"
    twins = dice.sample(field.nodes, 2)
    field.allow(twins, statuses=["shutting-down"], closes=True)
    for flags in ([same], []):
        for node in twins:
            node.flags = flags
            field.drain(node)
            field.start(node)
        last(dice, 1, 2)
    return 1
