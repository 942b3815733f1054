"""Reachability between zones against ``trace``, packet by packet, over networks of several devices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, V6_BASE, WIRE_SIZE, WIRES, networks, packets
from zoneguard.model.addresses import V6
from zoneguard.model.device import Device
from zoneguard.model.match import SYN, ConnState, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network
from zoneguard.static.topology import Topology
from zoneguard.static.trace import Disposition, Entry, Trace, Tracer
from zoneguard.static.translation import sent

OTHER = Zone("other", ZoneClass.PUBLIC, ((0, 0), (V6, 0)), SPAN)
WIRE_ZONES = tuple(
    Zone(f"wire{n}", ZoneClass.OTHER, ((V4_BASE + n * WIRE_SIZE, 29), (V6_BASE + n * WIRE_SIZE, 125)), SPAN)
    for n in range(WIRES)
)
ZONES = ZoneMap((*WIRE_ZONES, OTHER))


ANY_SENDER = frozenset({Field.MAC})
"""A crossing is told for whichever source MAC address the first device accepts."""


def opener(packet: Packet) -> Packet:
    """The packet as one that opens a session."""
    flags = SYN if packet.proto == 6 else 0
    ports = {"sport": packet.sport, "dport": packet.dport} if not packet.fragment else {}
    return replace(
        packet, state=ConnState.NEW, flags=flags, fragment=0, mark=0, dnat=0, orig_dst=0, orig_dport=0, **ports
    )


def plain(device: Device) -> Device:
    """The device without default and policy routes: those lead only to the zones that attach to their interface."""
    vrfs = [replace(v, routes=tuple(r for r in v.routes if r.length), policy_routes=()) for v in device.vrfs]
    return replace(device, vrfs=tuple(vrfs))


def delivered_to(trace: Trace) -> set[str]:
    """The zones of the hosts that get the packet, over all entries; what is for a device itself reaches no zone."""
    found: set[str] = set()
    for way in trace.alternatives or (trace,):
        for walk in way.walks:
            last = walk.hops[-1] if walk.hops else None
            if walk.disposition is Disposition.DELIVERED and last is not None and last.action != "local":
                zone = ZONES.of(walk.packet.dst)
                found.add(zone.name if zone else "")
    return found


def owned(devices: Iterable[Device]) -> set[int]:
    """The addresses of the devices."""
    return {a.address for d in devices for i in d.interfaces for a in i.addresses}


def entries(devices: Iterable[Device], packet: Packet, zone: str) -> set[Entry]:
    """Where the set engine lets hosts of the zone in: also beyond a router that is not modelled."""
    attached = Topology(devices, ZONES).attachments
    return {Entry(*a.context.key, a.interface) for a in attached if a.zone == zone and packet.src in a.members}


@given(made=networks(nat=False), packet=packets())
def test_where_trace_lets_a_packet_in_its_zone_attaches(made: tuple[Device, ...], packet: Packet) -> None:
    devices = tuple(map(plain, made))
    zone = ZONES.of(packet.src)
    assume(packet.src not in owned(devices))
    assert zone is not None
    assert set(Tracer(devices).entries(packet.src)) <= entries(devices, packet, zone.name)


@settings(max_examples=25)
@given(data=st.data())
def test_what_trace_delivers_is_what_may_cross(data: st.DataObject) -> None:
    devices = tuple(map(plain, data.draw(networks(unknowns=False, nat=True))))
    packet = opener(data.draw(packets()))
    source = ZONES.of(packet.src)
    assume(packet.src not in owned(devices))
    assert source is not None
    tracer = Tracer(devices)
    found_by_trace: set[str] = set()
    for entry in entries(devices, packet, source.name):
        found_by_trace |= delivered_to(tracer.trace(packet, entry, ANY_SENDER))
    expected = found_by_trace - {source.name}
    for engine in (BinaryEngine(1 << 22, 1 << 16), IntervalEngine()):
        network = Network(devices, ZONES, space=PacketSpace(engine))
        found = {c.destination for c in network.crossings([source.name]) if packet in sent(c.packets)}
        assert found == expected
        split = {
            part.destination
            for crossing in network.crossings([source.name])
            for part in network.attributed(crossing)
            if packet in sent(part.packets)
        }
        assert split == expected
