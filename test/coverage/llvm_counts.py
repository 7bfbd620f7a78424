"""What clang's counters say of a build: for each file which lines ran and which branches were taken."""

import json
import os
import subprocess
from collections import defaultdict


class FileCounts:
    """Of one file. A line ran if any part of it did; a branch is a condition and one of its two outcomes."""

    def __init__(self, lines, branches):
        self.lines = lines # number: how often it ran
        self.branches = branches # (line, column, outcome): how often it was taken

    def lines_missed(self):
        return {line for line, count in self.lines.items() if count == 0}

    def branches_missed(self):
        """Of lines that ran: of others it says nothing new."""
        missed = self.lines_missed()
        return {where for where, count in self.branches.items() if count == 0 and where[0] not in missed}


def programs_in(build):
    """All that was linked with counters in it, wherever it lies."""
    found = []
    for folder, folders, files in os.walk(build):
        folders[:] = [each for each in folders if each not in ("CMakeFiles", "coverage", "profiles")]
        for name in files:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and not os.path.islink(path) and _has_counters(path):
                found.append(path)
    return sorted(found)


def _has_counters(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF" and b"__llvm_covmap" in file.read()


def merge(profiles, into):
    raw = [os.path.join(profiles, name) for name in os.listdir(profiles) if name.endswith(".profraw")]
    subprocess.run(["llvm-profdata", "merge", "--sparse", "--failure-mode=all", "-o", into, *raw], check=True,
                   stderr=subprocess.DEVNULL) # a program that ended before it wrote anything leaves an empty file


def llvm_cov(command, programs, profile, *arguments):
    objects = [argument for program in programs[1:] for argument in ("--object", program)]
    return ["llvm-cov", command, programs[0], *objects, f"--instr-profile={profile}", *arguments]


def counts_of(programs, profile, top, wanted):
    """path: FileCounts, of files under `top` whose path below it is `wanted`."""
    command = llvm_cov("export", programs, profile, "--skip-functions", "--skip-expansions")
    exported = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    counts = {}
    for file in json.loads(exported)["data"][0]["files"]:
        path = os.path.relpath(file["filename"], top)
        if wanted(path):
            counts[path] = FileCounts(_lines(file["segments"]), _branches(file.get("branches", ())))
    return counts


def _branches(branches):
    """A template is there once for each type it was made for: one that took a branch is enough."""
    taken = defaultdict(int)
    for line, column, _, _, count_true, count_false, *_ in branches:
        taken[line, column, True] += count_true
        taken[line, column, False] += count_false
    return dict(taken)


def _lines(segments):
    """As llvm-cov counts lines: by the regions that begin on one and the one that reaches into it."""
    of_line = defaultdict(list)
    for line, _, count, has_count, is_entry, is_gap in segments:
        of_line[line].append((count, has_count, is_entry, is_gap))
    lines = {}
    reaching = None # the last segment of the lines before
    for line in range(min(of_line, default=0), max(of_line, default=-1) + 1):
        here = of_line.get(line, ())
        begun = [count for count, has_count, is_entry, is_gap in here if has_count and is_entry and not is_gap]
        is_skipped = here and not here[0][1] and here[0][2]
        if not is_skipped and (begun or (reaching and reaching[1])):
            lines[line] = max(begun + ([reaching[0]] if reaching and reaching[1] else []))
        reaching = here[-1] if here else reaching
    return lines
