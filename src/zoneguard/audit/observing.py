"""Flows as crossings between zones."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import V6
from zoneguard.model.crossing import Crossing
from zoneguard.model.flows import FlowTable
from zoneguard.model.packets import PacketSpace
from zoneguard.model.zones import ZoneMap


def observed_crossings(space: PacketSpace, zones: ZoneMap, table: FlowTable) -> Iterator[Crossing]:
    """Every flow whose two ends lie in different zones; multicast and broadcast reach no zone."""
    for flow in table.flows:
        source, destination = zones.of(flow.src), zones.of(flow.dst)
        if source is None or destination is None or source is destination or _to_many(flow.dst) or _to_many(flow.src):
            continue
        packets = space.conversation(flow.src, flow.dst, flow.proto, flow.sport, flow.dport)
        yield Crossing(source.name, destination.name, packets, flow=flow)


def _to_many(address: int) -> bool:
    """Whether no single host has the address: unspecified, link-local, multicast or the limited broadcast."""
    if address >= V6:
        top = address - V6 >> 112
        return top >= 0xFE80 or address == V6
    return address >> 24 in (0, 127) or address >> 16 == 0xA9FE or address >> 28 >= 0xE
