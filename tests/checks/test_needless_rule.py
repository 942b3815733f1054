"""ZG122: rules that say what others say already."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line

HTTPS = "-A FORWARD -i eth2 -s 10.30.0.0/24 -p tcp -m tcp --dport 443 -j ACCEPT"
HOST = "-A FORWARD -i eth2 -s 10.30.0.9/32 -p tcp -m tcp --dport 443 -j ACCEPT"


def test_one_rule_for_each_need_is_quiet(tmp_path: Path) -> None:
    rules = [HTTPS, "-A FORWARD -i eth2 -s 10.30.0.0/24 -p tcp -m tcp --dport 80 -j ACCEPT"]
    assert not Town(tmp_path, rules).findings("ZG122")


def test_denies_in_front_of_wider_denies_document_and_are_quiet(tmp_path: Path) -> None:
    rules = ["-A FORWARD -d 10.10.0.0/24 -i eth2 -j DROP", "-A FORWARD -j DROP"]
    assert not Town(tmp_path, rules).findings("ZG122")


def test_a_permit_below_a_wider_one_never_acts(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [HTTPS, HOST]).findings("ZG122")
    assert [str(e) for e in found.evidence] == ["fw.rules:9", "fw.rules:8"]
    assert found.clauses == ("mikasa:82",)


def test_a_permit_above_a_wider_one_changes_nothing(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [HOST, HTTPS]).findings("ZG122")
    assert line(found) == "fw.rules:8"


def test_of_two_equal_rules_the_second_is_told(tmp_path: Path) -> None:
    assert [line(f) for f in Town(tmp_path, [HTTPS, HTTPS]).findings("ZG122")] == ["fw.rules:9"]


def test_the_same_rule_twice_over_is_two_findings_of_different_names(tmp_path: Path) -> None:
    found = Town(tmp_path, [HTTPS, HOST, HOST]).findings("ZG122")
    assert len({f.fingerprint for f in found}) == 2
