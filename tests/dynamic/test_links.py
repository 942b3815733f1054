"""Every link type and every shim in front of IP ends at the same packet."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from scapy.layers.l2 import ARP, LLC, SNAP, STP, Dot1Q, Dot3, Ether

from tests.dynamic.making import MAC_A, MAC_B, A, B, ether, flows, look, udp
from zoneguard.model.addresses import V6

V4 = bytes(udp())
MAC = bytes.fromhex("0200000000000a")[-6:]
V6_HEAD = struct.pack(">IHBB", 0x60000000, 13, 17, 64) + bytes(15) + b"\x01" + bytes(15) + b"\x02"
V6_PACKET = V6_HEAD + struct.pack(">HHHH", 4000, 5000, 13, 0) + b"hello"
E2 = bytes.fromhex("02000000000b02000000000a")


def sll2(kind: int, hardware: int = 1) -> bytes:
    return struct.pack(">HHIHBB", kind, 0, 3, hardware, 0, 6) + MAC + bytes(2)


AGGREGATE = b"\x88\x02" + bytes(22) + b"\x80\x00"  # a QoS header that says so


def part(packet: bytes, kind: bytes = b"\x08\x00") -> bytes:
    """One of an aggregate's frames, before its padding."""
    content = b"\xaa\xaa\x03\0\0\0" + kind + packet
    return E2 + struct.pack(">H", len(content)) + content


