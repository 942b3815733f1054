"""The decoders of both cores and the scalar one give the same rows for the same frames, whatever is in them."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

from tests.dynamic.making import ether, pcap, udp
from tests.dynamic.test_links import LINKS
from tests.dynamic.test_tunnels import TUNNELS
from zoneguard.dynamic import _mixing, contexts
from zoneguard.dynamic._accounts import MAX_REASONS, OTHER_REASONS, Account
from zoneguard.dynamic._scalar import Scalar, Values
from zoneguard.dynamic.columns import COLUMNS, Rows
from zoneguard.dynamic.containers import Capture
from zoneguard.dynamic.contexts import CROWDED
from zoneguard.dynamic.cores import NUMPY, Core, compiled
from zoneguard.dynamic.decoding import Decoder, OneByOne

CORES = [core for core in (NUMPY, compiled()) if core]
V4, V6 = IP(src="10.1.0.1", dst="10.2.0.2"), IPv6(src="fd00::1", dst="2001:0:1::2")
SAMPLES = [
    bytes(p)
    for p in (
        ether(V4 / TCP(sport=1, dport=2, flags="S", seq=7)),
        ether(V4 / TCP(sport=1, dport=2, flags="R", seq=7) / b"why"),
        ether(V6 / TCP(sport=1, dport=2, flags="PA", options=[("MSS", 1400)]) / b"data"),
        ether(udp(bytes(60))),
        ether(V6 / UDP(sport=1, dport=2) / bytes(V6 / b"inner")),
        ether(V4 / ICMP(type=8) / b"ping"),
        ether(V4 / ICMP(type=3, code=1) / udp()),
        ether(V6 / ICMPv6EchoRequest()),
        ether(V6 / ICMPv6DestUnreach() / V6),
        Ether() / Dot1Q(vlan=3) / V4 / UDP(sport=1, dport=2),
        Ether() / Dot1Q(vlan=0) / Dot1Q(vlan=9) / V6 / TCP(dport=2),
        Ether() / ARP(),
        ether(V4 / GRE() / V4 / UDP()),
        ether(IP(src="1.2.3.4", dst="4.3.2.1", flags="MF") / UDP()),
        ether(V4 / UDP(sport=4789, dport=4789) / bytes(20)),
        ether(IP(dst="1.1.1.1", proto=50) / b"esp"),
    )
]
INSIDE = [
    *(bytes(ether(packet)) for packet, _ in TUNNELS.values()),
    *(frame for link, frame in LINKS.values() if link == 1),
]


def rows_of(data: bytes, core: Core | None) -> tuple[Rows, Decoder, int]:
    capture = Capture("test", 0, io.BytesIO(data))
    decoder = Decoder(core.swift if core else OneByOne)
    (frames,) = capture.batches()
    return decoder.rows(frames), decoder, len(frames)


def payloads(rows: Rows) -> list[bytes]:
    places = zip(rows.buffer.tolist(), rows.data_at.tolist(), rows.kept.tolist(), strict=True)
    return [rows.buffers[buffer][at : at + kept].tobytes() for buffer, at, kept in places]


def compare(data: bytes) -> Rows:
    *_, last = (_compare(data, core) for core in CORES)
    return last


def _compare(data: bytes, core: Core) -> Rows:
    fast, fast_decoder, count = rows_of(data, core)
    slow, slow_decoder, _ = rows_of(data, None)
    for name, kind in COLUMNS.items():
        if name not in ("context", "data_at", "buffer"):
            assert getattr(fast, name).tolist() == getattr(slow, name).tolist(), name
            assert getattr(fast, name).dtype == getattr(slow, name).dtype == kind
    meant = [[d.contexts[c] for c in r.context.tolist()] for r, d in ((fast, fast_decoder), (slow, slow_decoder))]
    assert meant[0] == meant[1]
    assert payloads(fast) == payloads(slow)
    assert fast.refusals == slow.refusals
    a, b = fast_decoder.account(0), slow_decoder.account(0)
    assert (a.decoded, a.skipped, a.without_ip) == (b.decoded, b.skipped, b.without_ip)
    waiting = count - a.decoded - a.skipped.total() - a.without_ip.total()
    fast_decoder.rest()
    assert a.decoded + a.skipped.total() + a.without_ip.total() == count
    assert waiting >= 0
    return fast


KINDS = st.sampled_from([1, 1, 1, 101, 113, 276, 0, 105, 228])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SAMPLES + INSIDE), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=4)
        ),
        min_size=1,
        max_size=8,
    ),
    KINDS,
    st.integers(0, 14),
    st.sampled_from([1 << 18, 60, 40, 20]),
)
def test_both_decoders_agree(
    chosen: list[tuple[bytes, list[tuple[int, int]]]], link: int, skip: int, snap: int
) -> None:
    frames = []
    for sample, changes in chosen:
        frame = bytearray(sample)
        for at, value in changes:
            if at < len(frame):
                frame[at] = value
        frames.append(bytes(frame[skip if link != 1 else 0 :]) or b"\0")
    compare(pcap(frames, link, snap=snap))


@pytest.mark.parametrize("link", [1, 113, 276, 101])
def test_the_samples_as_they_are(link: int) -> None:
    rows = compare(pcap(SAMPLES, link))
    if link == 1:
        assert len(rows) == 16


def test_a_mixed_batch_of_links_is_decoded_in_frame_order(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.dynamic.making import enhanced, interface, section

    rng = random.Random(5)
    data = section() + interface(1) + interface(101) + interface(276)
    for i in range(200):
        number = rng.randrange(3)
        sample = rng.choice(SAMPLES)
        head = {0: b"", 1: b"", 2: b"\x08\x00" + bytes(18)}[number]
        data += enhanced(head + (sample if number == 0 else sample[14:]), i, number)
    rows = compare(data)
    assert rows.number.tolist() == sorted(rows.number.tolist())


def test_too_many_vlans_share_a_context_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "MAX_CONTEXTS", 5)
    data = pcap([Ether() / Dot1Q(vlan=i) / udp() for i in range(1, 11)])
    rows, decoder, count = rows_of(data, CORES[-1])
    crowd = [decoder.contexts[c] for c in rows.context.tolist()].count(((), (CROWDED,)))
    assert crowd == decoder.account(0).skipped[CROWDED] == 7
    assert decoder.account(0).decoded == count - 7


def test_too_many_reasons_share_one() -> None:
    account = Account()
    for i in range(100):
        account.skip(f"reason {i}")
    account.skip("reason 1")
    assert account.skipped[OTHER_REASONS] == 100 - MAX_REASONS
    assert account.skipped["reason 1"] == 2
    assert account.skipped.total() == 101


@given(st.binary(max_size=120), KINDS)
def test_no_frame_makes_the_decoder_fail(frame: bytes, link: int) -> None:
    compare(pcap([frame], link))


def test_rows_are_ordered_and_typed() -> None:
    rows: Any = compare(pcap(SAMPLES))
    assert all(isinstance(getattr(rows, name), np.ndarray) for name in COLUMNS)


BY_COLUMNS = [
    *("4in4", "6in4", "4in6", "6in6", "gre", "gre with every option", "gre over IPv6", "nvgre", "gre bridging"),
    *("erspan 1", "erspan 2", "vxlan", "vxlan on Linux' old port", "geneve", "geneve with options"),
    *("gtp", "gtp with sequence", "teredo on any port"),
]


def nobody(*_: object) -> list[Values]:
    raise AssertionError("a frame was left to the scalar decoder")


@pytest.mark.parametrize("name", BY_COLUMNS)
def test_usual_tunnels_are_read_by_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packet, _ = TUNNELS[name]
    frames = [bytes(ether(packet)), bytes(Ether() / Dot1Q(vlan=7) / packet), bytes(ether(V4 / GRE() / packet))]
    compare(pcap(frames * 3))
    monkeypatch.setattr(Scalar, "frame", nobody)
    rows, decoder, count = rows_of(pcap(frames * 3), NUMPY)
    assert rows.number.tolist() == [
        n for first in (1, 4, 7) for n in (first, first, *(first + 1,) * 2, *(first + 2,) * 3)
    ]
    assert decoder.account(0).decoded == count


def test_frames_without_ip_and_pppoe_are_read_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    head = bytes(12) + b"\x88\x64\x11\x00\x00\x01"
    session = head + (len(V4 / UDP()) + 2).to_bytes(2) + b"\x00\x21" + bytes(V4 / UDP())
    control = head + b"\x00\x06\xc0\x21\x01\x01\x00\x04"
    short = bytes(12) + b"\x00\x02\x42\x42"  # a length, no EtherType
    frames = [bytes(Ether() / ARP()), session, control, bytes(Ether() / Dot1Q(vlan=2) / ARP())]
    compare(pcap([*frames, short, *(frame[:16] for frame in frames)]))
    monkeypatch.setattr(Scalar, "frame", nobody)
    rows, decoder, _ = rows_of(pcap(frames), NUMPY)
    assert rows.number.tolist() == [2]
    assert decoder.account(0).without_ip == {"ARP": 2, "PPP control": 1}


def test_different_tunnels_of_one_batch_are_told_apart_whatever_their_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [
        ether(IP(src=f"10.0.{n % 3}.1", dst="10.9.9.9") / GRE(key_present=1, key=n % 2) / V4 / UDP()) for n in range(12)
    ]
    frames += [ether(V4 / UDP(dport=4789) / VXLAN(vni=n % 5, flags=8) / Ether() / V4 / UDP()) for n in range(12)]
    told = compare(pcap(frames))
    monkeypatch.setattr(_mixing, "ODD", [np.uint64(0)] * 3)
    assert len(set(compare(pcap(frames)).context.tolist())) == len(set(told.context.tolist())) == 1 + 3 + 5
