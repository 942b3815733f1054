"""The set engine against ``trace``: two independent readings of every device must give the same answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import devices, networks, packets
from zoneguard.model.device import Device
from zoneguard.model.match import HISTORY
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.packets.layout import GROUPS, Group
from zoneguard.model.zones import ZoneMap
from zoneguard.static._trace_pipeline import Outcome
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Topology
from zoneguard.static.trace import StepResult, run_vrf

Key = tuple[str, str, int | None]


def engines() -> tuple[PacketSpace, ...]:
    return PacketSpace(BinaryEngine(1 << 18, 1 << 14)), PacketSpace(IntervalEngine())


def by_sets(space: PacketSpace, device: Device, packet: Packet, traced: bool) -> dict[Key, PacketSet]:
    """What the set engine says becomes of one packet: where it goes, and as which packets."""
    topology = Topology([device], ZoneMap([]))
    context = topology.contexts[device.name, "main"]
    out: dict[Key, PacketSet] = {}
    for departure in Pipeline(space, topology, context).run("eth0", space.packet(packet), traced):
        way = departure.way
        key = ("local", "", None) if way is None else ("forward", way.interface, way.next_hop)
        gone = departure.part.packets.forget(*HISTORY)
        out[key] = out.get(key, space.nothing) | gone
    return {key: packets for key, packets in out.items() if packets}


def by_trace(result: StepResult) -> dict[Key, list[Packet]]:
    out: dict[Key, list[Packet]] = {}
    for step in result.may:
        if step.outcome is Outcome.LOCAL:
            out.setdefault(("local", "", None), []).append(step.packet)
        elif step.outcome is Outcome.FORWARD:
            out.setdefault(("forward", step.egress, step.next_hop), []).append(step.packet)
    return out


@pytest.mark.parametrize("traced", [False, True])
@given(data=st.data())
def test_one_context_does_the_same_to_a_packet(traced: bool, data: st.DataObject) -> None:
    device = data.draw(devices())
    packet = data.draw(packets())
    expected = by_trace(run_vrf(device, "main", "eth0", packet))
    for space in engines():
        found = by_sets(space, device, packet, traced)
        assert set(found) == set(expected)
        for key, ways in expected.items():
            for way in ways:
                assert way in found[key]


@given(data=st.data())
def test_what_cannot_be_decided_is_bounded_the_same_way(data: st.DataObject) -> None:
    device = data.draw(devices(unknowns=True))
    packet = data.draw(packets())
    result = run_vrf(device, "main", "eth0", packet)
    expected = by_trace(result)
    certain = len({s.outcome for s in result.may}) == 1
    space = PacketSpace(BinaryEngine(1 << 18, 1 << 14))
    found = by_sets(space, device, packet, False)
    assert {key for key, sets in found.items() if sets.may()} == set(expected)
    if certain and expected:
        passes = space.union(*found.values())
        dropped = space.engine.exists_unknown(space.engine.neg(space.engine.exists(passes.node, _all_groups())))
        assert dropped == space.engine.false


def _all_groups() -> list[Group]:
    return list(GROUPS.values())


@given(data=st.data())
def test_networks_of_devices_parse_into_a_graph(data: st.DataObject) -> None:
    made = data.draw(networks())
    topology = Topology(made, ZoneMap([]))
    assert {f"{d.name}/main" for d in made} <= set(topology.graph)
