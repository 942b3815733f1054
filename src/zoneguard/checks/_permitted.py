"""Findings about sessions that configurations let pass between two zones: rows, witness, lines and path."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zoneguard.checks import Case
from zoneguard.checks._rendering import deciding_lines, row_key, rows_of, sample
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import Text
from zoneguard.static.translation import restrict
from zoneguard.static.waypoints import hairpin

Part = tuple[Crossing, PacketSet]


def parts_of(case: Case, pair: tuple[str, str], meant: Callable[[Crossing], PacketSet]) -> list[Part]:
    """The crossings of a pair of zones with the packets, between the two hosts, that are ``meant``."""
    parts = ((c, case.view(c) & meant(c)) for c in case.by_pair.get(pair, ()) if not hairpin(c))
    return [(crossing, packets) for crossing, packets in parts if packets]


def pairs(case: Case) -> Iterator[tuple[str, str]]:
    """The ordered pairs of zones between which something may pass."""
    yield from sorted(case.by_pair)


def permitted(
    case: Case,
    check: str,
    severity: Severity,
    message: Text,
    parts: list[Part],
    fix: Text,
    *,
    aspect: str = "",
    verdict: Verdict | None = None,
) -> Finding:
    """A finding about ``parts``, which lie between the same two zones. ``verdict``: by whether some packet surely
    passes, where it is not given."""
    first = parts[0][0]
    packets = case.space.union(*(part for _, part in parts))
    carried = case.space.union(*(restrict(crossing.packets, part) for crossing, part in parts))
    rows, more = rows_of(case, packets.may())
    pair = first.source, first.destination
    return Finding(
        check=check,
        severity=severity,
        verdict=verdict or (Verdict.VIOLATES if carried.must() else Verdict.UNDETERMINED),
        message=message,
        anchor=(*pair, *filter(None, [aspect]), row_key(rows)),
        zones=pair,
        evidence=tuple(dict.fromkeys(line for crossing, _ in parts for line in deciding_lines(crossing))),
        rows=rows,
        more_rows=more,
        witness=sample(packets),
        path=first.path,
        packets=packets,
        aspect=aspect,
        fix=fix,
    )
