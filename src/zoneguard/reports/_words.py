"""The words of the vocabulary, and in which order things are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zoneguard.model.findings import Finding
from zoneguard.model.flows import FlowState
from zoneguard.model.match import Field
from zoneguard.model.policy import Force, Severity, Verdict
from zoneguard.model.text import N_

Translate = Callable[[str], str]

VERDICTS = {
    Verdict.VIOLATES: N_("violates"),
    Verdict.UNDETERMINED: N_("undetermined"),
    Verdict.ATTESTATION_NEEDED: N_("attestation needed"),
    Verdict.CONFORMS: N_("conforms"),
    Verdict.NOT_APPLICABLE: N_("not applicable"),
}
SEVERITIES = {
    Severity.CRITICAL: N_("critical"),
    Severity.HIGH: N_("high"),
    Severity.MEDIUM: N_("medium"),
    Severity.LOW: N_("low"),
    Severity.INFO: N_("info"),
}
FORCES = {
    Force.MUST: N_("must"),
    Force.PRINCIPLE: N_("in principle"),
    Force.EFFORT: N_("to be striven for"),
    Force.DEFINITION: N_("definition"),
}
STATES = {
    "denied": N_("denied"),
    "allowed": N_("allowed"),
    "sanitized": N_("through a sanitizer"),
    "violated": N_("violates"),
    "undetermined": N_("undetermined"),
}
SIGNS = {"denied": "—", "allowed": "✓", "sanitized": "◇", "violated": "✗", "undetermined": "?"}
"""For states, beside their words: colours alone do not tell."""
REDACTED = N_("Addresses are pseudonyms.")
PEERS = {
    "attested-no": N_("far end attested to be off the Internet"),
    "yes": N_("far end connected to the Internet"),
    "unknown": N_("far end not attested to be off the Internet"),
}

FIELDS = {
    Field.SRC: N_("source"),
    Field.DST: N_("destination"),
    Field.SPORT: N_("source port"),
    Field.DPORT: N_("port"),
    Field.ICMP: N_("ICMP type"),
    Field.MAC: N_("source MAC address"),
}
KINDS = {
    "project": N_("project"),
    "attestations": N_("attestations"),
    "ledger": N_("ledger"),
    "rule-list": N_("rule list"),
    "capture": N_("capture"),
    "baseline": N_("baseline"),
    "frame": N_("frame"),
    "profile": N_("profile"),
    "report": N_("report"),
    "record": N_("run record"),
}
"""Of inputs and of what a record names; a configuration's is its format, which has no other word."""

FLOW_STATES = {
    FlowState.ATTEMPTED: N_("attempted, without an answer"),
    FlowState.REFUSED: N_("refused"),
    FlowState.ESTABLISHED: N_("established, without payload"),
    FlowState.PAYLOAD: N_("carried payload"),
    FlowState.CLOSED: N_("established and closed"),
    FlowState.RESET: N_("established and reset"),
    FlowState.MIDSTREAM: N_("under way when the capture began"),
}

_VERDICT_ORDER = tuple(VERDICTS)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Violations first, the severest first, then by check, zones and fingerprint: the same order in every run."""
    return sorted(
        findings,
        key=lambda f: (_VERDICT_ORDER.index(f.verdict), -f.severity.rank, f.check, f.zones, f.fingerprint),
    )


def kind_word(kind: str, translate: Translate) -> str:
    """The word for a kind of file."""
    return KINDS[kind].render(translate) if kind in KINDS else kind


def verdict_rank(verdict: Verdict) -> int:
    """The place of ``verdict`` in lists."""
    return _VERDICT_ORDER.index(verdict)
