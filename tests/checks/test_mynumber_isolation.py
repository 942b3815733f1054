"""ZG101: kept and broken, on paper and on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from tests.checks.town import Town, attempt, exchange, line, session
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict


def test_a_closed_zone_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG101")


def test_a_permit_out_of_the_zone_is_found_at_its_line(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, ["-A FORWARD -i eth0 -o eth1 -p tcp --dport 445 -j ACCEPT"]).findings("ZG101")
    assert found.verdict is Verdict.VIOLATES
    assert found.zones == ("mynumber", "lgwan")
    assert line(found) == "fw.rules:8"
    assert found.clauses == ("mikasa:7(3)ア", "mikasa:24(1)前段")
    assert [(r.source, r.destination, r.protocol, r.ports) for r in found.rows] == [
        ("10.10.0.0/24", "10.20.0.0/24", "tcp", "445")
    ]
    assert found.witness is not None and found.witness.dport == 445


def test_a_condition_that_cannot_be_decided_is_undetermined_and_named(tmp_path: Path) -> None:
    rule = "-A FORWARD -i eth0 -o eth1 -m geoip --source-country JP -j ACCEPT"
    (found,) = Town(tmp_path, [rule]).findings("ZG101")
    assert found.verdict is Verdict.UNDETERMINED
    assert "geoip" in str(found.message)


def test_an_answered_flow_is_a_breach_and_an_unanswered_one_is_not(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"mynumber": attempt("10.10.0.7", "198.51.100.1", 443)})
    assert not town.findings("ZG101")
    town.captures["mynumber"] += session("10.10.0.7", "198.51.100.1", 80)
    (found,) = town.findings("ZG101")
    assert found.zones == ("mynumber", "world")
    assert [e.frame for e in found.evidence if hasattr(e, "frame")] == [2, 9]


def test_two_rules_are_two_findings(tmp_path: Path) -> None:
    rules = [f"-A FORWARD -i eth0 -o eth1 -p tcp --dport {p} -j ACCEPT" for p in (22, 445)]
    assert len(Town(tmp_path, rules).findings("ZG101")) == 2


def test_what_is_seen_inside_the_zone_of_its_far_end_has_crossed(tmp_path: Path) -> None:
    """Nobody answers, but no filter stands between that wire and the host any more."""
    town = Town(tmp_path, captures={"mynumber": attempt("10.30.0.7", "10.10.0.7", 445)})
    (found,) = town.findings("ZG101")
    assert (found.verdict, found.zones) == (Verdict.VIOLATES, ("internet", "mynumber"))
    assert "arrived" in str(found.message)
    (bypass,) = town.findings("ZG301")
    assert "arrived" in str(bypass.message)


def test_one_datagram_that_arrives_is_enough(tmp_path: Path) -> None:
    datagram = exchange("10.30.0.7", "10.10.0.7", 514)[:1]
    assert [f.zones for f in Town(tmp_path, captures={"mynumber": datagram}).findings("ZG101")] == [
        ("internet", "mynumber")
    ]
    assert not Town(tmp_path, captures={"internet": datagram}).findings("ZG101")


@pytest.mark.parametrize("kind", [0, 13, 15, 17])
def test_messages_of_icmp_that_arrive_are_no_errors(tmp_path: Path, kind: int) -> None:
    """Echoes that answer nothing carry what somebody puts into them."""
    head = Ether(src="00:00:5e:00:53:01") / IP(src="10.10.0.7", dst="10.30.0.7")
    message = [head / ICMP(type=kind, id=5) / bytes(900)]
    row = "{id: A1, from: internet, to: mynumber, services: [icmp]}"
    assert [f.zones for f in Town(tmp_path, captures={"internet": message}).findings("ZG101")] == [
        ("mynumber", "internet")
    ]
    assert not Town(tmp_path, captures={"mynumber": message}).findings("ZG101")
    assert not Town(tmp_path, allow=[row], captures={"internet": message}).findings("ZG101")


def test_content_in_the_midst_of_a_session_of_which_one_side_was_captured_is_no_attempt(tmp_path: Path) -> None:
    """Who sends it has got answers on some other way; a probe carries nothing."""
    ends = {"src": "00:00:5e:00:53:01", "dst": "00:00:5e:00:53:fe"}

    def said(
        zone: str, way: tuple[str, str], content: bytes, *allow: str, segments: int = 3
    ) -> list[tuple[Verdict, tuple[str, ...]]]:
        head = Ether(**ends) / IP(src=way[0], dst=way[1])
        tcp = [TCP(sport=5000, dport=9999, flags="PA", seq=7 + n, ack=9) for n in range(segments)]
        found = Town(tmp_path, allow=allow, captures={zone: [head / segment / content for segment in tcp]}).findings(
            "ZG101"
        )
        return [(f.verdict, f.zones) for f in found]

    out, home = ("10.10.0.7", "10.30.0.7"), ("10.30.0.7", "10.10.0.7")
    assert said("mynumber", out, b"q") == [(Verdict.UNDETERMINED, ("mynumber", "internet"))]
    assert said("mynumber", home, b"q") == [(Verdict.UNDETERMINED, ("internet", "mynumber"))]
    assert said("mynumber", out, b"") == []
    assert said("mynumber", out, b"", segments=40) == [(Verdict.UNDETERMINED, ("mynumber", "internet"))]
    assert said("mynumber", home, b"q", "{id: A1, from: mynumber, to: internet, services: [tcp/5000]}") == []
    syn = session(*out, 443)[:1]
    assert not Town(tmp_path, captures={"mynumber": syn}).findings("ZG101")


def test_an_answer_without_its_question_and_an_error_message_open_nothing(tmp_path: Path) -> None:
    """A mirror of one direction shows the answers of allowed sessions alone; routers send errors from anywhere."""
    row = "{id: A1, from: mynumber, to: 10.30.0.7, services: [tcp/443, udp/53]}"
    ends = Ether(src="00:00:5e:00:53:01"), IP(src="10.30.0.7", dst="10.10.0.7")
    one_way = [
        session("10.10.0.7", "10.30.0.7", 443)[4],
        exchange("10.10.0.7", "10.30.0.7", 53)[1],
        ends[0] / ends[1] / ICMP(type=11) / IP(src="10.10.0.7", dst="192.0.2.1") / UDP(sport=40000, dport=33434),
    ]
    assert not Town(tmp_path, allow=[row], captures={"mynumber": one_way}).findings("ZG101")
    echo = ends[0] / ends[1] / ICMP(type=8)
    assert Town(tmp_path, allow=[row], captures={"mynumber": [echo]}).findings("ZG101")


def test_a_device_in_the_zone_that_the_plan_does_not_know_is_no_all_clear(tmp_path: Path) -> None:
    """IPv6 where the plan has none, or an address of a network that somebody brought along."""
    here, there = "00:00:5e:00:53:66", "00:00:5e:00:53:fe"
    out, home = IPv6(src="2001:db8:10::66", dst="2001:db8:ffff::1"), IPv6(src="2001:db8:ffff::1", dst="2001:db8:10::66")
    six = [
        Ether(src=here, dst=there) / out / TCP(sport=4000, dport=443, flags="S"),
        Ether(src=there, dst=here) / home / TCP(sport=443, dport=4000, flags="SA"),
    ]

    def said(zone: str, packets: list[Packet]) -> list[tuple[Verdict, tuple[str, ...]]]:
        return [(f.verdict, f.zones) for f in Town(tmp_path, captures={zone: packets}).findings("ZG101")]

    assert said("mynumber", six) == [(Verdict.UNDETERMINED, ("mynumber",))]
    assert said("mynumber", session("172.31.9.9", "192.0.2.9", 443)) == [(Verdict.UNDETERMINED, ("mynumber", "world"))]
    assert said("internet", six) == []
    link = [Ether(src=here, dst=there) / IPv6(src="fe80::1", dst="fe80::2") / UDP(sport=5353, dport=5353)] * 2
    assert said("mynumber", link) == []


PANOS = """\
set network interface ethernet ethernet1/1 layer3 ip 10.10.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 10.20.0.1/24
set network virtual-router vr interface [ ethernet1/1 ethernet1/2 ]
set shared service s443 protocol tcp port 443
set zone mn network layer3 ethernet1/1
set zone lg network layer3 ethernet1/2
set rulebase security rules x from mn to lg source any destination any %s action allow
"""


@pytest.mark.parametrize(
    ("rule", "allow", "verdicts"),
    [
        ("application ssl service s443", "", {Verdict.VIOLATES}),
        ("application [ ms-rdp ms-ds-smb ] service application-default", "", {Verdict.VIOLATES}),
        ("application ssl service s443", "{id: A1, from: mn, to: lg, services: [tcp/443]}", set()),
        ("application ssl service application-default", "{id: A1, from: mn, to: lg, services: [tcp/443]}",
         {Verdict.UNDETERMINED}),
        ("source-user corp service s443 application any", "", {Verdict.UNDETERMINED}),
    ],
)  # fmt: skip
def test_what_application_a_session_is_of_its_sender_chooses(
    tmp_path: Path, rule: str, allow: str, verdicts: set[Verdict]
) -> None:
    (tmp_path / "fw.set").write_text(PANOS % rule)
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones:\n  mn: {class: mynumber, prefixes: [10.10.0.0/24]}\n"
        "  lg: {class: lgwan, prefixes: [10.20.0.0/24]}\ndevices:\n  fw: {config: fw.set, format: panos}\n"
        f"allow: [{allow}]\n"
    )
    report = run(load_project(tmp_path), frozenset({"static"}))
    assert {f.verdict for f in report.findings if f.check == "ZG101"} == verdicts
