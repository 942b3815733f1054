"""What two lists have in common, and what stands between."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.checks._aligning import gaps

ITEMS = st.lists(st.sampled_from("abcde"), max_size=14)


def kept(items: Sequence[str], out: list[range]) -> list[str]:
    gone = {at for some in out for at in some}
    return [item for at, item in enumerate(items) if at not in gone]


def longest(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """The length of the longest common subsequence, by the table of all beginnings."""
    row = [0] * (len(theirs) + 1)
    for item in mine:
        before = row
        row = [0]
        for at, other in enumerate(theirs):
            row.append(before[at] + 1 if item == other else max(before[at + 1], row[-1]))
    return row[-1]


@given(ITEMS, ITEMS)
def test_what_is_in_no_gap_is_the_same_in_both(mine: list[str], theirs: list[str]) -> None:
    found = list(gaps(mine, theirs))
    assert kept(mine, [a for a, _ in found]) == kept(theirs, [b for _, b in found])
    assert all(a or b for a, b in found)
    assert (not found) == (mine == theirs)
    assert [a for a, _ in found] == sorted((a for a, _ in found), key=lambda some: some.start)


@given(st.permutations("abcdefghij"), st.permutations("abcdefghij"), st.integers(0, 10), st.integers(0, 10))
def test_of_items_that_differ_as_many_as_can_be_are_common(a: list[str], b: list[str], some: int, others: int) -> None:
    mine, theirs = a[:some], b[:others]
    assert len(kept(mine, [one for one, _ in gaps(mine, theirs)])) == longest(mine, theirs)


@given(ITEMS, st.integers(0, 14), st.sampled_from("abcde"))
def test_one_more_item_is_one_gap(items: list[str], at: int, item: str) -> None:
    ((here, there),) = gaps(items, [*items[:at], item, *items[at:]])
    assert (len(here), len(there)) == (0, 1)


def test_long_lists_that_hardly_agree_and_long_lists_of_one_item_come_to_an_end() -> None:
    numbers = [str(n) for n in range(100_000)]
    found = list(gaps(numbers, [item if n % 2 else f"not {item}" for n, item in enumerate(numbers)]))
    assert len(found) == 50_000
    ((here, there),) = gaps(["x"] * 100_000, [*["x"] * 40_000, "y", *["x"] * 60_000])
    assert (len(here), len(there)) == (0, 1)
