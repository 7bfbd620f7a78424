"""What is between nodes fails: cables, routes, and the relay that makes ways slow, late, stuck, wrong or cut."""

import time

from faults import last
from links import ANY
from scenarios import CLUSTER, PLAIN, TLS, scenario

FLAP_S = 2
TO_AND_FRO = 4


def both_ways(node):
    return (node.host, ANY), (ANY, node.host)


def two_hosts(field, dice):
    """Two nodes, or a node and the clients."""
    return dice.sample([field.outside, *(node.host for node in field.nodes)], 2)


@scenario("a cable pulled", brief=True)
def cable_pulled(field, dice):
    host = dice.choice(field.nodes).host
    host.pull_cable()
    last(dice, *dice.choice(((0.1, 0.5), (1, 3))))
    host.plug_in()
    return 1


@scenario("a cable that flaps each 2 s")
def flapping(field, dice):
    host = dice.choice(field.nodes).host
    for _ in range(TO_AND_FRO):
        host.pull_cable()
        time.sleep(FLAP_S)
        host.plug_in()
        time.sleep(FLAP_S)
    return TO_AND_FRO


@scenario("a partition one way, by a blackhole route", brief=True)
def no_route(field, dice):
    one, other = two_hosts(field, dice)
    one.lose_route_to(other)
    last(dice, 0.3, 3)
    one.find_route_to(other)
    return 1


@scenario("a partition one way, that nobody is told of", brief=True)
def to_nobody(field, dice):
    one, other = two_hosts(field, dice)
    one.speak_to_nobody_instead_of(other)
    last(dice, 0.3, 3)
    one.speak_again_to(other)
    return 1


@scenario("a partition of one node from all, both ways")
def cut_off(field, dice):
    node = dice.choice(field.nodes)
    others = [host for host in field.network.hosts if host is not node.host]
    for other in others:
        node.host.speak_to_nobody_instead_of(other)
        other.speak_to_nobody_instead_of(node.host)
    last(dice, 0.3, 3)
    for other in others:
        node.host.speak_again_to(other)
        other.speak_again_to(node.host)
    return 1


@scenario("a narrow link (tbf)", brief=True)
def narrow(field, dice):
    host = dice.choice(field.nodes).host
    host.narrow(dice.choice((20_000_000, 100_000_000)))
    last(dice, 1, 3)
    host.widen()
    return 1


@scenario("half-open: one direction held", brief=True)
def half_open(field, dice):
    """As behind a firewall that has forgotten one side."""
    way = dice.choice(both_ways(dice.choice(field.nodes)))
    field.links.hold(*way)
    last(dice, 0.3, 4)
    field.links.hold(*way, on=False)
    return 1


@scenario("half-open: the end of connections is swallowed", needs=[CLUSTER])
def ends_swallowed(field, dice):
    """A node dies, and its peers are not told."""
    node = dice.choice(field.nodes)
    field.allow([node], closes=True)
    peers = [peer for peer in field.nodes if peer is not node]
    for peer in peers:
        field.links.swallow_ends(node.host, peer.host)
        field.links.hold(peer.host, node.host)
    field.kill(node)
    last(dice, 1.5, 3)
    field.start(node)
    field.cut_from_peers(node)
    return 1


def with_loss(field, dice, percent):
    field.allow(field.nodes, statuses=["frame-timeout"], closes=True) # a frame that takes too long ends its connection
    before = field.links.counts()["stalls"]
    field.links.lose(ANY, ANY, percent)
    last(dice, 2, 5)
    return field.links.counts()["stalls"] - before


@scenario("1 % loss on all ways", brief=True)
def some_loss(field, dice):
    return with_loss(field, dice, 1)


@scenario("20 % loss on all ways", brief=True)
def much_loss(field, dice):
    return with_loss(field, dice, 20)


@scenario("50 ms delay on all ways", brief=True)
def delayed(field, dice):
    field.links.delay(ANY, ANY, 50)
    last(dice, 1, 3)
    return 1


@scenario("a link throttled to 1 MB/s")
def throttled(field, dice):
    for way in both_ways(dice.choice(field.nodes)):
        field.links.throttle(*way, 1_000_000)
    last(dice, 1, 3)
    return 1


@scenario("connections cut (reset)", brief=True)
def cut(field, dice):
    node = dice.choice(field.nodes)
    field.allow([node], closes=True)
    times = 0
    for _ in range(dice.randint(1, 5)):
        times += field.links.cut(*dice.choice(both_ways(node)))
        last(dice, 0.02, 0.3)
    return times


@scenario("connections refused")
def refused(field, dice):
    node = dice.choice(field.nodes)
    field.allow([node], closes=True)
    field.links.refuse(ANY, node.host)
    field.links.cut(ANY, node.host)
    before = field.links.counts(ANY, node.host)["refused"]
    last(dice, 0.3, 2)
    return field.links.counts(ANY, node.host)["refused"] - before


def between_nodes(field, dice):
    return [node.host for node in dice.sample(field.nodes, 2)]


@scenario("a bit that is wrong, under TLS", needs=[CLUSTER, TLS])
def corrupted(field, dice):
    one, other = between_nodes(field, dice)
    before = field.links.counts(one, other)["corrupted"]
    field.links.corrupt(one, other, dice.randint(1, 3))
    last(dice, 0.5, 1.5)
    return field.links.counts(one, other)["corrupted"] - before


@scenario("blocks that change places, under TLS", needs=[CLUSTER, TLS])
def swapped(field, dice):
    one, other = between_nodes(field, dice)
    before = field.links.counts(one, other)["swapped"]
    field.links.swap(one, other, dice.randint(1, 3))
    last(dice, 0.5, 1.5)
    return field.links.counts(one, other)["swapped"] - before


@scenario("garbage within a connection of two nodes", needs=[CLUSTER, PLAIN])
def garbage_inserted(field, dice):
    return field.links.insert(*between_nodes(field, dice), dice.randbytes(dice.choice((1, 32, 5000))))


@scenario("a node's address leads to another node", needs=[CLUSTER])
def redirected(field, dice):
    one, other = dice.sample(field.nodes, 2)
    field.allow([one], closes=True)
    field.links.redirect(one.host, other.host)
    field.links.cut(ANY, one.host)
    last(dice, 0.5, 2)
    field.links.redirect(one.host, one.host)
    field.links.cut(ANY, one.host)
    return 1
