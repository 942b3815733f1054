"""ZG108: no destination NAT leads into the LGWAN or My Number zone from outside it.

A VIP, DNAT or static NAPT through which a session from another zone may be opened to a host of class ``lgwan`` or
``mynumber`` is an entrance that address plans do not show. Rows of ``allow`` and of the register may permit one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import allowed
from zoneguard.checks._rendering import deciding_lines, last_lines, row_key, rows_of, sample
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.translation import ONE, relation, restrict
from zoneguard.static.waypoints import hairpin

INNER = frozenset({ZoneClass.LGWAN, ZoneClass.MYNUMBER})


def _run(case: Case) -> Iterator[Finding]:
    groups: dict[tuple[SourceSpan, ...], list[Crossing]] = {}
    for crossing in case.possible:
        if case.project.zones[crossing.destination].zone_class not in INNER or hairpin(crossing):
            continue
        changed = crossing.packets & case.space.field(Field.DST_CHANGED, ONE)
        undeclared = relation(changed.may()) - allowed(case, crossing.source, crossing.destination)
        if undeclared:
            part = replace(crossing, packets=restrict(changed, undeclared))
            groups.setdefault((*crossing.path[-1].translations, *last_lines(crossing)), []).append(part)
    for parts in groups.values():
        part = parts[0]
        packets = case.space.union(*(relation(p.packets.may()) for p in parts))
        rows, more = rows_of(case, packets)
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES if part.packets.must() else Verdict.UNDETERMINED,
            message=N_(
                "A destination translation leads from {source} to a host of {destination}.",
                source=part.source,
                destination=part.destination,
            ),
            anchor=(part.source, part.destination, row_key(rows)),
            zones=(part.source, part.destination),
            evidence=(*dict.fromkeys(t for hop in part.path for t in hop.translations), *deciding_lines(part)),
            rows=rows,
            more_rows=more,
            witness=sample(packets),
            path=part.path,
            packets=packets,
            fix=N_("Remove the translation, or the rule that lets its packets pass."),
        )


PLUGIN = Check(
    id="ZG108",
    name="inbound-translation",
    title="No address translation leads into the LGWAN or My Number zone",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"static"}),
    why="A translation opens an inner host under an outer address, past rules that name the inner one.",
    fix="Delete the VIP or DNAT entry; publish services from a DMZ instead.",
    example="- -A PREROUTING -d 203.0.113.2 -p tcp --dport 445 -j DNAT --to-destination 10.20.30.40",
)
