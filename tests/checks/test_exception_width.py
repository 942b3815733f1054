"""ZG104: an exception as registered, and wider."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import ROUTES, Town, line
from zoneguard.model.policy import Verdict

EXCEPTION = (
    "{id: EX-1, from: 10.10.0.5, to: 203.0.113.9, services: [tcp/443], purpose: p, applicant: a, approver: CISO, "
    'approved: 2026-01-01, expires: 2027-01-01, peer-internet: attested-no, macs: ["00:00:5e:00:53:20"]}'
)
EXACT = (
    "-A FORWARD -s 10.10.0.5/32 -d 203.0.113.9/32 -i eth0 -p tcp --dport 443 "
    "-m mac --mac-source 00:00:5E:00:53:20 -j ACCEPT"
)


def test_an_exception_as_registered_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [EXACT], exceptions=[EXCEPTION]).findings("ZG104")


def test_a_wider_source_and_service_is_found_at_the_rule(tmp_path: Path) -> None:
    wide = "-A FORWARD -s 10.10.0.0/24 -d 203.0.113.9/32 -m mac --mac-source 00:00:5E:00:53:20 -j ACCEPT"
    (found,) = Town(tmp_path, [wide], exceptions=[EXCEPTION]).findings("ZG104")
    assert found.verdict is Verdict.VIOLATES
    assert line(found) == "fw.rules:8"
    assert found.clauses == ("mikasa:24(1)後段",)
    assert "wider" in str(found.message) and "MAC" not in str(found.message)


def test_a_missing_mac_binding_is_found(tmp_path: Path) -> None:
    unbound = EXACT.replace("-m mac --mac-source 00:00:5E:00:53:20 ", "")
    (found,) = Town(tmp_path, [unbound], exceptions=[EXCEPTION]).findings("ZG104")
    assert "MAC" in str(found.message)
    assert not found.rows


def test_a_binding_to_another_address_is_found(tmp_path: Path) -> None:
    other = EXACT.replace("53:20", "53:21")
    assert Town(tmp_path, [other], exceptions=[EXCEPTION]).findings("ZG104")


def aspects(tmp_path: Path, exception: str, profile: str = "mikasa") -> list[tuple[str, str]]:
    found = Town(tmp_path, exceptions=[exception], profile=profile).findings("ZG104")
    return [(f.aspect, str(f.message)) for f in found]


def test_a_row_that_is_itself_wide_is_found_though_no_rule_exceeds_it(tmp_path: Path) -> None:
    ((aspect, said),) = aspects(tmp_path, EXCEPTION.replace("from: 10.10.0.5", "from: mynumber"))
    assert aspect == "row" and said.endswith(": mynumber.")
    ((aspect, said),) = aspects(tmp_path, EXCEPTION.replace("tcp/443", "any"))
    assert aspect == "row" and said.endswith(": any.")
    assert aspects(tmp_path, EXCEPTION.replace("tcp/443", "tcp/1024-65535"))
    assert not aspects(tmp_path, EXCEPTION.replace("tcp/443", "tcp/443, esp, udp/500"))


def test_a_row_without_mac_address_is_found_where_the_policy_asks_for_one(tmp_path: Path) -> None:
    unnamed = EXCEPTION.replace(', macs: ["00:00:5e:00:53:20"]', "")
    assert [aspect for aspect, _ in aspects(tmp_path, unnamed)] == ["mac"]
    assert not aspects(tmp_path, unnamed, "kobe-foundation")


def test_rows_of_other_zones_may_be_wide(tmp_path: Path) -> None:
    assert not aspects(tmp_path, EXCEPTION.replace("from: 10.10.0.5", "from: lgwan"))


def two_firewalls(tmp_path: Path, outer: str) -> Town:
    """The exception as registered on the first firewall, and ``outer`` on a second one on its way."""
    routes = "10.99.0.0/24 dev eth0 proto kernel scope link src 10.99.0.2\n"
    routes += "198.18.0.0/24 dev eth1 proto kernel scope link src 198.18.0.1\n10.10.0.0/24 via 10.99.0.1 dev eth0\n"
    ways = "10.99.0.0/24 dev eth5 proto kernel scope link src 10.99.0.1\n198.18.0.0/24 via 10.99.0.2 dev eth5\n"
    return Town(
        tmp_path,
        [EXACT.replace("203.0.113.9", "198.18.0.9")],
        routes=ROUTES + ways,
        exceptions=[EXCEPTION.replace("203.0.113.9", "198.18.0.9")],
        zones=("lgwan-wan: {class: closed-external, prefixes: [198.18.0.0/24]}",),
        devices=("edge: {config: edge.rules, format: iptables, routes: edge.routes}",),
        files={"edge.rules": f"*filter\n:FORWARD DROP [0:0]\n{outer}\nCOMMIT\n", "edge.routes": routes},
    )


@pytest.mark.parametrize(
    "rule",
    [
        "-A FORWARD -d 198.18.0.9/32 -j ACCEPT",
        "-A FORWARD -s 10.10.0.0/24 -d 198.18.0.9/32 -p tcp --dport 443 -j ACCEPT",
        "-A FORWARD -s 10.10.0.5/32 -d 198.18.0.9/32 -j ACCEPT",
        "-A FORWARD -s 10.10.0.5/32 -d 198.18.0.9/32 -p tcp --dport 1:1024 -j ACCEPT",
        "-A FORWARD -s 10.10.0.5/32 -p tcp --dport 443 -j ACCEPT",
    ],
)
def test_a_wide_rule_of_an_exception_is_found_though_another_device_limits_it(tmp_path: Path, rule: str) -> None:
    (found,) = two_firewalls(tmp_path, rule).findings("ZG104")
    assert (found.verdict, found.aspect, line(found)) == (Verdict.VIOLATES, "built", "edge.rules:3")
    assert found.clauses == ("mikasa:24(1)後段",)


@pytest.mark.parametrize(
    "rule",
    [
        "-A FORWARD -s 10.10.0.5/32 -d 198.18.0.9/32 -p tcp --dport 443 -j ACCEPT",
        "-A FORWARD -s 10.10.0.0/24 -d 198.18.0.0/24 -j ACCEPT",
        "-A FORWARD -s 10.10.0.5/32 -j ACCEPT",
        "-A FORWARD -j ACCEPT",
    ],
)
def test_rules_that_are_narrow_or_not_the_exceptions_own_are_quiet(tmp_path: Path, rule: str) -> None:
    assert not two_firewalls(tmp_path, rule).findings("ZG104")
