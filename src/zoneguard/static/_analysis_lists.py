"""The rule lists of one forwarding context as trees, and the packets that can arrive at each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zoneguard.model.device import (
    Action,
    Deny,
    Jump,
    Permit,
    Return,
    Routing,
    Rule,
    RuleList,
    SetField,
    Translate,
)
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static._analysis_conditions import NOWHERE, Conditions
from zoneguard.static._analysis_tree import Leaf, Tree, leaves
from zoneguard.static.conditions import compile_match
from zoneguard.static.lists import MAX_DEPTH, Outcome
from zoneguard.static.topology import Context, Topology


class ContextLists:
    """``lists`` by identity: those that stages run, those that they call, and those that nothing calls."""

    def __init__(self, space: PacketSpace, topology: Topology, context: Context) -> None:
        vrf = context.vrf
        self.space = space
        self.context = context
        self._topology = topology
        self._named = vrf.lists
        self._staged = [s for s in (*vrf.stages, *vrf.local) if not isinstance(s, Routing)]
        every = [*(s.rules for s in self._staged), *vrf.lists.values()]
        self.lists: dict[int, RuleList] = {id(rules): rules for rules in every}
        interfaces = [i for i in context.device.interfaces if i.name in vrf.interfaces]
        self.conditions = Conditions(space, interfaces, self.lists.values())
        self._trees: dict[int, Tree] = {}
        self._open: set[int] = set()
        self._anywhere: set[int] = set()
        self._calls = {key: self._called(rules) for key, rules in self.lists.items()}
        self._changing = self._changes()
        for rules in self.lists.values():
            self.tree(rules)
        actions = [a for rules in every for a in (*_actions(rules), rules.default)]
        self.all_answers = {a.reject for a in actions if isinstance(a, Deny)}
        self.translating = frozenset(id(s.rules) for s in self._staged if isinstance(s, Translate))

    def tree(self, rules: RuleList, depth: int = 0) -> Tree:
        """The lines of a list of the context."""
        key = id(rules)
        if key not in self._trees:
            self._open.add(key)
            lines = leaves(self.conditions, rules, self._changing[key], lambda jump: self._target(jump, depth))
            self._trees[key] = Tree(self.space, lines, self._default(rules))
            self._open.discard(key)
        return self._trees[key]

    def _changes(self) -> dict[int, frozenset[Field]]:
        """Per list the fields that it, or a list run with it in one stage, changes on the way."""
        found: dict[int, frozenset[Field]] = dict.fromkeys(self.lists, frozenset())
        roots = {id(s.rules) for s in self._staged}
        roots |= {key for key, rules in self.lists.items() if not isinstance(rules.default, Return)}
        for root in roots:
            run = _below(self._calls, [root])
            changed = frozenset(a.field for key in run for a in _actions(self.lists[key]) if isinstance(a, SetField))
            for key in run if changed else ():
                found[key] = found[key] | changed
        return found

    def _called(self, rules: RuleList) -> list[int]:
        targets = dict.fromkeys(a.target for a in _actions(rules) if isinstance(a, Jump))
        return [id(self._named[name]) for name in targets if name in self._named]

    def _target(self, jump: Jump, depth: int) -> Outcome:
        target = self._named.get(jump.target)
        if target is not None and id(target) not in self._open and depth < MAX_DEPTH:
            return self.tree(target, depth + 1).whole
        if target is not None:
            self._anywhere.add(id(target))
        passes = self.space.unknown(f"list {jump.target}")
        return Outcome(passes, ~passes, self.space.nothing)

    def _default(self, rules: RuleList) -> Outcome:
        everything, nothing = self.space.everything, self.space.nothing
        if isinstance(rules.default, Permit):
            return Outcome(everything, nothing, nothing)
        if isinstance(rules.default, Deny):
            return Outcome(nothing, everything, nothing)
        return Outcome(nothing, nothing, everything)

    def arrivals(self, routed: bool) -> dict[int, PacketSet]:
        """What can arrive at each list, by the interfaces of its stages and the lines that call it; lists that are not
        there are never called. ``routed``: packets leave only where the routing table leads them.

        Built-in lists of stages that are not modelled (what the device sends itself) may get anything.
        """
        found: dict[int, PacketSet] = {}
        for stage, packets in self._entries(routed):
            found[id(stage)] = found.get(id(stage), self.space.nothing) | packets
        called = set(_below(self._calls, list(found)))
        for key, rules in self.lists.items():
            if key in self._anywhere or (key not in called and not isinstance(rules.default, Return)):
                found[key] = self.space.everything
        for key in self._in_order(list(found)):
            tree = self._trees[key]
            if not self._calls[key] or key not in found:
                continue
            for line, packets in zip(tree.lines, tree.reaching(found[key]), strict=True):
                for name, asked in line.calls:
                    target = self._named.get(name)
                    if target is not None and packets:
                        before = found.get(id(target), self.space.nothing)
                        found[id(target)] = before | (packets & asked)
        for key in _below(self._calls, list(found)):
            found.setdefault(key, self.space.nothing)
        return found

    def _in_order(self, keys: list[int]) -> list[int]:
        """Those lists, each after all that call it where there is no circle."""
        done: list[int] = []
        state: set[int] = set()
        todo: list[tuple[int, bool]] = [(key, False) for key in keys]
        while todo:
            key, left = todo.pop()
            if left:
                done.append(key)
            elif key not in state:
                state.add(key)
                todo.append((key, True))
                todo.extend((callee, False) for callee in self._calls[key] if callee not in state)
        return done[::-1]

    def _entries(self, routed: bool) -> Iterator[tuple[RuleList, PacketSet]]:
        """Each stage's list with the packets that can come to the stage, if those before it let them."""
        leaked = any(r.into == self.context.vrf.name for v in self.context.device.vrfs for r in v.routes)
        every = (*self.conditions.interfaces, *((NOWHERE,) if leaked else ()))
        leaving = self._leaving(routed)
        after = False
        for stage in self.context.vrf.stages:
            if isinstance(stage, Routing):
                after = True
                continue
            came = self.conditions.came(every if stage.ingress is None else stage.ingress)
            if not after:
                yield stage.rules, came & self.conditions.leaves([NOWHERE])
            else:
                ways = [packets for name, packets in leaving.items() if stage.egress is None or name in stage.egress]
                yield stage.rules, came & self.space.union(*ways)
        for stage in self.context.vrf.local:
            if not isinstance(stage, Routing):
                came = self.conditions.came(every if stage.ingress is None else stage.ingress)
                yield stage.rules, came & self.conditions.leaves((NOWHERE, *self.conditions.interfaces))

    def _leaving(self, routed: bool) -> Mapping[str, PacketSet]:
        """Per egress interface, the packets that can leave by it."""
        everything = self.space.everything
        found = {name: self.conditions.leaves([name]) for name in self.conditions.interfaces}
        table = self._topology.fibs[self.context.key]
        if not routed or not table.ways:
            return found
        destinations = dict.fromkeys(found, self.space.nothing)
        for target, values in table.table().items():
            if target.way.interface in destinations:
                here = destinations[target.way.interface]
                destinations[target.way.interface] = here | self.space.field(Field.DST, values)
        for policy in self.context.vrf.policy_routes:
            asked = compile_match(self.space, policy.match, None, None).may()
            for next_hop, interface in policy.targets:
                for name in [interface] if interface else list(destinations) if next_hop is not None else []:
                    destinations[name] = destinations.get(name, everything) | asked
        return {name: packets & destinations[name] for name, packets in found.items()}

    def changes_packets(self, line: Leaf) -> bool:
        """Whether a list that the line calls changes packets that go on."""
        keys = [id(self._named[name]) for name, _ in line.calls if name in self._named]
        below = (action for key in _below(self._calls, keys) for action in _actions(self.lists[key]))
        return any(isinstance(action, SetField) for action in below)

    def is_changing(self, rules: RuleList) -> bool:
        """Whether rules of the list, or of lists that run with it, change packets on their way."""
        return bool(self._changing[id(rules)])

    def answers(self, line: Leaf) -> set[bool]:
        """How the line, or lists that it calls, deny: with an answer to the sender (``True``), without."""
        keys = [id(self._named[name]) for name, _ in line.calls if name in self._named]
        below = [action for key in _below(self._calls, keys) for action in _actions(self.lists[key])]
        own = [rule.action for rule in line.rules if isinstance(rule, Rule)]
        return {action.reject for action in (*own, *below) if isinstance(action, Deny)}


def _actions(rules: RuleList) -> Iterator[Action]:
    return (rule.action for rule in rules.rules if isinstance(rule, Rule) and rule.enabled)


def _below(calls: Mapping[int, list[int]], keys: list[int]) -> list[int]:
    """``keys`` and every list that they call, directly or not."""
    seen: dict[int, None] = {}
    todo = list(keys)
    while todo:
        key = todo.pop()
        if key not in seen:
            seen[key] = None
            todo.extend(calls[key])
    return list(seen)
