"""ZG140: external networks that are connected with a permission in order, and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import lone
from zoneguard.model.errors import InputErrors
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Verdict

ZONES = {
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "juki": ("closed-external", "172.16.0.0/24"),
    "edu": ("out-of-scope", "172.17.0.0/24"),
}
ROUTER = """\
version 15.2
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 172.16.0.1 255.255.255.0
"""
ROW = "connections:\n  - {id: C-1, zone: juki, permitted-by: [%s], permitted: %s, until: %s}\n"
BOTH = "CISO, 統括情報セキュリティ責任者"
CLAUSE = "mikasa:69-1(1)"


def audited(root: Path, register: str, router: str = ROUTER) -> Report:
    return lone.audited(root, "r1", "cisco-ios", router, ZONES, register)


def found(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.check == "ZG140"]


def verdict(report: Report) -> Verdict:
    return next(c.verdict for c in report.clauses if c.clause == CLAUSE)


def test_a_connection_that_both_offices_permitted_keeps_the_clause(tmp_path: Path) -> None:
    report = audited(tmp_path, ROW % (BOTH, "2026-04-01", "2027-03-31"))
    assert not found(report)
    assert verdict(report) is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ("connections: []\n", "no row permits"),
        ("connections:\n  - {id: C-1, zone: juki}\n", "names no permission"),
        (ROW % (BOTH, "2026-11-02", "2027-03-31"), "after the day of the audit"),
        (ROW % (BOTH, "2026-04-01", "2026-10-31"), "ended on 2026-10-31"),
    ],
)
def test_a_connection_without_a_permission_in_force_breaks_the_clause(tmp_path: Path, register: str, said: str) -> None:
    report = audited(tmp_path, register)
    (finding,) = found(report)
    assert finding.verdict is Verdict.VIOLATES
    assert said in str(finding.message)
    assert (finding.zones, finding.clauses) == (("juki",), (CLAUSE,))
    assert verdict(report) is Verdict.VIOLATES


def test_an_office_that_the_row_does_not_name_is_a_matter_for_a_word(tmp_path: Path) -> None:
    report = audited(tmp_path, ROW % ("CISO", "2026-04-01", "2027-03-31"))
    (finding,) = found(report)
    assert finding.verdict is Verdict.ATTESTATION_NEEDED
    assert "統括情報セキュリティ責任者" in str(finding.message)


def test_a_zone_that_nothing_leads_to_needs_no_row(tmp_path: Path) -> None:
    more = ROUTER + "interface GigabitEthernet0/2\n ip address 172.17.0.1 255.255.255.0\n"
    register = ROW % (BOTH, "2026-04-01", "2027-03-31")
    assert not found(audited(tmp_path, register))
    (finding,) = found(audited(tmp_path, register, more))
    assert finding.zones == ("edu",)
    assert [str(line) for line in finding.evidence] == ["r1.conf:6"]


def test_without_a_register_nothing_is_decided(tmp_path: Path) -> None:
    report = audited(tmp_path, "")
    assert not found(report)
    assert verdict(report) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    "row",
    [
        "{id: C-1, zone: jukii}",
        "{id: C-1, zone: juki, permitted: 2026-04-01, until: 2026-03-31}",
        "{id: C-1, zone: juki}\n  - {id: C-1, zone: edu}",
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_at_its_place(tmp_path: Path, row: str) -> None:
    with pytest.raises(InputErrors) as error:
        audited(tmp_path, f"connections:\n  - {row}\n")
    assert all(e.line > 10 for e in error.value.errors)
