"""A file's tables, chains and sets as they stand in it, before any of it gets a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.parsers._iptables.scope import HOOKS
from zoneguard.parsers._iptables.syntax import RuleText

TABLES = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The built-in chains of each table."""
MAX_DEPTH = 60
"""Chains called deeper than this are cut: nf_tables allows 16 levels, and who evaluates need not guard his stack."""


@dataclass(slots=True)
class Chain:
    """``policy`` is ``ACCEPT`` or ``DROP`` of a built-in chain, empty of a user's; ``line`` is where it is declared.

    ``stated``: the file says the policy; ``open``: it does not, and what the kernel starts with need not hold.
    """

    name: str
    line: int
    policy: str = ""
    stated: bool = False
    open: bool = False
    rules: list[RuleText] = field(default_factory=list)

    @property
    def calls(self) -> Iterator[tuple[int, str]]:
        """Line and target of each rule that has a target."""
        return ((rule.line, rule.target) for rule in self.rules if rule.target)


@dataclass(slots=True)
class Table:
    """``line`` is where the table begins."""

    name: str
    line: int
    chains: dict[str, Chain] = field(default_factory=dict)

    def chain(self, name: str, line: int) -> Chain:
        """The chain of that name; declared by its first use where nothing else does."""
        if name not in self.chains:
            self.chains[name] = Chain(name, line, "ACCEPT" if name in TABLES[self.name] else "")
        return self.chains[name]

    def open_chains(self, names: Iterable[str]) -> list[Chain]:
        """Of the built-in chains ``names``, those whose policy is open: with rules, or all of a table without a policy.

        A chain of which a file with policies says nothing is as the kernel starts it.
        """
        anything = any(chain.stated for chain in self.chains.values())
        found = [self.chain(name, self.line) for name in names]
        for chain in found:
            chain.open = not chain.stated and (bool(chain.rules) or not anything)
        return [chain for chain in found if chain.open]


@dataclass(frozen=True, slots=True)
class Calls:
    """Which chains call which. ``cut``: lines of calls that would make a circle or go too deep.

    ``hooks``: by which built-in chains packets come to a chain, in the order of ``HOOKS``. ``below``: what each chain
    calls, less what is cut; callees come first.
    """

    cut: frozenset[int]
    hooks: dict[str, tuple[str, ...]]
    below: dict[str, tuple[str, ...]]


def calls(table: Table) -> Calls:
    """The calls of a table. Chains are walked without recursion: a file may nest them as deep as it likes."""
    graph = {name: [(n, t) for n, t in chain.calls if t in table.chains] for name, chain in table.chains.items()}
    order, cut = callees_first(graph)
    height: dict[str, int] = {}
    for name in order:
        height[name] = 0
        for line, target in graph[name]:
            if line in cut:
                continue
            if height[target] + 1 >= MAX_DEPTH:
                cut.add(line)
            else:
                height[name] = max(height[name], height[target] + 1)
    below = {name: tuple(dict.fromkeys(t for n, t in graph[name] if n not in cut)) for name in order}
    reached: dict[str, list[str]] = {name: [] for name in order}
    for hook in HOOKS:
        if hook in table.chains and hook in TABLES[table.name]:
            for name in _reachable(below, hook):
                reached[name].append(hook)
    return Calls(frozenset(cut), {name: tuple(hooks) for name, hooks in reached.items()}, below)


def _reachable(below: dict[str, tuple[str, ...]], start: str) -> set[str]:
    """The chains that packets can come to from ``start``, itself included."""
    seen = {start}
    open_chains = [start]
    while open_chains:
        for target in below[open_chains.pop()]:
            if target not in seen:
                seen.add(target)
                open_chains.append(target)
    return seen


def callees_first(graph: dict[str, list[tuple[int, str]]]) -> tuple[list[str], set[int]]:
    """Every chain after those it calls, and the lines of calls that close a circle."""
    order: list[str] = []
    cut: set[int] = set()
    entered: set[str] = set()
    finished: set[str] = set()
    for root, calls_of_root in graph.items():
        if root in entered:
            continue
        entered.add(root)
        stack = [(root, iter(calls_of_root))]
        while stack:
            name, edges = stack[-1]
            for line, target in edges:
                if target not in entered:
                    entered.add(target)
                    stack.append((target, iter(graph[target])))
                    break
                if target not in finished:
                    cut.add(line)
            else:
                stack.pop()
                finished.add(name)
                order.append(name)
    return order, cut
