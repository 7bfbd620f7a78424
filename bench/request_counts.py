"""What a server does for one request, counted and not timed: system calls, switches of its threads, processor time, and
instructions in user space. What a missing tool would count is left out, with a sentence that says so."""

import json
import os
import re
import shutil
import subprocess
import tempfile

from service_runs import BUILD, Server, markdown, number, progress, threads_of

# Counted twice, with few requests and with many: the difference leaves out start, end and what comes once.
FEW, MANY = 200, 2200
TIMED_REQUESTS = 20_000
TIMEOUT_MS = "60000" # under a tool that single-steps, all is slow
TOOL_SECONDS_MAX = 120
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
# valgrind knows no AVX-512, and is so slow that texlexd would take itself for overloaded.
FLAGS_UNDER_CALLGRIND = {
    "texlexd": ["--kernel", "sse4", "--loop-us-max", "1000", "--queue-target-ms", "90", "--no-lock-memory",
                "--arena-resident-mb", "1"],
    "bare": ["--kernel", "sse4"],
}


def why(error):
    """Of a tool that did not do it: its last word."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


class Load:
    """Requests that a server is sent while it is counted."""

    def __init__(self, path, connections, folder):
        self.path, self.connections, self.folder = path, connections, folder

    def send(self, server, count):
        """Sends them; so many were counted, the refused ones too."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
            done = subprocess.run([os.path.join(BUILD, "texlex"), "bench", self.path, *server.sockets, "--count",
                                   str(count), "--connections", str(self.connections), "--warm-up", "0",
                                   "--allow-refusals", "--timeout-ms", TIMEOUT_MS, "--json", out.name],
                                  capture_output=True, text=True, timeout=TOOL_SECONDS_MAX)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip() or f"texlex bench ended with status {done.returncode}")
            return json.loads(out.read().splitlines()[-1])["requests"]

    def growth(self, name, command, under, read):
        """What a tool that tells a sum at the server's end tells more of MANY requests than of FEW; by request."""
        sums = []
        for count in (FEW, MANY):
            with tempfile.NamedTemporaryFile("r") as told:
                server = Server(f"{name} counted", "unix", command, self.folder, under(told.name))
                try:
                    self.send(server, count)
                finally:
                    server.stop()
                sums.append(read(told.read()))
        return {key: (value - sums[0].get(key, 0)) / (MANY - FEW) for key, value in sums[1].items()}


def system_calls(load, name, command):
    """All, and the most frequent ones by name."""
    def read(text):
        calls = {}
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                calls[words[-1]] = int(words[3])
        return calls

    by_name = load.growth(name, command, lambda told: ["strace", "-f", "-qq", "-c", "-o", told], read)
    most = [f"{call} {number(by_name[call])}" for call in sorted(by_name, key=by_name.get, reverse=True)
            if by_name[call] >= 0.05]
    return {"system calls": sum(by_name.values()), "which": ", ".join(most)}


def times_and_switches(load, name, command):
    server = Server(f"{name} timed", "unix", command, load.folder)
    try:
        load.send(server, FEW)
        before = threads_of(server.pid)
        count = load.send(server, TIMED_REQUESTS)
        ns, asked, forced = ((after - was) / count for was, after in zip(before, threads_of(server.pid)))
    finally:
        server.stop()
    return {"CPU us": ns / 1000, "switches asked for": asked, "forced": forced}


def perf_counts_instructions():
    if not shutil.which("perf"):
        return False
    done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True)
    return any(line.split(",")[0].isdigit() for line in done.stderr.splitlines())


def instructions(load, name, command):
    if perf_counts_instructions():
        read = lambda text: {"": sum(int(line.split(",")[0]) for line in text.splitlines()
                                     if line.split(",")[0].isdigit())}
        under = lambda told: ["perf", "stat", "-x,", "-e", "instructions:u", "-o", told, "--"]
        return {"user instructions": load.growth(name, command, under, read)[""]}
    read = lambda text: {"": int(re.search(r"Collected : (\d+)", text)[1])}
    under = lambda told: [*CALLGRIND, f"--log-file={told}"]
    return {"user instructions": load.growth(name, command + FLAGS_UNDER_CALLGRIND[name], under, read)[""]}


def tools():
    """Who counts what that is not read from /proc: the tool, the part, and a sentence about it."""
    instructions_by = ("perf", "Instructions by perf stat.") if perf_counts_instructions() else \
        ("valgrind", "Instructions by callgrind, with the SSE4 kernel: the machine's counters are not to be had here.")
    return (("strace", system_calls, "System calls by strace, under which a server finds more at a time."),
            (instructions_by[0], instructions, instructions_by[1]))


COLUMNS = ("system calls", "switches asked for", "forced", "CPU us", "user instructions")


def counts(path, servers, connections, folder):
    """The table of all of that, for servers by name, and its figures by row."""
    notes, parts = [], [times_and_switches]
    for tool, part, sentence in tools():
        if shutil.which(tool):
            parts.append(part)
            notes.append(sentence)
        else:
            notes.append(f"{part.__name__.replace('_', ' ').capitalize()} are not counted, as {tool} is not installed "
                         "(deploy/install-dependencies --bench).")
    rows, figures = [], {}
    for number_of_connections in connections:
        load = Load(path, number_of_connections, folder)
        for name, command in servers:
            progress(f"counts, {name}, {number_of_connections} connections")
            told = {}
            for part in parts:
                try:
                    told |= part(load, name, command)
                except (OSError, RuntimeError, SystemExit, TypeError, subprocess.SubprocessError) as error:
                    notes.append(f"{part.__name__.replace('_', ' ').capitalize()} of {name} failed: {why(error)}.")
            figures[f"{number_of_connections}/{name}"] = told
            rows.append([str(number_of_connections), name, *(number(told.get(column)) for column in COLUMNS),
                         told.get("which", "")])
    note = (f"4 KB, Unix, closed loop. Switches and processor time of all of its threads, over {TIMED_REQUESTS} "
            f"requests; the rest is the difference of {MANY} and {FEW} requests. " + " ".join(notes))
    lines = markdown("What a server does for a request", ("connections", "server"), (*COLUMNS, "which calls"), rows,
                     note)
    return lines, figures
