"""ZG208: every device that uses the network is in the ledger (管理台帳).

A source MAC address that a capture taken in a zone shows with an address of that zone must be in the ledger of the
project, among the MAC addresses of ``hosts``, or on a modelled device. Where a capture's point is no zone, its MAC
addresses may be those of routers, and decide nothing. Of more than 1,000 unknown devices the others are told together.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import EXAMPLES, MOST_DEVICES, print_of, seen
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.traffic import Traffic


def _run(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    if case.project.ledger is None or traffic is None:
        return
    known = {entry.mac for entry in case.project.ledger} | {m for h in case.project.hosts.values() for m in h.macs}
    unknown = _unknown(case, traffic, known)
    for mac, rows in islice(unknown.items(), MOST_DEVICES):
        text = format_mac(mac)
        addresses = sorted(traffic.address(number) for number, _ in rows)
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_(
                "The device {mac} ({addresses}) is not in the ledger.",
                mac=text,
                addresses=", ".join(map(format_address, addresses[:5])),
            ),
            [traffic.flows[at] for _, at in sorted(rows, key=lambda row: row[1])],
            (text,),
            N_("Find the device; enter it in the ledger, or take it off the network."),
        )
    if len(unknown) > MOST_DEVICES:
        others = dict(islice(unknown.items(), MOST_DEVICES, None))
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            N_("{count} more devices are not in the ledger.", count=len(others)),
            [traffic.flows[rows[0][1]] for rows in islice(others.values(), EXAMPLES)],
            ("many", print_of(others)),
            N_("Find the device; enter it in the ledger, or take it off the network."),
        )


def _unknown(case: Case, traffic: Traffic, known: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Of hosts on the wire where the capture was taken, by MAC address: the addresses and the first flow of each. Not
    of a MAC address that shows addresses of several zones in one capture: that is a router."""
    from zoneguard.dynamic.wire import Wire  # noqa: PLC0415 (it needs NumPy)

    wire = Wire(traffic)
    own = wire.hosts & (wire.zone >= 0) & (traffic.point[wire.at] == wire.zone)
    single = own & ~wire.mixed(wire.hosts, wire.file) & ~traffic.among(case.own)[wire.address]
    found: dict[int, list[tuple[int, int]]] = {}
    for row in wire.first(single, wire.address).tolist():
        if int(wire.mac[row]) not in known:
            found.setdefault(int(wire.mac[row]), []).append((int(wire.address[row]), int(wire.at[row])))
    return found


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
