"""What the exports leave out of the network: devices and interfaces that stand nowhere, routers without routes,
addresses of zones to which nothing leads, and zones that lie beyond one interface, so that packets between them need no
modelled device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import Concern, Device, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone
from zoneguard.static.topology import Attachment, Context, Topology


@dataclass(frozen=True, slots=True)
class Beside:
    """Hosts of two zones, ``source`` and ``destination``, that get to each other beyond ``interface`` of ``context``.

    ``neighbours``: they share a subnet, so that no router is between them; otherwise a router that is not modelled, or
    the wire itself, may carry packets from the one to the other. ``lines``: why both are there.
    """

    context: Context
    interface: str
    source: str
    destination: str
    sources: Intervals
    destinations: Intervals
    neighbours: bool
    lines: tuple[SourceSpan, ...]


def placeless(topology: Topology) -> Iterator[Device]:
    """Devices that forward and of which no interface that is up has an address: they stand on no wire."""
    for device in {c.device.name: c.device for c in topology.contexts.values()}.values():
        wired = {name for pair in device.wires for name in pair}
        numbered = any(i.enabled and (i.addresses or i.wire or i.name in wired) for i in device.interfaces)
        if not numbered and any(vrf.forwards for vrf in device.vrfs):
            yield device


def routeless(topology: Topology) -> Iterator[Context]:
    """Contexts between other modelled ones and further subnets of which the export holds no route at all.

    Not those whose routing is uncertain for another reason, and no context on one wire alone.
    """
    for context in topology.contexts.values():
        vrf = context.vrf
        if vrf.forwards and not vrf.routes and not vrf.policy_routes and not _uncertain(context.device):
            used = _numbered(context.device, vrf)
            if len(used) > 1 and any(topology.on_link(context, name) for name in used):
                yield context


def unplaced(topology: Topology) -> Iterator[tuple[Context, str]]:
    """Interfaces that the network gives an address, in a project of several devices: whose subnet they are on, that of
    a modelled device perhaps, no export says. Not those that a link places or whose table shows the address."""
    for context in topology.contexts.values():
        others = any(_stands(other) for other in topology.contexts.values() if other.device is not context.device)
        for interface in context.device.interfaces if others and context.vrf.forwards else ():
            asks = interface.assigned and interface.enabled and not any(a.address < V6 for a in interface.addresses)
            if asks and interface.name in context.vrf.interfaces and not topology.wired(context, interface.name):
                yield context, interface.name


def _stands(context: Context) -> bool:
    return context.vrf.forwards and not context.device.cloud and bool(_numbered(context.device, context.vrf))


def _uncertain(device: Device) -> bool:
    return any(entry.concern is Concern.ROUTING for entry in device.uncertain)


def _numbered(device: Device, vrf: Vrf) -> list[str]:
    return [i.name for i in device.interfaces if i.name in vrf.interfaces and i.enabled and i.addresses]


def unreached(topology: Topology, zone: Zone) -> Iterator[tuple[int, int]]:
    """The prefixes of the zone of which no device has a way to any address that is not a device's own."""
    reached = _members([a for a in topology.attachments if a.zone == zone.name])
    held = topology.zones.addresses(zone.name) - Intervals.of(*topology.owners)
    for prefix in zone.prefixes:
        own = held & prefix_span(*prefix)
        if own and not own & reached:
            yield prefix


def beside(topology: Topology, pairs: Collection[tuple[str, str]]) -> Iterator[Beside]:
    """Of ``pairs`` of zones those with hosts beyond one interface, once for each interface.

    What of a zone of everything is on the wire itself does not count: it is the rest of a subnet of another zone.
    """
    places: dict[tuple[tuple[str, str], str], dict[str, list[Attachment]]] = defaultdict(lambda: defaultdict(list))
    for attachment in topology.attachments:
        home = topology.home(attachment.context, attachment.interface)
        places[home.key, attachment.interface][attachment.zone].append(attachment)
    wide = {zone.name for zone in topology.zones if any(length == 0 for _, length in zone.prefixes)}
    for (key, interface), zones in places.items():
        for pair in pairs:
            ends = [[a for a in zones.get(z, ()) if z not in wide or not _on_wire(a)] for z in pair]
            if all(ends):
                yield _beside(topology.contexts[key], interface, pair, ends[0], ends[1])


def _beside(
    context: Context, interface: str, pair: tuple[str, str], there: list[Attachment], here: list[Attachment]
) -> Beside:
    shared = {a.target.route.prefix for a in there if _on_wire(a)} & {
        a.target.route.prefix for a in here if _on_wire(a)
    }
    if shared:
        there, here = ([a for a in end if a.target.route.prefix in shared] for end in (there, here))
    lines = tuple(dict.fromkeys(a.target.route.span for a in (*there, *here)))
    return Beside(context, interface, *pair, _members(there), _members(here), bool(shared), lines)


def _members(attachments: list[Attachment]) -> Intervals:
    return Intervals.from_spans(span for a in attachments for span in a.members.spans)


def _on_wire(attachment: Attachment) -> bool:
    return attachment.target.route.on_link
