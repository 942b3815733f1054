"""Chains with their meaning: one rule list for each, and one more for a way by which it means something else.

``oifname`` in a chain called from prerouting never matches, called from forward it does; ``ct state`` before connection
tracking is ``invalid``. Such a chain gets a list for each such way.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

from zoneguard.model.device import Action, Deny, Jump, NatRule, Permit, Return, Rule, RuleList
from zoneguard.model.match import ALWAYS
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._iptables.ruleset import MAX_DEPTH, callees_first
from zoneguard.parsers._nftables.actions import RuleMaker
from zoneguard.parsers._nftables.pipeline import DEVICE_HOOKS
from zoneguard.parsers._nftables.priorities import CONNTRACK, DEFRAG
from zoneguard.parsers._nftables.scope import HOOKS, Changes, Place, RuleScope, Scope
from zoneguard.parsers._nftables.tree import Chain, Elements, RuleTree, SetName, Table, Translation, Verdict, VerdictMap
from zoneguard.parsers.accounting import Ledger


def place_of(chain: Chain) -> Place | None:
    """By what way packets come to a base chain; ``None`` where the hook is not known."""
    hook = HOOKS.get(chain.hook)
    if hook is None:
        return None
    late = chain.hook not in ("ingress", "prerouting", "output") or chain.priority > CONNTRACK
    whole = chain.hook not in DEVICE_HOOKS and (chain.hook not in ("prerouting", "output") or chain.priority > DEFRAG)
    return Place(hook, late, chain.kind == "nat", whole)


class TableCompiler:
    """Makes the rule lists of one table."""

    def __init__(self, file: str, table: Table, changes: Changes, ledger: Ledger) -> None:
        self.file, self.table, self.changes, self.ledger = file, table, changes, ledger
        self.lists: dict[str, RuleList] = {}
        graph = {name: list(_calls(table, chain)) for name, chain in table.chains.items()}
        self._order, cut = callees_first(graph)
        self._below = {name: {target for number, target in graph[name] if number not in cut} for name in self._order}
        self._cut = frozenset(cut | self._too_deep(graph))

    def compile(self) -> None:
        """Fill ``lists``: the chains by their name, and again for each way by which they mean something else."""
        reached = self._reached()
        places = dict.fromkeys(place for ways in reached.values() for place in ways)
        for place in places:
            self._compile(place, [name for name in self._order if place in reached[name]])
        for place in (self._likely(name) for name in self._order if not reached[name]):
            self._compile(place, [name for name in self._order if not reached[name] and self._likely(name) == place])

    def _compile(self, place: Place, wanted: list[str]) -> None:
        names = {name: self.plain(name) for name in self.table.chains}
        scope = Scope(self.file, self.table, place, self.changes, names, self._cut, self.ledger)
        for name in wanted:  # callees come first
            made = self._rule_list(self.table.chains[name], scope)
            known = self.lists.setdefault(made.name, made)
            if known != made:
                names[name] = f"{made.name}@{place}"
                self.lists[names[name]] = RuleList(names[name], made.rules, made.default, made.span)

    def plain(self, name: str) -> str:
        """The name in the model of a chain as its first way means it."""
        return f"{self.table.family}/{self.table.name}/{name}"

    def _rule_list(self, chain: Chain, scope: Scope) -> RuleList:
        default: Action = Return() if not chain.hook else Deny() if chain.policy == "drop" else Permit()
        first: list[Rule | NatRule] = []
        rules = first
        onward: list[tuple[str, list[Rule | NatRule], SourceSpan]] = []
        for tree in chain.rules:
            span = SourceSpan(self.file, tree.first, tree.last)
            name = f"{self.plain(chain.name)}@{scope.place}#{tree.number}"
            maker = RuleMaker(RuleScope(scope, tree, span), partial(self._part, name, span), f"{name} onward")
            rules += maker.make()
            if maker.goes_onward:
                rules.append(Rule(ALWAYS, Jump(f"{name} onward", goto=True), span))
                rules = []
                onward.append((f"{name} onward", rules, span))
        for name, further, span in onward:
            self.lists[name] = RuleList(name, tuple(further), Return(), span)
        return RuleList(self.plain(chain.name), tuple(first), default, SourceSpan(self.file, chain.line, chain.line))

    def _part(self, rule_name: str, span: SourceSpan, rules: list[Rule | NatRule]) -> str:
        """Keep part of a rule as a list of its own; its name."""
        name = next(f"{rule_name}.{n}" for n in count(1) if f"{rule_name}.{n}" not in self.lists)
        self.lists[name] = RuleList(name, tuple(rules), Return(), span)
        return name

    def _reached(self) -> dict[str, list[Place]]:
        """By which ways packets come to each chain."""
        reached: dict[str, list[Place]] = {name: [] for name in self.table.chains}
        for base in self.table.chains.values():
            place = place_of(base)
            if place is None:
                continue
            waiting = [base.name]
            while waiting:
                name = waiting.pop()
                if place not in reached[name]:
                    reached[name].append(place)
                    waiting += self._below[name]
        return reached

    def _likely(self, name: str) -> Place:
        """The way that suits a chain to which none leads, by what it does."""
        kinds = {s.kind for r in self.table.chains[name].rules for s in r.statements if isinstance(s, Translation)}
        if not kinds:
            return Place(HOOKS["forward"], True, False)
        return Place(HOOKS["prerouting" if kinds & {"dnat", "redirect"} else "postrouting"], True, True)

    def _too_deep(self, graph: dict[str, list[tuple[int, str]]]) -> set[int]:
        height: dict[str, int] = {}
        cut: set[int] = set()
        for name in self._order:
            height[name] = 0
            for number, target in graph[name]:
                if target not in self._below[name]:
                    continue
                if height[target] + 1 >= MAX_DEPTH:
                    cut.add(number)
                else:
                    height[name] = max(height[name], height[target] + 1)
        return cut


def _calls(table: Table, chain: Chain) -> Iterator[tuple[int, str]]:
    """Rule number and target of each jump to a chain of the table."""
    for tree in chain.rules:
        for verdict in _verdicts(table, tree):
            if verdict.target in table.chains:
                yield tree.number, verdict.target


def _verdicts(table: Table, tree: RuleTree) -> Iterator[Verdict]:
    for statement in tree.statements:
        if isinstance(statement, Verdict):
            yield statement
        elif isinstance(statement, VerdictMap):
            data = statement.data
            named = table.sets.get(data.name) if isinstance(data, SetName) else None
            items = data.items if isinstance(data, Elements) else named.elements if named else ()
            yield from {item.data: None for item in items if isinstance(item.data, Verdict)}
