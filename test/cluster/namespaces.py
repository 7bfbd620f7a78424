"""Hosts that are network namespaces, joined by veth pairs to a bridge in the namespace that this program runs in, where
the relay is too. Nothing has a name outside: a namespace goes with the last that holds it, a veth pair with either end.

A host has its address, and one on the bridge that stands in for it: the relay's, by which the others reach it, and from
which it seems to come. What a host does not send to another's address or its stand-in, that one does not get.
"""

import contextlib
import ctypes
import os
import socket
import subprocess
import threading

from load import Address

CLONE_NEWNET = 0x40000000
BRIDGE = "bridge0"
HUB_ADDRESS = "10.77.0.1"
NOBODYS_MAC = "02:00:00:00:00:fe"
libc = ctypes.CDLL(None, use_errno=True)


def called(result):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def new_network():
    """A namespace that nothing but the returned descriptor holds."""
    opened = []

    def make():
        called(libc.unshare(CLONE_NEWNET))
        opened.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not opened:
        raise RuntimeError("no network namespace could be made")
    return opened[0]


class Host:
    def __init__(self, network, name, number):
        self.network, self.name = network, name
        self.address, self.stand_in = f"10.77.1.{number}", f"10.77.2.{number}"
        self.told = self.stand_in # by which others are told of it; its address where no relay is wanted between
        self.cable = f"port{number}" # the bridge's end; the host's is eth0
        self.namespace = new_network()
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns",
            f"/proc/{os.getpid()}/fd/{self.namespace}")
        run("ip", "link", "set", self.cable, "master", BRIDGE, "up")
        run("ip", "address", "add", f"{self.stand_in}/32", "dev", BRIDGE)
        self.ip("link", "set", "lo", "up")
        self.ip("address", "add", f"{self.address}/16", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")

    @contextlib.contextmanager
    def entered(self):
        """This thread, and the threads and processes that it starts, are on the host."""
        called(libc.setns(self.namespace, CLONE_NEWNET))
        try:
            yield
        finally:
            called(libc.setns(self.network.namespace, CLONE_NEWNET))

    def run(self, *words):
        with self.entered():
            return run(*words)

    def ip(self, *words):
        return self.run("ip", *words)

    def addresses(self):
        return self.address, self.stand_in

    # What may happen to it. Each has its contrary.

    def pull_cable(self):
        run("ip", "link", "set", self.cable, "down")

    def plug_in(self):
        run("ip", "link", "set", self.cable, "up")

    def lose_route_to(self, other):
        """One way: its system knows that it cannot send there."""
        for address in other.addresses():
            self.ip("route", "add", "blackhole", f"{address}/32")

    def find_route_to(self, other):
        for address in other.addresses():
            self.ip("route", "del", "blackhole", f"{address}/32")

    def speak_to_nobody_instead_of(self, other):
        """One way, and its system does not know: frames go out and to nobody."""
        for address in other.addresses():
            self.ip("neighbour", "replace", address, "lladdr", NOBODYS_MAC, "nud", "permanent", "dev", "eth0")

    def speak_again_to(self, other):
        for address in other.addresses():
            self.ip("neighbour", "del", address, "dev", "eth0")

    def narrow(self, bits_per_second, wait_ms=50):
        """What it sends and what it gets."""
        limit = ("root", "tbf", "rate", f"{bits_per_second}bit", "burst", "64kb", "latency", f"{wait_ms}ms")
        self.run("tc", "qdisc", "replace", "dev", "eth0", *limit)
        run("tc", "qdisc", "replace", "dev", self.cable, *limit)

    def widen(self):
        self.run("tc", "qdisc", "del", "dev", "eth0", "root")
        run("tc", "qdisc", "del", "dev", self.cable, "root")

    def close(self):
        with contextlib.suppress(RuntimeError): # where it was never made in full
            run("ip", "link", "del", self.cable)
        run("ip", "address", "del", f"{self.stand_in}/32", "dev", BRIDGE)
        os.close(self.namespace)


class Network:
    """To be made once, inside the enclosure (see there)."""

    def __init__(self):
        self.namespace = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.hosts = []
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "address", "add", f"{HUB_ADDRESS}/16", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")

    def add_host(self, name):
        taken = {host.cable for host in self.hosts}
        number = next(n for n in range(10, 250) if f"port{n}" not in taken)
        host = Host(self, name, number)
        self.hosts.append(host)
        return host

    def remove_host(self, host):
        self.hosts.remove(host)
        host.close()


class AddressFrom(Address):
    """An address as it is reached from a host."""

    def __init__(self, host, where):
        super().__init__(socket.AF_INET, where)
        self.host = host

    def connect(self, seconds):
        with self.host.entered():
            return super().connect(seconds)
