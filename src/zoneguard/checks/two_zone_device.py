"""ZG204: no terminal is attached to two zones.

The same source MAC address with addresses of two zones is a terminal in two networks, or a router. Taken for a
router is a MAC address that shows addresses of several zones in one capture and VLAN: it forwards. Where the
capture's point names a zone, only addresses of that zone count, since any other address there came through a
router. Of more than 1,000 such MAC addresses the others are told together.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import EXAMPLES, MOST_DEVICES, print_of
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.traffic import Traffic


def _run(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    if traffic is None:
        return
    several = {mac: shown for mac, shown in _hosts_by_mac(traffic).items() if len(shown) > 1}
    for mac, shown in islice(several.items(), MOST_DEVICES):
        text = format_mac(mac)
        places = sorted((traffic.zone_name(zone), address, at) for zone, address, at in shown)
        zones = tuple(zone for zone, _, _ in places)
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "The MAC address {mac} was seen with addresses of two zones: {addresses}.",
                mac=text,
                addresses=", ".join(f"{format_address(traffic.address(a))} ({z})" for z, a, _ in places),
            ),
            anchor=(text, *zones),
            zones=zones,
            evidence=tuple(traffic.flows[at].first for _, _, at in places),
            fix=N_("Find the terminal, and attach it to one network only."),
        )
    if len(several) > MOST_DEVICES:
        yield _more(traffic, dict(islice(several.items(), MOST_DEVICES, None)))


def _more(traffic: Traffic, several: dict[int, list[tuple[int, int, int]]]) -> Finding:
    """One finding about all of these."""
    zones = tuple(sorted({traffic.zone_name(zone) for shown in several.values() for zone, _, _ in shown}))
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_("{count} more MAC addresses were seen with addresses of several zones.", count=len(several)),
        anchor=("many", print_of(several)),
        zones=zones,
        evidence=tuple(traffic.flows[at].first for shown in islice(several.values(), EXAMPLES) for _, _, at in shown),
        fix=N_("Find the terminal, and attach it to one network only."),
    )


def _hosts_by_mac(traffic: Traffic) -> dict[int, list[tuple[int, int, int]]]:
    """Per MAC address of a single host: zone, the first address of it that was seen, and the flow that shows it."""
    from zoneguard.dynamic.wire import Wire  # noqa: PLC0415 (it needs NumPy)

    wire = Wire(traffic)
    rows = wire.hosts & (wire.zone >= 0)
    point = traffic.point[wire.at]
    own = rows & ~wire.of_some(rows & wire.mixed(rows, wire.wire)) & ((point < 0) | (point == wire.zone))
    found: dict[int, list[tuple[int, int, int]]] = {}
    for row in wire.first(own, wire.zone).tolist():
        place = int(wire.zone[row]), int(wire.address[row]), int(wire.at[row])
        found.setdefault(int(wire.mac[row]), []).append(place)
    return found


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
