"""What becomes of packets in the flow table: states, openers, payload, connections that reuse a 5-tuple."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLReport2, IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.sctp import SCTP

from tests.dynamic.making import MAC_A, MAC_B, RAW, START, A, B, Talk, ends, ether, flows, look, pcap, timed, udp
from zoneguard.dynamic import surveying
from zoneguard.dynamic.surveying import Run, survey
from zoneguard.dynamic.table import _may_join
from zoneguard.model.flows import Flow, FlowState


def only(folder: Path, packets: list[Any]) -> Flow:
    (flow,) = flows(folder, packets)
    return flow


def states(folder: Path, talk: Talk) -> tuple[str, ...]:
    return tuple(flow.state.value for flow in flows(folder, talk.packets))


def test_a_whole_connection(tmp_path: Path) -> None:
    talk = Talk().opened().said("<", b"220 hi\r\n").said(">", b"QUIT\r\n").closed()
    flow = only(tmp_path, talk.packets)
    assert ends(flow) == (A, 40000, B, 25)
    assert (flow.state, flow.opened_by) == (FlowState.CLOSED, "handshake")
    assert (flow.payload, flow.packets) == ((6, 8), (6, 4))
    assert (flow.first.frame, flow.last.frame) == (1, len(talk.packets))


def test_states_of_tcp(tmp_path: Path) -> None:
    lone = Talk()
    lone.segment(">", "S")
    assert states(tmp_path, lone) == ("attempted",)
    assert not only(tmp_path, lone.packets).answered
    lone.segment(">", "S", seq=1000)
    assert states(tmp_path, lone) == ("attempted",)
    lone.segment("<", "RA", ack=1001)
    assert states(tmp_path, lone) == ("refused",)

    half = Talk()
    half.segment(">", "S")
    half.segment("<", "SA")
    assert states(tmp_path, half) == ("established",)
    assert only(tmp_path, half.packets).answered
    assert states(tmp_path, Talk().opened()) == ("established",)
    assert states(tmp_path, Talk().opened().said(">", b"x")) == ("payload",)
    assert states(tmp_path, Talk().opened().closed()) == ("closed",)
    reset = Talk().opened().said(">", b"x")
    reset.segment("<", "R")
    assert states(tmp_path, reset) == ("reset",)
    closed_then_reset = Talk().opened().closed()
    closed_then_reset.segment("<", "R")
    assert states(tmp_path, closed_then_reset) == ("closed",)
    middle = Talk(sport=40000, dport=50000)
    middle.said("<", b"later")
    assert states(tmp_path, middle) == ("midstream",)


def test_one_direction_of_a_connection_still_proves_an_answer(tmp_path: Path) -> None:
    talk = Talk().opened().said(">", b"data")
    there = [p for p in talk.packets if p[IP].src == A]
    flow = only(tmp_path, there)
    assert (flow.state, flow.opened_by, flow.packets[1]) == (FlowState.PAYLOAD, "handshake", 0)
    back = [p for p in talk.packets if p[IP].src == B]
    flow = only(tmp_path, back)
    assert (ends(flow), flow.state, flow.opened_by) == ((A, 40000, B, 25), FlowState.ESTABLISHED, "handshake")


def test_who_opened_without_a_handshake(tmp_path: Path) -> None:
    for sport, dport, expected, how in (
        (443, 51000, B, "port"),
        (51000, 443, A, "first-packet"),
        (51000, 52000, A, "first-packet"),
        (53, 123, A, "first-packet"),
    ):
        for layer in (TCP(sport=sport, dport=dport, flags="PA"), UDP(sport=sport, dport=dport)):
            flow = only(tmp_path, [ether(IP(src=A, dst=B) / layer / b"x")])
            assert (ends(flow)[0], flow.opened_by) == (expected, how)
    group = only(tmp_path, [ether(IP(src=A, dst="224.0.0.9") / UDP(sport=53, dport=51000) / b"x")])
    assert (ends(group)[0], group.opened_by) == (A, "first-packet")


def test_udp_and_other_protocols(tmp_path: Path) -> None:
    ask, answer = udp(b"ask"), udp(b"answer", B, A, 5000, 4000)
    assert only(tmp_path, [ether(ask)]).state is FlowState.ATTEMPTED
    flow = only(tmp_path, [ether(ask), ether(answer)])
    assert (flow.state, flow.payload) == (FlowState.PAYLOAD, (3, 6))
    assert only(tmp_path, [ether(udp(b"")), ether(udp(b"", B, A, 5000, 4000))]).state is FlowState.ESTABLISHED
    sctp = only(tmp_path, [ether(IP(src=A, dst=B) / SCTP(sport=7, dport=80) / b"12345678")])
    assert (sctp.proto, ends(sctp), sctp.payload) == (132, (A, 7, B, 80), (8, 0))
    esp = only(tmp_path, [ether(IP(src=A, dst=B, proto=50) / (b"x" * 30))])
    assert (esp.proto, esp.payload, ends(esp)) == (50, (30, 0), (A, 0, B, 0))


def test_icmp_requests_and_answers_are_one_flow_and_other_messages_their_own(tmp_path: Path) -> None:
    found = flows(
        tmp_path,
        [
            IP(src=A, dst=B) / ICMP(type=8) / b"ping",
            IP(src=B, dst=A) / ICMP(type=0) / b"ping",
            IP(src=B, dst=A) / ICMP(type=11) / bytes(28),
            IP(src=B, dst=A) / ICMP(type=11, code=1) / bytes(28),
            IPv6(src="fd00::1", dst="fd00::2") / ICMPv6EchoRequest(data=b"ping"),
            IPv6(src="fd00::2", dst="fd00::1") / ICMPv6EchoReply(data=b"ping"),
            IPv6(src="fd00::2", dst="ff02::16") / ICMPv6MLReport2(),
        ],
        RAW,
    )
    assert [(f.proto, f.icmp, f.packets, f.state.value) for f in found] == [
        (1, 0x800, (1, 1), "payload"),
        (1, 0xB00, (1, 0), "attempted"),
        (1, 0xB01, (1, 0), "attempted"),
        (58, 128 << 8, (1, 1), "payload"),
        (58, 143 << 8, (1, 0), "attempted"),
    ]
    assert all((f.sport, f.dport) == (0, 0) for f in found)


def test_retransmitted_and_reordered_payload_counts_once(tmp_path: Path) -> None:
    talk = Talk().opened()
    talk.segment(">", "PA", b"a" * 100)
    talk.segment(">", "PA", b"a" * 100, seq=1001)
    talk.segment(">", "PA", b"c" * 50, seq=1201)
    talk.segment(">", "PA", b"b" * 100, seq=1101)
    talk.segment(">", "PA", b"abc" * 50, seq=1051)
    talk.segment(">", "A", b"\0", seq=1000)  # a keep-alive before the first byte
    talk.segment(">", "A", b"\0", seq=1250)
    assert only(tmp_path, talk.packets).payload == (250, 0)


def test_sequence_numbers_wrap(tmp_path: Path) -> None:
    talk = Talk(client=0xFFFFFF00).opened()
    for _ in range(4):
        talk.said(">", b"x" * 200)
    assert only(tmp_path, talk.packets).payload == (800, 0)


def test_a_new_connection_of_the_same_ports_is_a_new_flow(tmp_path: Path) -> None:
    first = Talk().opened().said(">", b"one").closed()
    second = Talk(client=777_000, server=888_000).opened().said(">", b"three").closed()
    found = flows(tmp_path, first.packets + second.packets)
    assert [(f.payload, f.state.value) for f in found] == [((3, 0), "closed"), ((5, 0), "closed")]
    assert found[1].first.frame == len(first.packets) + 1
    retried = Talk()
    retried.segment(">", "S")
    retried.segment(">", "S", seq=555)
    assert [f.state.value for f in flows(tmp_path, retried.packets)] == ["attempted", "attempted"]


def test_a_syn_captured_behind_its_answer_is_no_new_connection(tmp_path: Path) -> None:
    packets = Talk().opened().said(">", b"x").packets
    for order in ([1, 0, 2, 3, 4], [1, 2, 0, 3, 4], [2, 0, 1, 3, 4], [2, 3, 1, 0, 4]):
        flow = only(tmp_path, [packets[i] for i in order])
        assert (ends(flow)[0], flow.opened_by, flow.state.value) == (A, "handshake", "payload")


def tagged(packet: Any, *vlans: int) -> Any:
    frame = Ether(src=packet.src, dst=packet.dst)
    for vlan in vlans:
        frame /= Dot1Q(vlan=vlan)
    return frame / packet[IP]


@pytest.mark.parametrize(
    ("there", "back", "shown"), [((), (5,), ()), ((5,), (), (5,)), ((5,), (6,), (5,)), ((1, 2), (1,), (1, 2))]
)
def test_a_tag_in_one_direction_only_does_not_split_a_flow(
    there: tuple[int, ...], back: tuple[int, ...], shown: tuple[int, ...], tmp_path: Path
) -> None:
    talk = Talk().opened().said(">", b"x").closed()
    packets = [tagged(p, *(there if p[IP].src == A else back)) for p in talk.packets]
    flow = only(tmp_path, packets)
    assert (flow.state, flow.payload, flow.vlan) == (FlowState.CLOSED, (1, 0), shown)
    assert flow.packets == only(tmp_path, talk.packets).packets


def test_a_connection_seen_in_two_vlans_is_two_flows(tmp_path: Path) -> None:
    talk = Talk().opened().said(">", b"x")
    doubled = [tagged(p, vlan) for p in talk.packets for vlan in (5, 6)]
    found = flows(tmp_path, doubled)
    assert [(f.vlan, f.state.value, f.payload) for f in found] == [((5,), "payload", (1, 0)), ((6,), "payload", (1, 0))]


def test_flows_beyond_the_bound_are_counted_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap([ether(udp(dport=port)) for port in range(1, 11)]))
    run = Run([str(path)], max_flows=4)
    assert sum(1 for _ in run.batches()) >= 1
    seen = run.survey()
    assert [track.flow.dport for track in seen.tracks] == [1, 2, 3, 4]
    assert (seen.accounts[0].decoded, seen.accounts[0].skipped) == (4, {surveying.BEYOND: 6})


def traffic(seed: int, count: int) -> list[bytes]:
    """Packets of a few hosts and ports, so that flows have many of them in any order."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        a, b = rng.sample(["10.1.0.1", "10.2.0.2", "10.2.0.3"], 2)
        six = rng.random() < 0.2
        ip = IPv6(src="fd00::" + a[-1], dst="fd00::" + b[-1]) if six else IP(src=a, dst=b)
        ports = {"sport": rng.choice([80, 4000]), "dport": rng.choice([80, 4000])}
        flags = rng.choice(["S", "SA", "A", "PA", "PA", "FA", "R"])
        seq = rng.choice([100, 101, 111, 121, 500, 0xFFFFFFF0, 5])
        layer = rng.choice(
            [TCP(**ports, flags=flags, seq=seq, ack=101), TCP(**ports, flags="PA", seq=seq), UDP(**ports)]
        )
        frame = Ether(src=rng.choice([MAC_A, MAC_B]), dst=MAC_B)
        if rng.random() < 0.3:
            frame /= Dot1Q(vlan=rng.choice([0, 7, 8]))
        out.append(bytes(frame / ip / layer / rng.randbytes(rng.choice([0, 0, 10, 20]))))
    return out


