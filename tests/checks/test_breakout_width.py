"""ZG114: a breakout to approved services, to everything, and to services known by name only."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town
from zoneguard.model.policy import Verdict

ZONES = ("lbo: {class: local-breakout, prefixes: [192.0.2.0/29]}",)
BREAKOUT = ROUTES + (
    "192.0.2.0/29 dev eth5 proto kernel scope link src 192.0.2.2\n198.51.100.0/24 via 192.0.2.1 dev eth5\n"
)
ADDRESSES = "cloud:\n  - {id: C1, addresses: [198.51.100.0/25]}\n"
NAMES = "cloud:\n  - {id: C1, names: ['*.example.com']}\n"
NARROW = "-A FORWARD -s 10.30.0.0/24 -d 198.51.100.0/25 -o eth5 -j ACCEPT"
WIDE = "-A FORWARD -s 10.30.0.0/24 -o eth5 -j ACCEPT"


def verdicts(
    tmp_path: Path, rule: str, cloud: str, routes: str = BREAKOUT, zones: tuple[str, ...] = ZONES
) -> list[str]:
    town = Town(tmp_path, [rule], routes=routes, zones=zones, more=cloud, profile="setagaya")
    return [f.verdict for f in town.findings("ZG114")]


def test_a_rule_for_approved_addresses_is_quiet(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, NARROW, ADDRESSES)


def test_addresses_beyond_the_list_are_found(tmp_path: Path) -> None:
    assert verdicts(tmp_path, WIDE, ADDRESSES) == [Verdict.VIOLATES]
    assert verdicts(tmp_path, NARROW, "") == [Verdict.VIOLATES]


def test_a_service_known_by_name_leaves_a_narrow_rule_open(tmp_path: Path) -> None:
    assert verdicts(tmp_path, NARROW, NAMES) == [Verdict.UNDETERMINED]


def test_no_list_of_names_explains_a_breakout_to_everywhere(tmp_path: Path) -> None:
    everywhere = BREAKOUT.replace("default via 203.0.113.1 dev eth4", "default via 192.0.2.1 dev eth5")
    assert verdicts(tmp_path, WIDE, NAMES, everywhere) == [Verdict.VIOLATES]


def test_the_security_cloud_is_no_breakout(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, "-A FORWARD -o eth4 -j ACCEPT", ADDRESSES)
