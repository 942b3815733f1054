"""ZG121: no rule is hidden by one that does the opposite.

A rule of which earlier rules take all packets, and do the opposite with some: a deny that a permit above it hides
protects nothing, a permit that a deny hides permits nothing, a translation that another takes translates nothing.
Whoever reads the list is told something that is not so. The finding names the rule first, then those that hide it, and
one packet. Where that depends on a condition that the export does not decide, it is undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rules import ACTIONS, anomalies, causes, named, open_questions, rule_findings
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.text import N_, Text
from zoneguard.static.analysis import Anomaly, Kind


def _run(case: Case) -> Iterator[Finding]:
    found = anomalies(case, lambda a: a.kind is Kind.CONTRADICTED)
    fix = N_("Decide which of them is meant: move the rule above those that hide it, or remove it.")
    yield from rule_findings(PLUGIN.id, PLUGIN.severity, found, _say, fix)
    yield from open_questions(case, PLUGIN.id)


def _say(anomaly: Anomaly) -> Text:
    return N_(
        "{rule} on {device} ({action}) never acts: rules above it take all that it asks for and do otherwise "
        "({causes}).",
        rule=named(anomaly),
        device=anomaly.device,
        action=ACTIONS[anomaly.action],
        causes=causes(anomaly),
    )


PLUGIN = Check(
    id="ZG121",
    name="contradicted-rule",
    title="No rule is hidden by one that does the opposite",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="A deny that never acts looks like protection in every review, and is none.",
    fix="Reorder the list so that what is meant decides, and remove the rest.",
    example=(
        "- permit tcp any any eq 443\n"
        "- deny tcp host 10.30.0.66 any eq 443\n"
        "+ deny tcp host 10.30.0.66 any eq 443\n"
        "+ permit tcp any any eq 443"
    ),
)
