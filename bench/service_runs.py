"""Servers, runs of `texlex bench` against them, and documents to send: what the measurements of the service share."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("TEXLEX_BUILD", os.path.join(TOP, "build", "release")) # another one, to compare with
OUT = os.path.join(TOP, "build", "bench")

BARE = [os.path.join(BUILD, "bare_server")]
TEXLEXD = [os.path.join(BUILD, "texlexd"), "serve", "--log-level", "warn"]
SAMPLE = os.path.join(TOP, "test", "engine", "documents", "article.tex")
LARGE_BYTES, SMALL_BYTES = 1_100_000, 4096
STOP_SECONDS_MAX = 15
# A stalled attempt in a hundred on one worker: what hedging is for.
STALLS = ["--inject-stall-ppm", "10000", "--inject-stall-us", "50000", "--inject-stall-core",
          str(min(os.sched_getaffinity(0)))]


class Server:
    """A server that runs until it is stopped, reached over one transport. `under`: what it is started by."""

    def __init__(self, name, transport, command, folder, under=()):
        self.name, self.transport = name, transport
        file = f"{name}-{transport}".replace(" ", "-").replace(",", "")
        self.log = open(os.path.join(folder, file + ".log"), "w")
        where = ["--unix", os.path.join(folder, file + ".sock")] if transport == "unix" else ["--tcp-port", "0"]
        self.process = subprocess.Popen([*under, *command, *where], stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline() # it says that it is ready, or ends
        if " ready: " not in line:
            raise SystemExit(f"{' '.join([*under, *command, *where])} did not become ready; see {self.log.name}")
        words = line.split()
        self.address = words[words.index(transport) + 1]
        self.pid = int(words[words.index("pid") + 1])

    @property
    def sockets(self):
        """As `texlex bench` takes them."""
        return ["--socket", self.address]

    def processor_ns(self):
        return threads_of(self.pid)[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM) # not what it was started by, which ends with it
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.log.close()
        if status != 0:
            print(f"{self.name} ended with status {status}", file=sys.stderr)


class Several:
    """Servers that share a load: connections are dealt over them in turn."""

    def __init__(self, name, servers):
        self.name, self.servers = name, servers

    @property
    def sockets(self):
        return [word for server in self.servers for word in server.sockets]

    def processor_ns(self):
        return sum(server.processor_ns() for server in self.servers)

    def stop(self):
        for server in self.servers:
            server.stop()


class Cells:
    """Everything measured, by name: a list of runs each, one a round."""

    def __init__(self):
        self.runs = {}
        self.failed = 0

    def measure(self, name, arguments, seconds, warm_up=0.2, may_fail=False, round_number=0):
        """Runs `texlex bench`; its report as a dictionary, or None. `may_fail`: requests may, that is what is measured."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
            command = [os.path.join(BUILD, "texlex"), "bench", *arguments, "--warm-up", str(warm_up),
                       "--allow-refusals", "--json", out.name, "--label", name]
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
            lines = out.read().splitlines()
        if not lines or (done.returncode != 0 and not may_fail):
            self.failed += 1
            print(f"{name}: {done.stderr.strip() or done.stdout.strip()}", file=sys.stderr)
        if not lines:
            return None
        run = json.loads(lines[-1])
        run["round"] = round_number
        self.runs.setdefault(name, []).append(run)
        return run

    def values(self, name, pick):
        values = [pick(run) for run in self.runs.get(name, [])]
        return [value for value in values if value is not None]

    def median(self, name, pick):
        values = self.values(name, pick)
        return statistics.median(values) if values else None

    def beside(self, name, other, pick, compare):
        """The median of what each run and the other's run of the same round give: noise that met both goes out."""
        others = {run["round"]: pick(run) for run in self.runs.get(other, [])}
        pairs = [(pick(run), others.get(run["round"])) for run in self.runs.get(name, [])]
        values = [compare(mine, its) for mine, its in pairs if mine is not None and its]
        return statistics.median(values) if values else None


def threads_of(pid):
    """Of a process: processor time in ns, to a hundredth of a second and with that of threads that have ended; of its
    present threads, switches they asked for and switches forced on them."""
    with open(f"/proc/{pid}/stat") as file:
        ticks = sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13]) # proc(5): utime, stime
    totals = [ticks * 10**9 // os.sysconf("SC_CLK_TCK"), 0, 0]
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/status") as file:
                switches = re.findall(r"ctxt_switches:\s+(\d+)", file.read())
            totals[1] += int(switches[0])
            totals[2] += int(switches[1])
        except FileNotFoundError:
            pass # a thread that has ended
    return totals


def latency(percentile):
    return lambda run: run["latency_us"].get(percentile)


def rate(run):
    return run["requests_per_s"]


def told(run):
    """What the server told of the run, or None."""
    server = run["server"][0] if run["server"] else {}
    return server if server.get("told") and server.get("requests") else None


def hedged_percent(run):
    server = told(run)
    return 100 * server["hedges_fired"] / server["requests"] if server else None


def refused_percent(run):
    return 100 * (run["requests"] - run["ok"]) / run["requests"] if run["requests"] else None


def closed_loop_of(connections, seconds):
    """What makes `texlex bench` wait for its answers."""
    return ["--connections", str(connections), "--duration", str(seconds)]


def open_loop_of(per_s, seconds, connections=16):
    """What makes it send whatever the server does."""
    return [*closed_loop_of(connections, seconds), "--open", f"{per_s:.1f}"]


def markdown(title, labels, columns, rows, note=""):
    """A table: each row has a text for each label and for each column."""
    return [f"\n### {title}\n", *([note, ""] if note else []), "| " + " | ".join([*labels, *columns]) + " |",
            "|---" * len(labels) + "|" + "---:|" * len(columns),
            *("| " + " | ".join(row) + " |" for row in rows)]


def table(cells, title, labels, columns, rows):
    """A row for each pair of its labels' texts and a measurement's name, if it was made; medians."""
    return markdown(title, labels, [name for name, _ in columns],
                    [[*texts, *(number(cells.median(name, pick)) for _, pick in columns)]
                     for texts, name in rows if name in cells.runs])


def progress(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def number(value):
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def document_of(path, size, folder, name):
    """Whole lines of a document, repeated as often as needed, up to that size."""
    with open(path, "rb") as file:
        text = file.read()
    text = (text * (size // len(text) + 1))[:size]
    made = os.path.join(folder, name)
    with open(made, "wb") as file:
        file.write(text[:text.rfind(b"\n") + 1] or text)
    return made


def large_and_small(options, folder):
    """The two documents to measure with: those given, or the repository's, repeated and cut."""
    return (options.large or document_of(SAMPLE, LARGE_BYTES, folder, "large.tex"),
            options.small or document_of(SAMPLE, SMALL_BYTES, folder, "small.tex"))


def add_document_options(parser):
    parser.add_argument("--large", help="a document of about 1 MB; default: one of the repository's, repeated")
    parser.add_argument("--small", help="a document of about 4 KB; default: the same, cut")
