"""IP as it may come: options, extension headers, fragments, and headers cut short."""

from __future__ import annotations

import itertools
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, fragment
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    fragment6,
)
from scapy.layers.ipsec import AH
from scapy.packet import Raw

from tests.dynamic.making import RAW, A, B, ends, ether, flows, look, udp
from zoneguard.dynamic.fragments import MAX_DATAGRAMS, TIMEOUT, Datagram, Header
from zoneguard.model.flows import FlowState

SIX = IPv6(src="fd00::1", dst="fd00::2")
TO = UDP(sport=4000, dport=5000) / b"hello"
INCOMPLETE = {"fragments of a datagram that never came whole"}


@pytest.mark.parametrize(
    "headers",
    [
        IPv6ExtHdrHopByHop(),
        IPv6ExtHdrDestOpt(),
        IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt(),
        IPv6ExtHdrFragment(id=7),
        AH(nh=17, payloadlen=4, icv=b"x" * 12),
        IPv6ExtHdrRouting(type=0, addresses=["fd00::9"], segleft=0),
    ],
)
def test_extension_headers_are_gone_through(headers: Any, tmp_path: Path) -> None:
    seen = look(tmp_path, [SIX / headers / TO], RAW)
    (flow,) = seen.table.flows
    assert ends(flow) == ("fd00::1", 4000, "fd00::2", 5000)
    assert (flow.payload, seen.accounts[0].decoded) == ((5, 0), 1)


def test_the_final_destination_of_a_source_route_counts(tmp_path: Path) -> None:
    route = IPv6ExtHdrRouting(type=0, addresses=["fd00::8", "fd00::9"], segleft=1)
    (flow,) = flows(tmp_path, [SIX / route / TO], RAW)
    assert ends(flow)[2] == "fd00::9"
    loose = b"\x01\x83\x0b\x04" + bytes([10, 9, 9, 8, 10, 9, 9, 9])
    (flow,) = flows(tmp_path, [IP(src=A, dst=B, options=IPOption(loose)) / TO], RAW)
    assert ends(flow)[2] == "10.9.9.9"
    used = b"\x83\x07\x08" + bytes([10, 9, 9, 8]) + b"\x00"
    (flow,) = flows(tmp_path, [IP(src=A, dst=B, options=IPOption(used)) / TO], RAW)
    assert ends(flow)[2] == B


def test_a_length_left_to_the_network_card_is_that_of_the_frame(tmp_path: Path) -> None:
    packet = IP(src=A, dst=B, len=0) / TCP(sport=1, dport=2, flags="A", seq=1) / bytes(3000)
    (flow,) = flows(tmp_path, [packet], RAW)
    assert flow.payload == (3000, 0)
    (flow,) = flows(
        tmp_path, [IPv6(src="fd00::1", dst="fd00::2", plen=0) / TCP(sport=1, dport=2, flags="A") / bytes(99)], RAW
    )
    assert flow.payload == (99, 0)


def test_padding_behind_a_packet_is_no_payload(tmp_path: Path) -> None:
    (flow,) = flows(tmp_path, [bytes(ether(udp(b"x"))) + bytes(30)])
    assert (flow.payload, flow.bytes) == ((1, 0), (29, 0))


@pytest.mark.parametrize("cut", range(1, 42))
def test_a_packet_cut_at_any_header_is_said_and_keeps_what_is_known(cut: int, tmp_path: Path) -> None:
    seen = look(tmp_path, [IP(src=A, dst=B) / TCP(sport=4000, dport=5000, flags="S") / b"xy"], RAW, snap=cut)
    account = seen.accounts[0]
    assert (account.decoded, sum(account.skipped.values())) == ((1, 0) if cut >= 40 else (0, 1))
    assert [ends(f) for f in seen.table.flows] == (
        [] if cut < 20 else [(A, 4000 if cut >= 24 else 0, B, 5000 if cut >= 24 else 0)]
    )


def test_headers_that_lie_about_their_length_are_skipped(tmp_path: Path) -> None:
    for packet, reason in (
        (IP(src=A, dst=B, len=10) / TO, "IPv4 length shorter than its header"),
        (IP(src=A, dst=B, len=23) / TO, "transport header longer than its packet"),
        (IP(src=A, dst=B) / TCP(sport=1, dport=2, dataofs=15), "transport header longer than its packet"),
        (SIX / Raw(b"\x11\xff"), "extension header longer than its packet"),
    ):
        if packet.haslayer(Raw) and packet.version == 6:
            packet.nh = 60
        assert look(tmp_path, [packet], RAW).accounts[0].skipped == {reason: 1}


def pieces(v6: bool, payload: bytes = bytes(range(256)) * 12) -> tuple[Any, list[Any]]:
    if v6:
        whole = SIX / IPv6ExtHdrFragment(id=99) / UDP(sport=4000, dport=5000) / payload
        return whole, fragment6(whole, 1000)
    whole = IP(src=A, dst=B, id=99) / UDP(sport=4000, dport=5000) / payload
    return whole, fragment(whole, 1000)


@pytest.mark.parametrize("v6", [False, True])
def test_fragments_are_put_together_in_any_order(v6: bool, tmp_path: Path) -> None:
    _, parts = pieces(v6)
    for order in itertools.islice(itertools.permutations(parts), 24):
        seen = look(tmp_path, [*order, order[0]], RAW)
        (flow,) = seen.table.flows
        assert (flow.sport, flow.dport, flow.payload) == (4000, 5000, (3072, 0))
        assert (seen.accounts[0].skipped, seen.accounts[0].decoded) == ({}, len(parts) + 1)


