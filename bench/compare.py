#!/usr/bin/env python3
"""Compares two benchmark summaries: compare.py BEFORE.json AFTER.json. A figure is worse (or better) only if it left
the noise both runs measured: their ranges of rounds do not touch, and the medians differ by more than --tolerance.
Exit status: 0 nothing is worse; 1 something is; 2 usage."""

import argparse
import json
import sys


def read(path):
    try:
        with open(path) as file:
            summary = json.load(file)
        return summary, {row["name"]: row for row in summary["rows"]}
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"compare.py: {path} is no benchmark summary: {error!r}")


def change(before, after):
    """How much better a figure became, as a share of what it was; negative: worse."""
    if before["median"] == 0:
        return 0.0
    grown = (after["median"] - before["median"]) / before["median"]
    return grown if before["better"] == "higher" else -grown


def beyond_noise(before, after):
    return after["low"] > before["high"] or after["high"] < before["low"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--tolerance", type=float, default=5, metavar="PERCENT", help="default: 5")
    options = parser.parse_args()
    before_summary, before = read(options.before)
    after_summary, after = read(options.after)
    print(f"before: {before_summary.get('commit', '?')}, {before_summary.get('machine', '?')}")
    print(f"after:  {after_summary.get('commit', '?')}, {after_summary.get('machine', '?')}")

    changes = sorted((change(before[name], after[name]), name) for name in before.keys() & after.keys())
    noted = [(share, name) for share, name in changes
             if abs(share) * 100 > options.tolerance and beyond_noise(before[name], after[name])]
    worse = sum(share < 0 for share, _ in noted)
    for share, name in noted:
        one, other = before[name], after[name]
        print(f"{'WORSE ' if share < 0 else 'better'} {abs(share) * 100:5.1f} %  {name}: {one['median']:.4g} "
              f"[{one['low']:.4g}, {one['high']:.4g}] -> {other['median']:.4g} [{other['low']:.4g}, "
              f"{other['high']:.4g}] {other['unit']}")
    for name in sorted(before.keys() - after.keys()):
        print(f"gone    {name}")
    for name in sorted(after.keys() - before.keys()):
        print(f"new     {name}")
    print(f"{len(changes)} figures compared: {worse} worse, {len(noted) - worse} better, the others within the noise")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
