"""ZG101: kept and broken, on paper and on the wire."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, attempt, line, session
from zoneguard.model.policy import Verdict


def test_a_closed_zone_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG101")


def test_a_permit_out_of_the_zone_is_found_at_its_line(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, ["-A FORWARD -i eth0 -o eth1 -p tcp --dport 445 -j ACCEPT"]).findings("ZG101")
    assert found.verdict is Verdict.VIOLATES
    assert found.zones == ("mynumber", "lgwan")
    assert line(found) == "fw.rules:8"
    assert found.clauses == ("mikasa:7(3)ア", "mikasa:24(1)前段")
    assert [(r.source, r.destination, r.protocol, r.ports) for r in found.rows] == [
        ("10.10.0.0/24", "10.20.0.0/24", "tcp", "445")
    ]
    assert found.witness is not None and found.witness.dport == 445


def test_a_condition_that_cannot_be_decided_is_undetermined_and_named(tmp_path: Path) -> None:
    rule = "-A FORWARD -i eth0 -o eth1 -m geoip --source-country JP -j ACCEPT"
    (found,) = Town(tmp_path, [rule]).findings("ZG101")
    assert found.verdict is Verdict.UNDETERMINED
    assert "geoip" in str(found.message)


def test_an_answered_flow_is_a_breach_and_an_unanswered_one_is_not(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"mynumber": attempt("10.10.0.7", "198.51.100.1", 443)})
    assert not town.findings("ZG101")
    town.captures["mynumber"] += session("10.10.0.7", "198.51.100.1", 80)
    (found,) = town.findings("ZG101")
    assert found.zones == ("mynumber", "world")
    assert [e.frame for e in found.evidence if hasattr(e, "frame")] == [2, 9]


def test_two_rules_are_two_findings(tmp_path: Path) -> None:
    rules = [f"-A FORWARD -i eth0 -o eth1 -p tcp --dport {p} -j ACCEPT" for p in (22, 445)]
    assert len(Town(tmp_path, rules).findings("ZG101")) == 2
