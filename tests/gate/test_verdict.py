"""Exit statuses."""

import pytest

from zoneguard.gate.verdict import Exit, exit_status, overall
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


def finding(verdict: Verdict, severity: Severity = Severity.HIGH) -> Finding:
    return Finding("ZG101", severity, verdict, N_("x"), ("x", verdict, severity))


HIGH = finding(Verdict.VIOLATES)
LOW = finding(Verdict.VIOLATES, Severity.LOW)
UNDETERMINED = finding(Verdict.UNDETERMINED, Severity.INFO)
HARMLESS = finding(Verdict.CONFORMS, Severity.CRITICAL)


@pytest.mark.parametrize(
    ("findings", "fail_on", "allow", "status"),
    [
        ([], Severity.INFO, False, Exit.CLEAN),
        ([HARMLESS], Severity.INFO, False, Exit.CLEAN),
        ([LOW], Severity.INFO, False, Exit.VIOLATIONS),
        ([LOW], Severity.LOW, False, Exit.VIOLATIONS),
        ([LOW], Severity.MEDIUM, False, Exit.CLEAN),
        ([LOW, HIGH], Severity.HIGH, False, Exit.VIOLATIONS),
        ([UNDETERMINED], Severity.CRITICAL, False, Exit.UNDETERMINED),
        ([UNDETERMINED], Severity.CRITICAL, True, Exit.CLEAN),
        ([UNDETERMINED, LOW], Severity.HIGH, False, Exit.UNDETERMINED),
        ([UNDETERMINED, HIGH], Severity.HIGH, True, Exit.VIOLATIONS),
    ],
)
def test_exit_status(findings: list[Finding], fail_on: Severity, allow: bool, status: Exit) -> None:
    assert exit_status(iter(findings), fail_on, allow) is status


def test_the_numbers_are_the_published_ones() -> None:
    assert [int(e) for e in (Exit.CLEAN, Exit.VIOLATIONS, Exit.UNDETERMINED)] == [0, 1, 3]


def test_overall() -> None:
    assert overall([HARMLESS]) is Verdict.CONFORMS
    assert overall([HARMLESS, UNDETERMINED]) is Verdict.UNDETERMINED
    assert overall([UNDETERMINED, LOW]) is Verdict.VIOLATES
