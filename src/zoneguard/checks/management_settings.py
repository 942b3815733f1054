"""ZG133: network devices offer their management to the management zone, and not readably.

What ZG209 looks for in captures is asked here of the exports. Telnet, HTTP, FTP, TFTP and SNMP of version 1 or 2c that
a device offers are readable management (aspect ``readable``). For every zone beside those of class ``management`` the
device's own filters and lists are asked whether more than a few hosts there may open SSH, telnet, HTTP or HTTPS to it
(aspect ``place``): of zones outside the municipality always, of inner ones where the project has a management zone.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, TCP
from zoneguard.checks._settings import managed, silent_on, telling, unseen_of
from zoneguard.model.addresses import format_addresses
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field
from zoneguard.model.policy import Severity
from zoneguard.model.settings import Access, DeviceSettings, Topic
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Attachment

READABLE = frozenset({"telnet", "http", "ftp", "tftp"})
FEW_HOSTS = 16
"""Addresses of one zone that may be those of administrators."""


def _run(case: Case) -> Iterator[Finding]:
    for device, settings in telling(case, Topic.ACCESS, Topic.SNMP):
        yield from _readable(device, settings)
        yield from _places(case, device, settings)


def _readable(device: Device, settings: DeviceSettings) -> Iterator[Finding]:
    offered: dict[str, list[Access]] = {}
    for access in settings.accesses:
        if access.service in READABLE:
            offered.setdefault(access.service, []).append(access)
    for service, accesses in offered.items():
        message = N_(
            "{device} lets itself be managed readably by {service} ({interfaces}).",
            device=device.name,
            service=service,
            interfaces=", ".join(sorted({a.interface or "*" for a in accesses})),
        )
        lines = tuple(dict.fromkeys(a.span for a in accesses))
        fix = N_("Switch the service off on the device and use SSH, HTTPS or SNMPv3.")
        yield managed(PLUGIN.id, PLUGIN.severity, device, message, ("readable", service), lines, fix, aspect="readable")
    for snmp in settings.snmp:
        if not snmp.encrypted:
            message = N_(
                "{device} answers to SNMP version {version}, which anybody on the way can read.",
                device=device.name,
                version=snmp.version,
            )
            fix = N_("Use SNMPv3 with authentication and encryption.")
            anchor = ("snmp", snmp.version, str(snmp.span.first))
            yield managed(PLUGIN.id, PLUGIN.severity, device, message, anchor, (snmp.span,), fix, aspect="readable")


def _places(case: Case, device: Device, settings: DeviceSettings) -> Iterator[Finding]:
    assert case.static
    has_place = any(zone.zone_class is ZoneClass.MANAGEMENT for zone in case.project.zones)
    found: dict[str, tuple[Intervals, list[Access]]] = {}
    pipelines: dict[tuple[str, str], Pipeline] = {}
    for attachment in case.static.network.topology.attachments:
        if attachment.context.device.name != device.name:
            continue
        kind = case.project.zones[attachment.zone].zone_class
        if kind is ZoneClass.MANAGEMENT or not (has_place or kind in OUTSIDE):
            continue
        for access in settings.accesses:
            if access.interface in ("", attachment.interface):
                key = attachment.context.key
                if key not in pipelines:
                    pipelines[key] = Pipeline(case.space, case.static.network.topology, attachment.context)
                hosts = _admitted(case, pipelines[key], attachment, access)
                known, accesses = found.get(attachment.zone, (Intervals(), []))
                if hosts.size > FEW_HOSTS:
                    found[attachment.zone] = known | hosts, [*accesses, access]
    _add_apart(case, device, settings, found, has_place)
    for zone, (hosts, accesses) in sorted(found.items()):
        services = ", ".join(dict.fromkeys(a.service for a in accesses))
        shown = format_addresses(hosts)
        message = N_(
            "Hosts of {zone} ({hosts}) may open the management of {device} ({services}).",
            zone=zone,
            hosts=", ".join(shown[:3]) + (" …" if len(shown) > 3 else ""),
            device=device.name,
            services=services,
        )
        lines = tuple(dict.fromkeys(a.span for a in accesses))
        fix = N_("Let the device answer to the management zone, or to the administrators' own hosts only.")
        yield managed(
            PLUGIN.id, PLUGIN.severity, device, message, ("place", zone), lines, fix, aspect="place", zones=(zone,)
        )


def _add_apart(
    case: Case,
    device: Device,
    settings: DeviceSettings,
    found: dict[str, tuple[Intervals, list[Access]]],
    has_place: bool,
) -> None:
    """Ports for management alone are no interfaces of the model: there the list of hosts decides by itself."""
    for access in settings.accesses:
        apart = access.interface and all(access.interface != port.name for port in device.interfaces)
        if not apart or access.sources is None:
            continue
        for zone in case.project.zones:
            if zone.zone_class is ZoneClass.MANAGEMENT or not (has_place or zone.zone_class in OUTSIDE):
                continue
            hosts = access.sources & case.project.zones.addresses(zone.name)
            known, accesses = found.get(zone.name, (Intervals(), []))
            if hosts.size > FEW_HOSTS:
                found[zone.name] = known | hosts, [*accesses, access]


def _admitted(case: Case, pipeline: Pipeline, attachment: Attachment, access: Access) -> Intervals:
    """The hosts of the zone, beyond this interface, whose session the device surely takes."""
    assert case.static
    space, topology = case.space, case.static.network.topology
    hosts = attachment.members if access.sources is None else attachment.members & access.sources
    packets = space.field(Field.SRC, hosts - topology.own_addresses(attachment.context))
    packets &= space.field(Field.DST, topology.own_addresses(attachment.context))
    packets &= space.field(Field.PROTO, Intervals.of(TCP)) & space.field(Field.DPORT, Intervals.of(access.port))
    packets &= space.field(Field.STATE, Intervals.of(ConnState.NEW))
    departures = pipeline.run(attachment.interface, packets)
    taken = space.union(*(d.part.packets for d in departures if d.way is None))
    return taken.must().project(Field.SRC)


PLUGIN = Check(
    id="ZG133",
    name="management-settings",
    title="Network devices offer their management to the management zone, and not readably",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"readable", "place"}),
    needs=frozenset({"static"}),
    why="Who reaches the log-on of a firewall can try passwords there, and who listens to it reads them.",
    fix="Offer SSH and HTTPS only, on the management interface, to the administrators' hosts.",
    wants="Whole exports, a zone of class management; of devices without exports, a person's word.",
    example="- set allowaccess ping https ssh telnet\n+ set allowaccess ping https ssh",
    silent=silent_on(Topic.ACCESS),
    unseen=unseen_of(Topic.ACCESS),
)
