"""ZG204: no terminal is attached to two zones.

The same source MAC address with addresses of two zones is a terminal in two networks, or a router. Taken for a
router is a MAC address that shows addresses of several zones in one capture and VLAN: it forwards. Where the
capture's point names a zone, only addresses of that zone count, since any other address there came through a
router.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    for mac, flows in sorted(_addresses_by_mac(case).items()):
        zones: dict[str, tuple[int, Flow]] = {}
        for (zone, address), flow in flows.items():
            zones.setdefault(zone, (address, flow))
        if len(zones) < 2:
            continue
        text = format_mac(mac)
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "The MAC address {mac} was seen with addresses of two zones: {addresses}.",
                mac=text,
                addresses=", ".join(f"{format_address(a)} ({z})" for z, (a, _) in sorted(zones.items())),
            ),
            anchor=(text, *sorted(zones)),
            zones=tuple(sorted(zones)),
            evidence=tuple(flow.first for _, (_, flow) in sorted(zones.items())),
            fix=N_("Find the terminal, and attach it to one network only."),
        )


def _addresses_by_mac(case: Case) -> dict[int, dict[tuple[str, int], Flow]]:
    """Per MAC address of a single host: ``(zone, address)`` → the first flow that shows it."""
    assert case.dynamic
    seen: dict[int, dict[tuple[str, int], Flow]] = {}
    wires: dict[int, dict[tuple[str, tuple[int, ...]], set[str]]] = {}
    for flow in case.dynamic.flows.flows:
        for address, macs in ((flow.src, flow.macs[0]), (flow.dst, flow.macs[1])):
            zone = case.project.zones.of(address)
            for mac in macs:
                if zone is None or not mac or mac >> 40 & 1:
                    continue
                wires.setdefault(mac, {}).setdefault((flow.first.file, flow.vlan), set()).add(zone.name)
                entry = case.dynamic.points.get(flow.first.file)
                if entry is None or entry.zone in ("", zone.name):
                    seen.setdefault(mac, {}).setdefault((zone.name, address), flow)
    return {mac: found for mac, found in seen.items() if all(len(zones) == 1 for zones in wires[mac].values())}


PLUGIN = Check(
    id="ZG204",
    name="two-zone-device",
    title="No terminal is attached to two zones",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A terminal in two networks carries whatever it catches from one into the other.",
    fix="Bind switch ports to one network and to the registered MAC addresses.",
    wants="Captures taken inside each zone, on the wire of the terminals.",
    example="- 00:00:5e:00:53:66: 10.10.30.66, 10.30.30.66\n+ 00:00:5e:00:53:66: 10.10.30.66",
)
