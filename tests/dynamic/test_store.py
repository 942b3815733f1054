"""The flow table's memory, before and after the last packet."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from zoneguard.dynamic import _store
from zoneguard.dynamic._store import HALF, KEPT, LAST, Store


def filled(flows: int, most: int) -> Store:
    """A store whose columns hold any values, up to ``most`` where they may be narrowed."""
    rng = np.random.default_rng(flows)
    store = Store()
    store.add(flows)
    for name in KEPT:
        top = most if name in _store.NARROWED else np.iinfo(HALF[name]).max
        column = getattr(store, name)[: 2 * flows]
        column[:] = np.minimum(rng.integers(0, top, 2 * flows, endpoint=True), np.iinfo(HALF[name]).max)
    store.mac[: 2 * flows : 3] = -1
    return store


@pytest.mark.parametrize("most", [0, 100, 1 << 20, 1 << 40])
@pytest.mark.parametrize("flows", [0, 1, 1000])
def test_a_settled_store_says_the_same_in_less_memory(flows: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_store, "TOGETHER", 64)
    store = filled(flows, most)
    before = {name: getattr(store, name)[: 2 * flows].copy() for name in KEPT}
    began = store.began(slice(2 * flows))
    size = store.halves[: 2 * flows].nbytes
    store.settle()
    store.settle()
    for name, column in before.items():
        assert getattr(store, name).tolist() == column.tolist(), name
    assert np.array_equal(store.began(slice(2 * flows)), began)
    assert store.halves.nbytes < size or not flows
    again = pickle.loads(pickle.dumps(store))
    assert again.last_number.tolist() == before["last_number"].tolist()


def test_a_direction_without_packets_began_behind_every_row() -> None:
    store = filled(3, 100)
    store.packets[:] = 0
    store.settle()
    assert (store.began(slice(6)) == LAST).all()


def test_memory_that_somebody_still_looks_at_is_not_taken_away() -> None:
    store = filled(10, 100)
    looked_at = store.packets
    with pytest.raises(BufferError):
        store.settle()
    assert len(looked_at)
