"""A baseline keeps each accepted violation as its packet set: what lies outside of it still counts.

An accepted tcp/443 never hides tcp/22. A finding about packets is held back as far as entries of the same check and
zones cover it, and what is left of it stays a finding; one about anything else by its fingerprint. An entry for
something undetermined does not hold back a violation. Past its last day an entry holds back nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from zoneguard.checks import Case
from zoneguard.checks._rendering import rows_of, sample
from zoneguard.model.findings import Accepted, Finding, Held
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.packets.rows import HIDDEN, Box, boxes
from zoneguard.model.policy import Verdict
from zoneguard.model.spans import SourceSpan

NOWHERE = SourceSpan("", 0, 0)
COUNTED = (Verdict.VIOLATES, Verdict.UNDETERMINED)


def held_back(
    case: Case, findings: Iterable[Finding], baseline: Iterable[Accepted]
) -> tuple[tuple[Finding, ...], tuple[Held, ...]]:
    """What is left of the findings, and what entries of the baseline held back on the day of the audit."""
    valid = [entry for entry in baseline if entry.expires >= case.project.as_of]
    left: list[Finding] = []
    held: list[Held] = []
    for finding in findings:
        entries = tuple(entry for entry in valid if _about(entry, finding))
        if not entries:
            left.append(finding)
            continue
        rest = _rest(case, finding, entries)
        if rest is not None:
            left.append(rest)
        if rest is not finding:
            held.append(Held(finding, entries))
    return tuple(left), tuple(held)


def _about(entry: Accepted, finding: Finding) -> bool:
    if finding.verdict not in COUNTED or (
        entry.verdict is Verdict.UNDETERMINED and finding.verdict is Verdict.VIOLATES
    ):
        return False
    if finding.packets is None or not entry.boxes:
        return entry.fingerprint == finding.fingerprint and not (entry.boxes or finding.packets)
    return (entry.check, entry.zones) == (finding.check, finding.zones)


def _rest(case: Case, finding: Finding, entries: tuple[Accepted, ...]) -> Finding | None:
    """What of the finding no entry covers; the finding itself where that is all."""
    if finding.packets is None:
        return None
    covered = case.space.union(*(_packets(case.space, box) for entry in entries for box in entry.boxes))
    rest = finding.packets - covered
    if not rest:
        return None
    if rest == finding.packets:
        return finding
    rows, more = rows_of(case, rest.may())
    return replace(finding, packets=rest, rows=rows, more_rows=more, witness=sample(rest))


def accepting(
    findings: Iterable[Finding], reason: str, owner: str, expires: date
) -> tuple[list[Accepted], list[Finding]]:
    """An entry for each violation and each undetermined finding; and those whose packets rows do not tell exactly,
    which cannot be accepted."""
    entries: list[Accepted] = []
    refused: list[Finding] = []
    for finding in findings:
        if finding.verdict not in COUNTED:
            continue
        try:
            rows = tuple(boxes(finding.packets)) if finding.packets else ()
            exact = not finding.packets or _same(finding.packets, rows)
        except TooLarge:
            rows, exact = (), False
        if not exact:
            refused.append(finding)
            continue
        entries.append(
            Accepted(
                fingerprint=finding.fingerprint,
                check=finding.check,
                verdict=finding.verdict,
                zones=finding.zones,
                boxes=rows,
                reason=reason,
                owner=owner,
                expires=expires,
                span=NOWHERE,
            )
        )
    return entries, refused


def _same(packets: PacketSet, rows: tuple[Box, ...]) -> bool:
    """Whether the rows are exactly the packets that open a session, from whatever MAC address."""
    space = packets.space
    told = space.union(*(_packets(space, box) for box in rows))
    whole = packets.may().forget(*(field for field in HIDDEN if field is not Field.MAC))
    begins = space.field(Field.FRAGMENT, Intervals.of(0))
    return whole & begins == told & begins and whole <= told


def _packets(space: PacketSpace, box: Box) -> PacketSet:
    """The packets of a box, whatever its hidden fields; with the later fragments that no port tells apart."""
    ends = space.field(Field.SRC, box.src) & space.field(Field.DST, box.dst) & space.field(Field.PROTO, box.proto)
    later = ends & space.field(Field.FRAGMENT, Intervals.of(1))
    if box.fragments:
        return later
    for field, values in ((Field.DPORT, box.dport), (Field.SPORT, box.sport), (Field.ICMP, box.icmp)):
        if values is not None and values != Intervals.span(0, 65535):
            ends = ends & space.field(field, values)
    return ends | later
