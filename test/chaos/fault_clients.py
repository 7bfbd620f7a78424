"""Clients no server wishes for. Each connection of theirs is one fault; what the protocol promises even them is
checked: who half-closes gets its answers, who is cut short is told so.
"""

import os
import socket
import struct
import time

import wire
from faults import kind

RESET = struct.pack("ii", 1, 0)
ANSWER_S_MAX = 20


def each_of(world, dice, count, talk, keeps_its_word=False):
    """So many connections, one after the other. With `keeps_its_word` none may break that nothing else would break."""
    for _ in range(count):
        try:
            with dice.choice((world.server.unix, world.server.tcp)).connect(5) as client:
                talk(client)
        except OSError as error:
            if keeps_its_word and not world.ledger.allows_close(time.monotonic()) and world.server.alive():
                world.ledger.complain(f"a connection broke that had done nothing wrong: {error}")
    return count


def read_frames(client):
    client.settimeout(ANSWER_S_MAX)
    incoming, found = wire.Incoming(), []
    while True:
        more = client.recv(1 << 16)
        if not more:
            return found
        found += incoming.frames(more)


def tolerating(action):
    try:
        action()
    except OSError:
        pass # it was closed for what it did


@kind("a client sends garbage", weight=2)
def garbage(world, dice):
    def talk(client):
        client.sendall(dice.randbytes(dice.randint(1, 3000)))

    return each_of(world, dice, dice.randint(5, 40), talk)


@kind("a client sends frames with wrong insides", weight=2)
def wrong_insides(world, dice):
    def talk(client):
        out = wire.hello(1, dice.getrandbits(3))
        for number in range(2, 6):
            whole = bytearray(wire.tokenize(number, dice.randbytes(40), "latex", "tex"))
            whole[dice.randrange(wire.HEADER.size, len(whole))] ^= 1 << dice.randrange(8)
            out += whole
        client.sendall(out)
        client.settimeout(0.05)
        client.recv(1 << 16)

    return each_of(world, dice, dice.randint(5, 20), talk)


@kind("a client half-closes and reads on", weight=2)
def half_closed(world, dice):
    def talk(client):
        asked = {number: world.documents.draw(dice, 1) for number in range(1, dice.randint(2, 6))}
        client.sendall(b"".join(wire.request(number, each.text) for number, each in asked.items()))
        client.shutdown(socket.SHUT_WR)
        world.check_answers("a client half-closes and reads on", asked, read_frames(client))

    return each_of(world, dice, dice.randint(5, 20), talk, keeps_its_word=True)


@kind("a client is cut short inside a frame")
def cut_short(world, dice):
    def talk(client):
        whole = wire.request(1, dice.choice(world.documents.short_1).text + b"more")
        client.sendall(whole[:dice.randrange(wire.HEADER.size + 1, len(whole))])
        client.shutdown(socket.SHUT_WR)
        world.check_refusal("a client is cut short inside a frame", "frame-cut-short", read_frames(client))

    return each_of(world, dice, dice.randint(5, 20), talk, keeps_its_word=True)


@kind("a client resets its connection with requests in flight", weight=2)
def reset(world, dice):
    def talk(client):
        client.sendall(b"".join(wire.request(number, world.documents.draw(dice, 1).text) for number in range(1, 6)))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    return each_of(world, dice, dice.randint(10, 40), talk)


@kind("a client connects and goes")
def connects_and_goes(world, dice):
    return each_of(world, dice, dice.randint(20, 60), lambda client: None)


@kind("a client announces more than may be")
def announces_too_much(world, dice):
    def talk(client):
        client.sendall(wire.HEADER.pack(wire.REQUEST, 1, dice.choice((0xFFFFFFFF, 300 << 20))))
        world.check_refusal("a client announces more than may be", "frame-too-large", read_frames(client))

    return each_of(world, dice, dice.randint(5, 20), talk, keeps_its_word=True)


def held(world, dice, count, first, then, seconds):
    """Connections that are held for so long, and of which each sends a byte now and then."""
    clients = []
    for _ in range(count):
        try:
            clients.append(dice.choice((world.server.unix, world.server.tcp)).connect(5))
            clients[-1].setblocking(False)
        except OSError:
            pass
    until = time.monotonic() + seconds
    for client in clients:
        tolerating(lambda: client.send(first))
    while time.monotonic() < until:
        time.sleep(0.05)
        for client in clients:
            tolerating(lambda: client.send(then))
    for client in clients:
        client.close()
    return len(clients)


@kind("a slow client drips bytes", weight=2)
def slow(world, dice):
    return held(world, dice, dice.randint(20, 60), wire.HEADER.pack(wire.REQUEST, 1, 4096), b"\0",
                dice.choice((0.2, 0.2, 1.2)))


@kind("a client reads nothing")
def unread(world, dice):
    flood = b"".join(wire.request(number, world.documents.long[0].text) for number in range(1, 40))
    return held(world, dice, dice.randint(4, 10), flood, b"", dice.choice((0.2, 0.2, 2.6)))


@kind("more clients than there may be", statuses=("too-many-connections",), closes=True, alone=True)
def crowd(world, dice):
    count = world.server.connections_max + dice.randint(10, 60)
    return held(world, dice, count, wire.HEADER.pack(wire.REQUEST, 1, 4096), b"\0", 0.2)


@kind("a client passes descriptors nobody asked for")
def passes_descriptors(world, dice):
    null = os.open("/dev/null", os.O_RDONLY)

    def talk(client):
        if client.family == socket.AF_UNIX:
            frames = wire.hello(1, 3) + wire.request(2, b"abc")
            socket.send_fds(client, [frames], [null] * dice.randint(1, 5))

    try:
        return each_of(world, dice, dice.randint(5, 20), talk)
    finally:
        os.close(null)
