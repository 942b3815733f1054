"""ZG122: no rule says what others say already.

A rule of which earlier rules take all packets and do the same, and a permit whose packets the rest of the list would
permit as well: nothing changes without it, but it will open again what somebody closes elsewhere. A deny in front of a
wider deny is no finding, it documents and counts; nor is the last deny of a list.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rules import ACTIONS, anomalies, causes, named, rule_findings
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text
from zoneguard.static.analysis import Anomaly, Kind


def _run(case: Case) -> Iterator[Finding]:
    fix = N_("Remove it, or remove the wider rule if this one is what is needed.")
    yield from rule_findings(PLUGIN.id, PLUGIN.severity, anomalies(case, _needless), _say, fix)


def _needless(anomaly: Anomaly) -> bool:
    return anomaly.kind is Kind.SHADOWED or (anomaly.kind is Kind.REDUNDANT and anomaly.action == "permit")


def _say(anomaly: Anomaly) -> Text:
    places = {"rule": named(anomaly), "device": anomaly.device, "causes": causes(anomaly)}
    action = ACTIONS[anomaly.action]
    if anomaly.kind is Kind.SHADOWED:
        return N_(
            "{rule} on {device} ({action}) never acts: rules above it already do the same with all that it asks for "
            "({causes}).",
            action=action,
            **places,
        )
    return N_(
        "{rule} on {device} ({action}) changes nothing: without it the rest of the list does the same ({causes}).",
        action=action,
        **places,
    )


PLUGIN = Check(
    id="ZG122",
    name="needless-rule",
    title="No rule says what others say already",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static"}),
    why="When the wider rule is closed one day, the forgotten narrow one keeps the way open.",
    fix="Keep one rule for each need.",
    example=(
        "- permit tcp 10.30.0.0 0.0.0.255 any eq 443\n"
        "- permit tcp host 10.30.0.9 any eq 443\n"
        "+ permit tcp 10.30.0.0 0.0.0.255 any eq 443"
    ),
)
