"""ZG102: LGWAN zone and Internet side."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line, session
from zoneguard.model.policy import Verdict


def test_separated_zones_are_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG102")


def test_a_permit_from_the_internet_zone_is_found(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -p tcp --dport 80 -j ACCEPT"]).findings("ZG102")
    assert found.verdict is Verdict.VIOLATES
    assert found.zones == ("internet", "lgwan")
    assert line(found) == "fw.rules:8"
    assert "mikasa:25柱書" in found.clauses


def test_what_a_row_allows_is_no_finding_and_the_rest_is(tmp_path: Path) -> None:
    rule = "-A FORWARD -i eth1 -o eth2 -p tcp -m multiport --dports 8443,445 -j ACCEPT"
    (found,) = Town(tmp_path, [rule], allow=["{id: A1, from: lgwan, to: internet, services: [tcp/8443]}"]).findings(
        "ZG102"
    )
    assert [r.ports for r in found.rows] == ["445"]


def test_an_observed_flow_is_found(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, captures={"lgwan": session("10.20.0.5", "10.30.0.5", 80)}).findings("ZG102")
    assert found.zones == ("lgwan", "internet")
