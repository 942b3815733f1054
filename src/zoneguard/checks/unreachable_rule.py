"""ZG123: traffic can come to every rule.

A rule that nothing ever comes to: its own conditions contradict each other, its interface is down, the routing table
never sends its packets that way (filter and routing do not fit together), nothing calls its list, or what calls it lets
nothing of the kind through. A list that nothing calls is one finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rules import ACTIONS, REASONS, anomalies, named, rule_findings
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.static.analysis import Anomaly, Kind

SHOWN = 5
"""Lines of a list that nothing calls, as evidence."""


def _run(case: Case) -> Iterator[Finding]:
    fix = N_("Remove the rule, or correct the condition, the route or the call that it needs.")
    yield from rule_findings(
        PLUGIN.id,
        PLUGIN.severity,
        anomalies(case, lambda a: a.kind in REASONS and a.kind is not Kind.NEVER_CALLED),
        _say,
        fix,
    )
    lists: dict[tuple[str, str, str], list[Anomaly]] = {}
    for anomaly in anomalies(case, lambda a: a.kind is Kind.NEVER_CALLED):
        lists.setdefault((anomaly.device, anomaly.context, anomaly.rules), []).append(anomaly)
    for (device, context, name), lines in lists.items():
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "Nothing on {device} calls the list {name}: its {count} rules never act.",
                device=device,
                name=name,
                count=len(lines),
            ),
            anchor=(device, context, name),
            evidence=tuple(line.span for line in lines[:SHOWN]),
            fix=N_("Call the list where it is meant to decide, or remove it."),
        )


def _say(anomaly: Anomaly) -> Text:
    return N_(
        "{rule} on {device} ({action}) never acts: {reason}.",
        rule=named(anomaly),
        device=anomaly.device,
        action=ACTIONS[anomaly.action],
        reason=REASONS[anomaly.kind],
    )


PLUGIN = Check(
    id="ZG123",
    name="unreachable-rule",
    title="Traffic can come to every rule",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static"}),
    why="A rule without traffic is what is left of a change that was half undone, or the sign of a typing error.",
    fix="Remove what is left over; correct what was meant.",
    example="- -A OLD -p tcp -j ACCEPT",
)
