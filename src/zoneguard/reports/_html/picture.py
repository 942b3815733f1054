"""Zones and devices as a picture: devices on an inner circle, each zone on an outer one near what it is joined to."""

from __future__ import annotations

from cmath import phase, rect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import pi

from rich.cells import cell_len, set_cell_size

from zoneguard.model.findings import Finding, Report

BOX = 150  # the widest a node may be, and its share of a circle
MARGIN = 110
LABEL = 18  # columns of text that fit into a node; a full-width character has two


@dataclass(frozen=True, slots=True)
class Node:
    """A zone or a forwarding context of a device; ``x`` and ``y`` are its middle."""

    key: str
    label: str
    x: int
    y: int

    @property
    def is_zone(self) -> bool:
        """Whether it is a zone."""
        return self.key.startswith("zone:")

    @property
    def short(self) -> str:
        """The label as far as it fits."""
        return self.label if cell_len(self.label) <= LABEL else set_cell_size(self.label, LABEL - 2).rstrip() + "…"


@dataclass(frozen=True)
class Picture:
    """Nodes, the lines between them, and the size of the whole."""

    nodes: tuple[Node, ...]
    lines: tuple[tuple[Node, Node], ...]
    size: int

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Where each node is."""
        return {node.key: (node.x, node.y) for node in self.nodes}


def way(finding: Finding) -> list[str]:
    """The nodes that the finding's path leads through, both zones included; empty where it has no path."""
    if not finding.path or len(finding.zones) < 2:
        return []
    contexts = [f"{hop.device}/{hop.vrf}" for hop in finding.path]
    return [f"zone:{finding.zones[0]}", *contexts, f"zone:{finding.zones[-1]}"]


def points(drawn: Picture, finding: Finding) -> str:
    """The finding's way over the picture, as a polyline has it: nodes, and between two of them the middle, where an
    arrow head is not hidden by a node. Empty where the finding has no path."""
    places = [drawn.places[key] for key in way(finding)]
    middles = [((a + c) // 2, (b + d) // 2) for (a, b), (c, d) in pairwise(places)]
    turns = [place for pair in zip(places, middles, strict=False) for place in pair] + places[-1:]
    return " ".join(f"{x},{y}" for x, y in turns)


def picture(report: Report) -> Picture:
    """What the configurations join and what paths lead through; zones that nothing is joined to are there as well."""
    pairs = {*report.joints, *(pair for f in report.findings for pair in pairwise(way(f)))}
    joined = sorted({(min(p), max(p)) for p in pairs if p[0] != p[1]})
    beside: dict[str, list[str]] = defaultdict(list)
    for a, b in joined:
        beside[a].append(b)
        beside[b].append(a)
    devices = list(_in_turn(sorted(key for key in beside if not key.startswith("zone:")), beside))
    zones = list(dict.fromkeys([*(f"zone:{z.name}" for z in report.project.zones), *sorted(beside)]))
    zones = [key for key in zones if key.startswith("zone:")]
    inner = 0 if len(devices) < 2 else max(BOX, len(devices) * BOX / (2 * pi))
    outer = max(inner + BOX, len(zones) * BOX / (2 * pi))
    places = dict(zip(devices, _circle(inner, len(devices), 0.0), strict=True))
    leaning = {key: sum(places[b] for b in beside[key] if b in places) for key in zones}
    zones.sort(key=lambda key: phase(leaning[key]) % (2 * pi))
    start = phase(leaning[zones[0]]) if zones else 0.0
    places |= dict(zip(zones, _circle(outer, len(zones), start), strict=True))
    middle = outer + MARGIN
    nodes = {
        key: Node(key, _label(key), round(place.real + middle), round(place.imag + middle))
        for key, place in places.items()
    }
    return Picture(tuple(nodes.values()), tuple((nodes[a], nodes[b]) for a, b in joined), round(2 * middle))


def _in_turn(keys: Iterable[str], beside: dict[str, list[str]]) -> Iterator[str]:
    """Devices, each followed by one that it is joined to where there is one."""
    seen: set[str] = set()
    for start in keys:
        stack = [start]
        while stack:
            key = stack.pop()
            if key not in seen and not key.startswith("zone:"):
                seen.add(key)
                yield key
                stack += reversed(beside[key])


def _circle(radius: float, count: int, start: float) -> list[complex]:
    return [rect(radius, start + 2 * pi * n / count) for n in range(count)]


def _label(key: str) -> str:
    if key.startswith("zone:"):
        return key.removeprefix("zone:")
    device, _, context = key.partition("/")
    return device if context in ("", "default", "main", "root") else key
