"""ZG104: an exception is host to host, one service, bound to the source MAC address.

For each row of the register, everything that may be opened between its two zones to its far end is compared with the
row: a wider source or another service is a violation, at the line that permits it. Where the row names MAC addresses,
the device that first gets the packets must accept the source address from those only, by a rule, a static ARP entry or
an IP/MAC binding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import allowed, row_packets, zones_of
from zoneguard.checks._rendering import deciding_lines, row_key, rows_of, sample
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text
from zoneguard.static.translation import restrict
from zoneguard.static.waypoints import hairpin


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        pair = zones_of(case.project, entry)
        far_end = case.space.field(Field.DST, entry.destination.addresses)
        excess: PacketSet = case.space.nothing
        wide: list[Crossing] = []
        unbound: list[Crossing] = []
        for crossing in case.by_pair.get(pair, ()):
            if hairpin(crossing):
                continue
            beyond = case.view(crossing) & far_end - allowed(case, *pair)
            if beyond:
                excess = excess | beyond
                wide.append(crossing)
            carried = restrict(crossing.packets, case.view(crossing) & row_packets(case, entry, *pair))
            if carried and entry.macs and not _bound(case, replace(crossing, packets=carried), entry):
                unbound.append(crossing)
        if wide or unbound:
            yield _finding(case, entry, pair, excess, wide, unbound)


def _bound(case: Case, crossing: Crossing, entry: ExceptionEntry) -> bool:
    """Whether the first device takes the source address from the registered MAC addresses only."""
    assert case.static
    network = case.static.network
    first = crossing.path[0]
    device = network.topology.contexts[first.device, first.vrf].device
    by_table = Intervals.of(*(b.address for b in device.mac_bindings if b.mac in entry.macs))
    return entry.source.addresses <= by_table or network.entering(crossing).project(Field.MAC) <= Intervals.of(
        *entry.macs
    )


def _finding(
    case: Case,
    entry: ExceptionEntry,
    pair: tuple[str, str],
    excess: PacketSet,
    wide: list[Crossing],
    unbound: list[Crossing],
) -> Finding:
    rows, more = rows_of(case, excess)
    lines = [line for c in wide for line in deciding_lines(c)]
    lines += [line for c in unbound for line in c.path[0].lines]
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=_message(entry, bool(wide), bool(unbound)),
        anchor=(entry.id, row_key(rows), str(bool(unbound))),
        zones=pair,
        evidence=(*dict.fromkeys(lines), entry.span),
        rows=rows,
        more_rows=more,
        witness=sample(excess) if excess else None,
        path=(wide or unbound)[0].path,
        packets=excess or None,
        fix=N_("Limit the rule to the registered hosts and service, and bind the source to its MAC address."),
    )


def _message(entry: ExceptionEntry, wide: bool, unbound: bool) -> Text:
    if wide and unbound:
        return N_(
            "Exception {id} is wider than registered, and its source is not bound to its MAC address.", id=entry.id
        )
    if wide:
        return N_("Exception {id} is wider than registered: more than its hosts and service may pass.", id=entry.id)
    return N_("Exception {id}: no device binds the source to its registered MAC address.", id=entry.id)


PLUGIN = Check(
    id="ZG104",
    name="exception-width",
    title="An exception is host to host, one service, MAC-bound",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"static"}),
    why="The policy suffers a connection of the My Number zone only where its route and its application are limited.",
    fix="Name the two hosts and the one port in the rule, and bind the source address to its MAC address.",
)
