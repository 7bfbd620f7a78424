"""Nodes that show what their peers must not believe. They stay out, their clients are served by them all the same, and
once they have the right certificate they are members again.
"""

import os
import shutil
import time

import certificates
import cluster_flags
from certificates import Authority
from faults import last
from scenarios import CLUSTER, TLS, scenario

OUT_S_MAX = 10


def stays_out(field, node):
    """Whether no peer has it as an active member, looked at again and again until that holds."""
    until = time.monotonic() + OUT_S_MAX
    peers = [peer for peer in field.nodes if peer is not node]
    while time.monotonic() < until:
        if all(field.states_told_by(peer).get(node.name) != cluster_flags.ACTIVE for peer in peers):
            return
        time.sleep(0.05)
    field.ledger.complain(f"{node.name} is a member, though its certificate is none to believe")


def restarted_with(field, node, identity):
    field.allow([node], statuses=["shutting-down"], closes=True)
    right, node.identity = node.identity, identity
    field.drain(node)
    field.start(node)
    stays_out(field, node)
    node.identity = right
    field.drain(node)
    field.start(node)
    return 1


@scenario("a node of another authority (wrong CA)", needs=[CLUSTER, TLS])
def wrong_authority(field, dice):
    node, folder = dice.choice(field.nodes), os.path.join(field.folder, "others")
    other = Authority(folder, "somebody else")
    try:
        return restarted_with(field, node, other.issue(node.name))
    finally:
        shutil.rmtree(folder)


@scenario("a node whose certificate has expired", needs=[CLUSTER, TLS])
def expired(field, dice):
    """It does not even start, and says why."""
    node = dice.choice(field.nodes)
    field.allow([node], statuses=["shutting-down"], closes=True)
    right, node.identity = node.identity, field.authority.issue_expired(node.name)
    field.drain(node)
    try:
        field.start(node)
        field.ledger.complain(f"{node.name} starts, though its certificate has expired")
        field.drain(node)
    except RuntimeError as refusal:
        if "expired" not in str(refusal):
            field.ledger.complain(f"{node.name} does not start, and does not say that its certificate has expired: "
                                  f"{refusal}")
    node.identity = right
    field.start(node)
    return 1


@scenario("a certificate replaced by an expired one, and back, while it serves", needs=[CLUSTER, TLS])
def swapped_for_expired(field, dice):
    """What is connected may stay so; what is connected anew is not believed. Its process must not end of it."""
    node = dice.choice(field.nodes)
    expired_one = field.authority.issue_expired(node.name)
    fresh = field.authority.issue(node.name, file=f"{node.name}-fresh")
    certificates.replace(node.identity, expired_one)
    field.cut_from_peers(node)
    last(dice, 0.5, 2)
    certificates.replace(node.identity, fresh)
    field.cut_from_peers(node)
    return 2


@scenario("certificates of two nodes swapped while they serve", needs=[CLUSTER, TLS])
def swapped(field, dice):
    """Both are of the cluster's authority and have a name that is allowed: that is no fault to anybody."""
    one, other = dice.sample(field.nodes, 2)
    new_for_one = field.authority.issue(other.name, file=f"{one.name}-swapped")
    new_for_other = field.authority.issue(one.name, file=f"{other.name}-swapped")
    certificates.replace(one.identity, new_for_one)
    certificates.replace(other.identity, new_for_other)
    field.links.cut(one.host, other.host)
    last(dice, 0.5, 1.5)
    return 2


@scenario("a certificate's file is cut short, then whole again", needs=[CLUSTER, TLS])
def half_written(field, dice):
    node = dice.choice(field.nodes)
    fresh = field.authority.issue(node.name, file=f"{node.name}-fresh")
    with open(node.identity.certificate, "r+b") as file:
        file.truncate(dice.randint(0, 200))
    field.cut_from_peers(node)
    last(dice, 0.3, 1)
    certificates.replace(node.identity, fresh)
    field.cut_from_peers(node)
    return 1
