"""Sets whose members may be sets: everything that one holds, each member once, and whether one holds itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def flatten(root: K, members: Callable[[K], Iterable[K] | None]) -> tuple[list[K], list[K]]:
    """What ``root`` holds in the end, in order, and the sets below it that hold themselves.

    ``members``: of a set, ``None`` for what is none. Each set is opened once, however many paths lead to it.
    """
    leaves: dict[K, None] = {}
    circles: dict[K, None] = {}
    active: set[K] = set()
    done: set[K] = set()
    stack: list[tuple[K, Iterator[K]]] = []

    def visit(key: K) -> None:
        if key in active:
            circles[key] = None
        elif key not in done:
            inner = members(key)
            if inner is None:
                done.add(key)
                leaves[key] = None
            else:
                active.add(key)
                stack.append((key, iter(inner)))

    visit(root)
    while stack:
        key, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            active.discard(key)
            done.add(key)
        else:
            visit(following)
    return list(leaves), list(circles)
