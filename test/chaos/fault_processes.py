"""Workers and the server killed, stopped and starved; descriptors and memory that run out; signals."""

import os
import resource
import signal
import time

from faults import PROCESS, THREAD, kind, last

FAR_AWAY = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@kind("a worker killed (SIGKILL)", only=PROCESS, weight=3)
def killed(world, dice):
    return sum(world.kill_a_worker(dice) for _ in range(dice.randint(1, 4)))


@kind("all workers killed at once", only=PROCESS)
def all_killed(world, _):
    return sum(world.send(pid, signal.SIGKILL) for pid in world.server.workers())


@kind("a worker crashes on a document", weight=2)
def crashed(world, dice):
    return sum(world.crash_a_worker(dice) for _ in range(dice.randint(1, 3)))


@kind("a worker stopped (SIGSTOP)", only=PROCESS, weight=2)
def stopped(world, dice):
    """For shorter than its watchdog waits, or longer."""
    workers = world.server.workers()
    if not workers:
        return 0
    pid = dice.choice(workers)
    struck = world.send(pid, signal.SIGSTOP)
    last(dice, *dice.choice(((0.02, 0.2), (0.02, 0.2), (1.2, 1.8))))
    world.send(pid, signal.SIGCONT)
    return struck


@kind("the whole server stopped (SIGSTOP)", alone=True)
def server_stopped(world, dice):
    """Each process of it, as a debugger or a frozen container would."""
    pids = [world.server.pid, *world.server.workers()]
    for pid in pids:
        world.send(pid, signal.SIGSTOP)
    last(dice, 0.02, 0.4)
    for pid in pids:
        world.send(pid, signal.SIGCONT)
    return 1


@kind("workers starved by others", only=PROCESS)
def processes_starved(world, dice):
    return starved(world, dice, world.server.workers())


@kind("threads starved by others", only=THREAD)
def threads_starved(world, dice):
    own = [int(task) for task in os.listdir(f"/proc/{world.server.pid}/task")]
    return starved(world, dice, dice.sample(own, min(3, len(own))))


def starved(world, dice, ids):
    """They run only when nobody else wants to, and two do all the time."""
    hungry = 0
    for each in ids:
        try:
            os.sched_setscheduler(each, os.SCHED_IDLE, os.sched_param(0))
            hungry += 1
        except OSError:
            pass
    with world.busy_loops(2):
        last(dice, 0.1, 0.4)
    for each in ids:
        try:
            os.sched_setscheduler(each, os.SCHED_OTHER, os.sched_param(0))
        except OSError:
            pass
    return hungry


@kind("descriptors run out (RLIMIT_NOFILE)", statuses=("descriptor-lost",), alone=True)
def descriptors(world, dice):
    """So many are left; each newcomer that is not let in then is one stroke of it, but it counts once."""
    pid = world.server.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (world.server.open_files() + dice.randint(0, 3), before[1]))
    try:
        with world.newcomers(12):
            last(dice, 0.1, 0.3)
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    return 1


@kind("memory runs out (RLIMIT_AS)", statuses=("descriptor-lost",), closes=True, alone=True)
def memory(world, dice):
    limited(world, dice, world.server.pid, dice.choice((0, 1 << 20, 8 << 20)))
    return 1


@kind("memory of a worker runs out (RLIMIT_AS)", statuses=("worker-lost",), only=PROCESS)
def worker_memory(world, dice):
    workers = world.server.workers()
    if not workers:
        return 0
    try:
        limited(world, dice, dice.choice(workers), dice.choice((0, 1 << 20)))
    except OSError:
        return 0 # it has ended meanwhile
    return 1


def limited(world, dice, pid, more_bytes):
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (world.server.address_space_bytes(pid) + more_bytes, before[1]))
    try:
        last(dice, 0.05, 0.3)
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


@kind("told to read its settings (SIGHUP)")
def told_to_reload(world, dice):
    return told(world, dice, signal.SIGHUP)


@kind("told to log (SIGUSR1, SIGUSR2)")
def told_to_log(world, dice):
    return told(world, dice, signal.SIGUSR1) + told(world, dice, signal.SIGUSR2)


def told(world, dice, number):
    times = 2 * dice.randint(1, 5) # the second SIGUSR2 takes the first one back
    for _ in range(times):
        world.server.signal(number)
        time.sleep(0.002)
    return times
