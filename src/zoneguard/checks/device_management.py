"""ZG209: network devices are managed from the management zone, and not readably.

An answered flow to an address of a modelled device on telnet, FTP, TFTP, HTTP or SNMP is readable management (aspect
``readable``); one on SSH, HTTPS or any of those from another zone than one of class ``management``, where the project
has such a zone, comes from where nobody should manage (aspect ``place``). From outside the municipality only telnet,
SSH and SNMP count: a web port there may be that of a published server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, TCP, UDP, flow_text, key_of, matters, seen, told
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

READABLE = frozenset({(TCP, 21), (TCP, 23), (TCP, 80), (UDP, 69), (UDP, 161)})
MANAGING = READABLE | {(TCP, 22), (TCP, 443), (TCP, 8443)}
NEVER_PUBLISHED = frozenset({(TCP, 22), (TCP, 23), (UDP, 161)})


def _run(case: Case) -> Iterator[Finding]:
    has_place = any(zone.zone_class is ZoneClass.MANAGEMENT for zone in case.project.zones)

    def managing(traffic: Traffic) -> Bool:
        outside = traffic.opened_in(OUTSIDE)
        counted = (outside & traffic.service(NEVER_PUBLISHED)) | (~outside & traffic.service(MANAGING))
        return traffic.answered & traffic.goes_to(case.own) & counted

    def readable(traffic: Traffic) -> Bool:
        return managing(traffic) & traffic.service(READABLE)

    def misplaced(traffic: Traffic) -> Bool:
        aside = ~traffic.comes_from(case.own) & ~traffic.opened_in({ZoneClass.MANAGEMENT})
        return managing(traffic) & aside

    for matter in matters(case, readable):
        message = told(matter, N_("A network device is managed readably: {flow}.", flow=flow_text(matter[0])))
        fix = N_("Switch the service off on the device and use SSH, HTTPS or SNMPv3.")
        anchor = ("readable", *key_of(matter))
        yield seen(case, PLUGIN.id, PLUGIN.severity, message, matter, anchor, fix, aspect="readable")
    for matter in matters(case, misplaced) if has_place else ():
        message = N_("A network device is managed from outside the management zone: {flow}.", flow=flow_text(matter[0]))
        fix = N_("Let the device answer to the management zone only.")
        anchor = ("place", *key_of(matter))
        yield seen(case, PLUGIN.id, PLUGIN.severity, told(matter, message), matter, anchor, fix, aspect="place")


def _silent(case: Case, _: str) -> Text | None:
    return N_("No configuration tells which addresses are those of network devices.") if not case.own else None


PLUGIN = Check(
    id="ZG209",
    name="device-management",
    title="Network devices are managed from the management zone, and not readably",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"readable", "place"}),
    needs=frozenset({"dynamic"}),
    why="Who gets hold of a firewall's password moves every wall at once.",
    fix="Switch readable management off, and restrict the rest to the management zone.",
    example="- tcp 10.20.0.5 > 10.20.255.1:23\n+ tcp 10.90.0.10 > 10.90.0.1:22",
    silent=_silent,
)
