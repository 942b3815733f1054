"""Streams put together from packets in any order, with every doubt marked."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, fragment

from tests.dynamic.making import RAW, Talk, ether, look, pcap, udp
from zoneguard.dynamic._direction import Direction, Packet
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import Survey, survey
from zoneguard.inspection import Conversation
from zoneguard.model.errors import InputError
from zoneguard.model.flows import Flow, FlowState, Stream
from zoneguard.model.match import ACK, FIN, PSH, SYN
from zoneguard.model.spans import CaptureSpan

TEXT = b"".join(b"%03d," % i for i in range(250))


def conversations(folder: Path, packets: list[Any], limits: Limits | None = None, link: int = 1) -> list[Conversation]:
    seen = look(folder, packets, link)
    return list(reassemble(seen, seen.tracks, limits))


def one(folder: Path, packets: list[Any], limits: Limits | None = None) -> Conversation:
    (conversation,) = conversations(folder, packets, limits)
    return conversation


def test_a_whole_connection_is_complete_both_ways(tmp_path: Path) -> None:
    talk = Talk().opened().said("<", b"220 hi\r\n").said(">", b"QUIT\r\n").closed()
    conversation = one(tmp_path, talk.packets)
    there, back = conversation.to_responder, conversation.to_originator
    assert (there.data, back.data) == (b"QUIT\r\n", b"220 hi\r\n")
    assert there.complete and back.complete
    assert there.to_responder and not back.to_responder
    assert [s.at.frame for s in back.segments] == [4]
    assert there.frames(0, 3) == (there.segments[0].at,)
    assert conversation.flow == there.flow


def test_packets_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    talk = Talk()
    talk.opened()
    pieces = [TEXT[i : i + 90] for i in range(0, len(TEXT), 90)]
    head = list(talk.packets)
    data = [talk.segment(">", "PA", piece) for piece in pieces]
    order = data[:]
    random.Random(4).shuffle(order)
    again = random.Random(5).choices(data, k=5)
    stream = one(tmp_path, head + order + again).to_responder
    assert (stream.data, stream.gaps, stream.conflicts, stream.complete) == (TEXT, (), (), False)
    assert [s.start for s in stream.segments] == [90 * i for i in range(len(pieces))]
    assert {s.at.frame for s in stream.segments} == set(range(4, 4 + len(data)))


def test_lost_bytes_are_a_gap_and_acknowledged_bytes_at_the_end_too(tmp_path: Path) -> None:
    talk = Talk().opened()
    talk.segment(">", "PA", b"VERY")
    talk.segment(">", "PA", b"LOST")
    talk.segment(">", "PA", b"DATA")
    del talk.packets[4]
    talk.segment("<", "A", ack=1001 + 12 + 300)
    stream = one(tmp_path, talk.packets).to_responder
    assert stream.data == b"VERY\0\0\0\0DATA"
    assert stream.gaps == ((4, 8), (12, 312))
    assert stream.damaged(7, 9)
    assert not stream.damaged(0, 4)


def test_what_one_direction_acknowledges_of_the_unseen_other_is_a_gap(tmp_path: Path) -> None:
    talk = Talk().opened().said("<", b"x" * 40).said("<", b"y" * 2)
    mine = [p for p in talk.packets if p[IP].sport == 40000]
    conversation = one(tmp_path, mine)
    assert (conversation.to_originator.data, conversation.to_originator.gaps) == (b"", ((0, 42),))


def test_a_second_copy_that_differs_is_a_conflict_unless_the_first_was_acknowledged(tmp_path: Path) -> None:
    for acknowledged, conflicts in ((False, ((2, 4),)), (True, ())):
        talk = Talk().opened()
        talk.segment(">", "PA", b"abcdef")
        if acknowledged:
            talk.segment("<", "A")
        talk.segment(">", "PA", b"abXXef", seq=1001)
        stream = one(tmp_path, talk.packets).to_responder
        assert (stream.data, stream.conflicts) == (b"abcdef", conflicts)


def test_overlapping_segments_keep_what_came_first(tmp_path: Path) -> None:
    talk = Talk().opened()
    talk.segment(">", "PA", b"CDEF", seq=1003)
    talk.segment(">", "PA", b"abcdefghi", seq=1001)
    stream = one(tmp_path, talk.packets).to_responder
    assert stream.data == b"abCDEFghi"
    assert stream.conflicts == ((2, 6),)
    assert [(s.start, s.end, s.at.frame) for s in stream.segments] == [(0, 2, 5), (2, 6, 4), (6, 9, 5)]


def test_keep_alives_and_bytes_before_the_beginning_change_nothing(tmp_path: Path) -> None:
    talk = Talk().opened()
    talk.segment(">", "A", b"\0", seq=1000)
    talk.said(">", b"abc")
    talk.segment(">", "A", b"\0", seq=1003)
    talk.said(">", b"def")
    stream = one(tmp_path, talk.packets).to_responder
    assert (stream.data, stream.conflicts, stream.gaps) == (b"abcdef", (), ())


def test_a_connection_met_midstream_begins_at_its_lowest_byte_and_is_never_complete(tmp_path: Path) -> None:
    talk = Talk()
    talk.segment(">", "PA", b"def", seq=5003, ack=1)
    talk.segment(">", "PA", b"abc", seq=5000, ack=1)
    talk.segment(">", "FA", b"", seq=5006, ack=1)
    stream = one(tmp_path, talk.packets).to_responder
    assert (stream.data, stream.complete) == (b"abcdef", False)


def test_sequence_numbers_wrap(tmp_path: Path) -> None:
    talk = Talk(client=0xFFFFFFFA).opened()
    for i in range(0, len(TEXT), 100):
        talk.said(">", TEXT[i : i + 100])
    stream = one(tmp_path, talk.closed().packets).to_responder
    assert (stream.data, stream.complete) == (TEXT, True)


def test_bytes_behind_a_fin_are_in_conflict(tmp_path: Path) -> None:
    talk = Talk().opened().said(">", b"end")
    talk.segment(">", "FA")
    talk.segment(">", "PA", b"more", seq=1004)
    stream = one(tmp_path, talk.packets).to_responder
    assert (stream.data, stream.conflicts, stream.complete) == (b"endmore", ((3, 7),), False)


def test_a_cut_payload_is_a_gap(tmp_path: Path) -> None:
    talk = Talk().opened()
    talk.segment(">", "PA", b"x" * 100)
    talk.segment(">", "PA", b"y" * 10)
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(talk.packets, snap=54 + 30))
    seen = survey([str(path)])
    (conversation,) = reassemble(seen, seen.tracks)
    assert conversation.to_responder.gaps == ((30, 100),)
    assert conversation.to_responder.data == b"x" * 30 + bytes(70) + b"y" * 10


def test_a_direction_is_held_up_to_a_bound_and_the_rest_is_a_gap(tmp_path: Path) -> None:
    talk = Talk().opened()
    for i in range(0, len(TEXT), 100):
        talk.said(">", TEXT[i : i + 100])
    talk.segment(">", "PA", b"far away", seq=1001 + (1 << 29))
    stream = one(tmp_path, talk.packets, Limits(stream=250)).to_responder
    assert stream.data == TEXT[:250]
    assert stream.gaps == ((250, (1 << 29) + 8),)
    assert not stream.complete


def test_flows_that_do_not_fit_together_are_looked_up_by_turns(tmp_path: Path) -> None:
    talks = [Talk(sport=40000 + i).opened().said(">", TEXT[:100]) for i in range(5)]
    packets = [p for talk in talks for p in talk.packets]
    seen = look(tmp_path, packets)
    got = list(reassemble(seen, seen.tracks, Limits(together=250)))
    assert [c.flow.sport for c in got] == [40000 + i for i in range(5)]
    assert all(c.to_responder.data == TEXT[:100] for c in got)


def test_only_the_wanted_flows_are_put_together(tmp_path: Path) -> None:
    packets = [
        ether(udp()),
        ether(udp(b"", sport=4001)),
        *Talk(sport=1).opened().packets,
        *Talk(sport=2).opened().packets,
    ]
    seen = look(tmp_path, packets)
    wanted = [t for t in seen.tracks if t.flow.sport in (2, 4000)]
    assert [(c.flow.sport, c.to_responder.data) for c in reassemble(seen, wanted)] == [(4000, b"hello"), (2, b"")]


def test_each_connection_of_reused_ports_has_its_own_streams(tmp_path: Path) -> None:
    first = Talk().opened().said(">", b"first").closed()
    second = Talk(client=9_000_000).opened().said(">", b"second").closed()
    got = conversations(tmp_path, first.packets + second.packets)
    assert [c.to_responder.data for c in got] == [b"first", b"second"]


def test_streams_out_of_fragments_and_the_doubt_of_contradicting_ones(tmp_path: Path) -> None:
    def segments(lie: bool) -> list[Any]:
        whole = IP(src="10.1.0.1", dst="10.2.0.2", id=5) / TCP(sport=1, dport=2, flags="PA", seq=7, ack=1) / TEXT
        parts = fragment(whole, 400)
        if lie:
            wrong = parts[1].copy()
            wrong.load = b"?" * len(wrong.load)
            parts.insert(2, wrong)
        return list(parts)

    for lie in (False, True):
        (conversation,) = conversations(tmp_path, segments(lie), link=RAW)
        assert conversation.to_responder.data == TEXT
        assert conversation.to_responder.conflicts == (((0, len(TEXT)),) if lie else ())


def test_a_capture_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    seen: Survey = look(tmp_path, Talk().opened().packets)
    (tmp_path / "capture.pcap").write_bytes(pcap(Talk(sport=1).opened().packets + Talk(sport=2).opened().packets))
    with pytest.raises(InputError, match="changed while it was read"):
        list(reassemble(seen, seen.tracks))


SPAN = CaptureSpan("f", 1, 0.0)
FLOW = Flow(1, 2, 6, 3, 4, FlowState.PAYLOAD, "handshake", (1, 0), (40, 0), (0, 0), SPAN, SPAN, ((), ()))


def grown(segments: list[tuple[int, bytes]], base: int, opened: bool) -> Stream:
    direction = Direction(1 << 20)
    if opened:
        direction.add(Packet(base - 1 & 0xFFFFFFFF, 0, SYN, b"", 0, SPAN))
    for start, data in segments:
        direction.add(Packet(base + start & 0xFFFFFFFF, 0, ACK | PSH, data, len(data), SPAN))
    return direction.stream(FLOW, True)


@given(
    st.lists(st.tuples(st.integers(0, 120), st.binary(min_size=1, max_size=25)), min_size=1, max_size=20),
    st.sampled_from([1, 5000, 0xFFFFFFD0]), st.booleans(),
)  # fmt: skip
def test_every_byte_is_the_first_that_came_and_every_doubt_is_marked(
    segments: list[tuple[int, bytes]], base: int, opened: bool
) -> None:
    stream = grown(segments, base, opened)
    first: dict[int, int] = {}
    disputed = set()
    for start, data in segments:
        for i, value in enumerate(data, start):
            if first.setdefault(i, value) != value:
                disputed.add(i)
    origin = 0 if opened else min(first)
    end = max(first) + 1 - origin
    missing = {i for i in range(end) if i + origin not in first}
    assert len(stream.data) == end
    assert {i for a, b in stream.gaps for i in range(a, b)} == missing
    assert all(stream.data[i - origin] == value for i, value in first.items())
    marked = {i for a, b in stream.conflicts for i in range(a, b)}
    assert {i - origin for i in disputed} <= marked
    assert not marked or disputed
    covered = [i for s in stream.segments for i in range(s.start, s.end)]
    assert sorted(covered) == sorted(i - origin for i in first)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFFFFFF),
            st.integers(0, 0xFFFFFFFF),
            st.sampled_from([0, SYN, FIN, ACK, 4]),
            st.binary(max_size=9),
        )
    )
)
def test_no_sequence_numbers_make_it_fail_or_grow(packets: list[tuple[int, int, int, bytes]]) -> None:
    here, there = Direction(1000), Direction(1000)
    for seq, ack, flags, data in packets:
        packet = Packet(seq, ack, flags, data, len(data), SPAN)
        here.add(packet)
        there.acknowledge(packet)
    for direction in (here, there):
        stream = direction.stream(FLOW, True)
        assert len(stream.data) <= 1000
        assert all(0 <= a < b for a, b in (*stream.gaps, *stream.conflicts))


def test_other_protocols_have_no_streams(tmp_path: Path) -> None:
    assert conversations(tmp_path, [ether(IP() / ICMP() / b"x")]) == []
