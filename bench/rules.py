"""Rule analysis of long lists: ``python -m bench.rules [RULES ...] [FILE ...]``.

RULES: lengths of generated access lists. FILE: exports, of which the analysis of every rule list is measured. Each runs
in a process of its own; the time to generate or parse is not counted.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

from bench._measure import peak, phase
from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Deny, Device, Filter, Interface, Permit, Routing, Rule, RuleList, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, both
from zoneguard.model.packets import PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap
from zoneguard.parsers.reading import detect, read_source
from zoneguard.static._analysis_lists import ContextLists
from zoneguard.static.analysis import analyse
from zoneguard.static.topology import Topology

SIZES = (1_000, 10_000, 30_000)
SERVICES = ((6, 22), (6, 25), (6, 53), (17, 53), (6, 80), (17, 123), (6, 443), (6, 445), (6, 1433), (6, 3389))
LENGTHS = (32, 32, 32, 30, 28, 26, 24, 24, 22, 20, 16)


def access_list(length: int, seed: int = 1) -> Device:
    """A device with one access list of ``length`` lines: hosts and subnets of 10.0.0.0/8, services and port ranges."""
    random = Random(seed)
    rules = tuple(
        Rule(_match(random), Permit() if random.random() < 0.7 else Deny(), SourceSpan("acl", n, n))
        for n in range(1, length + 1)
    )
    span = SourceSpan("acl", 1, length)
    listed = RuleList("acl", rules, Deny(), span)
    ports = tuple(Interface(name, span) for name in ("inside", "outside"))
    stages = (Routing(), Filter(listed, ingress=frozenset({"inside"})))
    vrf = Vrf("main", frozenset({"inside", "outside"}), (), stages)
    return Device("router", "generated", ports, (vrf,), span)


def _match(random: Random) -> Match:
    match: Match = both(In(Field.SRC, _prefix(random)), In(Field.DST, _prefix(random)))
    kind = random.random()
    if kind < 0.1:
        return match
    proto, port = random.choice(SERVICES)
    ports = Intervals.of(port) if kind < 0.9 else Intervals.span(1024, random.randrange(1025, 65536))
    return both(In(Field.PROTO, Intervals.of(proto)), match, In(Field.DPORT, ports))


def _prefix(random: Random) -> Intervals:
    length = random.choice(LENGTHS)
    address = (10 << 24) | random.randrange(1 << 20)
    return prefix_span(address & ~((1 << (32 - length)) - 1), length)


def measure(devices: list[Device], name: str) -> None:
    """Print what each phase takes."""
    print(f"{name} (made: {peak():.0f} MB)", flush=True)
    for device in devices:
        space = PacketSpace()
        topology = Topology([device], ZoneMap([]))
        for context in topology.contexts.values():
            with phase("conditions and outcomes"):
                lists = ContextLists(space, topology, context)
                trees = [lists.tree(rules) for rules in lists.lists.values()]
                permits = [tree.whole.permit for tree in trees]
            with phase("what reaches each line (shadowed)"):
                arrivals = lists.arrivals(routed=True)
                reaching = [
                    tree.reaching(arrivals[key])
                    for key, tree in zip(lists.lists, trees, strict=True)
                    if key in arrivals
                ]
            with phase("what the rest does with it (redundant)"):
                called = [tree for key, tree in zip(lists.lists, trees, strict=True) if key in arrivals]
                rest = [dict(tree.without(reached)) for tree, reached in zip(called, reaching, strict=True)]
            del permits, rest
        with phase("whole analysis, from the start"):
            analysis = analyse(device)
        kinds = Counter(str(anomaly.kind) for anomaly in analysis.anomalies)
        print(f"  {analysis.lines} lines: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
        print(f"  {len(analysis.merges)} groups of mergeable lines", flush=True)


def main(words: list[str]) -> None:
    """One list here, or each of several in a process of its own."""
    if len(words) != 1:
        for word in words or map(str, SIZES):
            subprocess.run([sys.executable, "-m", "bench.rules", word], check=True)
    elif words[0].isdigit():
        measure([access_list(int(words[0]))], f"{words[0]} generated lines")
    else:
        source = read_source(Path(words[0]), words[0])
        measure(list(detect(source).parse(source, "fw").devices), Path(words[0]).name)


if __name__ == "__main__":
    main(sys.argv[1:])
