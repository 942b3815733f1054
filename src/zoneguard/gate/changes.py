"""What a change makes possible between zones and what it stops, judged by the policy of the new side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from zoneguard.checks import Case
from zoneguard.checks._policy import row_packets
from zoneguard.checks._rendering import deciding_lines, rows_of, sample
from zoneguard.checks.undetermined_input import PLUGIN as UNDETERMINED_INPUT
from zoneguard.gate.verdict import Exit
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding, Row
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.static.compiled import Refusal
from zoneguard.static.diff import Difference, differences

Changed = Callable[[SourceSpan], bool]
"""Whether the other side's file lacks what these lines say."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that lets the packets pass; ``changed``: the other side's file does not have it."""

    span: SourceSpan
    changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """Sessions from zone to zone that one side permits and the other does not. ``permits``: the new side does.

    ``certain``: whatever the outcome of conditions that could not be decided; otherwise ``unknowns`` are those.
    ``forbidden``: no row of the new side's ``allow`` and register covers them. ``missed``: zones by way of which a row
    demands such sessions to go and these do not. ``macs``: the source MAC addresses it takes (``None``: any).
    ``lines`` are of the side that permits, the changed ones first.
    """

    source: str
    destination: str
    permits: bool
    packets: PacketSet
    rows: tuple[Row, ...]
    more_rows: int
    witness: Packet
    lines: tuple[Line, ...]
    certain: bool
    forbidden: bool
    unknowns: tuple[str, ...]
    missed: tuple[str, ...]
    macs: Intervals | None


@dataclass(frozen=True, slots=True)
class Side:
    """The old or the new state, and which of its lines the other one lacks."""

    case: Case
    changed: Changed


def changes(old: Side, new: Side) -> Iterator[Change]:
    """Every change between two states in one packet space; what is forbidden or undecided apart from what is not."""
    assert old.case.static is not None
    assert new.case.static is not None

    def demanded(source: str, destination: str) -> frozenset[str]:
        rows = (row for row in new.case.project.allow if row.via and row_packets(new.case, row, source, destination))
        return frozenset(zone for row in rows for zone in row.via)

    for difference in differences(old.case.static.network, new.case.static.network, demanded):
        side = new if difference.permits else old
        try:
            parts = tuple(_judged(new.case, side, difference))
        except TooLarge as refusal:
            pair = difference.source, difference.destination
            new.case.static.network.refused.append(Refusal(*pair, "", refusal.cause))
            continue
        yield from parts


def _judged(policy: Case, side: Side, difference: Difference) -> Iterator[Change]:
    """``difference`` in parts of one judgement by the rows of ``policy``."""
    covered = _covered(policy, difference)
    for forbidden, packets in ((True, difference.packets - covered), (False, difference.packets & covered)):
        certain = packets.must()
        for unknowns, part in (((), certain), (packets.unknowns(), (packets - certain).may())):
            whatever_mac = ~(~part).forget(Field.MAC)
            for same_senders in (whatever_mac, part - whatever_mac):
                if same_senders:
                    yield _change(side, difference.narrowed(same_senders), same_senders, unknowns, forbidden)


def undetermined(side: Side) -> tuple[Finding, ...]:
    """What could not be read of one side, and so bounds what is said of both."""
    return tuple(UNDETERMINED_INPUT.run(side.case))


def exit_status(
    found: Iterable[Change], unread: Iterable[Finding], fail_on_new: bool, allow_undetermined: bool
) -> Exit:
    """``VIOLATIONS`` where something forbidden is newly possible for certain and that is to fail; else
    ``UNDETERMINED`` where input was not read or something forbidden may be newly possible; else ``CLEAN``."""
    forbidden = [change for change in found if change.permits and change.forbidden]
    if fail_on_new and any(change.certain for change in forbidden):
        return Exit.VIOLATIONS
    doubtful = any(not change.certain for change in forbidden) or any(True for _ in unread)
    return Exit.UNDETERMINED if doubtful and not allow_undetermined else Exit.CLEAN


def _covered(case: Case, difference: Difference) -> PacketSet:
    """What the rows of ``case`` let pass from zone to zone by the ways of ``difference``, from the MAC addresses that
    an exception names."""
    source, destination = difference.source, difference.destination
    rows = (row for row in case.project.allow if not difference.missed & set(row.via))
    found = [row_packets(case, row, source, destination) for row in rows]
    for entry in case.project.exceptions:
        packets = row_packets(case, entry, source, destination)
        found.append(packets & case.space.field(Field.MAC, Intervals.of(*entry.macs)) if entry.macs else packets)
    return case.space.union(*found)


def _change(side: Side, part: Difference, packets: PacketSet, unknowns: tuple[str, ...], forbidden: bool) -> Change:
    rows, more = rows_of(side.case, packets)
    return Change(
        source=part.source,
        destination=part.destination,
        permits=part.permits,
        packets=packets,
        rows=rows,
        more_rows=more,
        witness=sample(packets),
        lines=_lines(side, part.crossings),
        certain=not unknowns,
        forbidden=forbidden,
        unknowns=unknowns,
        missed=tuple(sorted(part.missed)),
        macs=None if packets.forget(Field.MAC) == packets else packets.project(Field.MAC),
    )


def _lines(side: Side, crossings: Iterable[Crossing]) -> tuple[Line, ...]:
    """The lines that decide; and of translations and routes those that changed."""
    assert side.case.static is not None
    network = side.case.static.network
    found: dict[SourceSpan, Line] = {}
    for crossing in (part for whole in crossings for part in network.attributed(whole)):
        for span in deciding_lines(crossing):
            found.setdefault(span, Line(span, side.changed(span)))
        for hop in crossing.path:
            for span in (*hop.translations, *((hop.route,) if hop.route else ())):
                if span not in found and side.changed(span):
                    found[span] = Line(span, True)
    return tuple(sorted(found.values(), key=lambda line: not line.changed))
