"""The exit status of a run, and the one verdict of a whole."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict


class Exit(IntEnum):
    """What a judgement says to who started the process."""

    CLEAN = 0
    VIOLATIONS = 1
    UNDETERMINED = 3


def exit_status(findings: Iterable[Finding], fail_on: Severity, allow_undetermined: bool) -> Exit:
    """``VIOLATIONS`` where a violation is at least as severe as ``fail_on``; else ``UNDETERMINED`` where something is,
    unless that is allowed; else ``CLEAN``. The severity of what is undetermined does not matter: nobody knows it."""
    found = list(findings)
    if any(f.verdict is Verdict.VIOLATES and f.severity.rank >= fail_on.rank for f in found):
        return Exit.VIOLATIONS
    if not allow_undetermined and any(f.verdict is Verdict.UNDETERMINED for f in found):
        return Exit.UNDETERMINED
    return Exit.CLEAN


def overall(findings: Iterable[Finding]) -> Verdict:
    """One violation violates; otherwise anything undetermined leaves the whole undetermined."""
    verdicts = {finding.verdict for finding in findings}
    for verdict in (Verdict.VIOLATES, Verdict.UNDETERMINED):
        if verdict in verdicts:
            return verdict
    return Verdict.CONFORMS
