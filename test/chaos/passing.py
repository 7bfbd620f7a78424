"""Load that passes: documents in sealed memory whose descriptor goes along, columns in memory that is lent and given
back. Over Unix sockets, where the server offers it; one request at a time.
"""

import contextlib
import fcntl
import mmap
import os
import socket

import wire
from connection import Connection

F_ADD_SEALS, ALL_SEALS = 1033, 0xF # of which Python 3.11 has no all
DESCRIPTORS_MAX = 16 # of one read
LENT_AT = 39


class PassingConnection(Connection):
    def __init__(self, load, version, address, dice):
        super().__init__(load, version, address, dice)
        self.descriptors, self.offered = [], None

    def ask_some(self):
        if self.offered is None:
            self.out += wire.hello(self.next_id(), wire.FEATURE_GOING_AWAY | wire.FEATURE_DESCRIPTORS)
            self.version_2_spoken, self.offered = True, 0
            return
        if not self.offered & wire.FEATURE_DESCRIPTORS: # a server whose workers are processes, or no answer yet
            return super().ask_some()
        number, document = self.next_id(), self.load.documents.draw(self.dice, 1)
        sent = self.note(number, [document])
        with contextlib.closing(Sealed(document.text)) as memory:
            frame = wire.tokenize_passed(number, len(document.text), document.regime, document.view)
            went = 0
            with contextlib.suppress(BlockingIOError):
                went = socket.send_fds(self.socket, [frame], [memory.fd])
        self.went_bytes += went
        if went == 0: # it reads nothing now: nothing was sent
            self.forget(number)
            return
        self.out += frame[went:]
        self.unsent.append((self.went_bytes + len(self.out), sent))
        self.note_sent()

    def receive(self):
        more, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 18, DESCRIPTORS_MAX)
        self.descriptors += descriptors
        return more

    def take(self, kind, number, payload):
        if kind == wire.HELLO_RESPONSE:
            self.offered = wire.features(payload)
        super().take(kind, number, payload)
        if kind == wire.TOKENIZE_RESPONSE and is_lent(payload):
            self.out += wire.frame(wire.RELEASE, number)

    def columns(self, payload):
        if not is_lent(payload):
            return super().columns(payload)
        if not self.descriptors:
            raise wire.Malformed("columns in memory that did not come")
        descriptor = self.descriptors.pop(0)
        try:
            with mmap.mmap(descriptor, wire.mapped_bytes(payload), mmap.MAP_SHARED, mmap.PROT_READ) as memory:
                return wire.tokenized(payload, memory)
        finally:
            os.close(descriptor)

    def ended(self, error):
        for descriptor in self.descriptors:
            os.close(descriptor)
        super().ended(error)


class Sealed:
    """A document in memory that nobody can change any more."""

    def __init__(self, text):
        self.fd = os.memfd_create("chaos", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(self.fd, text)
        fcntl.fcntl(self.fd, F_ADD_SEALS, ALL_SEALS)

    def close(self):
        os.close(self.fd)


def is_lent(payload):
    return len(payload) > LENT_AT and payload[LENT_AT] == 1