LINKS = {
    "null, little-endian": (0, struct.pack("<I", 2) + V4),
    "null, big-endian": (0, struct.pack(">I", 2) + V4),
    "loop": (108, struct.pack(">I", 2) + V4),
    "Ethernet": (1, E2 + b"\x08\x00" + V4),
    "PPP with HDLC bytes": (9, b"\xff\x03\x00\x21" + V4),
    "PPP with a short protocol": (9, b"\x21" + V4),
    "raw": (101, V4),
    "raw on BSD": (12, V4),
    "IPv4": (228, V4),
    "C-HDLC": (104, b"\x0f\x00\x08\x00" + V4),
    "Frame Relay, RFC 2427": (107, b"\x18\x41\x03\xcc" + V4),
    "Frame Relay, Cisco": (107, b"\x18\x41\x08\x00" + V4),
    "Linux cooked": (113, struct.pack(">HHH", 0, 1, 6) + MAC + bytes(2) + b"\x08\x00" + V4),
    "Linux cooked 2": (276, sll2(0x800) + V4),
    "PF log": (117, b"\x3d\x02" + bytes(62) + V4),
    "PPPoE alone": (51, b"\x11\x00\x00\x01" + struct.pack(">H", 2 + len(V4)) + b"\x00\x21" + V4),
    "NFLOG": (239, b"\x02\x00\x00\x05" + struct.pack("<HH", 8, 1) + bytes(4) + struct.pack("<HH", 4 + len(V4), 9) + V4),
    "NFLOG, big-endian": (239, b"\x02\x00\x00\x05" + struct.pack(">HH", 4 + len(V4), 9) + V4),
    "802.11": (105, b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\x00" + V4),
    "802.11 QoS": (105, b"\x88\x02" + bytes(24) + b"\xaa\xaa\x03\0\0\0\x08\x00" + V4),
    "802.11 between access points": (105, b"\x08\x03" + bytes(28) + b"\xaa\xaa\x03\0\0\0\x08\x00" + V4),
    "radiotap": (
        127,
        struct.pack("<BBHI", 0, 0, 9, 2) + b"\0" + b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + V4,
    ),
    "radiotap, padded": (
        127,
        struct.pack("<BBHIQ", 0, 0, 17, 3, 1) + b"\x20" + b"\x88\x01" + bytes(26) + b"\xaa\xaa\x03\0\0\0\x08\0" + V4,
    ),
    "radiotap, two presence words": (
        127,
        struct.pack("<BBHII", 0, 0, 13, 0x80000002, 0)
        + b"\0"
        + b"\x08\x01"
        + bytes(22)
        + b"\xaa\xaa\x03\0\0\0\x08\0"
        + V4,
    ),
    "PPI": (192, struct.pack("<BBHI", 0, 0, 8, 1) + E2 + b"\x08\x00" + V4),
    "AVS": (
        163,
        struct.pack(">II", 0x80211001, 64) + bytes(56) + b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + V4,
    ),
    "Prism": (119, bytes(144) + b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0" + V4),
    "PPP with a direction": (204, b"\x01\xff\x03\x00\x21" + V4),
    "802.3 with SNAP": (1, E2 + struct.pack(">H", 8 + len(V4)) + b"\xaa\xaa\x03\0\0\0\x08\x00" + V4),
    "802.3 with LLC": (1, E2 + struct.pack(">H", 3 + len(V4)) + b"\x06\x06\x03" + V4),
    "MPLS": (1, E2 + b"\x88\x47" + bytes.fromhex("0001004000011140") + V4),
    "MPLS pseudowire": (1, E2 + b"\x88\x47" + bytes.fromhex("0001114000000000") + E2 + b"\x08\x00" + V4),
    "PPPoE": (1, E2 + b"\x88\x64\x11\x00\x00\x01" + struct.pack(">H", 2 + len(V4)) + b"\x00\x21" + V4),
    "PBB": (1, bytes(12) + b"\x88\xe7" + bytes.fromhex("00000101") + E2 + b"\x08\x00" + V4),
    "VN-Tag": (1, E2 + b"\x89\x26" + bytes(4) + b"\x08\x00" + V4),
    "FabricPath": (1, bytes(12) + b"\x89\x03" + bytes.fromhex("0440") + E2 + b"\x08\x00" + V4),
    "E-Tag": (1, E2 + b"\x89\x3f\x20\x01\0\x02\0\0\x08\x00" + V4),
    "R-Tag": (1, E2 + b"\xf1\xc1\0\0\0\x07\x08\x00" + V4),
    "HSR": (1, E2 + b"\x89\x2f" + struct.pack(">HH", 0x1000 | len(V4) + 6, 1) + b"\x08\x00" + V4),
    "TRILL": (1, E2 + b"\x22\xf3\0\x3f\0\1\0\2" + E2 + b"\x08\x00" + V4),
    "TRILL with options": (1, E2 + b"\x22\xf3\0\xbf\0\1\0\2" + bytes(8) + E2 + b"\x08\x00" + V4),
    "NSH": (1, E2 + b"\x89\x4f\x0f\xc2\x02\x01\0\0\1\xff" + V4),
    "NSH with metadata": (1, E2 + b"\x89\x4f\x0f\xc6\x01\x01\0\0\1\xff" + bytes(16) + V4),
    "NSH in NSH": (1, E2 + b"\x89\x4f" + b"\x0f\xc2\x02\x04\0\0\1\xff" + b"\x0f\xc2\x02\x01\0\0\1\xff" + V4),
    "NSH with a frame": (1, E2 + b"\x89\x4f\x0f\xc2\x02\x03\0\0\1\xff" + E2 + b"\x08\x00" + V4),
    "NSH with MPLS": (1, E2 + b"\x89\x4f\x0f\xc2\x02\x05\0\0\1\xff" + bytes.fromhex("00011140") + V4),
    "Cisco metadata": (1, E2 + b"\x89\x09\x01\x01\x00\x01\x00\x20\x08\x00" + V4),
}


@pytest.mark.parametrize("name", LINKS)
def test_every_link_leads_to_the_packet(name: str, tmp_path: Path) -> None:
    link, frame = LINKS[name]
    seen = look(tmp_path, [frame], link)
    assert seen.accounts[0].skipped == {}
    (flow,) = seen.table.flows
    assert (flow.sport, flow.dport, flow.payload, flow.bytes) == (4000, 5000, (5, 0), (33, 0))


@pytest.mark.parametrize(
    ("name", "link", "head"),
    [
        ("null", 0, struct.pack("<I", 30)),
        ("raw", 101, b""),
        ("IPv6", 229, b""),
        ("PPP", 9, b"\xff\x03\x00\x57"),
        ("Ethernet", 1, E2 + b"\x86\xdd"),
        ("cooked 2", 276, sll2(0x86DD)),
        ("NFLOG", 239, b"\x0a\0\0\0" + struct.pack("<HH", 57, 9)),
    ],
)
def test_ipv6_behind_the_same_links(name: str, link: int, head: bytes, tmp_path: Path) -> None:
    (flow,) = flows(tmp_path, [head + V6_PACKET], link)
    assert (flow.src, flow.dst, flow.dport, flow.payload) == (V6 + 1, V6 + 2, 5000, (5, 0))


def test_vlan_tags_are_kept_outermost_first_and_priority_tags_are_none(tmp_path: Path) -> None:
    for tags, vlans in (
        ([Dot1Q(vlan=7)], (7,)),
        ([Dot1Q(vlan=7), Dot1Q(vlan=9)], (7, 9)),
        ([Dot1Q(vlan=0)], ()),
        ([Dot1Q(vlan=0), Dot1Q(vlan=9)], (9,)),
        ([Dot1Q(vlan=1), Dot1Q(vlan=2), Dot1Q(vlan=3)], (1, 2, 3)),
    ):
        packet = Ether(src=MAC_A, dst=MAC_B)
        for tag in tags:
            packet /= tag
        (flow,) = flows(tmp_path, [packet / udp()])
        assert flow.vlan == vlans


def test_source_addresses_of_each_side_are_collected(tmp_path: Path) -> None:
    back = ether(udp(src=B, dst=A, sport=5000, dport=4000), MAC_B, MAC_A)
    moved = ether(udp(), "02:00:00:00:00:99", MAC_B)
    (flow,) = flows(tmp_path, [ether(udp()), back, moved, moved])
    assert flow.macs == ((0x02000000000A, 0x020000000099), (0x02000000000B,))
    (flow,) = flows(tmp_path, [LINKS["Linux cooked 2"][1]], 276)
    assert flow.macs == ((int.from_bytes(MAC),), ())


def test_frames_without_ip_are_understood_and_others_skipped_with_a_reason(tmp_path: Path) -> None:
    frames = [
        Ether() / ARP(pdst=A),
        Dot3() / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(),
        Dot3() / LLC() / SNAP(OUI=0xC, code=0x2000),
        Ether(type=0x88CC) / bytes(20),
        Ether(type=0x9999) / bytes(20),
        Ether(type=0x88E5) / bytes(20),
        b"\x01\x02",
        E2 + b"\x08\x00" + V4[:12],
        Ether(type=0x800) / b"\x65garbagegarbagegarbage",
        ether(udp()),
    ]
    account = look(tmp_path, frames).accounts[0]
    assert account.without_ip == {"ARP": 1, "Cisco CDP": 1, "LLDP": 1, "spanning tree": 1}
    assert account.skipped == {
        "EtherType 0x9999 is not known": 1,
        "MACsec: encrypted below IP": 1,
        "cut inside a header by the capture's length limit": 2,
        "not an IPv4 header where one was announced": 1,
    }
    assert account.decoded == 1
    assert account.frames == len(frames)


@pytest.mark.parametrize(
    ("link", "frame", "kind"),
    [
        (105, b"\x80\x00" + bytes(30), "802.11 management or control"),
        (105, b"\x48\x01" + bytes(30), "802.11 null data"),
        (9, b"\xff\x03\xc0\x21" + bytes(8), "PPP control"),
        (1, E2 + b"\x22\xf4" + bytes(40), "IS-IS"),
        (104, b"\x8f\x00\x80\x35" + bytes(8), "SLARP"),
        (113, struct.pack(">HHH", 0, 824, 0) + bytes(8) + b"\0\0" + bytes(20), "netlink"),
    ],
)
def test_control_frames_of_other_links_are_understood(link: int, frame: bytes, kind: str, tmp_path: Path) -> None:
    assert look(tmp_path, [frame], link).accounts[0].without_ip == {kind: 1}


@pytest.mark.parametrize(
    ("link", "frame", "reason"),
    [
        (105, b"\x08\x41" + bytes(40), "802.11 data is encrypted"),
        (9999, b"abc", "link type 9999 is not known"),
        (1, E2 + b"\x22\xf3\x40\x3f" + bytes(40), "TRILL of an unknown version"),
        (1, E2 + b"\x89\x4f\x4f\xc2" + bytes(40), "NSH of an unknown version, or shorter than it can be"),
        (1, E2 + b"\x89\x4f\x0f\xc1" + bytes(40), "NSH of an unknown version, or shorter than it can be"),
        (1, E2 + b"\x89\x4f\x0f\xc2\x02\x06" + bytes(40), "NSH with a payload of unknown kind"),
        (105, AGGREGATE + bytes(20), "802.11 aggregate whose parts are not as long as it says"),
        (105, AGGREGATE + part(V4)[:-1], "802.11 aggregate whose parts are not as long as it says"),
        (9, b"\x00\xfd" + bytes(20), "PPP protocol 0x00fd: compressed, encrypted or not known"),
    ],
)
def test_what_cannot_be_read_is_counted_under_its_reason(link: int, frame: bytes, reason: str, tmp_path: Path) -> None:
    seen = look(tmp_path, [frame], link)
    assert (seen.accounts[0].skipped, seen.table.flows) == ({reason: 1}, ())


def test_an_802_11_aggregate_holds_several_packets(tmp_path: Path) -> None:
    arp = bytes(Ether(src=MAC_A) / ARP())[12:]
    others = [bytes(udp(sport=4001)), bytes(udp(sport=4002))]
    parts = [part(V4), part(others[0] + b"\0\0\0"), part(arp[2:], kind=arp[:2]), part(others[1])]
    padded = b"".join(each + bytes(-len(each) % 4) for each in parts)
    seen = look(tmp_path, [AGGREGATE + padded + b"\xde\xad\xbe\xef"], 105)  # a check sequence follows
    assert [flow.sport for flow in seen.table.flows] == [4000, 4001, 4002]
    assert [flow.macs for flow in seen.table.flows] == [((0x02000000000A,), ())] * 3
    account = seen.accounts[0]
    assert (account.decoded, account.skipped, account.without_ip) == (1, {}, {})


def test_an_802_11_aggregate_without_ip_is_understood(tmp_path: Path) -> None:
    frame = AGGREGATE + part(bytes(ARP()), kind=b"\x08\x06")
    assert look(tmp_path, [frame], 105).accounts[0].without_ip == {"ARP": 1}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"\x60" + V4[1:], "not an IPv4 header where one was announced"),
        (V4[:6] + b"\x20\x00" + V4[8:], "a fragment inside an 802.11 aggregate"),
    ],
)
def test_one_bad_part_of_an_aggregate_does_not_hide_the_others(broken: bytes, reason: str, tmp_path: Path) -> None:
    first, last = part(broken), part(V4)
    seen = look(tmp_path, [AGGREGATE + first + bytes(-len(first) % 4) + last], 105)
    assert len(seen.table.flows) == 1
    assert (seen.accounts[0].decoded, seen.accounts[0].skipped) == (0, {reason: 1})


def test_endless_tags_end(tmp_path: Path) -> None:
    frame = E2 + b"\x81\x00\x00\x01" * 60 + b"\x08\x00" + V4
    assert look(tmp_path, [frame]).accounts[0].skipped == {"more nested headers than the decoder follows": 1}
