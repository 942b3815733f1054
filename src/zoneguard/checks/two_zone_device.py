"""ZG204: no terminal is attached to two zones.

The same source MAC address with addresses of two zones is a terminal in two networks, or a router. A MAC address
that sent with addresses of a subnet beyond its own in many ways is taken for a router: one that shows more than
``ROUTER`` source addresses, or that belongs to a declared device by a static entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_

ROUTER = 2
"""A MAC address with more source addresses than this is a router's."""


def _run(case: Case) -> Iterator[Finding]:
    if case.dynamic is None:
        return
    seen: dict[int, dict[int, Flow]] = {}
    for flow in case.dynamic.flows.flows:
        for address, macs in ((flow.src, flow.macs[0]), (flow.dst, flow.macs[1])):
            for mac in macs:
                seen.setdefault(mac, {}).setdefault(address, flow)
    for mac, flows in sorted(seen.items()):
        zones: dict[str, tuple[int, Flow]] = {}
        for address, flow in flows.items():
            zone = case.project.zones.of(address)
            if zone is not None:
                zones.setdefault(zone.name, (address, flow))
        if len(zones) < 2 or len(flows) > ROUTER or not mac or mac >> 40 & 1:
            continue
        text = ":".join(f"{mac >> shift & 255:02x}" for shift in range(40, -8, -8))
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


PLUGIN = Check(
    id="ZG204",
    name="two-zone-device",
    title="No terminal is attached to two zones",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A terminal in two networks carries whatever it catches from one into the other.",
    fix="Bind switch ports to one network and to the registered MAC addresses.",
)
