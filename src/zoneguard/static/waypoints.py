"""What lies on the way of crossings: zones that a path touches, hosts that nothing gets past, and the ways by which
content still gets from zone to zone where it should pass through such hosts only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.static.topology import Topology


def hairpin(crossing: Crossing) -> bool:
    """Whether both zones are on one wire: the device that could turn the packets round adds nothing to that."""
    first, last = crossing.path[0], crossing.path[-1]
    return (first.device, first.ingress) == (last.device, last.egress)


def touches(topology: Topology, path: Iterable[Hop], zone: str) -> bool:
    """Whether some interface along the path is in the zone."""
    places = {(a.context.key[0], a.interface) for a in topology.attachments if a.zone == zone}
    return any((hop.device, interface) in places for hop in path for interface in (hop.ingress, hop.egress))


@dataclass(frozen=True, slots=True)
class Leg:
    """Sessions of one crossing: ``packets`` between its two hosts, source as sent, destination as received."""

    crossing: Crossing
    packets: PacketSet


AnyLeg = TypeVar("AnyLeg", bound=Leg)


def past(crossing: Crossing, packets: PacketSet, waypoints: Intervals) -> PacketSet:
    """The sessions of ``packets`` (a part of the crossing) that no host of ``waypoints`` opens, gets or hands on.

    A host hands on all that goes by it as the next hop.
    """
    if any(hop.next_hop is not None and hop.next_hop in waypoints for hop in crossing.path):
        return packets.space.nothing
    return packets - packets.space.field(Field.SRC, waypoints) - packets.space.field(Field.DST, waypoints)


def ways_of_content(
    legs: Collection[AnyLeg], sources: Mapping[str, Intervals], relays: Collection[str], target: str
) -> Iterator[AnyLeg]:
    """Every one of ``legs`` by which content of the hosts ``sources`` (by zone) gets into the zone ``target``.

    Content goes with a session and against it: who opens one takes what is answered. Hosts of the zones ``relays`` may
    hand on what they got, in a session of their own. With legs of what goes :func:`past` waypoints, none is left where
    and only where every way passes through a waypoint.
    """
    holders = _holders(legs, sources, relays)
    for leg in legs:
        if any(there == target and hosts for there, hosts in _spread(leg, holders)):
            yield leg


def _holders(legs: Collection[Leg], sources: Mapping[str, Intervals], relays: Collection[str]) -> dict[str, Intervals]:
    """The hosts, by zone, that hold the content and may hand it on."""
    holders = dict(sources)
    grown = True
    while grown:
        grown = False
        for zone, hosts in [step for leg in legs for step in _spread(leg, holders)]:
            known = holders.get(zone, Intervals())
            if zone in relays and hosts - known:
                holders[zone] = known | hosts
                grown = True
    return holders


def _spread(leg: Leg, holders: Mapping[str, Intervals]) -> Iterator[tuple[str, Intervals]]:
    """The zone and hosts that get content from its holders by a session of ``leg``, in each direction."""
    ends = (leg.crossing.source, Field.SRC), (leg.crossing.destination, Field.DST)
    for (zone, own), (there, other) in (ends, ends[::-1]):
        if zone in holders:
            yield there, (leg.packets & leg.packets.space.field(own, holders[zone])).project(other)
