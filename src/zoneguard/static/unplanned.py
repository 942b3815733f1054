"""Sessions between zones and addresses that no zone holds: a network that the plan forgot, or the rest of the world
where nobody wrote which zone that is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from zoneguard.model.addresses import ALL_V4, ALL_V6, LOCAL, V6, prefix_span
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.project import Link
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network, policy_view
from zoneguard.static.translation import restrict
from zoneguard.static.waypoints import hairpin

NOWHERE = ""
"""The name of the zone of all addresses that no zone holds."""
BETWEEN_TWO = 4
"""Addresses of a subnet that has room for two devices only: a line between routers, on which no host stands."""
NO_HOSTS = LOCAL | Intervals.from_spans(
    span
    for prefix in ((0, 8), (0xE0 << 24, 3), (V6, 64), (V6 + (0xFF << 120), 8))
    for span in prefix_span(*prefix).spans
)
"""Addresses of this host, of one link, and of groups."""


def unplanned(
    network: Network, devices: Sequence[Device], links: Sequence[Link], inner: Collection[str]
) -> Iterator[Crossing]:
    """Sessions that may be opened between a zone of ``inner`` and an address of no zone (:data:`NOWHERE`), by the lines
    that decided. What could not be followed is added to ``network.refused``."""
    zones = _with_the_rest(network.zones)
    strange = zones.addresses(NOWHERE) - NO_HOSTS - _lines(devices)
    if not strange & _led_to(devices):
        return
    wider = Network(devices, zones, links, network.space)
    for crossing in wider.crossings([*inner, NOWHERE]):
        ends = {crossing.source, crossing.destination}
        if NOWHERE not in ends or not ends & set(inner) or hairpin(crossing):
            continue
        field = Field.SRC if crossing.source == NOWHERE else Field.DST
        packets = restrict(crossing.packets, policy_view(crossing) & network.space.field(field, strange))
        if packets:
            yield from wider.attributed(replace(crossing, packets=packets))
    network.refused += [refusal for refusal in wider.refused if refusal not in network.refused]


def _with_the_rest(zones: ZoneMap) -> ZoneMap:
    """The zones, and one for the addresses that none of them holds."""
    taken = {prefix for zone in zones for prefix in zone.prefixes}
    free = tuple(prefix for prefix in ((0, 0), (V6, 0)) if prefix not in taken)
    return ZoneMap((*zones, Zone(NOWHERE, ZoneClass.OTHER, free, SourceSpan("", 0, 0))))


def _led_to(devices: Sequence[Device]) -> Intervals:
    """The destinations of which some route, or the subnet of an interface, says anything."""
    routes = (route.prefix for device in devices for vrf in device.vrfs for route in vrf.routes)
    subnets = (address.subnet for d in devices for i in d.interfaces if i.enabled for address in i.addresses)
    policies = any(vrf.policy_routes for device in devices for vrf in device.vrfs)
    everything = (ALL_V4, ALL_V6) if policies else ()
    return Intervals.from_spans(span for part in (*routes, *subnets, *everything) for span in part.spans)


def _lines(devices: Sequence[Device]) -> Intervals:
    subnets = (address.subnet for d in devices for i in d.interfaces for address in i.addresses)
    return Intervals.from_spans(span for subnet in subnets if subnet.size <= BETWEEN_TWO for span in subnet.spans)
