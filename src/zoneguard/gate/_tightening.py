"""A tighter rule from what was seen: few enough addresses and services to write down, and none of the traffic lost."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.checks import Case
from zoneguard.model.addresses import ALL_V4, ALL_V6, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.zones import ZoneClass

ADDRESSES = 8
"""Prefixes that a proposal names on each side."""
PORTS = 16
"""Ports of one protocol that a proposal names; where more were seen, all that the rule permits stay."""
WORTH = 2
"""How many times as many packets the rule must permit as the proposal to be called wider."""


@dataclass(frozen=True, slots=True)
class Service:
    """A protocol and its ports, or ICMP types and codes (``None``: it has none)."""

    protocol: int
    values: Intervals | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Addresses and services of the tighter rule; ``packets`` are those of the rule that it still permits.

    ``hosts``: how many sources and destinations were seen. ``factor``: how many times as much the rule permits today.
    """

    sources: Intervals
    destinations: Intervals
    services: tuple[Service, ...]
    hosts: tuple[int, int]
    factor: int
    packets: PacketSet


def tighter(case: Case, permitted: PacketSet, seen: PacketSet, pairs: tuple[tuple[str, str], ...]) -> Proposal | None:
    """The rule for ``seen``, a part of what is ``permitted`` between ``pairs`` of zones; ``None`` if hardly tighter.

    Addresses of zones of class ``public`` stay as they are: nobody lists the Internet.
    """
    space = case.space
    ends = []
    for field, side in ((Field.SRC, 0), (Field.DST, 1)):
        of_seen, of_all = seen.project(field), permitted.project(field)
        zones = {pair[side] for pair in pairs}
        public = any(case.project.zones[zone].zone_class is ZoneClass.PUBLIC for zone in zones)
        ends.append(of_all if public else covering(of_seen) & of_all)
    sources, destinations = ends
    services = tuple(_service(permitted, seen, protocol) for protocol in seen.project(Field.PROTO))
    kept = permitted & space.field(Field.SRC, sources) & space.field(Field.DST, destinations)
    kept = kept & space.union(*(_packets(permitted, service) for service in services))
    factor = permitted.count() // max(1, kept.count())
    if factor < WORTH:
        return None
    hosts = (seen.project(Field.SRC).size, seen.project(Field.DST).size)
    return Proposal(sources, destinations, services, hosts, factor, kept)


def covering(addresses: Intervals, most: int = ADDRESSES) -> Intervals:
    """At most ``most`` prefixes of each family that hold ``addresses``, as long as that allows."""
    spans: list[tuple[int, int]] = []
    for family, width in ((ALL_V4, 32), (ALL_V6, 128)):
        members = addresses & family
        for length in range(width, -1, -1) if members else ():
            groups = _groups(members, width - length)
            if len(groups) <= most:
                spans += [span for low, high in groups for span in _common(low, high, width).spans]
                break
    return Intervals.from_spans(spans)


def _groups(members: Intervals, shift: int) -> list[tuple[int, int]]:
    """The first and last member in each block of ``2 ** shift`` addresses; not all blocks, where they are many."""
    found: list[tuple[int, int]] = []
    for low, high in members.spans:
        first, last = low >> shift, high >> shift
        if found and found[-1][1] >> shift == first:
            found[-1] = (found[-1][0], min(high, ((first + 1) << shift) - 1))
            first += 1
        blocks = range(first, min(last, first + 2 * ADDRESSES) + 1)
        found.extend((max(low, block << shift), min(high, ((block + 1) << shift) - 1)) for block in blocks)
        if len(found) > 2 * ADDRESSES:
            break
    return found


def _common(low: int, high: int, width: int) -> Intervals:
    """The longest prefix that holds both."""
    return prefix_span(low >> (low ^ high).bit_length() << (low ^ high).bit_length(), width - (low ^ high).bit_length())


def _service(permitted: PacketSet, seen: PacketSet, protocol: int) -> Service:
    space = seen.space
    of = space.field(Field.PROTO, Intervals.of(protocol))
    if protocol in ICMP_PROTOCOLS:
        return Service(protocol, (permitted & of).project(Field.ICMP))
    if protocol not in PORT_PROTOCOLS:
        return Service(protocol, None)
    ports = (seen & of).project(Field.DPORT)
    return Service(protocol, ports if ports.size <= PORTS else (permitted & of).project(Field.DPORT))


def _packets(permitted: PacketSet, service: Service) -> PacketSet:
    space = permitted.space
    packets = space.field(Field.PROTO, Intervals.of(service.protocol))
    if service.values is None:
        return packets
    field = Field.ICMP if service.protocol in ICMP_PROTOCOLS else Field.DPORT
    return packets & space.field(field, service.values)
