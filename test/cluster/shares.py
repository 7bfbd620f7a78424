"""Shares of the processors, by control groups of version 1 or 2, whichever may be written to."""

import contextlib
import glob
import os
import re
import time

PERIOD_US = 10_000 # short, so that nobody stands still for long while its share is used up
PREFIX = "texlex-cluster-"
V1 = "/sys/fs/cgroup/cpu"
V2 = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
REMOVAL_S_MAX = 2


class Unavailable(Exception):
    """No group may be made, and why."""


def place():
    """Where groups are made, and whether they are of version 2."""
    if os.path.exists(f"{V1}/cpu.cfs_quota_us") or os.path.exists(f"{V1}/cgroup.procs"):
        return V1, False
    for each in V2:
        with contextlib.suppress(OSError):
            if "cpu" in read(f"{each}/cgroup.controllers").split():
                return each, True
    raise Unavailable("no control groups for processors are mounted")


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Share:
    """A group whose processes get so many processors together."""

    def __init__(self, owner_pid, name):
        top, self.is_v2 = place()
        self.folder = f"{top}/{PREFIX}{owner_pid}-{name}"
        try:
            if self.is_v2 and "cpu" not in read(f"{top}/cgroup.subtree_control").split():
                write(f"{top}/cgroup.subtree_control", "+cpu")
            os.mkdir(self.folder)
        except OSError as error:
            raise Unavailable(f"no control group may be made: {error}") from None

    def limit(self, processors):
        """None: no limit."""
        quota_us = -1 if processors is None else max(1000, int(PERIOD_US * processors))
        if self.is_v2:
            return write(f"{self.folder}/cpu.max", f"{'max' if quota_us < 0 else quota_us} {PERIOD_US}")
        write(f"{self.folder}/cpu.cfs_period_us", str(PERIOD_US))
        write(f"{self.folder}/cpu.cfs_quota_us", str(quota_us))

    def take(self, pid):
        write(f"{self.folder}/cgroup.procs", str(pid))

    def throttled(self):
        """How often its processes had to wait for the next period."""
        return int(re.search(r"nr_throttled (\d+)", read(f"{self.folder}/cpu.stat")).group(1))

    def remove(self):
        remove(self.folder)


def remove(folder):
    """Once its last process is gone, which may take a moment."""
    until = time.monotonic() + REMOVAL_S_MAX
    while os.path.isdir(folder):
        try:
            return os.rmdir(folder)
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.01)


def groups():
    """Each with the pid of the test that made it."""
    with contextlib.suppress(Unavailable):
        for folder in glob.glob(f"{place()[0]}/{PREFIX}*"):
            yield folder, int(os.path.basename(folder)[len(PREFIX):].split("-")[0])


def remove_all_of(owner_pid):
    for folder, owner in list(groups()):
        if owner == owner_pid:
            remove(folder)


def remove_abandoned():
    for folder, owner in list(groups()):
        if not os.path.exists(f"/proc/{owner}"):
            remove(folder)
