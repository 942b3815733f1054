"""Stretches that are taken in at once give what packet by packet gives, whatever comes between them."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP

from tests.dynamic.making import A, B, ether, pcap
from zoneguard.dynamic import _feeding, streams
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


def both(path: Path, packets: list[Any], monkeypatch: pytest.MonkeyPatch, limit: int = 1 << 20) -> None:
    """Reassembles with stretches of three and of no packets, and compares."""
    path.write_bytes(pcap(packets))
    seen: list[list[Conversation]] = []
    feed = _feeding.feed
    for short in (3, 1 << 30):
        monkeypatch.setattr(streams, "feed", partial(feed, short=short))
        found = survey([str(path)], digest=False)
        seen.append(list(reassemble(found, list(found.tracks), Limits(stream=limit))))
    assert seen[0] == seen[1]
    assert any(c.to_originator.data for c in seen[0])


@pytest.mark.parametrize("damage", ["", "loss", "again", "conflict", "swap", "keep-alive", "reset"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stretches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, seed: int) -> None:
    one = transfer(seed, 80, damage)
    other = transfer(seed + 50, 80, damage, sport=1001)
    mixed = [p for pair in zip(one, other, strict=False) for p in pair]
    both(tmp_path / "a.pcap", mixed, monkeypatch)
    both(tmp_path / "b.pcap", one[20:], monkeypatch)
    both(tmp_path / "c.pcap", one, monkeypatch, limit=2000)
    both(tmp_path / "d.pcap", [p for p in one if p[IP].src == B], monkeypatch)


@settings(max_examples=40, deadline=None)
@given(order=st.lists(st.integers(0, 60), min_size=10, max_size=60), limit=st.sampled_from([300, 1 << 20]))
def test_nor_in_any_order(tmp_path_factory: pytest.TempPathFactory, order: list[int], limit: int) -> None:
    packets = transfer(7, 40, "conflict")
    chosen = [packets[i % len(packets)] for i in order]
    chosen.append(said(False, NEAR_WRAP, 103, b"content"))
    with pytest.MonkeyPatch.context() as patch:
        both(tmp_path_factory.mktemp("order") / "x.pcap", chosen, patch, limit)
