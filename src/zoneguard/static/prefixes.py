"""A tree of prefixes: what each holds that no longer one has."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import V6

Prefix = tuple[int, int]
"""Network address in the shared space, and length."""


def host(address: int) -> Prefix:
    """The prefix of one address."""
    return address, 128 if address >= V6 else 32


class PrefixTree:
    """``prefixes`` in order, each after the one that contains it: number ``parents[i]``, or -1.

    ``regions[i]``: the spans of addresses whose longest prefix is ``prefixes[i]``.
    """

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        self.prefixes = sorted(set(prefixes))
        self.parents: list[int] = []
        self.regions: list[list[tuple[int, int]]] = [[] for _ in self.prefixes]
        stack: list[tuple[int, int]] = []
        cursor = 0
        for number, (network, length) in enumerate(self.prefixes):
            cursor = self._close(stack, cursor, network)
            if stack and cursor < network:
                self.regions[stack[-1][0]].append((cursor, network - 1))
            cursor = network
            self.parents.append(stack[-1][0] if stack else -1)
            stack.append((number, network + (1 << ((128 if network >= V6 else 32) - length)) - 1))
        self._close(stack, cursor, 1 << 130)

    def _close(self, stack: list[tuple[int, int]], cursor: int, limit: int) -> int:
        """Finish the prefixes that end before ``limit``; everything below the answer is settled."""
        while stack and stack[-1][1] < limit:
            number, high = stack.pop()
            if cursor <= high:
                self.regions[number].append((cursor, high))
            cursor = max(cursor, high + 1)
        return cursor
