"""ZG216: an exception is used from its registered MAC addresses only.

A flow that a row of the register explains, seen by a capture that was taken in the zone of its opener, must come from a
MAC address that the row names. Where the address of the sender's frames shows several source addresses in that capture,
a router stands between, and who sent it is undetermined; so it is where the capture holds no MAC addresses. Elsewhere
MAC addresses are those of routers, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import row_packets
from zoneguard.checks._seen import seen
from zoneguard.model.addresses import format_address, format_mac
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        strangers: dict[tuple[int, int], list[Flow]] = {}
        for crossing in case.observed if entry.macs else ():
            flow = crossing.flow
            if flow is None or not _taken_at(case, crossing) or not _explains(case, entry, crossing):
                continue
            for mac in flow.macs[0] or (0,):
                if mac not in entry.macs:
                    strangers.setdefault((flow.src, mac), []).append(flow)
        for (address, mac), flows in strangers.items():
            yield _finding(case, entry, address, mac, flows)


def _taken_at(case: Case, crossing: Crossing) -> bool:
    """Whether the capture was taken in the opener's zone."""
    assert case.dynamic
    assert crossing.flow
    entry = case.dynamic.points.get(crossing.flow.first.file)
    return entry is not None and entry.zone == crossing.source


def _explains(case: Case, entry: ExceptionEntry, crossing: Crossing) -> bool:
    return bool(crossing.packets & row_packets(case, entry, crossing.source, crossing.destination))


def _finding(case: Case, entry: ExceptionEntry, address: int, mac: int, flows: list[Flow]) -> Finding:
    host, text = format_address(address), format_mac(mac) if mac else ""
    names = {"id": entry.id, "host": host, "mac": text}
    verdict = Verdict.UNDETERMINED
    message: Text
    if not mac:
        message = N_("Exception {id} was used by {host}; the capture holds no MAC addresses.", **names)
    elif _forwards(case, mac, flows[0].first.file):
        message = N_("Exception {id} was used by {host} through the router {mac}: who sent it is not seen.", **names)
    else:
        verdict = Verdict.VIOLATES
        message = N_("Exception {id} was used by {host} from the MAC address {mac}, which is not registered.", **names)
    fix = N_("Find the device; register it, or have the switch and the firewall refuse it.")
    return seen(case, PLUGIN.id, PLUGIN.severity, message, flows, (entry.id, host, text), fix, verdict=verdict)


def _forwards(case: Case, mac: int, file: str) -> bool:
    """Whether frames of the MAC address carry several source addresses in that capture."""
    assert case.dynamic
    sources = {
        address
        for flow in case.dynamic.flows.flows
        if flow.first.file == file
        for address, macs in ((flow.src, flow.macs[0]), (flow.dst, flow.macs[1]))
        if mac in macs
    }
    return len(sources) > 1


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
