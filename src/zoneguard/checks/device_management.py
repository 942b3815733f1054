"""ZG209: network devices are managed from the management zone, and not readably.

An answered flow to an address of a modelled device on telnet, FTP, TFTP, HTTP or SNMP is readable management (aspect
``readable``); one on SSH, HTTPS or any of those from another zone than one of class ``management``, where the project
has such a zone, comes from where nobody should manage (aspect ``place``). From outside the municipality only telnet,
SSH and SNMP count: a web port there may be that of a published server.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import OUTSIDE, TCP, UDP, class_of, flows_of, grouped, seen
from zoneguard.checks._undeclared import flow_text
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

READABLE = frozenset({(TCP, 21), (TCP, 23), (TCP, 80), (UDP, 69), (UDP, 161)})
MANAGING = READABLE | {(TCP, 22), (TCP, 443), (TCP, 8443)}
NEVER_PUBLISHED = frozenset({(TCP, 22), (TCP, 23), (UDP, 161)})


def _run(case: Case) -> Iterator[Finding]:
    has_place = any(zone.zone_class is ZoneClass.MANAGEMENT for zone in case.project.zones)

    def managing(flow: Flow) -> bool:
        counted = NEVER_PUBLISHED if class_of(case, flow.src) in OUTSIDE else MANAGING
        return flow.answered and flow.dst in case.own and (flow.proto, flow.dport) in counted

    for key, flows in grouped(flows_of(case, managing)):
        flow = flows[0]
        if (flow.proto, flow.dport) in READABLE:
            message = N_("A network device is managed readably: {flow}.", flow=flow_text(flow))
            fix = N_("Switch the service off on the device and use SSH, HTTPS or SNMPv3.")
            yield seen(case, PLUGIN.id, PLUGIN.severity, message, flows, ("readable", *key), fix, aspect="readable")
        if has_place and flow.src not in case.own and class_of(case, flow.src) is not ZoneClass.MANAGEMENT:
            message = N_("A network device is managed from outside the management zone: {flow}.", flow=flow_text(flow))
            fix = N_("Let the device answer to the management zone only.")
            yield seen(case, PLUGIN.id, PLUGIN.severity, message, flows, ("place", *key), fix, aspect="place")


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
