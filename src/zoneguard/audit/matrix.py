"""ゾーン間通信マトリクス: what may pass and what did, for each ordered pair of zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.checks._policy import endpoint_packets
from zoneguard.checks._rendering import deciding_lines, rows_of
from zoneguard.checks.undetermined_input import FREE
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding, MatrixCell, Row
from zoneguard.model.match import Field
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.policy import Verdict
from zoneguard.model.project import Endpoint
from zoneguard.static.waypoints import hairpin


def matrix(
    case: Case, findings: tuple[Finding, ...], intrazone: bool = False, spoofed: bool = False
) -> Iterator[MatrixCell]:
    """One cell a pair: every pair where something may pass or did, and the rest as denied.

    ``intrazone``: also of a zone and itself, where devices stand between its subnets.
    """
    names = [z.name for z in case.project.zones]
    for source in names:
        for destination in names:
            if source != destination:
                yield _cell(case, findings, (source, destination), case.by_pair.get((source, destination), ()))
            elif intrazone and _parted(case, source):
                yield _cell(case, findings, (source, source), _within(case, source, spoofed))


def _parted(case: Case, zone: str) -> bool:
    """Whether the zone has hosts beyond several interfaces."""
    attached = case.static.network.topology.attachments if case.static else ()
    return len({(a.context.key, a.interface) for a in attached if a.zone == zone}) > 1


def _within(case: Case, zone: str, spoofed: bool) -> tuple[Crossing, ...]:
    assert case.static
    network = case.static.network
    own = (c for c in network.crossings([zone], spoofed, intrazone=True) if c.destination == zone)
    return tuple(part for crossing in own for part in network.attributed(crossing))


def _cell(case: Case, findings: tuple[Finding, ...], pair: tuple[str, str], possible: Iterable[Crossing]) -> MatrixCell:
    source, destination = pair
    crossings = [c for c in possible if not hairpin(c)]
    try:
        state, (rows, more) = _what(case, findings, crossings, (source, destination))
    except TooLarge:
        state, rows, more = "undetermined", (), 0
    observed, attempted = _counted(case, (source, destination))
    return MatrixCell(
        source=source,
        destination=destination,
        state=state,
        rows=rows,
        more_rows=more,
        rules=tuple(dict.fromkeys(line for c in crossings for line in deciding_lines(c))),
        via=tuple(dict.fromkeys(hop.device for c in crossings for hop in c.path)),
        observed=observed,
        attempted=attempted,
    )


def _counted(case: Case, pair: tuple[str, str]) -> tuple[int, int]:
    """How many flows from the one zone to the other were answered, and how many were not."""
    if case.traffic is None:
        return 0, 0
    flows = case.traffic.crossing & case.traffic.between({pair})
    answered = int((flows & case.traffic.answered).sum())
    return answered, int(flows.sum()) - answered


def _what(
    case: Case, findings: tuple[Finding, ...], crossings: list[Crossing], pair: tuple[str, str]
) -> tuple[str, tuple[tuple[Row, ...], int]]:
    rows = rows_of(case, case.space.union(*map(case.view, crossings))) if crossings else ((), 0)
    return _state(case, findings, crossings, pair), rows


def _state(case: Case, findings: tuple[Finding, ...], crossings: list[Crossing], pair: tuple[str, str]) -> str:
    verdicts = {f.verdict for f in findings if f.zones == pair and (f.packets or f.flow)}
    if Verdict.VIOLATES in verdicts:
        return "violated"
    if Verdict.UNDETERMINED in verdicts or case.static is None or _refused(case, pair):
        return "undetermined"
    if not crossings:
        return "denied" if _followed(case, pair) else "undetermined"
    return "sanitized" if all(_by_sanitizer(case, c) for c in crossings) else "allowed"


def _refused(case: Case, pair: tuple[str, str]) -> bool:
    """Whether not all sessions of the pair could be followed."""
    refused = case.static.network.refused if case.static else ()
    return any((r.source, r.destination) in (pair, (pair[0], "")) for r in refused)


def _followed(case: Case, pair: tuple[str, str]) -> bool:
    """Whether no packet from the one zone to the other goes round in a circle, and what is claimed of attaches."""
    assert case.static
    network = case.static.network
    towards = case.space.field(Field.DST, case.project.zones.addresses(pair[1]))
    circling = any(loop.zone == pair[0] and loop.packets & towards for loop in network.loops)
    claimed = {name for name in pair if case.project.zones[name].zone_class not in FREE}
    return claimed <= {a.zone for a in network.topology.attachments} and not circling


def _by_sanitizer(case: Case, crossing: Crossing) -> bool:
    """Whether every packet of the crossing has a sanitizer at one end."""
    space = case.space
    ends = [Endpoint(s.name, s.addresses) for s in case.project.sanitizers]
    touching = [
        endpoint_packets(case.project, space, end, zone, field)
        for end in ends
        for zone, field in ((crossing.source, Field.SRC), (crossing.destination, Field.DST))
    ]
    return bool(touching) and case.view(crossing) <= space.union(*touching)
