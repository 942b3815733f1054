"""All-pairs reachability between zones of generated networks: ``python -m bench.network [ROUTERS ...]``.

Each size runs in a process of its own; the time to generate the network is not counted.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

from bench._measure import peak, phase
from bench.generated import network
from zoneguard.model.crossing import Crossing
from zoneguard.static.reachability import Network

SIZES = (10, 30, 100, 300)


def measure(routers: int) -> None:
    """Print what each phase takes for one size."""
    made = network(routers)
    print(f"{routers} routers, {made.prefixes} prefixes, {made.lines} lines (generated: {peak():.0f} MB)", flush=True)
    with phase("topology and routing tables"):
        reach = Network(made.devices, made.zones)
    with phase("pipelines"):
        for context in reach.topology.contexts.values():
            reach.pipeline(context)
    with phase("all pairs"):
        crossings = list(reach.crossings())
    pairs = {(c.source, c.destination) for c in crossings}
    print(
        f"  {len(crossings):,} paths, {len(pairs):,} of {routers * (routers - 1):,} pairs of zones", end="", flush=True
    )
    print(f", {sum(_packets(crossings)):.4g} packets, {len(reach.refused)} refused")


def _packets(crossings: Iterable[Crossing]) -> Iterator[int]:
    """How many packets may go from each zone."""
    for _, paths in groupby(crossings, key=lambda crossing: crossing.source):
        sets = [crossing.packets for crossing in paths]
        yield sets[0].space.union(*sets).count()


def main(sizes: list[str]) -> None:
    """One size here, or each of several in a process of its own."""
    if len(sizes) == 1:
        measure(int(sizes[0]))
        return
    for size in sizes or map(str, SIZES):
        subprocess.run([sys.executable, "-m", "bench.network", size], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
