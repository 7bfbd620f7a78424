"""The relay between hosts (relay/), and what it is told to do with what goes between them."""

import subprocess

from places import RELAY

ANY = "*"


class Links:
    """Of one relay. Ends of a way are hosts, or ANY."""

    def __init__(self, seed):
        self.process = subprocess.Popen([RELAY, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.startswith("ok"):
            raise RuntimeError(f"the relay was told {words} and said {answer.strip() or 'nothing'}")
        return answer[2:].strip()

    def add(self, host):
        self.tell("node", host.name, host.address, host.stand_in)

    def listen(self, host, ports):
        for port in ports:
            self.tell("listen", host.name, port)

    def listen_no_more(self, host):
        """As where a process has ended: who comes is refused by the system, and not by a relay that let him in."""
        self.tell("listen-no-more", host.name)

    def redirect(self, host, instead):
        self.tell("redirect", host.name, instead.name)

    def way(self, order, source, target, *words):
        return self.tell(order, name_of(source), name_of(target), *words)

    def delay(self, source, target, milliseconds):
        self.way("delay", source, target, milliseconds)

    def lose(self, source, target, percent):
        self.way("loss", source, target, percent)

    def throttle(self, source, target, bytes_per_second):
        self.way("rate", source, target, bytes_per_second)

    def hold(self, source, target, on=True):
        self.way("hold", source, target, "on" if on else "off")

    def swallow_ends(self, source, target, on=True):
        self.way("swallow-ends", source, target, "on" if on else "off")

    def refuse(self, source, target, on=True):
        self.way("refuse", source, target, "on" if on else "off")

    def spoil_only(self, port):
        """Only connections to this port have bytes changed or put in."""
        self.tell("spoil-only", port)

    def corrupt(self, source, target, pieces):
        self.way("corrupt", source, target, pieces)

    def swap(self, source, target, pieces):
        self.way("swap", source, target, pieces)

    def insert(self, source, target, more):
        """Into how many connections."""
        return int(self.way("insert", source, target, more.hex()))

    def cut(self, source, target):
        """How many connections."""
        return int(self.way("cut", source, target))

    def calm(self):
        self.way("calm", ANY, ANY)

    def counts(self, source=ANY, target=ANY):
        pairs = (each.split("=") for each in self.way("counts", source, target).split())
        return {name: int(value) for name, value in pairs}

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def name_of(end):
    return end if end == ANY else end.name
