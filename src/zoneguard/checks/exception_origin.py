"""ZG216: an exception is used from its registered MAC addresses only.

A flow that a row of the register explains, seen by a capture that was taken in the zone of its opener, must come from a
MAC address that the row names. Where the address of the sender's frames shows several source addresses in that capture,
a router stands between, and who sent it is undetermined; so it is where the capture holds no MAC addresses. Elsewhere
MAC addresses are those of routers, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import row_packets
from zoneguard.checks._seen import seen
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import I64, Bool
    from zoneguard.dynamic.traffic import Traffic
    from zoneguard.dynamic.wire import Wire


def _run(case: Case) -> Iterator[Finding]:
    entries = [entry for entry in case.project.exceptions if entry.macs]
    if case.traffic is None or not entries:
        return
    from zoneguard.dynamic.wire import Wire  # noqa: PLC0415 (it needs NumPy)

    wire = Wire(case.traffic)
    for entry in entries:
        for address, mac, which in wire.senders(_used(case, entry, case.traffic)):
            if mac not in entry.macs:
                yield _finding(case, entry, wire, (address, mac), which)


def _used(case: Case, entry: ExceptionEntry, traffic: Traffic) -> Bool:
    """Flows that the entry explains and that were captured in the opener's zone."""
    from zoneguard.checks._holding import Ends, holding  # noqa: PLC0415 (it needs NumPy)

    used: Bool = traffic.crossing & (traffic.point == traffic.source)
    for source in case.project.zones:
        for target in case.project.zones:
            packets = row_packets(case, entry, source.name, target.name)
            which = (used & traffic.between({(source.name, target.name)})).nonzero()[0]
            used[which] = holding(packets, Ends(traffic, which))
    return used


def _finding(case: Case, entry: ExceptionEntry, wire: Wire, sender: tuple[int, int], which: I64) -> Finding:
    address, mac = sender
    host, text = format_address(wire.traffic.address(address)), format_mac(mac) if mac else ""
    names = {"id": entry.id, "host": host, "mac": text}
    verdict = Verdict.UNDETERMINED
    message: Text
    if not mac:
        message = N_("Exception {id} was used by {host}; the capture holds no MAC addresses.", **names)
    elif wire.addresses(mac, int(wire.traffic.file[which[0]])) > 1:
        message = N_("Exception {id} was used by {host} through the router {mac}: who sent it is not seen.", **names)
    else:
        verdict = Verdict.VIOLATES
        message = N_("Exception {id} was used by {host} from the MAC address {mac}, which is not registered.", **names)
    fix = N_("Find the device; register it, or have the switch and the firewall refuse it.")
    flows, anchor = wire.traffic.some(which), (entry.id, host, text)
    return seen(case, PLUGIN.id, PLUGIN.severity, message, flows, anchor, fix, verdict=verdict)


PLUGIN = Check(
    id="ZG216",
    name="exception-origin",
    title="An exception is used from its registered MAC addresses only",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="An address is quickly taken over; the exception was granted to one device.",
    fix="Bind the exception to the MAC address where the packets enter, and find out who used it.",
    wants="MAC addresses in the register, and captures taken in the zone of the source.",
    example="- 10.10.20.20 00:00:5e:00:53:77 (EX-01)\n+ 10.10.20.20 00:00:5e:00:53:20 (EX-01)",
)
