"""Nodes that die, stop, are starved, and are restarted in turn."""

import os
import time

import cluster_flags
from faults import last
from field import NODES_NAME
from links import ANY
from scenarios import SHARES, scenario

CHUNK_WAIT_S_MAX = 5
SLOW_BYTES_PER_SECOND = 2_000_000
UNDER_WAY_BYTES = 100_000


@scenario("a node killed (kill -9)", brief=True)
def killed(field, dice):
    node = dice.choice(field.nodes)
    field.allow([node], closes=True)
    field.kill(node)
    last(dice, 0.05, 1.5)
    field.start(node)
    return 1


@scenario("all nodes but one killed")
def all_but_one_killed(field, dice):
    victims = dice.sample(field.nodes, len(field.nodes) - 1)
    field.allow(victims, closes=True)
    for node in victims:
        field.kill(node)
    last(dice, 0.3, 1)
    for node in victims:
        field.start(node)
    return len(victims)


@scenario("a node killed in mid-chunk", brief=True)
def killed_in_mid_chunk(field, dice):
    """The way to it is slow, so that documents are under way when it dies."""
    node = dice.choice(field.nodes)
    field.allow([node], closes=True)
    field.links.throttle(ANY, node.host, SLOW_BYTES_PER_SECOND)
    before = field.links.counts(ANY, node.host)["bytes"]
    until = time.monotonic() + CHUNK_WAIT_S_MAX
    while field.links.counts(ANY, node.host)["bytes"] < before + UNDER_WAY_BYTES and time.monotonic() < until:
        time.sleep(0.001)
    field.kill(node)
    field.links.calm()
    last(dice, 0.05, 0.5)
    field.start(node)
    return 1


@scenario("a node stopped (SIGSTOP, SIGCONT)", brief=True)
def stopped(field, dice):
    node = dice.choice(field.nodes)
    node.stop()
    last(dice, *dice.choice(((0.02, 0.4), (0.6, 0.9), (1.5, 4))))
    node.go_on()
    return 1


@scenario("a node three times slower", needs=[SHARES], brief=True)
def slow(field, dice):
    """A third of what is its part of this machine."""
    node = dice.choice(field.nodes)
    node.share.limit(os.cpu_count() / len(field.nodes) / 3)
    last(dice, 1, 4)
    node.share.limit(None)
    return 1


@scenario("a node without any processor for a while", needs=[SHARES])
def starved(field, dice):
    node = dice.choice(field.nodes)
    node.share.limit(0.02)
    last(dice, 0.5, 2)
    node.share.limit(None)
    return 1


@scenario("all nodes restarted in turn, behind one name", brief=True)
def restarted_in_turn(field, dice):
    for node in field.nodes:
        field.allow([node], statuses=["shutting-down"], closes=True)
        status = field.drain(node)
        if status != 0:
            field.ledger.complain(f"{node.name} ended with status {status} in a rolling restart")
        field.start(node, dns=NODES_NAME)
        if cluster_flags.is_there():
            field.check_members(field.ledger.current) # as a readiness probe would wait
        else:
            last(dice, 0.2, 0.5)
    return len(field.nodes)


@scenario("a node told to end twice, at once")
def ended_at_once(field, dice):
    node = dice.choice(field.nodes)
    field.allow([node], statuses=["shutting-down"], closes=True)
    node.load.ended_at_once = True
    node.begin_drain()
    field.drain(node)
    field.start(node)
    return 1
