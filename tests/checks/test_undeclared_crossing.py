"""ZG103: every other pair of zones."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, exchange


def test_nothing_permitted_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG103")


def test_a_permit_that_nobody_declared_is_found(tmp_path: Path) -> None:
    rule = "-A FORWARD -i eth2 -o eth4 -p tcp --dport 443 -j ACCEPT"
    town = Town(tmp_path, [rule])
    assert {f.zones for f in town.findings("ZG103")} == {("internet", "world"), ("internet", "cloud")}
    town.allow = ["{id: A1, from: internet, to: world, services: [tcp/443], via: [cloud]}"]
    (left,) = town.findings("ZG103")
    assert left.zones == ("internet", "cloud")


def test_a_way_that_a_row_demands_is_demanded(tmp_path: Path) -> None:
    town = Town(tmp_path, ["-A FORWARD -i eth2 -o eth3 -p tcp --dport 25 -j ACCEPT"])
    town.allow = ["{id: A1, from: internet, to: dmz-san, services: [tcp/25], via: [cloud]}"]
    (found,) = town.findings("ZG103")
    assert found.zones == ("internet", "dmz-san")


def test_very_many_pairs_of_hosts_are_told_together_with_their_number(tmp_path: Path) -> None:
    packets = [
        p for n in range(150) for p in exchange(f"10.30.0.{100 + n % 50}", f"198.51.100.{1 + n // 50}", 9000 + n % 3)
    ]
    town = Town(tmp_path, captures={"internet": packets})
    observed = [f for f in town.findings("ZG103") if f.anchor[0] == "observed"]
    assert [(len(f.evidence), f.more_flows) for f in observed] == [(40, 30)] * 3
    assert all("one of 50 pairs of hosts with their services (50 flows)" in str(f.message) for f in observed)
    again = [f for f in town.findings("ZG103") if f.anchor[0] == "observed"]
    assert [f.fingerprint for f in again] == [f.fingerprint for f in observed]
