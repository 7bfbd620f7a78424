"""texlexd as it is shipped, with the shim preloaded: started with settings drawn from the seed, looked at through
/proc, ended by pid.
"""

import os
import re
import signal
import socket
import subprocess
import time

import wire
from load import Address
from paths import SHIM, TEXLEXD

READY_S_MAX = 30
END_S_MAX = 40
CONNECTIONS_MAX = (150, 1200) # few, or by the thousand
CRASH_MARKER = b"%die"


def drawn_flags(dice, isolation, connections_max):
    """What is small here is small so that its limits are reached."""
    flags = {"isolation": isolation, "tcp-port": 0, "connections-max": connections_max, "read-timeout-ms": 2000,
             "read-grace-ms": 700, "write-timeout-ms": 2000, "restarts-max": 1_000_000, "restart-delay-max-ms": 20,
             "test-crash-marker": CRASH_MARKER.decode(), "test-crash-count": 1_000_000, "log-level": "info",
             "alloc-budget-mb": dice.choice((20, 100, 5000)), "major-cycles-budget": dice.choice((0, 50)),
             "rotations-at-once": dice.choice((1, 2)), "queue-target-ms": dice.choice((0, 5, 50)),
             "requests-max": dice.choice((64, 4096)), "requests-per-connection-max": dice.choice((4, 64)),
             "busy-poll-us": dice.choice((0, 10, 1000)), "loop-bytes-max": dice.choice((0, 4096, 16384)),
             "arena-resident-mb": dice.choice((1, 16))}
    switches = {"io-uring": dice.random() < 0.3, "hedge": dice.random() < 0.7, "hedge-adaptive": dice.random() < 0.5,
                "eject-slow-lanes": dice.random() < 0.5}
    return [f"--{name}={value}" for name, value in flags.items()] + \
        [f"--{name}" if on else f"--no-{name}" for name, on in switches.items()]


def children_of(pid):
    """Each is of the thread that started it."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    found += [int(child) for child in file.read().split()]
            except OSError:
                pass # that thread has ended
    except OSError:
        pass
    return sorted(found)


class RunningServer:
    """A process of texlexd whose Unix socket is asked for what it does."""

    def __init__(self, folder, name, flags, environment=None):
        self.path = os.path.join(folder, "texlexd.sock")
        self.log = os.path.join(folder, f"{name}.log")
        self.flags = flags
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([TEXLEXD, "serve", f"--unix={self.path}", *flags], env=environment,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.pid = self.process.pid
        self.unix = Address(socket.AF_UNIX, self.path)
        self.tcp = Address(socket.AF_INET, self.await_ready())
        self.files_at_start = self.open_files()

    def await_ready(self):
        line = self.process.stdout.readline().decode()
        found = re.search(r" tcp ([\d.]+):(\d+)", line)
        if not found:
            self.kill()
            raise RuntimeError(f"texlexd did not become ready: {line!r}\n{self.last_words()}")
        return found.group(1), int(found.group(2))

    def alive(self):
        return self.process.poll() is None

    def threads(self, name):
        """Ids of the threads whose names begin so."""
        found = []
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/comm") as file:
                    if file.read().startswith(name):
                        found.append(int(task))
            except OSError:
                pass
        return found

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def address_space_bytes(self, pid=None):
        with open(f"/proc/{pid or self.pid}/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit status once it has ended, or None if it has not in its time."""
        try:
            return self.process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def last_words(self, lines=15):
        with open(self.log, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def stats(self):
        """Its counts by name, or none where it does not tell."""
        found, incoming = {}, wire.Incoming()
        try:
            with self.unix.connect(5) as asking:
                asking.settimeout(5)
                asking.sendall(wire.frame(wire.STATS, 1))
                while not found:
                    more = asking.recv(1 << 16)
                    if not more:
                        break
                    for kind, _, payload in incoming.frames(more):
                        if kind != wire.STATS_RESPONSE:
                            return {}
                        for line in payload.decode().splitlines():
                            name, value = line.rsplit(" ", 1)
                            found[name] = float(value)
        except OSError:
            pass
        return found


class Server(RunningServer):
    """With the shim, and settings that are drawn."""

    def __init__(self, folder, control, isolation, dice, name):
        self.isolation = isolation
        self.connections_max = dice.choice(CONNECTIONS_MAX)
        control.serving(0)
        super().__init__(folder, name, drawn_flags(dice, isolation, self.connections_max),
                         dict(os.environ, LD_PRELOAD=SHIM, TEXLEX_CHAOS_CONTROL=control.path))
        control.serving(self.pid)

    @property
    def by_processes(self):
        return self.isolation == "process"

    def workers(self):
        return children_of(self.pid) if self.by_processes else []
