"""ZG302: a permit in use, and one that nobody uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, attempt, exchange, session
from zoneguard.model.policy import Verdict

WEB = "-A FORWARD -i eth2 -o eth4 -p tcp --dport 443 -j ACCEPT"
ALLOW = ["{id: A1, from: internet, to: world, services: [tcp/443]}"]


def test_a_permit_in_use_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], allow=ALLOW, captures={"internet": session("10.30.0.7", "198.51.100.7", 443)})
    assert not town.findings("ZG302")


def test_a_permit_that_no_capture_uses_is_found_with_its_rule(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], allow=ALLOW, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    (found,) = town.findings("ZG302")
    assert found.verdict is Verdict.VIOLATES
    assert "A1" in str(found.message)
    assert "fw.rules:8" in [str(e) for e in found.evidence]


def test_without_captures_nothing_is_said(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], allow=ALLOW).findings("ZG302")


def test_a_row_that_no_rule_permits_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    assert not town.findings("ZG302")


def test_a_permit_used_behind_a_masquerade_into_its_own_zone_is_quiet(tmp_path: Path) -> None:
    """The device's own address of the zone stands for the source: the flow runs within the zone."""
    rule = "-A FORWARD -i eth2 -o eth3 -p tcp --dport 443 -j ACCEPT"
    town = Town(
        tmp_path,
        [rule],
        ["-A POSTROUTING -o eth3 -j MASQUERADE"],
        allow=["{id: A1, from: internet, to: dmz-san, services: [tcp/443]}"],
        captures={"dmz-san": session("10.40.0.1", "10.40.0.20", 443)},
    )
    assert not town.findings("ZG302")


def test_a_flow_whose_opener_is_guessed_wrongly_is_use(tmp_path: Path) -> None:
    """The client's port is that of a service, the server's is none: the flow is taken for one of the server's."""
    rule = "-A FORWARD -i eth2 -o eth4 -p udp --dport 9000 -j ACCEPT"
    packets = exchange("10.30.0.7", "198.51.100.7", 9000)
    packets[0]["UDP"].sport = packets[1]["UDP"].dport = 1080
    allow = ["{id: A1, from: internet, to: world, services: [udp/9000]}"]
    assert not Town(tmp_path, [rule], allow=allow, captures={"internet": packets}).findings("ZG302")


@pytest.mark.parametrize("point", ["internet", "cloud"])
def test_what_needs_no_answer_is_use_where_it_was_sent(tmp_path: Path, point: str) -> None:
    rule = "-A FORWARD -i eth2 -o eth4 -p udp --dport 514 -j ACCEPT"
    allow = ["{id: A1, from: internet, to: world, services: [udp/514]}"]
    packets = exchange("10.30.0.7", "198.51.100.7", 514)[:1]
    assert not Town(tmp_path, [rule], allow=allow, captures={point: packets}).findings("ZG302")


@pytest.mark.parametrize(("point", "used"), [("internet", False), ("dmz-san", True)])
def test_what_opens_a_session_is_use_where_it_arrives(tmp_path: Path, point: str, used: bool) -> None:
    rule = "-A FORWARD -i eth2 -o eth3 -p tcp --dport 443 -j ACCEPT"
    allow = ["{id: A1, from: internet, to: dmz-san, services: [tcp/443]}"]
    town = Town(tmp_path, [rule], allow=allow, captures={point: attempt("10.30.0.7", "10.40.0.20", 443)})
    assert bool(town.findings("ZG302")) != used
