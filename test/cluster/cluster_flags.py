"""What this test knows of the settings and words of a cluster: the one place to change when they do."""

import functools
import json
import subprocess

from certificates import DOMAIN
from places import TEXLEX, TEXLEXD

PORT = 7700
NAME = "faults"
ACTIVE = "active"
SUSPICIONS = "texlexd_peer_suspicions_total"
STATUS_S_MAX = 5


@functools.cache
def is_there():
    """Whether this texlexd has a cluster at all."""
    told = subprocess.run([TEXLEXD, "serve", "--help"], capture_output=True, text=True)
    return "--cluster-listen" in told.stdout


def flags_of(node, peers, identity, dns=None):
    """Seeds are the stand-ins of its peers; it is itself told by its own, so that the relay is between all."""
    if not is_there():
        return []
    flags = {"cluster-name": NAME, "cluster-node": node.name, "cluster-listen": f"{node.host.address}:{PORT}",
             "cluster-advertise": f"{node.host.stand_in}:{PORT}"}
    if dns:
        flags |= {"cluster-dns": f"{dns}:{PORT}", "cluster-dns-interval-s": 1}
    else:
        flags |= {"cluster-seeds": ",".join(f"{peer.host.stand_in}:{PORT}" for peer in peers)}
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


def suspicions(node):
    return sum(value for name, value in node.server.stats().items() if name.startswith(SUSPICIONS))
