"""ZG108: DNAT into the inner zones."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line
from zoneguard.model.policy import Verdict

DNAT = "-A PREROUTING -i eth2 -d 10.30.0.1/32 -p tcp --dport 8080 -j DNAT --to-destination 10.20.0.9:80"
PASS = "-A FORWARD -i eth2 -d 10.20.0.9/32 -p tcp --dport 80 -j ACCEPT"


def test_a_translation_whose_packets_are_dropped_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, nat=[DNAT]).findings("ZG108")


def test_a_permit_without_translation_is_not_its_matter(tmp_path: Path) -> None:
    assert not Town(tmp_path, [PASS]).findings("ZG108")


def test_a_translation_that_passes_is_found_with_both_lines(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [PASS], [DNAT]).findings("ZG108")
    assert found.verdict is Verdict.VIOLATES
    assert line(found) == "fw.rules:4"
    assert [str(e) for e in found.evidence] == ["fw.rules:4", "fw.rules:9"]
    assert found.clauses == ("mikasa:85-7",)
    assert [(r.destination, r.ports) for r in found.rows] == [("10.20.0.9", "80")]


def test_a_translation_to_the_sanitizer_is_quiet(tmp_path: Path) -> None:
    nat = DNAT.replace("10.20.0.9:80", "10.40.0.10:25")
    assert not Town(tmp_path, ["-A FORWARD -d 10.40.0.10/32 -j ACCEPT"], [nat]).findings("ZG108")
