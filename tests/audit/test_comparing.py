"""Policies that ask for the same with unlike force: side by side, and the stricter decides."""

from __future__ import annotations

from pathlib import Path

from zoneguard.audit import run
from zoneguard.audit.comparing import disagreements
from zoneguard.loading.profile import load_profile
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Force, Severity
from zoneguard.reports.text import PLUGIN as TEXT

ROUTER = """\
version 15.2
interface GigabitEthernet0/0
 ip address 10.10.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.20.0.1 255.255.255.0
"""
PROJECT = """\
zoneguard: 1
profile: [%s]
as-of: 2026-11-01
zones:
  mn: {class: mynumber, prefixes: [10.10.0.0/24]}
  lg: {class: lgwan, prefixes: [10.20.0.0/24]}
devices:
  r1: {config: r1.conf, format: cisco-ios}
"""


def test_the_strictest_clause_of_each_policy_stands_first() -> None:
    found = {d.check: d.clauses for d in disagreements((load_profile("yokote"), load_profile("mikasa")))}
    strict, mild = found["ZG101"]
    assert (strict.id, strict.force, strict.weight) == ("mikasa:24(1)前段", Force.MUST, Severity.CRITICAL)
    assert (mild.id.partition(":")[0], mild.weight) == ("yokote", Severity.HIGH)
    assert not list(disagreements((load_profile("mikasa"),)))


def test_the_stricter_decides_and_both_are_shown(tmp_path: Path) -> None:
    (tmp_path / "r1.conf").write_text(ROUTER)

    def severity(profiles: str) -> set[Severity]:
        (tmp_path / "zoneguard.yaml").write_text(PROJECT % profiles)
        return {f.severity for f in run(load_project(tmp_path)).findings if f.check == "ZG101"}

    assert severity("yokote") == {Severity.HIGH}
    assert severity("mikasa, yokote") == severity("yokote, mikasa") == severity("mikasa") == {Severity.CRITICAL}
    (tmp_path / "zoneguard.yaml").write_text(PROJECT % "mikasa, yokote")
    text = TEXT.write(run(load_project(tmp_path)), "en", False).decode()
    assert "mikasa:24(1)前段" in text.partition("Where the policies differ")[2]
