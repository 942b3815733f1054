"""Two lists side by side: what both have in the same order, and what stands between; in time with their lengths."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

_Chain = tuple[int, int, "_Chain | None"]


def gaps(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[range, range]]:
    """The places of both lists between items that they have in common, in order; either range may be empty.

    The longest common beginning and end are common; between them as many items as can be in one order, where of items
    that are alike the first here is the first there, and so on.
    """
    shorter = min(len(mine), len(theirs))
    head = next((n for n in range(shorter) if mine[n] != theirs[n]), shorter)
    tail = next((n for n in range(shorter - head) if mine[-1 - n] != theirs[-1 - n]), shorter - head)
    ends = len(mine) - tail, len(theirs) - tail
    a = b = head
    for i, j in (*_common(mine[head : ends[0]], theirs[head : ends[1]]), (ends[0] - head, ends[1] - head)):
        if head + i > a or head + j > b:
            yield range(a, head + i), range(b, head + j)
        a, b = head + i + 1, head + j + 1


def _common(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """The places of the longest sequence of items that both have in one order (patience sorting)."""
    there = {item: place for place, item in enumerate(_numbered(theirs))}
    last: list[int] = []  # where the shortest chain, the next longer one, … ends there
    chains: list[_Chain] = []
    for here, item in enumerate(_numbered(mine)):
        place = there.get(item)
        if place is not None:
            length = bisect_left(last, place)
            last[length : length + 1] = [place]
            chains[length : length + 1] = [(here, place, chains[length - 1] if length else None)]
    found: list[tuple[int, int]] = []
    chain = chains[-1] if chains else None
    while chain is not None:
        here, place, chain = chain
        found.append((here, place))
    return found[::-1]


def _numbered(items: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each item with how many alike came before it."""
    met: Counter[str] = Counter()
    for item in items:
        yield item, met[item]
        met[item] += 1
