"""ZG208: every device that uses the network is in the ledger (管理台帳).

A source MAC address that a capture taken in a zone shows with an address of that zone must be in the ledger of the
project, among the MAC addresses of ``hosts``, or on a modelled device. Where a capture's point is no zone, its MAC
addresses may be those of routers, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import seen
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text


def _run(case: Case) -> Iterator[Finding]:
    if case.project.ledger is None:
        return
    known = {entry.mac for entry in case.project.ledger} | {m for h in case.project.hosts.values() for m in h.macs}
    unknown: dict[int, dict[int, Flow]] = {}
    for mac, address, flow in _single_hosts(case):
        if mac not in known and address not in case.own:
            unknown.setdefault(mac, {}).setdefault(address, flow)
    for mac, by_address in sorted(unknown.items()):
        text = format_mac(mac)
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_(
                "The device {mac} ({addresses}) is not in the ledger.",
                mac=text,
                addresses=", ".join(map(format_address, sorted(by_address)[:5])),
            ),
            list(by_address.values()),
            (text,),
            N_("Find the device; enter it in the ledger, or take it off the network."),
        )


def _single_hosts(case: Case) -> Iterator[tuple[int, int, Flow]]:
    """``(MAC, address, flow)`` of hosts on the wire where the capture was taken. Not of a MAC address that shows
    addresses of several zones in one capture: that is a router."""
    assert case.dynamic
    found: list[tuple[int, int, Flow]] = []
    zones: dict[tuple[str, int], set[str]] = {}
    for flow in case.dynamic.flows.flows:
        entry = case.dynamic.points.get(flow.first.file)
        for address, macs in ((flow.src, flow.macs[0]), (flow.dst, flow.macs[1])):
            zone = case.project.zones.of(address)
            for mac in macs:
                if mac and not mac >> 40 & 1:
                    zones.setdefault((flow.first.file, mac), set()).add(zone.name if zone else "")
                    if entry is not None and zone is not None and entry.zone == zone.name:
                        found.append((mac, address, flow))
    return (row for row in found if len(zones[row[2].first.file, row[0]]) == 1)


def _silent(case: Case, _: str) -> Text | None:
    return N_("The project names no ledger of devices.") if case.project.ledger is None else None


PLUGIN = Check(
    id="ZG208",
    name="device-ledger",
    title="Every device on the network is in the ledger",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A device that nobody knows is one that nobody keeps safe.",
    fix="Keep the ledger complete, and let switches admit registered devices only.",
    wants="The ledger of devices (ledger), and captures taken inside each zone.",
    example="- 00:00:5e:00:53:99: 10.20.0.77\n+ MAC,name\n+ 00:00:5e:00:53:99,LG-PC-077",
    silent=_silent,
)
