"""ZG209: readable management, management from elsewhere, and management as it should be."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, session

MGMT = ("mgmt: {class: management, prefixes: [10.90.0.0/24]}",)


def aspects(tmp_path: Path, src: str, dst: str, port: int, zones: tuple[str, ...] = MGMT) -> list[str]:
    town = Town(tmp_path, captures={"lgwan": session(src, dst, port)}, zones=zones)
    return sorted(f.aspect for f in town.findings("ZG209"))


def test_ssh_from_the_management_zone_is_quiet(tmp_path: Path) -> None:
    assert not aspects(tmp_path, "10.90.0.5", "10.20.0.1", 22)


def test_telnet_is_readable_from_wherever(tmp_path: Path) -> None:
    assert aspects(tmp_path, "10.90.0.5", "10.20.0.1", 23) == ["readable"]
    assert aspects(tmp_path, "10.20.0.5", "10.20.0.1", 23) == ["place", "readable"]


def test_without_a_management_zone_the_place_is_not_judged(tmp_path: Path) -> None:
    assert not aspects(tmp_path, "10.20.0.5", "10.20.0.1", 443, zones=())


def test_a_server_is_no_network_device(tmp_path: Path) -> None:
    assert not aspects(tmp_path, "10.20.0.5", "10.20.0.9", 23)


def test_a_web_port_that_is_asked_from_outside_may_be_published(tmp_path: Path) -> None:
    assert not aspects(tmp_path, "198.51.100.7", "203.0.113.2", 443)
    assert aspects(tmp_path, "198.51.100.7", "203.0.113.2", 22) == ["place"]
