"""What a set of packets holds of many flows is what it holds of each."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.dynamic.making import look
from tests.dynamic.test_oriented import packet
from zoneguard.checks._holding import Ends, holding
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.traffic import Traffic
from zoneguard.model.addresses import V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.engine import Engine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.zones import ZoneMap

HOSTS = [(10 << 24) + n for n in range(4)] + [V6 + (0xFD << 120) + n for n in range(4)]


def some_set(space: PacketSpace, draw: random.Random) -> PacketSet:
    """Unions and differences of boxes, with conditions that nobody can decide and fields that no flow has."""
    parts = []
    for _ in range(draw.randrange(1, 5)):
        part = space.everything
        for field in (Field.SRC, Field.DST):
            if draw.random() < 0.7:
                part &= space.field(field, Intervals.of(*draw.sample(HOSTS, 4)))
        if draw.random() < 0.5:
            part &= space.field(Field.DPORT, Intervals.span(0, draw.choice((53, 80, 445))))
        if draw.random() < 0.3:
            part &= space.field(Field.SPORT, Intervals.span(draw.choice((0, 40001)), 65535))
        if draw.random() < 0.3:
            part &= space.field(Field.PROTO, Intervals.of(draw.choice((1, 6, 17))))
        if draw.random() < 0.3:
            part &= space.field(Field.FLAGS, Intervals.of(2)) | space.unknown("who knows")
        if draw.random() < 0.2:
            part &= space.masked(Field.SRC, 1, 1)
        parts.append(part)
    return parts[0] - parts[-1] | parts[-1] if draw.random() < 0.5 else space.union(*parts) - parts[0]


@pytest.fixture
def traffic(tmp_path: Path) -> Traffic:
    draw = random.Random(3)
    flows = Flows((look(tmp_path, [packet(draw) for _ in range(400)]).tracks,))
    return Traffic(flows, ZoneMap([]), {})


@pytest.mark.parametrize("engine", [BinaryEngine, IntervalEngine])
def test_all_at_once_is_one_by_one(engine: Callable[[], Engine], traffic: Traffic) -> None:
    space, draw = PacketSpace(engine()), random.Random(11)
    which = np.arange(len(traffic))
    for turned in (False, True):
        ends = Ends(traffic, which, turned)
        for _ in range(12):
            packets = some_set(space, draw)
            assert holding(packets, ends).tolist() == [ends.one(packets, at) for at in range(len(which))]


def test_a_set_too_scattered_to_list_is_asked_one_by_one(traffic: Traffic) -> None:
    space = PacketSpace(BinaryEngine())
    space.engine.max_spans = 4
    packets = space.masked(Field.SRC, 1, 1)
    ends = Ends(traffic, np.arange(len(traffic)))
    held = holding(packets, ends).tolist()
    assert held == [ends.one(packets, at) for at in range(len(traffic))]
    assert len(set(held)) == 2
