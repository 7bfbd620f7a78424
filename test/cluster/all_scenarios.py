"""All that a run is made of, once it is inside the enclosure."""

import scenarios
import scenarios_links # each of these adds its scenarios
import scenarios_nodes
import scenarios_peers
import scenarios_tls
from documents import Documents
from field import Field
from ledger import Ledger

assert scenarios_links and scenarios_nodes and scenarios_peers and scenarios_tls
LONG_BYTES = (40_000, 100_000, 400_000, 1_000_000) # those that a node lends, mostly
LONG_SHARE = 0.3
documents = Documents(LONG_BYTES, LONG_SHARE)
longest_s = {} # of the answers to clients that go to another node, by what happened meanwhile


def longest_answers():
    worst = sorted(longest_s.items(), key=lambda entry: -entry[1])
    told = "\n".join(f"| {row} | {1000 * seconds:.0f} |" for row, seconds in worst)
    return f"\n| longest answer to a client that knows all nodes meanwhile | ms |\n| --- | --- |\n{told}"


__all__ = ["Field", "Ledger", "documents", "longest_answers", "longest_s", "scenarios"]