def without_place(found: Sequence[Flow]) -> list[Flow]:
    """Flows without file and frame numbers."""
    return [replace(f, first=f.first._replace(file="", frame=0), last=f.last._replace(file="", frame=0)) for f in found]


@pytest.mark.parametrize("seed", range(6))
def test_a_capture_split_in_two_files_gives_the_same_flows(seed: int, tmp_path: Path) -> None:
    frames = timed(traffic(seed, 300))
    whole = tmp_path / "whole.pcap"
    whole.write_bytes(pcap(frames))
    expected = without_place(survey([str(whole)]).table.flows)
    rng = random.Random(seed)
    cut = rng.randrange(len(frames))
    sides = [rng.random() < 0.5 for _ in frames]
    for parts in (
        (frames[:cut], frames[cut:]),
        (list(itertools.compress(frames, sides)), [f for f, s in zip(frames, sides, strict=True) if not s]),
        (frames[::3], frames[1::3], frames[2::3]),
    ):
        folder = tmp_path / f"parts{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for i, part in enumerate(parts):
            (folder / f"{9 - i}.pcap").write_bytes(pcap(part))
        got = survey([str(folder)])
        assert without_place(got.table.flows) == expected
        assert sum(a.frames for a in got.accounts) == len(frames)


@pytest.mark.parametrize("seed", range(4))
def test_batches_of_any_size_give_the_same_flows(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = traffic(seed, 250)
    expected = flows(tmp_path, frames)
    for size in (1, 3, 50):
        monkeypatch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", size)
        monkeypatch.setattr("zoneguard.dynamic.cores.MAX_BATCH", size)
        assert flows(tmp_path, frames) == expected


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["S", "SA", "A", "PA", "FA", "R"]), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    )
)
def test_swapping_both_sides_swaps_the_flow_and_nothing_else(steps: list[tuple[bool, str, int]]) -> None:
    import tempfile

    def mirrored(swap: bool) -> list[Any]:
        talk = Talk(sport=40000, dport=41000)
        for side, flags, size in steps:
            talk.segment(">" if side else "<", flags, b"x" * size)
        if not swap:
            return talk.packets
        out = []
        for packet in talk.packets:
            turned = packet.copy()
            turned[IP].src, turned[IP].dst = packet[IP].dst, packet[IP].src
            del turned[IP].chksum, turned[TCP].chksum
            out.append(turned)
        return out

    with tempfile.TemporaryDirectory() as folder:
        plain = flows(Path(folder), mirrored(False))
        turned = flows(Path(folder), mirrored(True))
    assert [(f.dst, f.src, f.sport, f.dport, f.state, f.payload, f.packets, f.opened_by) for f in plain] == [
        (f.src, f.dst, f.sport, f.dport, f.state, f.payload, f.packets, f.opened_by) for f in turned
    ]


