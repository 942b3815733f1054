"""L2TP version 3: frames behind cookies and sublayers of a length that is not in the packet."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, LLC, STP, Dot1Q, Dot3, Ether
from scapy.packet import Raw

from tests.dynamic.making import A, B, ends, ether, look

SESSION = b"\0\0\0\x07"
COOKIES = {0: b"", 4: b"\xc0\xff\xee\x01", 8: b"\x60\0\0\0\x45\0\0\x20"}
SUBLAYERS = {0: b"", 4: b"\x40\0\0\1"}
INNER = IP(src="192.168.1.1", dst="192.168.2.2") / TCP(sport=1234, dport=445, flags="S")
INNER6 = IPv6(src="fd00::1", dst="fd00::2") / TCP(sport=1234, dport=445, flags="S")
MACS = {"src": "6c:00:00:00:00:01", "dst": "45:00:00:28:00:02"}
CONTENTS = {
    "Ethernet": Ether(**MACS) / INNER,
    "Ethernet, padded": Ether(**MACS) / INNER / Raw(bytes(6)),
    "Ethernet, IPv6": Ether(**MACS) / INNER6,
    "Ethernet, tagged": Ether(**MACS) / Dot1Q(vlan=8) / INNER,
    "Ethernet, tagged twice": Ether(**MACS) / Dot1Q(vlan=8) / Dot1Q(vlan=9) / INNER6,
    "IPv4": INNER,
    "IPv6": INNER6,
}
TWO = bytes(12) + b"\x08\0" + b"\x45\0\x08\0" + b"\x45\0\0\x28" + bytes(2040)
"""A packet of 2048 bytes in a frame, or one of 40 bytes in a frame behind four bytes."""
UNKNOWN = "L2TPv3 with a content that cannot be told"


def in_ip(content: bytes) -> Any:
    return ether(IP(src=A, dst=B, proto=115) / Raw(content))


def in_udp(content: bytes) -> Any:
    return ether(IP(src=A, dst=B) / UDP(sport=1701, dport=1701) / Raw(b"\0\3\0\0" + content))


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("sublayer", SUBLAYERS)
def test_every_length_before_every_frame(name: str, cookie: int, sublayer: int, tmp_path: Path) -> None:
    content = SESSION + COOKIES[cookie] + SUBLAYERS[sublayer] + bytes(CONTENTS[name])
    seen = look(tmp_path, [in_ip(content), in_udp(content)])
    assert (seen.accounts[0].skipped, seen.accounts[0].decoded) == ({}, 2)
    (inner,) = (flow for flow in seen.table.flows if flow.tunnel)
    assert (ends(inner)[1::2], inner.packets) == ((1234, 445), (2, 0))
    assert inner.tunnel == (f"l2tpv3 {A}-{B}",)
    assert inner.vlan == {"Ethernet, tagged": (8,), "Ethernet, tagged twice": (8, 9)}.get(name, ())


@pytest.mark.parametrize("sublayer", SUBLAYERS)
@pytest.mark.parametrize(
    "content",
    [
        Ether(**MACS) / ARP(pdst=A),
        Ether(**MACS) / Dot1Q(vlan=8) / ARP(pdst=A),
        Ether(**MACS, type=0x88CC) / Raw(bytes(range(60))),
        Dot3(**MACS) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(),
        Raw(bytes(Dot3(**MACS, len=38) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP()) + bytes(8)),
    ],
)
def test_frames_without_ip_are_nothing_to_follow(content: Any, sublayer: int, tmp_path: Path) -> None:
    seen = look(tmp_path, [in_ip(SESSION + SUBLAYERS[sublayer] + bytes(content))])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({}, 1)


def test_control_messages_are_nothing_to_follow(tmp_path: Path) -> None:
    hello = b"\xc8\x03\0\x0c" + bytes(8)
    seen = look(tmp_path, [in_ip(bytes(4) + hello), ether(IP(src=A, dst=B) / UDP(sport=1701, dport=1701) / hello)])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({}, 2)


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(80)),
        bytes(Ether(**MACS, type=0x88E5) / Raw(bytes(range(60)))),
        bytes(Ether(**MACS) / INNER)[:-1],
        b"",
        b"\x45",
        bytes(Dot3(**MACS, len=50)) + bytes(70),
        TWO,
    ],
)
def test_what_cannot_be_told_is_skipped_and_its_outside_kept(content: bytes, tmp_path: Path) -> None:
    seen = look(tmp_path, [in_ip(SESSION + content)])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({UNKNOWN: 1}, 1)


@pytest.mark.parametrize(
    "message",
    [b"\0\3", b"\0\3\0\0", b"\0\3\0\1" + bytes(60), b"\0\4" + bytes(60), b"\0\3" + bytes(60)],
)
def test_what_is_no_l2tp_stays_ordinary_udp(message: bytes, tmp_path: Path) -> None:
    seen = look(tmp_path, [ether(IP(src=A, dst=B) / UDP(sport=1701, dport=1701) / message)])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({}, 1)


@given(st.binary(max_size=90), st.booleans())
def test_any_bytes_keep_their_row(content: bytes, udp: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen = look(Path(folder), [(in_udp if udp else in_ip)(SESSION + content)])
    account = seen.accounts[0]
    assert seen.table.flows[0].packets == (1, 0)
    assert account.decoded + sum(account.skipped.values()) == 1
