"""What lies on the way of crossings."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.crossing import Crossing, Hop
from zoneguard.static.topology import Topology


def hairpin(crossing: Crossing) -> bool:
    """Whether both zones are on one wire: the device that could turn the packets round adds nothing to that."""
    first, last = crossing.path[0], crossing.path[-1]
    return (first.device, first.vrf, first.ingress) == (last.device, last.vrf, last.egress)


def touches(topology: Topology, path: Iterable[Hop], zone: str) -> bool:
    """Whether some interface along the path is in the zone."""
    places = {(a.context.key, a.interface) for a in topology.attachments if a.zone == zone}
    return any(((hop.device, hop.vrf), interface) in places for hop in path for interface in (hop.ingress, hop.egress))
