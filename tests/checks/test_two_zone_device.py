"""ZG204: a terminal in two zones, and a router."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.checks import two_zone_device
from zoneguard.model.policy import Verdict


def test_one_address_a_terminal_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"mynumber": session("10.10.0.7", "10.20.0.7", 80, mac="00:00:5e:00:53:66")})
    assert not town.findings("ZG204")


def test_the_same_mac_address_in_two_zones_is_found(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.captures["mynumber"] = session("10.10.0.7", "10.20.0.7", 80, mac="00:00:5e:00:53:66")
    town.captures["internet"] = session("10.30.0.7", "198.51.100.7", 80, mac="00:00:5e:00:53:66")
    (found,) = town.findings("ZG204")
    assert found.verdict is Verdict.VIOLATES
    assert "00:00:5e:00:53:66" in str(found.message)
    assert found.zones == ("internet", "mynumber")


def test_a_router_forwards_for_many_and_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path)
    for zone, host in (("mynumber", "10.10.0.7"), ("internet", "10.30.0.7")):
        town.captures[zone] = session(host, "198.51.100.7", 80) + session(host, "10.20.0.7", 80)
        for packet in town.captures[zone]:
            packet.src = packet.src.replace("53:01", f"53:{host[3]}1")
            packet.dst = packet.dst.replace("53:01", f"53:{host[3]}1")
    assert not town.findings("ZG204")


def test_very_many_are_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_zone_device, "MOST_DEVICES", 2)
    town = Town(tmp_path, captures={"mynumber": [], "internet": []})
    for number in range(5):
        mac = f"00:00:5e:00:53:6{number}"
        town.captures["mynumber"] += session(f"10.10.0.1{number}", "10.20.0.7", 80, mac=mac)
        town.captures["internet"] += session(f"10.30.0.1{number}", "198.51.100.7", 80, mac=mac)
    found = town.findings("ZG204")
    assert len(found) == 3
    (many,) = [finding for finding in found if finding.anchor[0] == "many"]
    assert str(many.message) == "3 more MAC addresses were seen with addresses of several zones."
    assert (many.verdict, many.zones, len(many.evidence)) == (Verdict.VIOLATES, ("internet", "mynumber"), 6)
