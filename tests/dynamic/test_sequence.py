"""Payload counted by sequence number, by columns and one by one, against a set of positions."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.dynamic import _sequence
from zoneguard.dynamic._grouping import Grouper, Keys
from zoneguard.dynamic._sequence import Sequences, add_range, nearest
from zoneguard.dynamic._store import Store

ROW = st.tuples(st.integers(0, 2), st.integers(-40, 60), st.integers(0, 30), st.integers(0, 9).map(lambda n: n == 0))


def positions(rows: list[tuple[int, int, bool]]) -> int:
    """The rule word by word, with a set."""
    seen: set[int] = set()
    upto: int | None = None
    floor: int | None = None
    for start, length, syn in rows:
        if upto is None:
            upto = 1 << 40
            origin = upto - start
            if syn:
                floor = upto
        at = upto + nearest(start + origin - upto)
        if syn and floor is None:
            floor = min(seen | {1 << 40})
        fresh = {p for p in range(at, at + length) if floor is None or p >= floor}
        seen |= fresh
        if fresh:
            upto = max(upto, max(fresh) + 1)
    return len(seen)


@given(st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=4), st.sampled_from([5000, 0, (1 << 32) - 20]))
def test_payload_is_the_number_of_positions_seen(batches: list[list[tuple[int, int, int, bool]]], base: int) -> None:
    store = Store()
    store.add(2)
    sequences = Sequences()
    history: dict[int, list[tuple[int, int, bool]]] = {0: [], 1: [], 2: []}
    for batch in batches:
        ordered = sorted(enumerate(batch), key=lambda r: (r[1][0], r[0]))
        rows = [(half, (base + offset) % (1 << 32), length, syn) for _, (half, offset, length, syn) in ordered]
        rows = [r for i, r in enumerate(rows) if r[2] or r[3] or store.next[r[0]] < 0]
        for half, start, length, syn in rows:
            history[half].append((start, length, syn))
        halves = np.array([r[0] for r in rows], np.int64)
        starts, lengths = (np.array([r[i] for r in rows], np.int64) for i in (1, 2))
        syns = np.array([r[3] for r in rows], np.bool_)
        here = store.take(np.arange(3))
        sequences.track(np.arange(3), here, halves, starts, lengths, syns)
        store.put(np.arange(3), here)
    assert store.payload[:3].tolist() == [positions(history[half]) for half in range(3)]


def test_more_holes_than_are_remembered_close_the_lowest() -> None:
    store = Store()
    store.add(1)
    here = store.take(np.array([0]))
    sequences = Sequences()

    def one(start: int, length: int) -> None:
        first = np.array([0])
        sequences.track(first, here, first, np.array([start]), np.array([length]), np.array([False]))

    for i in range(_sequence.MAX_HOLES + 3):
        one(i * 20, 10)
    counted = int(here["payload"][0])
    assert counted == (_sequence.MAX_HOLES + 3) * 10
    one(10, 10)
    assert int(here["payload"][0]) == counted
    one(_sequence.MAX_HOLES * 20 + 10, 10)
    assert int(here["payload"][0]) == counted + 10


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=20))
def test_ranges_stay_sorted_and_count_what_is_new(pieces: list[tuple[int, int]]) -> None:
    ranges: list[tuple[int, int]] = []
    seen: set[int] = set()
    for start, length in pieces:
        new = set(range(start, start + length)) - seen
        seen |= new
        assert add_range(ranges, start, start + length) == len(new)
        assert {p for a, b in ranges for p in range(a, b)} == seen
        assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=40))
def test_a_colliding_hash_still_groups_by_the_keys(rows: list[tuple[int, int, bool]]) -> None:
    def column(i: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        return np.array([r[i] for r in rows], np.uint64)

    zero = np.zeros(len(rows), np.uint64)
    keys = Keys((column(0), zero), column(1), np.array([r[2] for r in rows], np.bool_))
    usual, colliding = Grouper(), Grouper()
    colliding._odd = [np.uint64(0)] * 3
    for grouper in (usual, colliding):
        groups = grouper.group(keys)
        bounds = [*groups.halves.tolist(), len(rows)]
        found = {}
        for start, end, flow, reverse in zip(
            bounds, bounds[1:], groups.flow.tolist(), groups.reverse.tolist(), strict=False
        ):
            members = groups.order[start:end].tolist()
            assert members == sorted(members)
            assert {rows[m][2] for m in members} == {reverse}
            found[flow, reverse] = {rows[m][:2] for m in members}
        assert all(len(values) == 1 for values in found.values())
        assert {(v, r) for (_, r), values in found.items() for v in values} == {((a, b), r) for a, b, r in rows}
        firsts = [min(i for i, r in enumerate(rows) if r[:2] == next(iter(found[k]))) for k in found]
        assert {int(groups.earliest[flow]) for flow, _ in found} == set(firsts)
