"""What this test knows of the settings and words of a cluster: the one place to change when they do."""

import functools
import json
import re
import subprocess
import tempfile

from certificates import DOMAIN
from places import TEXLEX, TEXLEXD
from server import RunningServer

PORT = 7700
NAME = "faults"
ACTIVE = "active"
NODE_ID = "--test-cluster-node-id" # 32 hexadecimal digits, instead of random ones
INFO = "texlexd_cluster_info{"
STATE = re.compile(r'texlexd_peer_state\{peer="(.*)",state="(.*)"\}')
GIVEN, CONNECTS = "texlexd_peer_attempts_given_total", "texlexd_peer_connects_total"
STATUS_S_MAX = 5


@functools.cache
def help_text():
    return subprocess.run([TEXLEXD, "serve", "--help"], capture_output=True, text=True).stdout


def ids_can_be_told():
    return NODE_ID in help_text()


@functools.cache
def is_there():
    """Whether this texlexd has a cluster at all: the settings, and one that runs."""
    if "--cluster-listen" not in help_text():
        return False
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        server = RunningServer(folder, "log", ["--cluster-listen=127.0.0.1:0", "--tcp-port=0"])
        try:
            return any(name.startswith(INFO) for name in server.stats())
        finally:
            server.kill()


def flags_of(node, peers, identity, dns=None):
    """Seeds are the stand-ins of its peers; it is itself told by its own, so that the relay is between all. Without
    peers it has no cluster."""
    if not peers or not is_there():
        return []
    flags = {"cluster-name": NAME, "cluster-node": node.name, "cluster-listen": f"{node.host.address}:{PORT}",
             "cluster-advertise": f"{node.host.told}:{PORT}",
             "cluster-send-us-per-mib": 0} # so that much is lent, whatever it costs
    if dns:
        flags |= {"cluster-dns": f"{dns}:{PORT}", "cluster-dns-interval-s": 1}
    else:
        flags |= {"cluster-seeds": ",".join(f"{peer.host.told}:{PORT}" for peer in peers)}
    if not identity:
        return [*(f"--{name}={value}" for name, value in flags.items()), "--cluster-insecure"]
    flags |= {"cluster-tls-certificate": identity.certificate, "cluster-tls-key": identity.key,
              "cluster-tls-ca": identity.ca, "cluster-tls-allowed-names": f"*.{DOMAIN}"}
    return [f"--{name}={value}" for name, value in flags.items()]


def states_of_peers(node):
    """By name, as `texlex cluster status` tells."""
    told = subprocess.run([TEXLEX, "cluster", "status", "--json", "--socket", node.server.path], capture_output=True,
                          text=True, timeout=STATUS_S_MAX)
    if told.returncode:
        raise RuntimeError(told.stderr.strip())
    return {peer["name"]: peer["state"] for peer in json.loads(told.stdout)["peers"]}


def states_in_stats(node):
    """The same, as its stats tell: cheap enough to be looked at all the time."""
    found = (STATE.fullmatch(name) for name, value in node.server.stats().items() if value == 1)
    return dict(each.groups() for each in found if each)


def sum_over_peers(node, name):
    return sum(value for each, value in node.server.stats().items() if each.startswith(name + "{"))


def attempts_given(node):
    return int(sum_over_peers(node, GIVEN))


def connections_made(node):
    return int(sum_over_peers(node, CONNECTS))
