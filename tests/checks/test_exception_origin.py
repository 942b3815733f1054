"""ZG216: exceptions used by the registered device, by another, through a router, and where nobody can tell."""

from __future__ import annotations

from pathlib import Path

from scapy.layers.inet import IP
from scapy.packet import Packet

from tests.checks.town import Town, session
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Verdict

ROW = (
    '{id: EX-01, from: 10.10.0.5/32, to: 203.0.113.5/32, services: [tcp/443], macs: ["00:00:5e:00:53:01"], purpose: p, '
    "applicant: a, approver: CISO, approved: 2026-04-01, expires: 2027-03-31, peer-internet: attested-no}"
)
OTHER = "00:00:5e:00:53:77"


def findings(tmp_path: Path, packets: list[Packet], zone: str = "mynumber", row: str = ROW) -> list[Finding]:
    return Town(tmp_path, exceptions=(row,), captures={zone: packets}).findings("ZG216")


def test_the_registered_device_is_no_finding(tmp_path: Path) -> None:
    assert not findings(tmp_path, session("10.10.0.5", "203.0.113.5", 443))


def test_another_device_with_the_address_is(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, session("10.10.0.5", "203.0.113.5", 443, mac=OTHER))
    assert (found.verdict, found.anchor) == (Verdict.VIOLATES, ("EX-01", "10.10.0.5", OTHER))
    assert found.flow and found.evidence


def test_a_row_without_mac_addresses_asks_for_none(tmp_path: Path) -> None:
    row = ROW.replace('macs: ["00:00:5e:00:53:01"], ', "")
    assert not findings(tmp_path, session("10.10.0.5", "203.0.113.5", 443, mac=OTHER), row=row)


def test_other_traffic_of_the_device_is_none_of_the_row(tmp_path: Path) -> None:
    assert not findings(tmp_path, session("10.10.0.5", "203.0.113.5", 80, mac=OTHER))


def test_elsewhere_the_mac_address_is_a_routers(tmp_path: Path) -> None:
    assert not findings(tmp_path, session("10.10.0.5", "203.0.113.5", 443, mac=OTHER), zone="cloud")


def test_behind_a_router_the_sender_is_undetermined(tmp_path: Path) -> None:
    packets = session("10.10.0.5", "203.0.113.5", 443, mac=OTHER) + session("10.10.0.6", "10.10.0.7", 80, mac=OTHER)
    assert [f.verdict for f in findings(tmp_path, packets)] == [Verdict.UNDETERMINED]


def test_without_mac_addresses_the_sender_is_undetermined(tmp_path: Path) -> None:
    packets = [p[IP] for p in session("10.10.0.5", "203.0.113.5", 443)]
    (found,) = findings(tmp_path, packets)
    assert (found.verdict, found.anchor) == (Verdict.UNDETERMINED, ("EX-01", "10.10.0.5", ""))
