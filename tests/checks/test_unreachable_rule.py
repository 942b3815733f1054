"""ZG123: rules to which nothing comes."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town

WEB = "-A FORWARD -i eth2 -o eth4 -p tcp -m tcp --dport 443 -j ACCEPT"


def test_rules_with_traffic_are_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB, "-A FORWARD -d 10.10.0.5/32 -o eth0 -j DROP"]).findings("ZG123")


def test_a_rule_against_the_routing_table_is_found(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [WEB, "-A FORWARD -d 10.10.0.5/32 -o eth4 -p tcp -j ACCEPT"]).findings("ZG123")
    assert [str(e) for e in found.evidence] == ["fw.rules:9"]
    assert "no route" in str(found.message)
    assert found.clauses == ("mikasa:67(1)",)


def test_conditions_that_contradict_each_other_are_found(tmp_path: Path) -> None:
    (found,) = Town(
        tmp_path, [WEB, "-A FORWARD -p udp -m multiport --dports 53 -m udp --dport 123 -j ACCEPT"]
    ).findings("ZG123")
    assert "contradict" in str(found.message)


def test_a_chain_that_nothing_calls_is_one_finding(tmp_path: Path) -> None:
    lines = [":OLD - [0:0]", WEB, "-A OLD -p tcp -j ACCEPT", "-A OLD -p udp -j ACCEPT"]
    (found,) = Town(tmp_path, lines).findings("ZG123")
    assert "OLD" in str(found.message)
    assert len(found.evidence) == 2


def test_what_the_callers_keep_away_is_found(tmp_path: Path) -> None:
    lines = [":WEB - [0:0]", "-A FORWARD -i eth2 -p tcp -j WEB", "-A WEB -p udp -j ACCEPT", "-A WEB -p tcp -j ACCEPT"]
    (found,) = Town(tmp_path, lines).findings("ZG123")
    assert [str(e) for e in found.evidence] == ["fw.rules:10"]
