"""ZG127: permits between zones name services, and hosts of the inner zones.

A crossing of which no rule on the way names a service (every protocol, or every port of one), or, into a zone of class
``mynumber`` or ``lgwan``, none names a destination: each enabled permit on its way is wider than any need. The rules by
which a list is called count as part of its rules. A rule that names nothing at all is ZG110's matter. What a condition
asks that cannot be decided is taken to be narrow.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._limits import NOTHING, Limited, permits
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.static.waypoints import hairpin

INNER = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    known = {p.rule.span: p for p in permits(case)}
    found: dict[tuple[SourceSpan, str], list[Crossing]] = {}
    for crossing in case.possible:
        lines = dict.fromkeys(line for hop in crossing.path for line in hop.lines if line in known)
        named = NOTHING.union(*(known[line].limits for line in lines))
        aspect = _aspect(case, named, crossing) if lines and not hairpin(crossing) else ""
        for line in lines if aspect else ():
            if known[line].limits and not known[line].rule.implied:
                found.setdefault((line, aspect), []).append(crossing)
    for (span, aspect), crossings in found.items():
        pairs = sorted({f"{c.source} → {c.destination}" for c in crossings})
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=_say(known[span], aspect, ", ".join(pairs)),
            anchor=(known[span].device, known[span].rule.name, aspect, *pairs),
            zones=tuple(dict.fromkeys(z for c in crossings for z in (c.source, c.destination))),
            evidence=(span,),
            path=crossings[0].path,
            aspect=aspect,
            fix=N_("Name the services and the hosts that are needed."),
        )


def _aspect(case: Case, named: frozenset[str], crossing: Crossing) -> str:
    if "service" not in named:
        return "service"
    inner = case.project.zones[crossing.destination].zone_class in INNER
    return "destination" if inner and "destination" not in named else ""


def _say(permit: Limited, aspect: str, pairs: str) -> Text:
    rule = permit.rule.name or str(permit.rule.span)
    if aspect == "service":
        return N_("{rule} on {device} permits every service ({pairs}).", rule=rule, device=permit.device, pairs=pairs)
    return N_("{rule} on {device} permits every destination ({pairs}).", rule=rule, device=permit.device, pairs=pairs)


PLUGIN = Check(
    id="ZG127",
    name="wide-permit",
    title="Permits between zones name services and hosts",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"service", "destination"}),
    needs=frozenset({"static"}),
    why="Who needs one service and gets all of them also gives them to whoever takes over that host.",
    fix="Narrow the rule to what is used; zoneguard review proposes how, from captures.",
    example=(
        "- permit ip 10.30.0.0 0.0.0.255 10.20.0.0 0.0.255.255\n+ permit tcp 10.30.0.0 0.0.0.255 host 10.20.10.10 eq 25"
    ),
)
