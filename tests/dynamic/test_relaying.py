"""Hosts that went on, in columns and one flow behind the other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.dynamic.relaying import by_zones, once, steps

HOSTS = 5
Flow = tuple[int, int, int, bool, bool]  # from host, to host, port, whether it enters, whether it leads on
FLOWS = st.lists(st.tuples(*[st.integers(0, HOSTS - 1)] * 2, st.integers(0, 1), st.booleans(), st.booleans()))


def columns(flows: list[Flow]) -> tuple[Any, Any, Any]:
    """As much of a ``Traffic`` as is asked for, and which flows enter and lead on."""
    table = np.array(flows, np.int64).reshape(-1, 5)
    src, dst, port = (table[:, number].astype(np.int32) for number in range(3))
    zone = np.arange(HOSTS) % 2
    traffic = SimpleNamespace(
        src=src, dst=dst, dport=port.astype(np.uint16), table=range(HOSTS), zones=range(2),
        source=zone[src].astype(np.int16), target=zone[dst].astype(np.int16),
    )  # fmt: skip
    return traffic, table[:, 3] > 0, table[:, 4] > 0


def one_by_one(flows: list[Flow], latest: bool, ports: bool) -> list[tuple[int, int]]:
    entered: dict[int, int] = {}
    done: set[tuple[int, ...]] = set()
    found = []
    for at, (src, dst, port, enters, onward) in enumerate(flows):
        way = (src, dst, port) if ports else (src, dst)
        if onward and src in entered and way not in done:
            done.add(way)
            found.append((entered[src], at))
        if enters and (latest or dst not in entered):
            entered[dst] = at
    return found


@given(FLOWS, st.booleans(), st.booleans())
def test_columns_find_what_a_walk_through_the_flows_finds(flows: list[Flow], latest: bool, ports: bool) -> None:
    traffic, entering, onward = columns(flows)
    before, after = once(traffic, steps(traffic, entering, onward, latest=latest), ports=ports)
    assert list(zip(before.tolist(), after.tolist(), strict=True)) == one_by_one(flows, latest, ports)


@given(FLOWS)
def test_every_step_is_among_those_of_its_zones(flows: list[Flow]) -> None:
    traffic, entering, onward = columns(flows)
    found = steps(traffic, entering, onward, latest=True)
    parts = list(by_zones(traffic, found))
    assert sorted(np.concatenate([after for _, after in parts]).tolist() if parts else []) == found[1].tolist()
    kinds = [
        {(b, a) for b, a in zip(traffic.source[before], traffic.target[after], strict=True)} for before, after in parts
    ]
    assert all(len(kind) == 1 for kind in kinds)
    assert len(set().union(*kinds)) == len(kinds)
