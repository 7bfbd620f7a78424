"""The control file of the shim inside texlexd: control.hpp, from this side."""

import mmap
import os
import struct

CALLS = ("allocate", "accept", "receive", "send", "short_receive", "short_send", "epoll_wait", "epoll_ctl", "mmap",
         "memfd", "truncate", "spawn", "socketpair", "thread", "open", "write_log", "poll", "stall")
SCOPES = ("all", "server", "workers")
ARMED, WHOSE, SERVER_PID, OFTEN_PPM, RUN_MAX, KIND, STALL_US = range(0, 28, 4)
SEED, LEFT, SEEN = 32, 40, 48
FAILED = SEEN + 8 * len(CALLS)
BYTES = FAILED + 8 * len(CALLS)
PASSING, FINAL = 0, 1 # kinds of errors: those after which the call may be tried again, and those that end something


class Control:
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(BYTES))
        self.fd = os.open(path, os.O_RDWR)
        self.memory = mmap.mmap(self.fd, BYTES)

    def set(self, at, value):
        struct.pack_into("=I", self.memory, at, value)

    def set_wide(self, at, value):
        struct.pack_into("=q", self.memory, at, value)

    def get_wide(self, at):
        return struct.unpack_from("=q", self.memory, at)[0]

    def serving(self, pid):
        self.set(ARMED, 0)
        self.set(SERVER_PID, pid)

    def arm(self, calls, *, whose, often_ppm, most, seed, kind=PASSING, run_max=0, stall_us=0):
        for at, value in ((WHOSE, SCOPES.index(whose)), (OFTEN_PPM, often_ppm), (RUN_MAX, run_max), (KIND, kind),
                          (STALL_US, stall_us)):
            self.set(at, value)
        self.set_wide(SEED, seed)
        self.set_wide(LEFT, most)
        self.set(ARMED, sum(1 << CALLS.index(call) for call in calls))

    def disarm(self):
        self.set(ARMED, 0)

    def failed(self, call):
        return self.get_wide(FAILED + 8 * CALLS.index(call))
