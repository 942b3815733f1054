"""Columns of addresses are placed as one address at a time would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.dynamic.making import START, crosses, ether, pcap, udp
from zoneguard.dynamic.crossing import crossing
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.placing import Addresses, Partition
from zoneguard.dynamic.surveying import survey
from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

NETWORKS = [
    (0, 0), (0x0A000000, 8), (0x0A010000, 16), (0x0A010100, 24), (0x0A010101, 32), (0xFFFFFFFF, 32), (0xA9FE0000, 16),
    (V6, 0), (V6 + (0xFD << 120), 8), (V6 + (0xFD << 120), 64), (V6 + (0xFD << 120) + (1 << 32), 96),
    (V6 + (0xFD << 120) + 5, 128), (V6 + (0xFD << 120) + (5 << 64), 72), (2 * V6 - 1, 128), (V6 + (0xFE80 << 112), 10),
]  # fmt: skip
EDGES = sorted({
    edge + step
    for network, length in NETWORKS
    for low, high in prefix_span(network, length).spans
    for edge in (low, high)
    for step in (-1, 0, 1)
    if 0 <= edge + step < 1 << 32 or V6 <= edge + step < 2 * V6
})  # fmt: skip


def column(values: list[int]) -> Addresses:
    plain = [value - V6 if value >= V6 else value for value in values]
    return Addresses(
        np.array([value >= V6 for value in values]),
        np.array([value >> 64 for value in plain], np.uint64),
        np.array([value & ((1 << 64) - 1) for value in plain], np.uint64),
    )


@given(st.lists(st.sampled_from(NETWORKS), max_size=8))
def test_every_edge_of_disjoint_sets(networks: list[tuple[int, int]]) -> None:
    sets, taken = [], Intervals()
    for network in networks:
        sets.append(prefix_span(*network) - taken)
        taken = taken | sets[-1]
    expected = [next((n for n, some in enumerate(sets, 1) if edge in some), 0) for edge in EDGES]
    assert Partition(sets).of(column(EDGES)).tolist() == expected


@given(
    st.dictionaries(st.sampled_from(NETWORKS), st.sampled_from("abc")),
    st.lists(st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)), min_size=1),
)
def test_flows_cross_as_the_boundary_says(networks: dict[tuple[int, int], str], pairs: list[tuple[int, int]]) -> None:
    zones = ZoneMap(
        Zone(name, ZoneClass.OTHER, tuple(n for n, owner in networks.items() if owner == name), SourceSpan("", 1, 1))
        for name in sorted(set(networks.values()))
    )
    pairs = [(a, b) for a, b in pairs if (a >= V6) == (b >= V6)] or [(EDGES[0], EDGES[0])]
    columns = column([a for a, _ in pairs]), column([b for _, b in pairs])
    assert crossing(zones, columns).tolist() == [crosses(zones, a, b) for a, b in pairs]


def test_flows_of_several_points_are_one_table_in_order_of_time(tmp_path: Path) -> None:
    seen = []
    for point in range(3):
        path = tmp_path / f"{point}.pcap"
        frames = [ether(udp(dst=f"10.{n % 3}.0.9", sport=5000 + 10 * point + n)) for n in range(5)]
        path.write_bytes(pcap([(START + (7 * n + point) * 10**6, frame) for n, frame in enumerate(frames)]))
        seen.append(survey([str(path)]).tracks)
    flows = Flows(seen, by_time=True)
    assert list(flows) == sorted((track.flow for part in seen for track in part), key=lambda flow: flow.first.time)
    assert flows == [flows[n] for n in range(15)]
    assert flows[3:5] == tuple(flows)[3:5]
    span = SourceSpan("", 1, 1)
    zones = ZoneMap([Zone(f"z{n}", ZoneClass.OTHER, (((10 << 8 | n) << 16, 16),), span) for n in (1, 2)])
    crossed = flows.some(np.flatnonzero(crossing(zones, flows.ends())))
    assert list(crossed) == [flow for flow in flows if crosses(zones, flow.src, flow.dst)]
    assert 0 < len(crossed) < 15
    assert len(crossing(zones, Flows(()).ends())) == 0