def test_many_flows_keep_the_order_of_their_first_packets(tmp_path: Path) -> None:
    ports = list(range(1000, 1400))
    random.Random(3).shuffle(ports)
    found = flows(tmp_path, [(START + i * 1000, ether(udp(dport=port))) for i, port in enumerate(ports)])
    assert [f.dport for f in found] == ports
    assert [f.first.frame for f in found] == list(range(1, len(ports) + 1))


def test_an_empty_capture_has_no_flows(tmp_path: Path) -> None:
    seen = look(tmp_path, [])
    assert (seen.table.flows, seen.accounts[0].frames) == ((), 0)


def test_flows_that_may_be_halves_of_one_are_found_among_many() -> None:
    rng = np.random.default_rng(3)
    key = rng.integers(0, 2, (400, 5), np.uint64)
    key[:, 4] |= rng.integers(0, 3, 400, np.uint64) << np.uint64(16)
    key[200:, 0] += np.arange(200, dtype=np.uint64) * np.uint64(2)
    side = rng.random(400) < 0.5
    plain = [(*ends, tail & ~0xFFFF0000) for *ends, tail in key.tolist()]
    groups: dict[tuple[int, ...], set[tuple[int, bool]]] = {}
    for name, tail, here in zip(plain, key[:, 4].tolist(), side.tolist(), strict=True):
        groups.setdefault(name, set()).add((tail, here))
    expected = [len({tail for tail, _ in groups[n]}) > 1 and len({here for _, here in groups[n]}) > 1 for n in plain]
    assert 0 < sum(expected) < 400
    assert _may_join(key, side).tolist() == expected
    assert _may_join(key[:0], side[:0]).tolist() == []
