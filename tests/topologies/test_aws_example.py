"""The example of a VPC in the government cloud: it conforms, and one wider rule is found at its lines."""

from __future__ import annotations

import shutil
from pathlib import Path

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud"


def test_it_conforms_and_every_line_is_accounted_for() -> None:
    report = run(load_project(EXAMPLE))
    assert not report.findings
    assert report.verdict is Verdict.CONFORMS
    assert not report.accounts[0].not_understood


def test_a_rule_that_opens_the_database_is_found(tmp_path: Path) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    file = town / "configs/vpc.json"
    text = file.read_text(encoding="utf-8")
    assert text.count('"FromPort": 5432') == 2
    for port in ('"FromPort": 5432', '"From": 5432'):
        text = text.replace(port, port.replace("5432", "22"))
    file.write_text(text, encoding="utf-8")
    found = [f for f in run(load_project(town)).findings if f.check == "ZG101"]
    assert {f.zones for f in found} == {("app", "db")}
    assert {row.ports for f in found for row in f.rows} == {"22-5431"}
