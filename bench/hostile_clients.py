#!/usr/bin/env python3
"""Clients no server wishes for, for bench/run-tail's part `hostile`: over a Unix socket, of a kind, so many, for so many
seconds. Says `attacking` once all have tried to connect, and at the end what they did. Ends by itself: an alarm ends it
even where it hangs.
"""

import argparse
import errno
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "test" / "chaos"))

from wire import HEADER, REQUEST, STATS, frame, request

DOCUMENT_BYTES_MAX = 2 << 20
FRAMES_A_FLOOD = 4096 # ids are not in flight twice: a connection may have fewer in flight
HALF_SENT_BYTES = 5000
SLOW_DOCUMENT_BYTES = 4096 # little, so that places run out before bytes do
ROUND_S = 0.5 # how often a slow client sends a byte, and those that were turned away come back
ALARM_AFTER_S = 5
FILES_OF_ITS_OWN = 32


def connected(path):
    """A connection that never waits, or None: the server's queue is full, or it is gone."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.setblocking(False)
    try:
        client.connect(path)
        return client
    except OSError:
        client.close()
        return None


def attacking(count):
    print(f"attacking with {count}", flush=True)


def flood(options, frames):
    """Sends as fast as the server reads, and reads what it answers."""
    clients, waiting = {}, select.epoll()
    for _ in range(options.connections):
        client = connected(options.socket)
        if client:
            clients[client.fileno()] = [client, 0]
            waiting.register(client.fileno(), select.EPOLLIN | select.EPOLLOUT)
    attacking(len(clients))
    read_bytes, end = 0, time.monotonic() + options.seconds
    while clients and time.monotonic() < end:
        for number, events in waiting.poll(0.1):
            client, sent = clients[number]
            try:
                if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                    got = client.recv(1 << 18)
                    read_bytes += len(got)
                    if not got:
                        raise ConnectionResetError
                if events & select.EPOLLOUT:
                    clients[number][1] = (sent + client.send(frames[sent:sent + (1 << 16)])) % len(frames)
            except BlockingIOError:
                pass
            except OSError:
                waiting.unregister(number)
                clients.pop(number)[0].close()
    return f"{read_bytes} bytes of answers, {len(clients)} connections left"


def empty_documents(options):
    return flood(options, b"".join(request(n, b"") for n in range(1, FRAMES_A_FLOOD + 1)))


def stats(options):
    return flood(options, b"".join(frame(STATS, n) for n in range(1, FRAMES_A_FLOOD + 1)))


def hold(options, first, then):
    """Each sends `first`, and of `then` a byte a round; who is closed comes back in the next round."""
    clients, turned_away, started = [None] * options.connections, 0, False
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        round_end = time.monotonic() + ROUND_S
        for i, client in enumerate(clients):
            if client is None:
                clients[i] = client = connected(options.socket)
                to_send = first
            else:
                to_send = then
            try:
                if client and to_send:
                    client.send(to_send)
                if client and not client.recv(64):
                    raise ConnectionResetError
                if client: # an answer nobody waits for: the refusal at the door, or a time-out
                    raise ConnectionAbortedError
            except BlockingIOError:
                pass
            except OSError as error:
                turned_away += error.errno != errno.EPIPE
                client.close()
                clients[i] = None
            if time.monotonic() > end:
                break
        if not started:
            started = attacking(sum(client is not None for client in clients)) is None
        time.sleep(max(0, round_end - time.monotonic()))
    return f"{sum(client is not None for client in clients)} held at the end, {turned_away} turned away or closed"


def announce(options):
    return hold(options, HEADER.pack(REQUEST, 1, DOCUMENT_BYTES_MAX) + bytes(HALF_SENT_BYTES), b"")


def slow_loris(options):
    return hold(options, HEADER.pack(REQUEST, 1, SLOW_DOCUMENT_BYTES), b"\0")


def random_bytes(options):
    """Each keeps one document of random bytes in flight."""
    end, answered = time.monotonic() + options.seconds, []
    document = request(1, os.urandom(DOCUMENT_BYTES_MAX - 4))

    def one():
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(options.seconds)
        try:
            client.connect(options.socket)
            while time.monotonic() < end:
                client.sendall(document)
                answered.append(client.recv(29, socket.MSG_WAITALL)[16:20] == bytes(4))
        except OSError:
            pass
        client.close()

    threads = [threading.Thread(target=one, daemon=True) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    attacking(len(threads))
    for thread in threads:
        thread.join()
    return f"{sum(answered)} of {len(answered)} answered ok"


def busy(options):
    """Processes that want a core each, and no server."""
    end = time.monotonic() + options.seconds
    for _ in range(options.connections - 1):
        if os.fork() == 0:
            signal.alarm(int(options.seconds) + ALARM_AFTER_S) # not inherited
            while time.monotonic() < end and os.getppid() != 1:
                pass
            os._exit(0)
    attacking(options.connections)
    while time.monotonic() < end:
        pass
    return f"{options.connections} loops"


KINDS = {"empty-documents": empty_documents, "stats": stats, "announce": announce, "slow-loris": slow_loris,
         "random-bytes": random_bytes, "busy": busy}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--socket", help="the server's Unix socket; `busy` needs none")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.kind != "busy" and not options.socket:
        parser.error("--socket is missing")
    signal.alarm(int(options.seconds) + ALARM_AFTER_S)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options.connections = min(options.connections, hard - FILES_OF_ITS_OWN)
    print(KINDS[options.kind](options), flush=True)


if __name__ == "__main__":
    main()
