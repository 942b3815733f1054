"""Flows as crossings between zones."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.dynamic.crossing import Boundary, across
from zoneguard.model.crossing import Crossing
from zoneguard.model.flows import FlowTable
from zoneguard.model.packets import PacketSpace
from zoneguard.model.zones import ZoneMap


def observed_crossings(space: PacketSpace, zones: ZoneMap, table: FlowTable) -> Iterator[Crossing]:
    """Every flow whose two ends lie in different zones."""
    boundary = Boundary(zones)
    for flow in across(zones, table.flows):
        source, destination = boundary.sides(flow)
        if source is None or destination is None:
            continue
        packets = space.conversation(flow.src, flow.dst, flow.proto, flow.sport, flow.dport)
        yield Crossing(source.name, destination.name, packets, flow=flow)
