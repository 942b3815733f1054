"""Flows in columns say what flows one by one say."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet

from tests.dynamic.making import look
from zoneguard.dynamic.containers import find_captures
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.surveying import survey
from zoneguard.model.addresses import V6
from zoneguard.model.errors import InputError

HOSTS = ("10.0.0.1", "10.0.0.2", "224.0.0.9", "255.255.255.255", "fd00::1", "fd00::2", "ff02::5")
PORTS = (0, 53, 80, 445, 40000, 40001)
FLAGS = ("S", "SA", "A", "PA", "FA", "R", "RA", "")


def packet(draw: random.Random) -> Packet:
    """A packet of few hosts and ports, so that flows have both sides, tags and several MAC addresses."""
    a, b = draw.choice(HOSTS), draw.choice(HOSTS)
    layer = IPv6 if ":" in a or ":" in b else IP
    a, b = (x if (":" in x) == (layer is IPv6) else ("fd00::3" if layer is IPv6 else "10.0.0.3") for x in (a, b))
    link = Ether(src=f"02:00:00:00:00:{draw.randrange(3):02x}", dst="02:00:00:00:00:ff")
    if draw.random() < 0.3:
        link /= Dot1Q(vlan=draw.randrange(2))
    ends = {"sport": draw.choice(PORTS), "dport": draw.choice(PORTS)}
    kind = draw.randrange(4)
    if kind == 0:
        return link / layer(src=a, dst=b) / UDP(**ends) / (b"x" * draw.randrange(3))
    if kind == 1 and layer is IP:
        return link / IP(src=a, dst=b) / ICMP(type=draw.choice((0, 3, 8, 13)), code=draw.randrange(2))
    tcp = TCP(**ends, flags=draw.choice(FLAGS), seq=draw.choice((0, 100, 101)), ack=draw.choice((0, 100, 101)))
    return link / layer(src=a, dst=b) / tcp / (b"x" * draw.randrange(3))


def agree(flows: Flows) -> None:
    columns, files = flows.oriented()
    assert len(columns) == len(flows)
    macs: dict[tuple[int, int], list[int]] = {}
    for at, side, mac in zip(*(column.tolist() for column in flows.macs(columns)), strict=True):
        macs.setdefault((at, side), []).append(mac)
    stacks: dict[int, set[tuple[int, ...]]] = {}
    for at, flow in enumerate(flows):
        src, dst = (
            (V6 if end.v6[at] else 0) + (int(end.high[at]) << 64 | int(end.low[at]))
            for end in (columns.src, columns.dst)
        )
        assert (src, dst) == (flow.src, flow.dst)
        told = (
            columns.proto,
            columns.sport,
            columns.dport,
            columns.icmp,
            columns.answered,
            columns.known,
            columns.time,
        )
        assert tuple(column[at].item() for column in told) == (
            flow.proto, flow.sport, flow.dport, flow.icmp, flow.answered, flow.opened_by == "handshake", flow.first.time
        )  # fmt: skip
        assert tuple(columns.payload[at].tolist()) == flow.payload
        assert files[columns.file[at]] == flow.first.file
        assert (tuple(macs.get((at, 0), ())), tuple(macs.get((at, 1), ()))) == flow.macs
        stacks.setdefault(int(columns.vlan[at]), set()).add(flow.vlan)
    assert all(len(stack) == 1 for stack in stacks.values())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_of_any_packets(seed: int, count: int) -> None:
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        seen = look(Path(folder), [packet(draw) for _ in range(count)])
        agree(Flows((seen.tracks,), by_time=True))


def test_of_several_points(tmp_path: Path) -> None:
    draw = random.Random(7)
    parts = [look(tmp_path, [packet(draw) for _ in range(200)]).tracks for _ in range(3)]
    flows = Flows(parts, by_time=True)
    agree(flows)
    assert flows[3:6] == tuple(flows[at] for at in range(3, 6))


def test_of_nothing() -> None:
    columns, files = Flows(()).oriented()
    assert (len(columns), files) == (0, ())


@pytest.mark.skipif("ZONEGUARD_CORPUS" not in os.environ, reason="ZONEGUARD_CORPUS names no corpus")
def test_of_real_captures() -> None:
    for file in find_captures(str(Path(os.environ["ZONEGUARD_CORPUS"]) / "captures")):
        try:
            agree(Flows((survey([file], digest=False).tracks,)))
        except InputError:
            continue
