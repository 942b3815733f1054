"""ZG111: content gets into the LGWAN zone from the Internet side through a declared sanitizer only.

Every row of ``allow`` and of the exception register that some configuration lets pass between a zone of the Internet
side (as ZG102 counts them) and a zone of class ``lgwan`` must have a host of a sanitizer at one end, or on its way as
a next hop. Who opens the session does not matter: content comes in either way. A host of a zone of class ``sanitizer``
that belongs to no declared sanitizer counts as one that hands on what it got, and so does not stand for one. What no
row allows is left to ZG102.

In the model α′ the LGWAN zone may leave by a zone of class ``local-breakout`` to addresses of approved cloud services
(``cloud``), past every sanitizer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import INTERNET_SIDE, row_packets
from zoneguard.checks._rendering import deciding_lines, row_key, rows_of, sample
from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Allowance, ExceptionEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text, together
from zoneguard.model.zones import ZoneClass
from zoneguard.static.translation import restrict
from zoneguard.static.waypoints import Leg, hairpin, past, touches, ways_of_content

Entry = Allowance | ExceptionEntry


@dataclass(frozen=True, slots=True)
class _Declared(Leg):
    """Sessions that the row ``entry`` allows and a configuration lets pass."""

    entry: Entry


def _run(case: Case) -> Iterator[Finding]:
    classes = {zone.name: zone.zone_class for zone in case.project.zones}
    outside = {name: ALL_ADDRESSES for name, kind in classes.items() if kind in INTERNET_SIDE}
    relays = {name for name, kind in classes.items() if kind is ZoneClass.SANITIZER}
    inner = {name for name, kind in classes.items() if kind is ZoneClass.LGWAN}
    legs = list(_legs(case, {*outside, *relays, *inner}))
    for zone in sorted(inner):
        found: dict[tuple[str, str, str], list[_Declared]] = {}
        for leg in ways_of_content(legs, outside, relays, zone):
            found.setdefault((leg.entry.id, leg.crossing.source, leg.crossing.destination), []).append(leg)
        for (_, source, destination), parts in found.items():
            yield _finding(case, parts, direct=source in outside or destination in outside)


def _legs(case: Case, zones: set[str]) -> Iterator[_Declared]:
    """What rows allow and configurations let pass between ``zones``, past every sanitizer."""
    sanitizers = Intervals.from_spans(span for s in case.project.sanitizers for span in s.addresses.spans)
    entries: tuple[Entry, ...] = (*case.project.allow, *case.project.exceptions)
    for entry in entries:
        for pair, crossings in case.by_pair.items():
            allowed = row_packets(case, entry, *pair) if set(pair) <= zones else case.space.nothing
            for crossing in crossings if allowed else ():
                packets = past(crossing, case.view(crossing) & allowed, sanitizers)
                packets = packets - _approved_way_out(case, crossing)
                if packets and not hairpin(crossing):
                    yield _Declared(crossing, packets, entry)


def _approved_way_out(case: Case, crossing: Crossing) -> PacketSet:
    """What the model lets out of the zone by a local breakout: sessions to approved cloud services."""
    zones, topology = case.project.zones, case.static.network.topology if case.static else None
    gateways = case.project.network_model.egress.get(zones[crossing.source].zone_class, frozenset())
    breakouts = [z.name for z in zones if z.zone_class is ZoneClass.LOCAL_BREAKOUT and z.zone_class in gateways]
    if topology is None or not any(touches(topology, crossing.path, name) for name in breakouts):
        return case.space.nothing
    approved = Intervals.from_spans(span for service in case.project.cloud for span in service.addresses.spans)
    return case.space.field(Field.DST, approved)


def _finding(case: Case, parts: list[_Declared], direct: bool) -> Finding:
    entry, crossing = parts[0].entry, parts[0].crossing
    packets = case.space.union(*(part.packets for part in parts))
    carried = case.space.union(*(restrict(part.crossing.packets, part.packets) for part in parts))
    rows, more = rows_of(case, packets)
    certain = bool(carried.must())
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES if certain else Verdict.UNDETERMINED,
        message=_message(entry, crossing.source, crossing.destination, direct, () if certain else carried.unknowns()),
        anchor=(entry.id, crossing.source, crossing.destination, row_key(rows)),
        zones=(crossing.source, crossing.destination),
        evidence=(entry.span, *_lines(parts)),
        rows=rows,
        more_rows=more,
        witness=sample(packets),
        path=crossing.path,
        packets=packets,
        fix=N_("Narrow the row to a host of a declared sanitizer, or declare the host as the sanitizer that it is."),
    )


def _lines(parts: Iterable[_Declared]) -> Iterator[SourceSpan]:
    yield from dict.fromkeys(line for part in parts for line in deciding_lines(part.crossing))


def _message(entry: Entry, source: str, destination: str, direct: bool, unknowns: tuple[str, ...]) -> Text:
    said = (
        N_(
            "Row {id} lets content pass between {source} and {destination}, and no sanitizer is at either end.",
            id=entry.id,
            source=source,
            destination=destination,
        )
        if direct
        else N_(
            "Row {id} lets content of the Internet side pass between {source} and {destination} by a host that is no "
            "declared sanitizer.",
            id=entry.id,
            source=source,
            destination=destination,
        )
    )
    if not unknowns:
        return said
    return N_(
        "{said} It passes if a condition holds that cannot be decided: {unknown}.",
        said=said,
        unknown=together(unknowns),
    )


PLUGIN = Check(
    id="ZG111",
    name="sanitizer-waypoint",
    title="Content gets into the LGWAN zone through a declared sanitizer only",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"static"}),
    why="A row that lets content past the sanitizer makes all the others worth nothing.",
    fix="Let each row between the Internet side and the LGWAN zone begin or end at a host of a declared sanitizer.",
    wants="Every sanitizer with its hosts.",
    example=(
        "- {id: A9, from: internet, to: lgwan, services: [tcp/443]}\n"
        "+ {id: A9, from: internet, to: file-san, services: [tcp/443]}"
    ),
)
