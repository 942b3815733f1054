"""ZG110: no rule permits everything between two zones.

An enabled rule that lets a crossing pass although it asks neither for an address nor for a protocol opens the pair of
zones as a whole, whatever the traffic needs. Rules that only let established sessions go on are not meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Filter, Permit, Rule
from zoneguard.model.findings import Finding
from zoneguard.model.match import All, AnyOf, Egress, Field, In, Ingress, Match
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static.waypoints import hairpin

ALL_PROTOCOLS = 256
EVERYONE = 1 << 32


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    open_rules = {rule.span: (name, rule) for name, rule in _open_rules(case)}
    found: dict[SourceSpan, list[Crossing]] = {}
    for crossing in case.possible:
        for span in (line for hop in crossing.path for line in hop.lines):
            if span in open_rules and not hairpin(crossing):
                found.setdefault(span, []).append(crossing)
    for span, crossings in found.items():
        device, rule = open_rules[span]
        pairs = sorted({f"{c.source} → {c.destination}" for c in crossings})
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "{rule} on {device} permits every address and service ({pairs}).",
                rule=rule.name or "A rule",
                device=device,
                pairs=", ".join(pairs),
            ),
            anchor=(device, rule.name, *pairs),
            zones=tuple(dict.fromkeys(z for c in crossings for z in (c.source, c.destination))),
            evidence=(span,),
            path=crossings[0].path,
            fix=N_("Name the addresses and services that are needed, or remove the rule."),
        )


def _open_rules(case: Case) -> Iterator[tuple[str, Rule]]:
    assert case.static
    for device in case.static.devices:
        for vrf in device.vrfs:
            stages = [s.rules for s in vrf.stages if isinstance(s, Filter)]
            for rules in (*stages, *vrf.lists.values()):
                for rule in rules.rules:
                    if (
                        isinstance(rule, Rule)
                        and rule.enabled
                        and isinstance(rule.action, Permit)
                        and _asks_nothing(rule.match)
                    ):
                        yield device.name, rule


def _asks_nothing(match: Match) -> bool:
    """Whether only interfaces and the session are asked, or fields with every value of one family."""
    if isinstance(match, All):
        return all(map(_asks_nothing, match.parts))
    if isinstance(match, AnyOf):
        return any(map(_asks_nothing, match.parts))
    if isinstance(match, In):
        if match.field in (Field.STATE, Field.DNAT):
            return True
        if match.field in (Field.SRC, Field.DST):
            return match.values.size >= EVERYONE
        return match.field is Field.PROTO and match.values.size >= ALL_PROTOCOLS
    return isinstance(match, Ingress | Egress)


PLUGIN = Check(
    id="ZG110",
    name="broad-permit",
    title="No rule permits everything between zones",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="A rule for everything is a rule for the intruder too.",
    fix="Replace the rule by rules for the traffic that is needed.",
)
