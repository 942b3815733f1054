"""ZG110: rules that ask nothing."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line
from zoneguard.model.policy import Verdict


def test_rules_that_ask_for_something_are_quiet(tmp_path: Path) -> None:
    rules = ["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i eth2 -p tcp -j ACCEPT"]
    assert not Town(tmp_path, rules).findings("ZG110")


def test_a_rule_for_everything_is_found_once_with_its_zones(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -j ACCEPT"]).findings("ZG110")
    assert found.verdict is Verdict.VIOLATES
    assert line(found) == "fw.rules:8"
    assert found.zones == ("internet", "lgwan")


def test_a_rule_for_everything_that_nothing_reaches_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, ["-A FORWARD -j DROP", "-A FORWARD -i eth2 -o eth1 -j ACCEPT"]).findings("ZG110")
