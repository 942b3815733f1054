"""What is remembered of whole datagrams is the same whether they came one by one or many at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.dynamic._finished import Finished, Key, Part, hashes


class Model:
    """The rule in its simplest form: the newest ones within the bounds."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.known: dict[Key, bytes] = {}

    def keep(self, key: Key, data: bytes) -> None:
        self.known.pop(key, None)
        self.known[key] = data
        while len(self.known) > self.most or sum(map(len, self.known.values())) > self.most_bytes:
            del self.known[next(iter(self.known))]


def key(number: int) -> Key:
    return Key(number % 2 == 0, 1 << 100 | number % 3 if number % 2 == 0 else 5, 7, number, number % 2 * 17, number % 4)


def part(numbers: list[int], sizes: list[int]) -> Part:
    keys = [key(number) for number in numbers]
    data = [bytes([number]) * size for number, size in zip(numbers, sizes, strict=True)]
    return Part(hashes(keys), np.array(sizes, np.int64), lambda place: (keys[place], data[place]))


KEYS = st.integers(0, 12)
STEPS = st.one_of(
    st.tuples(KEYS, st.integers(0, 9)),
    st.lists(st.tuples(KEYS, st.integers(0, 9)), min_size=1, unique_by=lambda s: s[0]),
)


@given(st.integers(1, 9), st.integers(9, 60), st.lists(STEPS, max_size=30))
def test_the_newest_ones_are_known(
    most: int, most_bytes: int, steps: list[tuple[int, int] | list[tuple[int, int]]]
) -> None:
    finished, model = Finished(most, most_bytes), Model(most, most_bytes)
    for step in steps:
        several = step if isinstance(step, list) else [step]
        numbers, sizes = [number for number, _ in several], [size for _, size in several]
        here = hashes(map(key, numbers))
        assert finished.any(here) == any(key(number) in model.known for number in numbers)
        if isinstance(step, list) and not finished.any(here):
            finished.keep_all(part(numbers, sizes))
        else:
            for number, size in several:
                finished.keep(key(number), bytes([number]) * size)
        for number, size in several:
            model.keep(key(number), bytes([number]) * size)
        for number in range(13):
            assert finished.get(key(number)) == model.known.get(key(number))


def test_many_parts_are_made_into_one() -> None:
    finished = Finished(1000, 1 << 20)
    for number in range(0, 400, 2):
        finished.keep_all(part([number % 256], [3]) if number < 256 else part([number % 256 + 1], [2]))
        finished.keep(Key(False, 1, 2, number, 17, 0), b"single")
    assert finished.get(Key(False, 1, 2, 100, 17, 0)) == b"single"
    assert finished.get(key(6)) == bytes([6]) * 3
    assert finished.get(Key(False, 1, 2, 101, 17, 0)) is None
