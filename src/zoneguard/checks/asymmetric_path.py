"""ZG125: answers come back by the way the session went.

Where a session enters a device by one interface, and that device's own routing table sends packets to the session's
source out by another, the answer goes another way: past the firewall that knows the session, or into one that does not.
Judged device by device from the second on the way (hosts are taken to be where they are routed), up to the first that
translates the source, since then the answer comes to the translator. Only sources of which no part is routed back are
said; devices with policy routes are left out, since those decide by more than the destination.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import sample
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static.fib import Target
from zoneguard.static.topology import Key
from zoneguard.static.translation import sent
from zoneguard.static.waypoints import hairpin


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    back = _Back(case)
    seen: set[tuple[str, ...]] = set()
    for crossing in case.possible:
        for before, hop, packets in _diverging(crossing, back):
            elsewhere = back.targets(hop, packets.project(Field.SRC))
            interfaces = sorted({target.way.interface for target in elsewhere})
            place = (crossing.source, hop.device, hop.vrf, hop.ingress, *interfaces)
            if place not in seen:
                seen.add(place)
                yield _finding(crossing, before, hop, elsewhere, interfaces, packets)


def _diverging(crossing: Crossing, back: _Back) -> Iterator[tuple[Hop, Hop, PacketSet]]:
    """Each hop whose ways back to all sources are others than the one they came, the hop before it, and the packets."""
    if hairpin(crossing):
        return
    packets: PacketSet | None = None
    sources = Intervals()
    for before, hop in zip(crossing.path, crossing.path[1:], strict=False):
        if before.translations:
            return
        if not hop.ingress or back.straight(hop, crossing.source):
            continue
        if packets is None:
            packets = sent(crossing.packets.may())
            sources = packets.project(Field.SRC)
        ways = back.ways(hop, sources)
        if ways and all(interfaces and hop.ingress not in interfaces for interfaces in ways):
            yield before, hop, packets


Stretch = tuple[int, int, frozenset[str]]
"""Addresses from the first to the last that leave by these interfaces; no interface: they are discarded or leak."""


class _Back:
    """Where each device sends packets for given addresses."""

    def __init__(self, case: Case) -> None:
        assert case.static
        self._topology = case.static.network.topology
        self._zones = case.project.zones
        self._tables: dict[Key, list[Stretch]] = {}
        self._straight: dict[tuple[Key, str, str], bool] = {}

    def straight(self, hop: Hop, zone: str) -> bool:
        """Whether every address of the zone that has a way from there may go back by the interface of the hop, or
        policy routes decide."""
        key = ((hop.device, hop.vrf), hop.ingress, zone)
        if key not in self._straight:
            asked = self._topology.contexts[key[0]].vrf.policy_routes
            ways = self.ways(hop, self._zones.addresses(zone))
            self._straight[key] = bool(asked) or all(hop.ingress in interfaces for interfaces in ways)
        return self._straight[key]

    def ways(self, hop: Hop, addresses: Intervals) -> set[frozenset[str]]:
        """The sets of interfaces by which some of ``addresses`` leave, equal routes together."""
        table = self._table((hop.device, hop.vrf))
        found: set[frozenset[str]] = set()
        for low, high in addresses.spans:
            place = bisect_left(table, low, key=itemgetter(1))
            while place < len(table) and table[place][0] <= high:
                found.add(table[place][2])
                place += 1
        return found

    def targets(self, hop: Hop, addresses: Intervals) -> list[Target]:
        """The routes to some of ``addresses``."""
        return [t for t, where in self._topology.fibs[hop.device, hop.vrf].table().items() if where & addresses]

    def _table(self, key: Key) -> list[Stretch]:
        """The table cut where the ways change, in order of addresses."""
        if key not in self._tables:
            fib = self._topology.fibs[key]
            interfaces = [frozenset(way.interface for way in ways) - {""} for ways in fib.exits]
            taken = [interfaces[number] if fib.exits[number] else None for number in fib.exit_of]
            regions = zip(self._topology.tree.regions, taken, strict=True)
            self._tables[key] = sorted(
                ((low, high, names) for region, names in regions if names is not None for low, high in region),
                key=itemgetter(0),
            )
        return self._tables[key]


def _finding(
    crossing: Crossing, before: Hop, hop: Hop, elsewhere: list[Target], interfaces: list[str], packets: PacketSet
) -> Finding:
    lines = (*hop.lines, *(target.route.span for target in elsewhere))
    evidence: tuple[SourceSpan, ...] = tuple(dict.fromkeys((*lines, *([before.route] if before.route else []))))
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_(
            "Sessions from {source} to {destination} come to {device} by {ingress}, and it sends the answers out by "
            "{egress}.",
            source=crossing.source,
            destination=crossing.destination,
            device=hop.device,
            ingress=hop.ingress,
            egress=", ".join(interfaces),
        ),
        anchor=(crossing.source, hop.device, hop.vrf, hop.ingress, *interfaces),
        zones=(crossing.source, crossing.destination),
        evidence=evidence,
        witness=sample(packets),
        path=crossing.path,
        fix=N_("Route both directions by the same devices."),
    )


PLUGIN = Check(
    id="ZG125",
    name="asymmetric-path",
    title="Answers come back by the way the session went",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="A firewall that sees one direction only either drops the answers or has been taught not to look.",
    fix="Make the routes of both directions agree, or synchronise the sessions of both firewalls.",
    wants="The routing tables of all devices on the way.",
    example="- ip route 10.20.0.0 255.255.255.0 10.98.0.2\n+ ip route 10.20.0.0 255.255.255.0 10.99.0.1",
)
