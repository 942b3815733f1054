"""ZG115: security groups that name a service, and one that names none."""

from __future__ import annotations

import shutil
from pathlib import Path

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud"


def test_groups_that_name_services_are_quiet() -> None:
    report = run(load_project(EXAMPLE))
    assert not [f for f in report.findings if f.check == "ZG115"]
    assert {c.clause: c.verdict for c in report.clauses}["mikasa:150-1(6)"] is Verdict.CONFORMS


def test_a_group_and_an_acl_for_every_service_are_found_at_their_lines(tmp_path: Path) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    file = town / "configs/vpc.json"
    text = file.read_text(encoding="utf-8")
    for port in ("443", "5432"):
        text = text.replace(f'"From": {port},\n            "To": {port}', '"From": 0,\n            "To": 65535')
        text = text.replace(
            f'"FromPort": {port},\n          "ToPort": {port}', '"FromPort": 0,\n          "ToPort": 65535'
        )
    file.write_text(text, encoding="utf-8")
    found = [f for f in run(load_project(town)).findings if f.check == "ZG115"]
    assert {f.zones for f in found} == {("mynumber", "app"), ("app", "db")}
    assert all(f.verdict is Verdict.VIOLATES and f.evidence for f in found)
    assert found[0].clauses == ("mikasa:149-1(1)(2)", "mikasa:150-1(6)")
