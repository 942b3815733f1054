"""A packet inside any tunnel is a flow of its own, and so is the tunnel."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrSegmentRouting
from scapy.layers.l2 import ARP, GRE, GRE_PPTP, Dot1Q, Ether
from scapy.layers.ppp import PPP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from tests.dynamic.making import A, B, capwap, ends, ether, flows, look, udp, wireless
from zoneguard.dynamic.export import flow_record

INNER = IP(src="192.168.1.1", dst="192.168.2.2") / TCP(sport=1234, dport=445, flags="S")
INNER6 = IPv6(src="fd00::1", dst="fd00::2") / TCP(sport=1234, dport=445, flags="S")
FRAME = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / INNER
OUTER = IP(src=A, dst=B)
OUTER6 = IPv6(src="2001:db8::a", dst="2001:db8::b")
ENDS = f"{A}-{B}"


def over(port: int, payload: Any, sport: int = 50000) -> Any:
    return OUTER / UDP(sport=sport, dport=port) / payload


def teredo(packet: Any, head: bytes = b"") -> Any:
    return Raw(head + bytes(packet))


AYIYA = bytes([0x44, 0x52, 0x11, 41]) + bytes(4) + bytes(16) + bytes(20)
TEREDO = IPv6(src="2001:0:4137:9e50::1", dst="2001:db8::2") / TCP(sport=1234, dport=445, flags="S")

DOT11, SNAP_IP = b"\x88\x01" + bytes(24), b"\xaa\xaa\x03\0\0\0\x08\0"

NSH = b"\x0f\xc2\x02"

TUNNELS = {
    "4in4": (OUTER / INNER, 4),
    "6in4": (OUTER / INNER6, 41),
    "4in6": (OUTER6 / INNER, 4),
    "6in6": (OUTER6 / INNER6, 41),
    "gre": (OUTER / GRE() / INNER, 47),
    "gre with every option": (OUTER / GRE(chksum_present=1, key_present=1, seqnum_present=1, key=7) / INNER, 47),
    "gre over IPv6": (OUTER6 / GRE() / INNER6, 47),
    "gre to MPLS": (OUTER / GRE(proto=0x8847) / MPLS(label=5, s=1) / INNER, 47),
    "gre WCCP": (OUTER / GRE(proto=0x883E) / Raw(bytes(4) + bytes(INNER)), 47),
    "nvgre": (OUTER / GRE(proto=0x6558, key_present=1, key=42 << 8) / FRAME, 47),
    "gre bridging": (OUTER / GRE(proto=0x6558) / FRAME, 47),
    "pptp": (OUTER / GRE_PPTP(seqnum_present=1, seqence_number=1, payload_len=60) / PPP() / INNER, 47),
    "erspan 1": (OUTER / GRE(proto=0x88BE) / Raw(bytes(FRAME)), 47),
    "erspan 2": (OUTER / GRE(proto=0x88BE, seqnum_present=1) / Raw(b"\x10" + bytes(7) + bytes(FRAME)), 47),
    "erspan 3": (OUTER / GRE(proto=0x22EB, seqnum_present=1) / Raw(b"\x20" + bytes(11) + bytes(FRAME)), 47),
    "erspan 3 with platform": (
        OUTER / GRE(proto=0x22EB, seqnum_present=1) / Raw(b"\x20" + bytes(10) + b"\x01" + bytes(8)) / FRAME,
        47,
    ),
    "802.11 of an access point": (OUTER / GRE(proto=0x8200) / Raw(DOT11 + SNAP_IP + bytes(INNER)), 47),
    "802.11 aggregate of an access point": (
        OUTER
        / GRE(proto=0x8310)
        / Raw(DOT11[:-2] + b"\x80\0" + bytes(12) + struct.pack(">H", 8 + len(INNER)) + SNAP_IP)
        / INNER,
        47,
    ),
    "eoip": (
        IP(src=A, dst=B, proto=47)
        / Raw(b"\x20\x01\x64\x00" + struct.pack(">H", len(FRAME)) + b"\x2a\x00" + bytes(FRAME)),
        47,
    ),
    "etherip": (IP(src=A, dst=B, proto=97) / Raw(b"\x30\x00" + bytes(FRAME)), 97),
    "ethernet": (IPv6(src="2001:db8::a", dst="2001:db8::b", nh=143) / FRAME, 143),
    "ethernet behind segments": (
        IPv6(src="2001:db8::a", dst="2001:db8::b")
        / IPv6ExtHdrSegmentRouting(addresses=["2001:db8::c"], nh=143)
        / FRAME,
        143,
    ),
    "mpls in ip": (IP(src=A, dst=B, proto=137) / Raw(bytes(MPLS(label=5, s=1)) + bytes(INNER)), 137),
    "vxlan": (over(4789, VXLAN(vni=42, flags=8) / FRAME), 17),
    "vxlan on Linux' old port": (over(8472, VXLAN(vni=42, flags=8) / FRAME), 17),
    "vxlan that names ethernet": (over(4789, VXLAN(vni=42, flags=12, NextProtocol=3) / FRAME), 17),
    "vxlan that names ip": (over(4789, Raw(b"\x0c\0\0\x01\0\0\x2a\0") / INNER), 17),
    "vxlan-gpe": (over(4790, Raw(b"\x0c\0\0\x01\0\0\x2a\0") / INNER), 17),
    "vxlan-gpe with nsh": (over(4790, Raw(b"\x0c\0\0\x04\0\0\x2a\0" + NSH + b"\x01\0\0\1\xff") / INNER), 17),
    "vxlan with a group": (over(4789, Raw(b"\x88\x48\0\x11\0\0\x2a\0") / FRAME), 17),
    "gre to nsh": (OUTER / GRE(proto=0x894F) / Raw(NSH + b"\x03\0\0\1\xff") / FRAME, 47),
    "lisp": (over(4341, Raw(b"\x88\0\0\1\0\0\x2a\1") / INNER), 17),
    "lisp without an instance": (over(4341, Raw(bytes(8)) / INNER6), 17),
    "tzsp": (over(37008, Raw(b"\1\0\0\1\1") / FRAME), 17),
    "tzsp with tags": (over(37008, Raw(b"\1\0\0\1\0\x0a\1\xc0\0\1") / FRAME), 17),
    "tzsp with 802.11": (over(37008, Raw(b"\1\0\0\x12\1" + wireless(INNER))), 17),
    "capwap over UDP-Lite": (
        IPv6(src="2001:db8::a", dst="2001:db8::b", nh=136) / Raw(b"\x14\x7f\x9c\x40\0\x08\0\0") / capwap(FRAME),
        136,
    ),
    "capwap": (over(5247, capwap(FRAME)), 17),
    "capwap over IPv6": (OUTER6 / UDP(sport=5247, dport=40000) / capwap(FRAME), 17),
    "capwap from the controller": (over(40000, capwap(FRAME), 5247), 17),
    "capwap with 802.11": (over(5247, capwap(wireless(INNER), 0x100)), 17),
    "capwap with 802.11, swapped": (over(5247, capwap(wireless(INNER, b"\x01\x08"), 0x100)), 17),
    "capwap with options": (over(5247, capwap(FRAME, 0x30, b"\x06" + bytes(7) + b"\x04" + bytes(7))), 17),
    "capwap in pieces of one": (over(5247, capwap(FRAME, 0xC0, number=7)), 17),
    "l2tpv3": (IP(src=A, dst=B, proto=115) / Raw(b"\0\0\0\x07" + bytes(FRAME)), 115),
    "l2tpv3 with a cookie": (IP(src=A, dst=B, proto=115) / Raw(b"\0\0\0\x07\xc0\xff\xee\x01" + bytes(FRAME)), 115),
    "l2tpv3 of packets": (IP(src=A, dst=B, proto=115) / Raw(b"\0\0\0\x07" + bytes(INNER6)), 115),
    "l2tpv3 in udp": (over(1701, Raw(b"\0\3\0\0\0\0\0\x07\xc0\xff\xee\x01\x40\0\0\1") / FRAME), 17),
    "geneve": (over(6081, GENEVE(vni=42) / FRAME), 17),
    "geneve with options": (over(6081, Raw(b"\x02\0\x65\x58\0\0\x2a\0" + bytes(8)) / FRAME), 17),
    "gre in udp": (over(4754, GRE() / INNER), 17),
    "mpls in udp": (over(6635, MPLS(label=5, s=1) / INNER), 17),
    "gtp": (over(2152, GTP_U_Header(teid=1, gtp_type=255) / INNER), 17),
    "gtp with sequence": (over(2152, Raw(b"\x32\xff" + struct.pack(">HI", 4 + len(INNER), 1) + bytes(4)) / INNER), 17),
    "gtp with extension": (
        over(2152, Raw(b"\x34\xff" + struct.pack(">HI", 8 + len(INNER), 1) + b"\0\0\0\x85" + b"\x01\0\0\0") / INNER),
        17,
    ),
    "l2tp": (over(1701, Raw(b"\x00\x02\x00\x01\x00\x01\xff\x03\x00\x21") / INNER), 17),
    "l2tp with length, sequence and offset": (
        over(1701, Raw(b"\x4a\x02\0\x50\0\x01\0\x01\0\0\0\0\0\x02ab\xff\x03\x00\x21") / INNER),
        17,
    ),
    "ayiya": (over(5072, Raw(AYIYA) / INNER6), 17),
    "teredo": (over(3544, teredo(TEREDO)), 17),
    "teredo on any port": (over(40001, teredo(TEREDO)), 17),
    "teredo with origin": (over(50001, teredo(INNER6, bytes(8)), 3544), 17),
    "teredo with authentication and origin": (over(3544, teredo(INNER6, b"\0\1\0\0" + bytes(9) + bytes(8))), 17),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_the_tunnel_and_the_flow_inside_are_found(name: str, tmp_path: Path) -> None:
    packet, proto = TUNNELS[name]
    seen = look(tmp_path, [ether(packet)])
    assert seen.accounts[0].skipped == {}
    outer, inner = seen.table.flows
    assert (outer.proto, outer.tunnel) == (proto, ())
    assert (inner.proto, inner.sport, inner.dport, len(inner.tunnel)) == (6, 1234, 445, 1)
    assert flow_record(inner)["community_id"] != flow_record(outer)["community_id"]


@pytest.mark.parametrize("name", TUNNELS)
def test_wherever_it_is_cut_a_frame_is_accounted_for_once(name: str, tmp_path: Path) -> None:
    whole = bytes(ether(TUNNELS[name][0]))
    shorter = [whole[:end] for end in range(len(whole))]
    (account,) = look(tmp_path, [*shorter, whole]).accounts
    assert account.decoded + sum(account.skipped.values()) == len(whole) + 1
    assert account.decoded >= 1
    (account,) = look(tmp_path, [whole] * 3, snap=len(whole) // 2).accounts
    assert account.decoded + sum(account.skipped.values()) == 3


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("4in4", f"4in4 {ENDS}"),
        ("6in6", "6in6 2001:db8::a-2001:db8::b"),
        ("gre", f"gre {ENDS}"),
        ("nvgre", f"nvgre {ENDS} 42"),
        ("vxlan", f"vxlan {ENDS} 42"),
        ("vxlan-gpe", f"vxlan {ENDS} 42"),
        ("vxlan that names ethernet", f"vxlan {ENDS} 42"),
        ("vxlan that names ip", f"vxlan {ENDS} 42"),
        ("vxlan with a group", f"vxlan {ENDS} 42"),
        ("lisp", f"lisp {ENDS} 42"),
        ("lisp without an instance", f"lisp {ENDS}"),
        ("capwap", f"capwap {ENDS}"),
        ("l2tpv3 in udp", f"l2tpv3 {ENDS}"),
        ("geneve", f"geneve {ENDS} 42"),
        ("802.11 of an access point", f"gre {ENDS}"),
        ("eoip", f"eoip {ENDS} 42"),
        ("gtp", f"gtp {ENDS}"),
        ("pptp", f"pptp {ENDS}"),
        ("erspan 2", f"erspan {ENDS}"),
        ("teredo", f"teredo {ENDS}"),
        ("ayiya", f"ayiya {ENDS}"),
    ],
)
def test_a_tunnel_is_named_by_its_kind_its_ends_and_its_network(name: str, path: str, tmp_path: Path) -> None:
    assert flows(tmp_path, [ether(TUNNELS[name][0])])[1].tunnel == (path,)


def test_both_directions_of_a_tunnel_are_one_path(tmp_path: Path) -> None:
    back = IP(src="192.168.2.2", dst="192.168.1.1") / TCP(sport=445, dport=1234, flags="SA")
    outer_back = IP(src=B, dst=A)
    found = flows(tmp_path, [ether(OUTER / GRE() / INNER), ether(outer_back / GRE() / back)])
    assert [(f.packets, f.tunnel) for f in found] == [((1, 1), ()), ((1, 1), (f"gre {ENDS}",))]


def test_inner_frames_bring_their_own_addresses_and_tags(tmp_path: Path) -> None:
    tagged = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=8) / INNER
    packet = Ether() / Dot1Q(vlan=7) / over(4789, VXLAN(vni=1, flags=8) / tagged)
    outer, inner = flows(tmp_path, [packet])
    assert (outer.vlan, inner.vlan, inner.macs) == ((7,), (7, 8), ((0x020000000001,), ()))


def test_the_same_addresses_in_two_virtual_networks_are_two_flows(tmp_path: Path) -> None:
    found = flows(tmp_path, [ether(over(4789, VXLAN(vni=vni, flags=8) / FRAME)) for vni in (1, 2)])
    assert [f.tunnel for f in found if f.tunnel] == [(f"vxlan {ENDS} 1",), (f"vxlan {ENDS} 2",)]


def test_tunnels_in_tunnels_are_opened_to_a_depth_and_then_counted(tmp_path: Path) -> None:
    packet: Any = INNER
    for i in range(8):
        packet = IP(src=f"10.9.0.{i}", dst="10.9.1.1") / GRE() / packet
    seen = look(tmp_path, [ether(packet)])
    assert (len(seen.table.flows), seen.accounts[0].skipped) == (9, {})
    assert [len(f.tunnel) for f in seen.table.flows] == list(range(9))
    seen = look(tmp_path, [ether(OUTER / packet)])
    assert len(seen.table.flows) == 9
    assert seen.accounts[0].skipped == {"more nested tunnels than the decoder opens": 1}


@pytest.mark.parametrize("port", [1701, 2152, 3544, 4341, 4754, 4789, 4790, 5072, 5247, 6081, 6635, 8472, 37008])
@pytest.mark.parametrize(
    "payload", [b"", b"\x00", b"hello, this is no tunnel at all, whatever the port says", bytes(60)]
)
def test_a_port_alone_makes_no_tunnel(port: int, payload: bytes, tmp_path: Path) -> None:
    seen = look(tmp_path, [ether(udp(payload, dport=port)), ether(udp(payload, sport=port, dport=53))])
    assert seen.accounts[0].skipped == {}
    assert all(not flow.tunnel for flow in seen.table.flows)
    assert {ends(flow)[1::2] for flow in seen.table.flows} >= {(4000, port)}


def test_what_a_tunnel_holds_besides_ip_is_nothing_to_follow(tmp_path: Path) -> None:
    seen = look(tmp_path, [ether(over(4789, VXLAN(vni=1, flags=8) / Ether() / ARP(pdst=A)))])
    assert (len(seen.table.flows), seen.accounts[0].decoded) == (1, 1)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (OUTER / GRE(proto=0x1234) / Raw(bytes(40)), "EtherType 0x1234 is not known"),
        (OUTER / GRE(proto=0x894F) / Raw(NSH + b"\x07" + bytes(40)), "NSH with a payload of unknown kind"),
        (OUTER / GRE(version=2) / INNER, "GRE with source routing or of an unknown version"),
        (
            over(4789, VXLAN(vni=1, flags=8) / Ether(type=0x800) / Raw(bytes(40))),
            "not an IPv4 header where one was announced",
        ),
    ],
)
def test_a_tunnel_whose_inside_cannot_be_read_is_skipped_with_a_reason(
    packet: Any, reason: str, tmp_path: Path
) -> None:
    seen = look(tmp_path, [ether(packet)])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({reason: 1}, 1)


def test_directions_of_a_flow_between_other_tunnel_ends_belong_together(tmp_path: Path) -> None:
    back = IP(src="192.168.2.2", dst="192.168.1.1") / TCP(sport=445, dport=1234, flags="SA")
    there = ether(IP(src=A, dst=B) / GRE() / INNER)
    again = ether(IP(src=B, dst="10.1.0.9") / GRE() / back)
    inner = [f for f in flows(tmp_path, [there, again]) if f.tunnel]
    assert [(f.packets, f.state.value) for f in inner] == [((1, 1), "established")]


def test_an_unreachable_message_inside_a_tunnel_refuses_the_flow_inside(tmp_path: Path) -> None:
    probe = IP(src="192.168.1.1", dst="192.168.2.2") / UDP(sport=1000, dport=2000) / b"x"
    no = IP(src="192.168.2.1", dst="192.168.1.1") / ICMP(type=3, code=13) / probe
    found = flows(tmp_path, [ether(OUTER / GRE() / probe), ether(IP(src=B, dst=A) / GRE() / no), ether(probe)])
    states = {(f.proto, bool(f.tunnel)): f.state.value for f in found}
    assert (states[17, True], states[17, False]) == ("refused", "attempted")
