"""ZG110: no rule permits everything between two zones.

An enabled rule that lets a crossing pass although neither it nor those by which its list is called ask for an address
or a protocol opens the pair of zones as a whole, whatever the traffic needs. Rules that only let established sessions
go on are not meant. What nobody wrote as a rule (a security level) is meant only where
no other rule on the way asks for anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._limits import permits
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static.waypoints import hairpin


def _run(case: Case) -> Iterator[Finding]:
    known = {p.rule.span: p for p in permits(case)}
    open_rules = {span: (p.device, p.rule) for span, p in known.items() if not p.limits}
    found: dict[SourceSpan, list[Crossing]] = {}
    for crossing in case.possible:
        lines = [line for hop in crossing.path for line in hop.lines]
        limited = any(line in known and known[line].limits for line in lines)
        for span in lines:
            if span in open_rules and not hairpin(crossing) and not (limited and open_rules[span][1].implied):
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


PLUGIN = Check(
    id="ZG110",
    name="broad-permit",
    title="No rule permits everything between zones",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="A rule for everything is a rule for the intruder too.",
    fix="Replace the rule by rules for the traffic that is needed.",
    example=(
        '- set srcaddr "all"\n'
        '- set dstaddr "all"\n'
        '- set service "ALL"\n'
        '+ set srcaddr "in-mail"\n'
        '+ set dstaddr "mail-text-gw"\n'
        '+ set service "SMTP"'
    ),
)
