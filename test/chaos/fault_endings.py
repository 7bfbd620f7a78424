"""How a server's life ends, under load, and that the next one, with other settings, serves on the same socket."""

import signal
import time
from dataclasses import dataclass

from ledger import QUIET

GONE_S_MAX = 25
WORKERS_S_MAX = 5
RUNNING_S = 0.4 # of load before the end


@dataclass(frozen=True)
class Ending:
    name: str
    signals: tuple
    statuses: tuple # that it may exit with
    drains: bool = False


ENDINGS = (
    Ending("drained and started with other settings (SIGTERM)", (signal.SIGTERM,), (0,), drains=True),
    Ending("drained and started with other settings (SIGINT)", (signal.SIGINT,), (0,), drains=True),
    Ending("ended by a second signal", (signal.SIGTERM, signal.SIGTERM), (0, 1)),
    Ending("ended at once (SIGQUIT)", (signal.SIGQUIT,), (1,)),
    Ending("killed (SIGKILL)", (signal.SIGKILL,), (-signal.SIGKILL,)),
)
WEIGHTS = (6, 2, 1, 1, 1)


def end(world, ending):
    """Returns whether it ended as it should; what its clients see of it is judged by themselves."""
    ledger, load = world.ledger, world.load
    ledger.current = ending.name
    allowance = ledger.allow(statuses=("shutting-down",), closes=True)
    time.sleep(RUNNING_S)
    workers = world.server.workers()
    ledger.add(ending.name, "times")
    load.ended_at_once = not ending.drains
    load.draining_since = time.monotonic()
    for number in ending.signals:
        if world.server.alive():
            world.server.signal(number)
    status = world.server.end()
    load.open_gate.clear()
    if status not in ending.statuses:
        ledger.add(ending.name, "wrong")
        ledger.complain(f"{ending.name}: exit status {status}\n{world.server.last_words()}")
    world.server.kill()
    check_workers(world, ending, workers)
    if not load.all_gone(GONE_S_MAX):
        ledger.add(ending.name, "lost", load.open)
        ledger.complain(f"{ending.name}: {load.open} connections outlived their server")
    ledger.current = QUIET
    ledger.disallow(allowance, 0)


def check_workers(world, ending, workers):
    """None outlives its server, however that ended. A zombie nobody reaps is as good as gone."""
    until = time.monotonic() + WORKERS_S_MAX
    while any(map(lives, workers)) and time.monotonic() < until:
        time.sleep(0.01)
    for worker in filter(lives, workers):
        world.ledger.add(ending.name, "wrong")
        world.ledger.complain(f"{ending.name}: worker process {worker} outlived its server")


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def bury(world):
    """One that has ended by itself."""
    world.load.draining_since, world.load.ended_at_once = time.monotonic(), True
    world.load.open_gate.clear()
    world.server.kill()
    world.load.all_gone(GONE_S_MAX)
