"""What is on the wire of a zone although it is none of the zone's."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet

from tests.checks.town import Town, exchange, session
from zoneguard.model.policy import Verdict

MN = session("10.10.0.5", "10.10.0.6", 445)
LG = session("10.20.0.5", "10.20.0.6", 445)
IN = session("10.30.0.5", "10.30.0.6", 445)
OUT = session("10.30.0.5", "198.51.100.7", 443)


def to_all(source: str, group: str) -> list[Packet]:
    return [Ether(src="00:00:5e:00:53:01", dst="ff:ff:ff:ff:ff:ff") / IP(src=source, dst=group) / UDP(dport=138) / b"x"]


def tagged(packets: list[Packet], vlan: int) -> list[Packet]:
    return [Ether(src=p.src, dst=p.dst) / Dot1Q(vlan=vlan) / p[IP] for p in packets]


def said(root: Path, zone: str, packets: list[Packet], check: str = "ZG101") -> list[tuple[Verdict, tuple[str, ...]]]:
    return [(f.verdict, f.zones) for f in Town(root, captures={zone: packets}).findings(check)]


@pytest.mark.parametrize(
    "packets",
    [
        IN,
        OUT,
        MN + IN,
        to_all("10.30.0.5", "10.30.0.255"),
        to_all("10.30.0.5", "255.255.255.255"),
        to_all("10.30.0.5", "224.0.0.251"),
        to_all("10.30.0.5", "239.1.1.1"),
        tagged(MN + IN, 10),
        MN + to_all("10.30.0.5", "224.0.0.5"),
    ],
)
def test_traffic_of_another_zone_on_the_wire_says_that_both_are_joined(tmp_path: Path, packets: list[Packet]) -> None:
    assert said(tmp_path, "mynumber", packets) == [(Verdict.UNDETERMINED, ("internet", "mynumber"))]


@pytest.mark.parametrize(
    "packets",
    [
        MN,
        MN + to_all("10.10.0.5", "239.1.1.1") + to_all("0.0.0.0", "255.255.255.255"),
        MN + to_all("169.254.7.7", "224.0.0.251"),
        tagged(MN, 10) + tagged(IN, 30),
        tagged(MN, 10) + IN,
        tagged(IN, 30),
    ],
)
def test_its_own_traffic_and_another_vlan_of_a_mirror_say_nothing(tmp_path: Path, packets: list[Packet]) -> None:
    assert said(tmp_path, "mynumber", packets) == []


def test_the_other_way_round_what_stays_in_a_zone_is_no_business_of_others(tmp_path: Path) -> None:
    assert said(tmp_path, "internet", IN + MN) == [(Verdict.UNDETERMINED, ("mynumber", "internet"))]
    assert said(tmp_path, "internet", IN + LG, "ZG102") == [(Verdict.UNDETERMINED, ("lgwan", "internet"))]
    assert said(tmp_path, "lgwan", LG + IN, "ZG102") == [(Verdict.UNDETERMINED, ("internet", "lgwan"))]
    passing = exchange("10.20.0.5", "198.51.100.7", 123)
    assert said(tmp_path, "cloud", passing, "ZG102") == [(Verdict.VIOLATES, ("lgwan", "world"))]


def test_a_device_that_the_plan_does_not_know_is_no_all_clear_in_the_lgwan_zone_either(tmp_path: Path) -> None:
    ways = ("2001:db8:10::66", "2001:db8:ffff::1")
    six = [
        Ether(src="00:00:5e:00:53:66", dst="00:00:5e:00:53:fe") / IPv6(src=a, dst=b) / UDP(sport=p, dport=q) / b"x"
        for (a, b), (p, q) in zip((ways, ways[::-1]), ((4000, 443), (443, 4000)), strict=True)
    ]
    assert said(tmp_path, "lgwan", six, "ZG102") == [(Verdict.UNDETERMINED, ("lgwan",))]
    assert said(tmp_path, "internet", six, "ZG102") == []


def test_zones_of_one_class_share_their_wires(tmp_path: Path) -> None:
    zones = ("app: {class: mynumber, prefixes: [10.11.1.0/24]}", "db: {class: mynumber, prefixes: [10.11.2.0/24]}")
    row = "{id: A1, from: app, to: db, services: [tcp/5432]}"
    captures = {"mynumber": MN + session("10.11.1.5", "10.11.2.5", 5432)}
    assert not Town(tmp_path, zones=zones, allow=(row,), captures=captures).findings("ZG101")
