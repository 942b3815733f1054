"""What the project allows, as packet sets: rows of ``allow`` and of the exception register."""

from __future__ import annotations

from zoneguard.checks import Case
from zoneguard.model.crossing import Hop
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.project import Allowance, Endpoint, ExceptionEntry, Project, ServiceSpec
from zoneguard.model.zones import ZoneClass
from zoneguard.static.waypoints import touches

INTERNET_SIDE = frozenset(
    {
        ZoneClass.INTERNET,
        ZoneClass.PUBLIC,
        ZoneClass.SECURITY_CLOUD,
        ZoneClass.DMZ,
        ZoneClass.GUEST,
        ZoneClass.LOCAL_BREAKOUT,
    }
)
ALL_PORTS = Intervals.span(0, 65535)


def service_packets(space: PacketSpace, service: ServiceSpec) -> PacketSet:
    """Packets of one service."""
    packets = space.field(Field.PROTO, service.protocols)
    if service.ports != ALL_PORTS:
        packets = packets & (space.field(Field.DPORT, service.ports) | ~space.field(Field.PROTO, PORT_PROTOCOLS))
    if service.icmp != ALL_PORTS:
        packets = packets & (space.field(Field.ICMP, service.icmp) | ~space.field(Field.PROTO, ICMP_PROTOCOLS))
    return packets


def services_packets(space: PacketSpace, services: tuple[ServiceSpec, ...]) -> PacketSet:
    """Packets of any of the services."""
    return space.union(*(service_packets(space, s) for s in services))


def endpoint_packets(project: Project, space: PacketSpace, end: Endpoint, zone: str, field: Field) -> PacketSet:
    """Packets whose ``field`` is at the endpoint, given that they are in ``zone`` on that side.

    An endpoint that names a zone means that zone, whatever address its hosts use.
    """
    if any(z.name == end.name for z in project.zones):
        return space.everything if end.name == zone else space.nothing
    return space.field(field, end.addresses)


def row_packets(case: Case, row: Allowance | ExceptionEntry, source: str, destination: str) -> PacketSet:
    """What one row allows from zone to zone."""
    space = case.space
    packets = endpoint_packets(case.project, space, row.source, source, Field.SRC)
    packets = packets & endpoint_packets(case.project, space, row.destination, destination, Field.DST)
    return packets & services_packets(space, row.services) if packets else packets


def allowed(case: Case, source: str, destination: str, path: tuple[Hop, ...] | None = None) -> PacketSet:
    """All that ``allow``, the register and rule lists let pass from zone to zone; expired exceptions too (ZG105 tells).

    A rule list counts between zones that no policy demands to be kept apart: neither for the My Number zone nor between
    the LGWAN zone and the Internet side. Along a ``path``, a row that demands a way ``via`` zones counts only where the
    path touches each of them.
    """
    exceptions = [row_packets(case, row, source, destination) for row in case.project.exceptions]
    rows = [row for row in case.project.allow if path is None or all(_by_way_of(case, path, z) for z in row.via)]
    apart = kept_apart(case.project.zones[source].zone_class, case.project.zones[destination].zone_class)
    intended = case.static.intended if case.static and not apart else None
    listed = [intended] if intended is not None else []
    return case.space.union(*exceptions, *listed, *(row_packets(case, row, source, destination) for row in rows))


def isolates(source: ZoneClass, destination: ZoneClass) -> bool:
    """Whether the pair is one of the My Number zone."""
    return ZoneClass.MYNUMBER in (source, destination)


def separates(source: ZoneClass, destination: ZoneClass) -> bool:
    """Whether the pair is one of the LGWAN zone and the Internet side."""
    ends = {source, destination}
    return ZoneClass.LGWAN in ends and bool(ends & INTERNET_SIDE)


def kept_apart(source: ZoneClass, destination: ZoneClass) -> bool:
    """Whether traffic between the two is forbidden unless an exception permits it."""
    return isolates(source, destination) or separates(source, destination)


def _by_way_of(case: Case, path: tuple[Hop, ...], zone: str) -> bool:
    return case.static is not None and touches(case.static.network.topology, path, zone)


def zones_of(project: Project, entry: ExceptionEntry) -> tuple[str, str]:
    """The zones of an exception's two ends; ``loading`` refuses an end that is in no zone."""
    source, destination = (project.zones.of(end.addresses.first) for end in (entry.source, entry.destination))
    return source.name if source else "", destination.name if destination else ""
