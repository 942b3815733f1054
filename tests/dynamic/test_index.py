"""Flows are found by their keys, whatever the keys and however often a table grows or a hash collides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.dynamic import _index, _store
from zoneguard.dynamic._index import Index
from zoneguard.dynamic._store import Store

KEYS = st.tuples(*[st.integers(0, 2)] * 5)


@given(st.lists(st.lists(KEYS, max_size=12, unique=True), max_size=12), st.booleans())
def test_an_index_is_a_dictionary(batches: list[list[tuple[int, ...]]], colliding: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_index, "SMALLEST", 4)
        patch.setattr(_store, "START", 4)
        store = Store()
        index = Index(store)
        if colliding:
            index._odd = [np.uint64(1 << 63)] * 5
        known: dict[tuple[int, ...], int] = {}
        for batch in batches:
            keys = np.array(batch, np.uint64).reshape(-1, 5)
            found = index.find(keys).tolist()
            assert found == [known.get(key, -1) for key in batch]
            new = [key for key in batch if key not in known]
            first = store.add(len(new))
            store.key[first : first + len(new)] = np.array(new, np.uint64).reshape(-1, 5)
            index.add(store.key[first : first + len(new)], first)
            known |= {key: first + at for at, key in enumerate(new)}
            if batch:
                again = store.add(1)
                store.key[again] = keys[0]
                index.renew(known[batch[0]], again)
                known[batch[0]] = again
