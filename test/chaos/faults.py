"""What a fault is: a kind with a name, what it may do to clients, and a stroke that returns once it is over. The kinds
themselves are in fault_calls, fault_processes, fault_clients and fault_endings.
"""

import time
from dataclasses import dataclass
from typing import Callable

GRACE_S = 1.5 # after a fault's end its marks are still met with: requests that were sent while it lasted
PROCESS, THREAD = "process", "thread"


@dataclass(frozen=True)
class Kind:
    name: str
    strike: Callable # (world, dice) -> how many faults it was
    statuses: tuple = () # that it may lead to, beside overload
    closes: bool = False # connections of others
    only: str = "" # the isolation it is for
    alone: bool = False # not in a group
    weight: int = 1


KINDS = []


def kind(name, **more):
    def keep(function):
        KINDS.append(Kind(name, function, **more))
        return function
    return keep


def last(dice, low_s, high_s):
    time.sleep(dice.uniform(low_s, high_s))
