"""ZG112: the zones of the address plan lie beside each other, none inside another.

A prefix of a zone of class ``mynumber``, ``lgwan`` or ``internet`` inside a prefix of a zone of another of these is a
violation: every rule that names the wider prefix names the inner zone as well. zoneguard itself takes each address for
the zone with the longest prefix. Aspects: the two classes, as ``lgwan-mynumber``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

from zoneguard.checks import Case, Check
from zoneguard.model.addresses import format_prefix, prefix_span
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

SEPARATE = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN, ZoneClass.INTERNET})


def _run(case: Case) -> Iterator[Finding]:
    zones = [zone for zone in case.project.zones if zone.zone_class in SEPARATE]
    for inner, outer in permutations(zones, 2):
        if inner.zone_class is outer.zone_class:
            continue
        for prefix in inner.prefixes:
            around = [wide for wide in outer.prefixes if prefix_span(*prefix) <= prefix_span(*wide)]
            if not around:
                continue
            shown = format_prefix(*prefix), format_prefix(*around[0])
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES,
                message=N_(
                    "{prefix} of {inner} lies inside {wide} of {outer}.",
                    prefix=shown[0],
                    inner=inner.name,
                    wide=shown[1],
                    outer=outer.name,
                ),
                anchor=(inner.name, outer.name, *shown),
                zones=(inner.name, outer.name),
                evidence=(inner.span, outer.span),
                aspect="-".join(sorted((inner.zone_class, outer.zone_class))),
                fix=N_("Give the zones prefixes beside each other, and look for rules that name the wider one."),
            )


PLUGIN = Check(
    id="ZG112",
    name="zone-plan",
    title="No zone of the address plan lies inside another",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset("-".join(sorted(pair)) for pair in combinations(SEPARATE, 2)),
    why="A rule for the wider prefix is a rule for the zone inside it, and nobody sees that in the rule.",
    fix="Renumber the inner zone, or split the wider prefix so that no rule can name both.",
    wants="The address plan, zone by zone.",
    example="- lgwan: {class: lgwan, prefixes: [10.0.0.0/11]}\n+ lgwan: {class: lgwan, prefixes: [10.20.0.0/16]}",
)
