"""Small projects of real vendor text, as a user would write them, asked in every way that there is.

``Site.passing`` asks both engines of packet sets and ``trace`` for the same packets and fails where they differ, so
that a test only has to say what passes. ``Site.report`` is the whole static half of ``zoneguard verify``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from zoneguard.audit.inputs import load_devices
from zoneguard.audit.running import STATIC, run
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import parse_address
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding, MatrixCell, Report
from zoneguard.model.match import SYN, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.project import Project
from zoneguard.static.answering import with_answer
from zoneguard.static.reachability import Network
from zoneguard.static.trace import Disposition, Trace, Tracer
from zoneguard.static.translation import sent

ANY_SENDER = frozenset({Field.MAC})
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
Zones = Mapping[str, tuple[str, str]]
"""Name → class and prefixes, as ``zoneguard.yaml`` writes them."""

FORTIGATE_OPEN = """\
config firewall policy
    edit 1
        set srcintf "any"
        set dstintf "any"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "ALL"
    next
end
"""
FORTIGATE_SPLIT = """\
config system interface
    edit "port1"
        set ip 10.20.0.1 255.255.255.0
    next
    edit "port2"
        set ip 10.8.1.1 255.255.255.0
    next
    edit "port3"
        set ip 10.8.2.1 255.255.255.0
    next
end
config router static
    edit 1
        set dst 10.30.0.0 255.255.255.0
        set gateway 10.8.1.2
        set device "port2"
    next
"""
"""A FortiGate with a port to its hosts and two ways on, and the route by the first; the static routes go on."""


@dataclass(frozen=True, slots=True)
class Given:
    """The exports of one device; ``format`` and ``table`` (of the routes) empty: found by content."""

    config: str
    routes: str = ""
    format: str = ""
    table: str = ""


def site(root: Path, zones: Zones, devices: Mapping[str, Given], more: str = "", profile: str = "mikasa") -> Site:
    """The project written to ``root``; ``more`` are further keys of ``zoneguard.yaml``."""
    lines = ["zoneguard: 1", f"profile: [{profile}]", "as-of: 2026-11-01", "zones:"]
    lines += (f"  {name}: {{class: {kind}, prefixes: [{held}]}}" for name, (kind, held) in zones.items())
    lines.append("devices:")
    for name, given in devices.items():
        (root / f"{name}.conf").write_text(given.config)
        parts = [f"config: {name}.conf"]
        if given.routes:
            (root / f"{name}.routes").write_text(given.routes)
            parts.append(f"routes: {name}.routes")
        parts += [f"format: {given.format}"] if given.format else []
        parts += [f"routes-format: {given.table}"] if given.table else []
        lines.append(f"  {name}: {{{', '.join(parts)}}}")
    (root / "zoneguard.yaml").write_text("\n".join(lines) + f"\n{more}\n")
    return Site(load_project(root, None))


def opening(source: str, destination: str, service: str = "tcp/443", sport: int = 50000) -> Packet:
    """The first packet of a session of ``tcp/443``, ``udp/53`` or ``icmp/8``."""
    name, _, number = service.partition("/")
    src, dst = parse_address(source), parse_address(destination)
    if name == "icmp":
        return Packet(src, dst, 1, icmp=int(number) << 8)
    return Packet(src, dst, PROTOCOLS[name], sport, int(number), flags=SYN if name == "tcp" else 0)


@dataclass(frozen=True)
class Site:
    """A project and everything that can be asked of it."""

    project: Project

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        """The devices as the audit reads them; fails where a line is not understood, nor bounded by the model."""
        devices, accounts, _ = load_devices(self.project)
        missed = [entry for account in accounts for entry in account.not_understood if not entry.bounded]
        assert not missed, missed
        return devices

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """The same network on both engines."""
        engines = (BinaryEngine(1 << 18, 1 << 14), IntervalEngine())
        return tuple(
            Network(self.devices, self.project.zones, self.project.links, PacketSpace(engine)) for engine in engines
        )

    @cached_property
    def tracer(self) -> Tracer:
        """The interpreter of single packets."""
        return Tracer(self.devices, self.project.links)

    @cached_property
    def _crossings(self) -> tuple[dict[str, list[Crossing]], ...]:
        zones = [zone.name for zone in self.project.zones]
        return tuple({zone: list(network.crossings([zone])) for zone in zones} for network in self.networks)

    def trace(self, packet: Packet) -> Trace:
        """What ``zoneguard trace`` says of a packet from whichever MAC address."""
        return self.tracer.trace(packet, unspecified=ANY_SENDER)

    def answered(self, packet: Packet) -> Trace | None:
        """What becomes of the first answer to a packet."""
        return with_answer(self.trace(packet), self.tracer, ANY_SENDER).answer

    def zones_reached(self, packet: Packet) -> set[str]:
        """The zones that the packet may reach, by both engines and by ``trace``."""
        own = self.zone(packet.src)
        traced = {zone for zone in _delivered(self.trace(packet), self) if zone != own}
        for network, crossings in zip(self.networks, self._crossings, strict=True):
            found = {c.destination for c in crossings[own] if packet in sent(c.packets).may()}
            assert found == traced, f"{packet}: {network.space.engine} says {found}, trace says {traced}"
        return traced

    def passing(self, hosts: Iterable[str], services: Iterable[str] = ("tcp/443",)) -> set[tuple[str, str, str]]:
        """``(from zone, to zone, service)`` of all sessions between ``hosts`` that may be opened."""
        hosts, services = tuple(hosts), tuple(services)
        return {
            (self.zone(parse_address(a)), reached, service)
            for a in hosts
            for b in hosts
            for service in services
            if a != b
            for reached in self.zones_reached(opening(a, b, service))
        }

    def zone(self, address: int) -> str:
        """The zone of an address."""
        zone = self.project.zones.of(address)
        assert zone is not None
        return zone.name

    @cached_property
    def report(self) -> Report:
        """What ``zoneguard verify`` reports."""
        return run(self.project, frozenset({STATIC}))

    def cell(self, source: str, destination: str) -> MatrixCell:
        """One cell of the zone matrix."""
        (found,) = (c for c in self.report.matrix if (c.source, c.destination) == (source, destination))
        return found

    def findings(self, check: str) -> list[Finding]:
        """What one check found."""
        return [finding for finding in self.report.findings if finding.check == check]

    def verdict(self, clause: str) -> str:
        """The verdict of a clause."""
        (found,) = (c.verdict.value for c in self.report.clauses if c.clause == clause)
        return found


def _delivered(trace: Trace, of: Site) -> set[str]:
    """The zones of hosts that some way leads to; what ends at a device itself reaches no zone."""
    ways = [walk for one in trace.alternatives or (trace,) for walk in one.walks]
    return {
        of.zone(walk.packet.dst)
        for walk in ways
        if walk.disposition is Disposition.DELIVERED and walk.hops and walk.hops[-1].action != "local"
    }
