"""ZG128: services that spread attacks."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line
from zoneguard.model.policy import Verdict

SMB = "-A FORWARD -s 10.30.0.5/32 -d 10.20.0.9/32 -p tcp -m tcp --dport 445 -j ACCEPT"
ROW = "{id: A1, from: 10.30.0.5, to: 10.20.0.9, services: [tcp/445], purpose: files}"


def test_other_services_and_rules_for_every_service_are_quiet(tmp_path: Path) -> None:
    rules = ["-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT", "-A FORWARD -i eth2 -o eth1 -j ACCEPT"]
    assert not Town(tmp_path, rules).findings("ZG128")


def test_file_sharing_between_zones_is_found_unless_a_row_names_it(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [SMB]).findings("ZG128")
    assert (found.verdict, line(found), found.zones) == (Verdict.VIOLATES, "fw.rules:8", ("internet", "lgwan"))
    assert "SMB" in str(found.message)
    assert found.clauses == ("mikasa:109(1)",)
    assert not Town(tmp_path, [SMB], allow=[ROW]).findings("ZG128")


def test_a_range_of_ports_that_holds_such_services_is_found_with_their_names(tmp_path: Path) -> None:
    rule = "-A FORWARD -s 10.30.0.5/32 -d 10.20.0.9/32 -p tcp -m tcp --dport 20:30 -j ACCEPT"
    (found,) = Town(tmp_path, [rule]).findings("ZG128")
    assert "FTP, telnet" in str(found.message)


def test_it_is_undetermined_where_it_depends_on_a_condition(tmp_path: Path) -> None:
    rule = SMB.replace("-j", "-m geoip --source-country JP -j")
    assert [f.verdict for f in Town(tmp_path, [rule]).findings("ZG128")] == [Verdict.UNDETERMINED]
