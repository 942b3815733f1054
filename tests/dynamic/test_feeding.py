"""What is put together by columns, and stretches that are taken in at once, give what packet by packet gives, whatever
comes between them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP

from tests.dynamic.making import A, B, ether, pcap, udp
from zoneguard.dynamic import streams
from zoneguard.dynamic._feeding import Packets, feed
from zoneguard.dynamic._straight import Straight, straight
from zoneguard.dynamic.columns import Bool
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import survey
from zoneguard.inspection import Conversation

NEAR_WRAP = (1 << 32) - 700


def said(there: bool, seq: int, ack: int, data: bytes = b"", flags: str = "A", sport: int = 1000) -> Any:
    ends = {"sport": sport, "dport": 80} if there else {"sport": 80, "dport": sport}
    address = IP(src=A, dst=B) if there else IP(src=B, dst=A)
    return ether(address / TCP(**ends, flags=flags, seq=seq & 0xFFFFFFFF, ack=ack & 0xFFFFFFFF) / data)


def transfer(seed: int, count: int, damage: str, sport: int = 1000) -> list[Any]:
    """A long answer, acknowledged now and then, with something of ``damage`` in it."""
    chance = random.Random(seed)
    at, packets = NEAR_WRAP, [said(True, 99, 0, flags="S", sport=sport)]
    packets.append(said(False, at - 1, 100, flags="SA", sport=sport))
    packets.append(said(True, 100, at, b"GET", sport=sport))
    for number in range(count):
        data = chance.randbytes(chance.choice([1, 30, 200]))
        kind = damage if chance.random() < 0.1 else ""
        if kind != "loss":
            packets.append(said(False, at, 103, data, sport=sport))
        if kind == "again":
            packets.append(said(False, at, 103, data, sport=sport))
        elif kind == "conflict":
            packets.append(said(False, at, 103, bytes(len(data)), sport=sport))
        elif kind == "swap" and len(packets) > 5:
            packets[-1], packets[-2] = packets[-2], packets[-1]
        elif kind == "keep-alive":
            packets.append(said(False, at - 1, 103, b"", sport=sport))
        elif kind == "reset":
            packets.append(said(True, 103, at, flags="R", sport=sport))
        at += len(data)
        if number % 3 == 0:
            packets.append(said(True, 103, at, sport=sport))
    return [*packets, said(False, at, 103, flags="FA", sport=sport)]


def by_columns(do: bool, used: list[bool], packets: Packets, datagrams: Bool, limit: int) -> Straight:
    """``straight``, or as if nothing came straight."""
    found = straight(packets, datagrams, limit)
    used += found.fits.tolist()
    return found if do else replace(found, fits=np.zeros_like(found.fits))


def every_way(path: Path, packets: list[Any], monkeypatch: pytest.MonkeyPatch, limit: int = 1 << 20) -> list[bool]:
    """Reassembles by columns, with stretches of three and of no packets, and compares; which flows came straight."""
    path.write_bytes(pcap(packets))
    seen: list[list[Conversation]] = []
    used: list[bool] = []
    for columns, short in ((True, 3), (False, 3), (False, 1 << 30)):
        monkeypatch.setattr(streams, "straight", partial(by_columns, columns, used))
        monkeypatch.setattr(streams, "feed", partial(feed, short=short))
        found = survey([str(path)], digest=False)
        seen.append(list(reassemble(found, list(found.tracks), Limits(stream=limit))))
    assert seen[0] == seen[1] == seen[2]
    assert any(c.to_originator.data for c in seen[0])
    return used


@pytest.mark.parametrize("damage", ["", "loss", "again", "conflict", "swap", "keep-alive", "reset"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stretches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, seed: int) -> None:
    one = transfer(seed, 80, damage)
    other = transfer(seed + 50, 80, damage, sport=1001)
    mixed = [p for pair in zip(one, other, strict=False) for p in pair]
    every_way(tmp_path / "a.pcap", mixed, monkeypatch)
    every_way(tmp_path / "b.pcap", one[20:], monkeypatch)
    every_way(tmp_path / "c.pcap", one, monkeypatch, limit=2000)
    every_way(tmp_path / "d.pcap", [p for p in one if p[IP].src == B], monkeypatch)


@settings(max_examples=40, deadline=None)
@given(order=st.lists(st.integers(0, 60), min_size=10, max_size=60), limit=st.sampled_from([300, 1 << 20]))
def test_nor_in_any_order(tmp_path_factory: pytest.TempPathFactory, order: list[int], limit: int) -> None:
    packets = transfer(7, 40, "conflict")
    chosen = [packets[i % len(packets)] for i in order]
    chosen.append(said(False, NEAR_WRAP, 103, b"content"))
    with pytest.MonkeyPatch.context() as patch:
        every_way(tmp_path_factory.mktemp("order") / "x.pcap", chosen, patch, limit)


@settings(max_examples=60, deadline=None)
@given(
    sent=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.booleans()), min_size=1, max_size=14),
    flags=st.lists(st.sampled_from(["A", "A", "PA", "S", "FA", "R"]), min_size=14, max_size=14),
    acks=st.lists(st.integers(-5, 60), min_size=14, max_size=14),
)
def test_nor_does_what_overlaps_or_is_missing(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, int, bool]], flags: list[str], acks: list[int]
) -> None:
    text = bytes(range(60))
    packets = [said(False, NEAR_WRAP, 0, b"begin")]
    for (at, size, there), flag, ack in zip(sent, flags, acks, strict=False):
        packets.append(said(there, NEAR_WRAP + at, NEAR_WRAP + ack, text[at : at + size], flag))
    with pytest.MonkeyPatch.context() as patch:
        every_way(tmp_path_factory.mktemp("overlap") / "x.pcap", packets, patch)


def test_most_that_comes_comes_straight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = said(False, NEAR_WRAP, 103, b"a")
    for number, damage in enumerate(["", "again", "loss", "swap", "keep-alive", "reset"]):
        assert all(every_way(tmp_path / f"{number}.pcap", transfer(7, 80, damage), monkeypatch)), damage
    datagrams = [
        ether(udp(b"question")),
        ether(udp(b"answer", B, A, 5000, 4000)),
        ether(udp(b"more", B, A, 5000, 4000)),
    ]
    assert all(every_way(tmp_path / "udp.pcap", datagrams, monkeypatch))
    assert not any(every_way(tmp_path / "conflict.pcap", [*transfer(7, 80, ""), probe], monkeypatch))
