"""What a scenario is: a name, what it needs, and a stroke that returns, once it is over, how many faults it was. The
scenarios themselves are in scenarios_nodes, scenarios_links, scenarios_tls and scenarios_peers.
"""

from dataclasses import dataclass
from typing import Callable

import cluster_flags

CLUSTER, TLS, PLAIN, SHARES, IDS = "a cluster", "TLS", "no TLS", "control groups", "node ids that can be told"


@dataclass(frozen=True)
class Scenario:
    name: str
    strike: Callable # (field, dice) -> how many faults it was
    needs: frozenset
    brief: bool # in the bounded part that ctest runs
    once: bool # takes so long that it is not repeated


SCENARIOS = []


def scenario(name, needs=(), brief=False, once=False):
    def keep(function):
        SCENARIOS.append(Scenario(name, function, frozenset(needs), brief, once))
        return function
    return keep


def what_it_lacks(each, tls, has_shares):
    """Of what it needs, in a field of that kind."""
    there = {TLS if tls else PLAIN}
    if cluster_flags.is_there():
        there.add(CLUSTER)
    if cluster_flags.ids_can_be_told():
        there.add(IDS)
    if has_shares:
        there.add(SHARES)
    return each.needs - there


def ready(tls, has_shares):
    return [each for each in SCENARIOS if not what_it_lacks(each, tls, has_shares)]
