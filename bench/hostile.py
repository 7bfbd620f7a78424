"""The part `hostile` of bench/run-tail: what a polite client has of a server while others are not, beside what is asked
for. Each line starts a fresh texlexd, and nothing else runs beside it but the clients told of."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time

from service_runs import TEXLEXD, Server, closed_loop_of, number, open_loop_of, progress, refused_percent

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile_clients.py")
POLITE_PER_S = 200
SECONDS = 4
SETTLE_S = 0.5 # of an attack, before it is measured
LOG_PIPE_BYTES = 4096
STOP_SECONDS_MAX = 15


def p99(run):
    """Of what was answered ok, from when it was due; the longest where so few were answered that they have no p99."""
    return run["latency_us"].get("p99", run["latency_us"].get("max")) if run else None


def milliseconds(run):
    us = p99(run)
    return "no answer" if us is None else f"{number(us / 1000)} ms"


def refused(run):
    percent = refused_percent(run) if run else None
    return "not measured" if percent is None else f"{number(percent)} %"


class Hostile:
    def __init__(self, bench):
        self.bench, self.rows = bench, []

    def row(self, what, figure, aim):
        self.rows.append((what, figure, aim))
        progress(f"hostile: {what}: {figure} (aim: {aim})")

    def run(self, name, server, load, seconds=SECONDS, warm_up=0.2):
        return self.bench.cells.measure(f"hostile/{name}", ["--socket", server.address, "--timeout-ms", "5000", *load],
                                        seconds, warm_up, may_fail=True)

    def polite(self, name, server, more=()):
        return self.run(name, server, [self.bench.small, *open_loop_of(POLITE_PER_S, SECONDS, connections=1), *more])

    @contextlib.contextmanager
    def attack(self, kind, connections, server=None, seconds=SECONDS + 8):
        command = [sys.executable, CLIENTS, kind, "--connections", str(connections), "--seconds", str(seconds)]
        process = subprocess.Popen(command + (["--socket", server.address] if server else []), stdout=subprocess.PIPE,
                                   text=True)
        began = process.stdout.readline().strip()
        time.sleep(SETTLE_S)
        try:
            yield began
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def beside(to, alone):
    """Floods, half-sent documents, slow clients and greedy ones."""
    for what, kind, connections, aim in (
            ("64 connections pipelining empty documents", "empty-documents", 64, "below 10 ms"),
            ("64 connections pipelining stats frames", "stats", 64, "below 10 ms"),
            ("300 connections that announce 2 MiB and send 5 KB", "announce", 300, "as alone, 0 % refused"),
            ("4 connections, each with 2 MiB of random bytes in flight", "random-bytes", 4,
             f"below 3 x {milliseconds(alone)} and one scan's chunk, 0 % refused")):
        with to.bench.server("hostile") as server, to.attack(kind, connections, server):
            run = to.polite(kind, server)
        to.row(f"{what}: a polite client's p99; refused", f"{milliseconds(run)}; {refused(run)}", aim)


def slow_loris(to):
    with to.bench.server("hostile") as server, to.attack("slow-loris", 5000, server) as began:
        run = to.run("slow-loris", server, [to.bench.small, "--reconnect", *closed_loop_of(2, SECONDS)])
    to.row(f"5000 slow-loris connections ({began}): new clients' p99; turned away", f"{milliseconds(run)}; "
           f"{refused(run)}", "as alone; 0 %")


def twice_the_peak(to):
    with to.bench.server("hostile") as server:
        peak = to.run("small peak", server, [to.bench.small, *closed_loop_of(16, 2)], 2)["requests_per_s"]
        run = to.run("twice the small peak", server,
                     [to.bench.small, *open_loop_of(2 * peak, SECONDS, connections=64)])
    goodput = run["requests_per_s"] / peak if run else 0
    late = run["lateness_us"].get("p99") if run else None
    to.row(f"open loop, 4 KB, twice the peak of {peak:.0f}/s: goodput of the peak; accepted ones' p99; refused",
           f"{goodput:.2f}; {milliseconds(run)} (sent with p99 of {number(late)} us); {refused(run)}",
           "0.9; below 20 ms; the rest refused")


def closed_loops(to):
    with to.bench.server("hostile") as server:
        for document, path in (("1.1 MB", to.bench.large), ("4 KB", to.bench.small)):
            for connections in (8, 16, 64):
                run = to.run(f"{document} by {connections}", server, [path, *closed_loop_of(connections, 3)], 3)
                to.row(f"{connections} closed-loop clients of {document}: refused; p99", f"{refused(run)}; "
                       f"{milliseconds(run)}", "0 %")


def unread_log(to):
    """Nobody reads standard error: a full pipe. It must go on serving, and end when told to."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, LOG_PIPE_BYTES)
    path = os.path.join(to.bench.folder, "unread.sock")
    command = [*TEXLEXD[:2], "--log-level", "debug", "--unix", path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writing, text=True)
    os.close(writing)
    server = type("Unread", (), {"address": path})
    ready = process.stdout.readline()
    if " ready: " in ready:
        run = to.run("unread log", server, [to.bench.small, "--reconnect", *closed_loop_of(4, SECONDS)])
        again = to.polite("unread log, after", server)
        told = "told" if again and again["server"] and again["server"][0].get("told") else "not told"
    else:
        run, again, told = None, None, "not told"
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    try:
        ending = f"status {process.wait(STOP_SECONDS_MAX)} after {time.monotonic() - began:.1f} s"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        ending = f"deaf to SIGTERM for {STOP_SECONDS_MAX} s"
    process.stdout.close()
    os.close(reading)
    served = f"{run['ok']} of {run['requests']}" if run else "nothing"
    to.row("a log pipe nobody reads: answered ok; a polite client's p99; stats; SIGTERM",
           f"{served}; then {milliseconds(again)}; {told}; {ending}", "all; as alone; told; status 0 at once")


def busy_loops(to):
    with to.bench.server("hostile") as server:
        with to.attack("busy", 12):
            run = to.run("busy", server, [to.bench.large, *closed_loop_of(4, SECONDS)])
    told = run["server"][0] if run and run["server"] else {}
    to.row("12 busy loops beside, 4 closed-loop clients of 1.1 MB: p99; refused; restarts",
           f"{milliseconds(run)}; {refused(run)}; {number(told.get('restarts'))}", "no restart, 0 % refused")


def hostile(bench):
    to = Hostile(bench)
    with bench.server("hostile") as server:
        alone = to.polite("alone", server)
    to.row("a polite client alone, 4 KB, 200/s: p99", milliseconds(alone), "")
    beside(to, alone)
    for part in (slow_loris, twice_the_peak, closed_loops, unread_log, busy_loops):
        part(to)
    bench.lines += ["\n### hostile clients\n", f"A polite client sends 4 KB documents, {POLITE_PER_S} a second; its "
                    "latency counts from when each was due.", "", "| what | figure | aim |", "|---|---|---|"]
    bench.lines += [f"| {what} | {figure} | {aim} |" for what, figure, aim in to.rows]