@pytest.mark.parametrize("v6", [False, True])
def test_a_datagram_that_never_comes_whole_is_known_by_what_there_is(v6: bool, tmp_path: Path) -> None:
    _, parts = pieces(v6)
    seen = look(tmp_path, parts[:-1], RAW)
    assert [(f.sport, f.dport) for f in seen.table.flows] == [(4000, 5000)]
    assert seen.accounts[0].skipped == {"fragments of a datagram that never came whole": len(parts) - 1}
    seen = look(tmp_path, parts[1:], RAW)
    assert [(f.sport, f.dport, f.proto, f.packets) for f in seen.table.flows] == [(0, 0, 17, (1, 0))]
    seen = look(tmp_path, [(0, parts[0]), (TIMEOUT + 1000, parts[-1])], RAW)
    assert len(seen.table.flows) == 2
    assert set(seen.accounts[0].skipped) == INCOMPLETE


def test_fragments_that_disagree_are_marked(tmp_path: Path) -> None:
    _, parts = pieces(False)
    wrong = parts[1].copy()
    wrong[Raw].load = b"!" * len(parts[1][Raw].load)
    seen = look(tmp_path, [parts[0], parts[1], wrong, *parts[2:]], RAW)
    assert seen.accounts[0].skipped == {"fragments that overlap and disagree": len(parts) + 1}
    assert seen.table.flows[0].payload == (3072, 0)
    seen = look(tmp_path, [parts[0], parts[1], parts[1], *parts[2:]], RAW)
    assert seen.accounts[0].skipped == {}


def test_fragments_beyond_any_datagram_or_of_odd_length_are_skipped(tmp_path: Path) -> None:
    beyond = IP(src=A, dst=B, frag=8191, flags="MF") / Raw(bytes(64))
    odd = IP(src=A, dst=B, frag=1, flags="MF") / Raw(bytes(9))
    assert look(tmp_path, [beyond, odd], RAW).accounts[0].skipped == {
        "a fragment of odd length before the last": 1,
        "a fragment that lies beyond the longest datagram": 1,
    }


def test_too_many_datagrams_in_pieces_give_up_the_oldest(tmp_path: Path) -> None:
    head = bytes(IP(src=A, dst=B, flags="MF", len=28) / UDP(sport=1, dport=2))
    frames = [head[:4] + struct.pack(">H", i) + head[6:] for i in range(MAX_DATAGRAMS + 50)]
    seen = look(tmp_path, frames, RAW)
    assert seen.accounts[0].skipped == {"fragments of a datagram that never came whole": len(frames)}
    assert seen.table.flows[0].packets == (len(frames), 0)


def test_fragments_inside_a_tunnel_and_tunnels_in_fragments(tmp_path: Path) -> None:
    whole, parts = pieces(False)
    seen = look(tmp_path, [IP(src="10.8.0.1", dst="10.8.0.2") / p for p in parts], RAW)
    assert {(f.proto, f.packets) for f in seen.table.flows} == {(4, (len(parts), 0)), (17, (1, 0))}
    outside = fragment(IP(src="10.8.0.1", dst="10.8.0.2", id=5) / whole, 1000)
    seen = look(tmp_path, outside, RAW)
    assert {(f.proto, f.payload) for f in seen.table.flows} == {(4, (3100, 0)), (17, (3072, 0))}
    assert seen.accounts[0].decoded == len(outside)


@given(st.data())
def test_a_datagram_is_what_its_pieces_say_first(data: st.DataObject) -> None:
    truth = random.Random(1).randbytes(200)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 199), st.integers(1, 60), st.booleans()), max_size=20))
    expected: dict[int, int] = {}
    datagram = Datagram(Header(False, 1, 2, 17, 28, 20, -1, 0, 1, False), 0, (0, 0, 0))
    disagree = False
    for start, length, lying in cuts:
        piece = bytes(b ^ lying for b in truth[start : start + length])
        for i, value in enumerate(piece):
            disagree |= expected.setdefault(start + i, value) != value
        datagram.add(start, piece)
    assert datagram.damaged == disagree
    covered = {i for a, b in datagram.have for i in range(a, b)}
    assert covered == set(expected)
    assert all(datagram.data[i] == value for i, value in expected.items())
    assert all(a[1] < b[0] for a, b in itertools.pairwise(datagram.have))


@pytest.mark.parametrize(("code", "state"), [(0, "refused"), (13, "refused"), (4, "attempted")])
def test_an_unreachable_message_refuses_the_flow_it_quotes(code: int, state: str, tmp_path: Path) -> None:
    probe = IP(src=A, dst=B) / UDP(sport=4000, dport=5000) / b"x"
    found = flows(tmp_path, [probe, IP(src="10.9.9.9", dst=A) / ICMP(type=3, code=code) / probe], RAW)
    assert [f.state.value for f in found] == [state, "attempted"]
    assert (found[1].icmp, found[1].sport, found[1].dport) == (3 << 8 | code, 0, 0)


def test_an_answered_flow_is_not_refused_by_a_later_message(tmp_path: Path) -> None:
    probe = IP(src=A, dst=B) / UDP(sport=4000, dport=5000) / b"x"
    answer = IP(src=B, dst=A) / UDP(sport=5000, dport=4000) / b"y"
    found = flows(tmp_path, [probe, answer, IP(src=B, dst=A) / ICMP(type=3, code=3) / probe], RAW)
    assert found[0].state is FlowState.PAYLOAD


def test_quoted_packets_too_short_to_say_anything_refuse_nothing(tmp_path: Path) -> None:
    probe = IP(src=A, dst=B) / UDP(sport=4000, dport=5000)
    message = IP(src=B, dst=A) / ICMP(type=3, code=1) / Raw(bytes(probe)[:22])
    assert [f.state.value for f in flows(tmp_path, [probe, message], RAW)] == ["attempted", "attempted"]
