"""System calls and allocations that fail inside texlexd and its workers, by the shim. A fault here is one call that
failed; how many did, the shim counts.
"""

from control import FINAL, PASSING
from faults import PROCESS, kind, last

LENGTH_S = (0.05, 0.25)


def failing(world, dice, *calls, whose="all", often_ppm=50_000, most=60, how=PASSING, run_max=0, stall_us=0):
    """Only one group of calls fails at a time: there is one control file."""
    with world.shim_lock:
        before = sum(map(world.control.failed, calls))
        world.control.arm(calls, whose=whose, often_ppm=often_ppm, most=most, seed=dice.getrandbits(62), kind=how,
                          run_max=run_max, stall_us=stall_us)
        try:
            last(dice, *LENGTH_S)
        finally:
            world.control.disarm()
        return sum(map(world.control.failed, calls)) - before


@kind("receive interrupted (EINTR)")
def receive_interrupted(world, dice):
    return failing(world, dice, "receive", run_max=2)


@kind("send interrupted or full (EINTR, EAGAIN)")
def send_interrupted(world, dice):
    return failing(world, dice, "send", run_max=2)


@kind("receive broken (ECONNRESET, ETIMEDOUT)", statuses=("worker-lost",), closes=True)
def receive_broken(world, dice):
    return failing(world, dice, "receive", often_ppm=10_000, most=10, how=FINAL, whose="server")


@kind("send broken (EPIPE, ECONNRESET)", statuses=("worker-lost",), closes=True)
def send_broken(world, dice):
    return failing(world, dice, "send", often_ppm=10_000, most=10, how=FINAL, whose="server")


@kind("short receive", weight=2)
def short_receive(world, dice):
    return failing(world, dice, "short_receive", often_ppm=dice.choice((100_000, 500_000)), most=200)


@kind("short send", weight=2)
def short_send(world, dice):
    return failing(world, dice, "short_send", often_ppm=dice.choice((100_000, 500_000)), most=200)


@kind("accept fails for one (EINTR, ECONNABORTED)")
def accept_passing(world, dice):
    return failing(world, dice, "accept", often_ppm=300_000, run_max=2)


@kind("accept fails for all (EMFILE, ENFILE, ENOBUFS, ENOMEM)")
def accept_failing(world, dice):
    return failing(world, dice, "accept", often_ppm=500_000, how=FINAL)


@kind("epoll_wait interrupted (EINTR)")
def wait_interrupted(world, dice):
    return failing(world, dice, "epoll_wait", often_ppm=200_000, run_max=3)


@kind("epoll_ctl finds no memory (ENOMEM)", closes=True)
def epoll_ctl(world, dice):
    return failing(world, dice, "epoll_ctl", often_ppm=100_000)


@kind("mmap finds no memory (ENOMEM)", statuses=("descriptor-lost",))
def mapping(world, dice):
    return failing(world, dice, "mmap", often_ppm=dice.choice((200_000, 1_000_000)))


@kind("shared memory cannot be made (EMFILE, ENFILE, ENOMEM)")
def shared_memory(world, dice):
    return failing(world, dice, "memfd", "truncate", often_ppm=300_000)


@kind("a worker cannot be started (spawn, socketpair)", only=PROCESS, weight=2)
def spawning(world, dice):
    world.kill_a_worker(dice)
    return failing(world, dice, "spawn", "socketpair", often_ppm=700_000)


@kind("a thread cannot be started (EAGAIN)")
def threads(world, dice):
    world.crash_a_worker(dice)
    return failing(world, dice, "thread", often_ppm=700_000)


@kind("open fails (EMFILE, ENFILE)")
def opening(world, dice):
    return failing(world, dice, "open", often_ppm=500_000)


@kind("the log cannot be written (EINTR, EAGAIN)")
def log_full(world, dice):
    world.talk_into_the_log()
    return failing(world, dice, "write_log", often_ppm=700_000)


@kind("the log cannot be written (EIO, ENOSPC)")
def log_broken(world, dice):
    world.talk_into_the_log()
    return failing(world, dice, "write_log", often_ppm=700_000, how=FINAL)


@kind("poll interrupted (EINTR)")
def poll_interrupted(world, dice):
    return failing(world, dice, "poll", often_ppm=500_000, run_max=2)


@kind("an allocation fails once", weight=2)
def allocation(world, dice):
    return failing(world, dice, "allocate", whose="server", often_ppm=2000, most=100)


@kind("allocations fail in a row", closes=True, statuses=("worker-lost",))
def allocations(world, dice):
    return failing(world, dice, "allocate", whose="server", often_ppm=500, most=60, run_max=12)


@kind("allocations fail in a worker", statuses=("worker-lost",), only=PROCESS)
def worker_allocations(world, dice):
    return failing(world, dice, "allocate", whose="workers", often_ppm=5000, most=40, run_max=4)


@kind("calls take long", weight=2)
def stalls(world, dice):
    """Of whichever thread: the I/O thread's, the dispatcher's, a worker's."""
    return failing(world, dice, "stall", often_ppm=2000, most=10, stall_us=dice.choice((2000, 10_000, 50_000)))
