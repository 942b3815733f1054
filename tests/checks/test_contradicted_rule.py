"""ZG121: rules hidden by rules that do the opposite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, line
from zoneguard.model.policy import Verdict

WEB = "-A FORWARD -s 10.30.0.0/24 -p tcp -m tcp --dport 443 -j ACCEPT"


def test_a_list_in_which_every_rule_acts_is_quiet(tmp_path: Path) -> None:
    rules = ["-A FORWARD -s 10.30.0.66/32 -j DROP", WEB, "-A FORWARD -j DROP"]
    assert not Town(tmp_path, rules).findings("ZG121")


def test_a_deny_below_the_permit_that_takes_its_packets_is_found_with_that_permit(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [WEB, "-A FORWARD -s 10.30.0.66/32 -p tcp -m tcp --dport 443 -j DROP"]).findings("ZG121")
    assert found.verdict is Verdict.VIOLATES
    assert line(found) == "fw.rules:9"
    assert [str(e) for e in found.evidence] == ["fw.rules:9", "fw.rules:8"]
    assert found.witness is not None
    assert found.witness.dport == 443
    assert found.clauses == ("mikasa:67(1)",)


def test_a_translation_that_another_takes_is_found(tmp_path: Path) -> None:
    nat = [
        "-A PREROUTING -d 203.0.113.2/32 -p tcp -j DNAT --to-destination 10.30.0.10",
        "-A PREROUTING -d 203.0.113.2/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.30.0.11",
    ]
    (found,) = Town(tmp_path, [WEB], nat).findings("ZG121")
    assert line(found) == "fw.rules:5"


def test_what_depends_on_a_condition_is_undetermined_and_says_on_which(tmp_path: Path) -> None:
    rules = ["-A FORWARD -p tcp -m geoip --source-country JP -j DROP", "-A FORWARD -p tcp -j ACCEPT"]
    (found,) = Town(tmp_path, rules).findings("ZG121")
    assert found.verdict is Verdict.UNDETERMINED
    assert "geoip" in str(found.message)
    assert "lgwan" in found.zones


def test_lists_that_are_too_long_are_undetermined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneguard.static.analysis.MOST_LINES", 0)
    (found,) = Town(tmp_path, [WEB]).findings("ZG121")
    assert (found.verdict, "too large" in str(found.message)) == (Verdict.UNDETERMINED, True)


def test_the_finding_keeps_its_name_when_lines_move(tmp_path: Path) -> None:
    rules = [WEB, "-A FORWARD -s 10.30.0.66/32 -p tcp -m tcp --dport 443 -j DROP"]
    (found,) = Town(tmp_path, rules).findings("ZG121")
    (moved,) = Town(tmp_path, ["-A FORWARD -s 10.20.0.66/32 -p udp -j DROP", *rules]).findings("ZG121")
    assert moved.fingerprint == found.fingerprint
    (other,) = Town(tmp_path, [WEB, "-A FORWARD -s 10.30.0.67/32 -p tcp -m tcp --dport 443 -j DROP"]).findings("ZG121")
    assert other.fingerprint != found.fingerprint
