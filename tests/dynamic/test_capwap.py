"""CAPWAP's data channel: what is opened, what is ordinary UDP, what is skipped, and frames in pieces."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

from tests.dynamic.making import START, A, B, capwap, ends, ether, look, udp, wireless
from zoneguard.dynamic import fragments

T, F, L, W, M, K = 0x100, 0x80, 0x40, 0x20, 0x10, 8
INNER = IP(src="192.168.1.1", dst="192.168.2.2") / TCP(sport=1234, dport=445, flags="PA") / bytes(range(200))
FRAME = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / INNER
INSIDE = ("192.168.1.1", 1234, "192.168.2.2", 445)
UNFINISHED = "fragments of a datagram that never came whole"


def over(message: Any, port: int = 5247, sport: int = 40000, src: str = A) -> Any:
    return ether(IP(src=src, dst=B) / UDP(sport=sport, dport=port) / message)


def torn(content: bytes, number: int, flags: int = 0, size: int = 96, **ends: Any) -> list[Any]:
    found = []
    for start in range(0, len(content), size):
        last = L if start + size >= len(content) else 0
        found.append(over(capwap(content[start : start + size], flags | F | last, number=number, start=start), **ends))
    return found


def inside(folder: Path, frames: Sequence[Any]) -> list[tuple[tuple[str, int, str, int], int]]:
    """The flows inside, and how much payload of each was sent; every frame was decoded."""
    seen = look(folder, frames)
    assert (seen.accounts[0].skipped, seen.accounts[0].decoded) == ({}, len(frames))
    return [(ends(flow), flow.payload[0]) for flow in seen.table.flows if flow.tunnel]


@pytest.mark.parametrize(
    ("control", "head"),
    [
        (b"\x08\x01", 22), (b"\x08\x02", 22), (b"\x08\x0a", 22), (b"\x08\x03", 28), (b"\x88\x01", 24),
        (b"\x01\x08", 22), (b"\x02\x08", 22), (b"\x0a\x08", 22), (b"\x03\x08", 28), (b"\x01\x88", 24),
        (b"\x08\x00", 22), (b"\x00\x08", 22),
    ],
)  # fmt: skip
@pytest.mark.parametrize("binding", [0, 1])
def test_802_11_in_either_order_of_its_frame_control(control: bytes, head: int, binding: int, tmp_path: Path) -> None:
    frame = wireless(INNER, control, head=bytes(head))
    assert inside(tmp_path, [over(capwap(frame, T, binding=binding))]) == [(INSIDE, 200)]


def test_an_aggregate_of_802_11_is_taken_apart(tmp_path: Path) -> None:
    content = b"\xaa\xaa\x03\0\0\0\x08\0" + bytes(udp())
    part = bytes(12) + struct.pack(">H", len(content)) + content
    message = capwap(b"\x02\x88" + bytes(22) + b"\x80\0" + part + bytes(-len(part) % 4) + part, T)
    (found,) = (flow for flow in look(tmp_path, [over(message)]).table.flows if flow.tunnel)
    assert found.packets == (2, 0)


def test_the_channel_over_udp_lite(tmp_path: Path) -> None:
    message = bytes(capwap(wireless(INNER, b"\x02\x08"), T))
    lite = IPv6(src="fd00::1", dst="fd00::2", nh=136) / Raw(struct.pack(">HHHH", 5247, 40000, 8, 0) + message)
    assert inside(tmp_path, [ether(lite)]) == [(INSIDE, 200)]
    other = IPv6(src="fd00::1", dst="fd00::2", nh=136) / Raw(struct.pack(">HHHH", 5246, 40000, 8, 0) + message)
    assert inside(tmp_path, [ether(other)]) == []


def test_tags_inside_stand_behind_those_outside(tmp_path: Path) -> None:
    tagged = Ether() / Dot1Q(vlan=8) / INNER
    packet = Ether() / Dot1Q(vlan=7) / IP(src=A, dst=B) / UDP(sport=5247, dport=40000) / capwap(tagged)
    assert [flow.vlan for flow in look(tmp_path, [packet]).table.flows] == [(7,), (7, 8)]


@pytest.mark.parametrize(
    "message",
    [
        capwap(b"", K), capwap(bytes(20), K), capwap(b""), capwap(Ether() / ARP(pdst=A)),
        capwap(b"\x80\0" + bytes(60), T), capwap(b"\0\x40" + bytes(60), T), capwap(b"\x48\x01" + bytes(60), T),
        capwap(b"\x01\x48" + bytes(60), T),
    ],
)  # fmt: skip
def test_what_holds_no_ip_is_one_flow(message: Any, tmp_path: Path) -> None:
    assert inside(tmp_path, [over(message)]) == []


@pytest.mark.parametrize(
    "message",
    [
        b"", b"\0", bytes(7), bytes(100), b"\x10" + bytes(capwap(FRAME))[1:], b"\x02" + bytes(capwap(FRAME))[1:],
        bytes(capwap(FRAME, 1)), bytes(capwap(FRAME, start=1)), bytes(capwap(FRAME, binding=4)),
        bytes(capwap(FRAME, M)), bytes(capwap(b"\x08" + bytes(7), M, bytes(8))),
        bytes(capwap(FRAME, W)), b"\0\xf8\x42\0" + bytes(60),
        b"\1\0\0\0" + bytes(60), b"\1\0\0\1\x17\xfe\xfd" + bytes(60), b"\1\0\0\0\x17\x03\x03" + bytes(60),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ports", [(5247, 40000), (40000, 5247)])
def test_what_is_no_capwap_stays_ordinary_udp(message: bytes, ports: tuple[int, int], tmp_path: Path) -> None:
    assert inside(tmp_path, [over(message, *ports)]) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\1\0\0\0\x17\xfe\xfd" + bytes(60), "CAPWAP data is encrypted"),
        (b"\1\0\0\0\x16\xfe\xff" + bytes(60), "CAPWAP data is encrypted"),
        (capwap(b"\x08\x41" + bytes(60), T), "802.11 data is encrypted"),
        (capwap(b"\x41\x88" + bytes(60), T), "802.11 data is encrypted"),
        (capwap(Ether(type=0x9999) / bytes(60)), "EtherType 0x9999 is not known"),
        (capwap(Ether(type=0x88E5) / bytes(60)), "MACsec: encrypted below IP"),
    ],
)
def test_what_cannot_be_read_is_skipped_and_its_outside_kept(message: Any, reason: str, tmp_path: Path) -> None:
    seen = look(tmp_path, [over(message)])
    assert (seen.accounts[0].skipped, len(seen.table.flows)) == ({reason: 1}, 1)


@pytest.mark.parametrize("turned", [False, True])
def test_pieces_make_a_frame_in_any_order(turned: bool, tmp_path: Path) -> None:
    frames = [*torn(bytes(FRAME), 7), *torn(wireless(INNER, b"\x02\x08"), 8, T)]
    assert inside(tmp_path, frames[::-1] if turned else frames) == [(INSIDE, 200)]


def test_pieces_of_several_access_points_behind_one_address_do_not_mix(tmp_path: Path) -> None:
    other = bytes(Ether() / IP(src="192.168.1.9", dst="192.168.2.2") / TCP(sport=1234, dport=445) / bytes(200))
    both = zip(torn(bytes(FRAME), 7), torn(other, 7, sport=40001), strict=True)
    found = inside(tmp_path, [piece for pair in both for piece in pair])
    assert [(names[0], payload) for names, payload in found] == [("192.168.1.1", 200), ("192.168.1.9", 200)]


def test_a_number_comes_again_for_another_frame(tmp_path: Path) -> None:
    other = bytes(Ether() / IP(src="192.168.1.9", dst="192.168.2.2") / TCP(sport=1234, dport=445) / bytes(200))
    found = inside(tmp_path, [*torn(bytes(FRAME), 7), *torn(other, 7)])
    assert [names[0] for names, _ in found] == ["192.168.1.1", "192.168.1.9"]


def test_pieces_that_a_mirror_doubles_make_one_frame(tmp_path: Path) -> None:
    frames = torn(bytes(FRAME), 7)
    seen = look(tmp_path, [piece for piece in frames for _ in range(2)])
    (found,) = (flow for flow in seen.table.flows if flow.tunnel)
    assert (found.packets, seen.accounts[0].skipped, seen.accounts[0].decoded) == ((1, 0), {}, 6)


def test_a_frame_that_never_comes_whole_shows_what_is_there(tmp_path: Path) -> None:
    first, second, _ = torn(bytes(FRAME), 7)
    seen = look(tmp_path, [first, second])
    inner = seen.table.flows[1]
    assert (ends(inner), inner.payload, seen.accounts[0].skipped) == (INSIDE, (200, 0), {UNFINISHED: 2})
    seen = look(tmp_path, [second])
    assert (len(seen.table.flows), seen.accounts[0].skipped) == (1, {UNFINISHED: 1})


def test_pieces_are_given_up_in_time(tmp_path: Path) -> None:
    first, second, third = torn(bytes(FRAME), 7)
    later = START + fragments.TIMEOUT + 1_000_000
    seen = look(tmp_path, [(START, first), (START, second), (later, third)])
    assert seen.accounts[0].skipped == {UNFINISHED: 3}


def test_pieces_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    first, second, third = torn(bytes(FRAME), 7)
    other = over(capwap(bytes(96), F, number=7, start=96))
    seen = look(tmp_path, [first, second, other, third])
    assert seen.accounts[0].skipped == {"fragments that overlap and disagree": 4}


def test_an_aggregate_in_pieces_that_contradict_each_other_is_said(tmp_path: Path) -> None:
    content = b"\xaa\xaa\x03\0\0\0\x08\0" + bytes(INNER)
    silent = b"\xaa\xaa\x03\0\0\0\x08\x06" + bytes(200)
    for inner, flows in ((content, 2), (silent, 1)):
        part = bytes(12) + struct.pack(">H", len(inner)) + inner
        first, second, third = torn(b"\x02\x88" + bytes(22) + b"\x80\0" + part, 7, T)
        other = over(capwap(bytes(95) + b"x", T | F, number=7, start=96))
        seen = look(tmp_path, [first, second, other, third])
        assert seen.accounts[0].skipped == {"fragments that overlap and disagree": 4}
        assert len(seen.table.flows) == flows


def test_pieces_in_fragments_of_ip(tmp_path: Path) -> None:
    whole = [IP(src=A, dst=B, id=n) / piece[UDP] for n, piece in enumerate(torn(bytes(FRAME), 7))]
    assert inside(tmp_path, [ether(part) for packet in whole for part in fragment(packet, 40)]) == [(INSIDE, 200)]


@given(st.integers(0, 1 << 32), st.binary(max_size=80), st.booleans())
def test_any_bytes_on_the_port_keep_their_row(first: int, rest: bytes, swap: bool) -> None:
    message = struct.pack(">I", first & 0x01FFFFFF) + rest
    with tempfile.TemporaryDirectory() as folder:
        seen = look(Path(folder), [over(message, *((5247, 9) if swap else (9, 5247)))])
    assert seen.table.flows[0].packets == (1, 0)
    account = seen.accounts[0]
    assert account.decoded + sum(account.skipped.values()) == 1
