"""First-match lists over packet sets: what they permit, and which lines decided.

Where no rule of a list that was jumped to decides, its default does; with ``Return`` for a default the caller goes on.

Two evaluations of one meaning. ``Verdicts`` compiles a list once, by divide and conquer, into what it permits, denies
and hands back. ``walk`` runs a given set rule by rule: for lists that rewrite, and to say which lines decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.device import Continue, Deny, Jump, NatRule, Permit, Return, Rule, RuleList, SetField
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Egress, Ingress, asks
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match

SHORT = 64
"""Up to so many lines a list is compiled line by line, from the last to the first; longer ones are halved first."""
BLOCKS = 4
"""Into so many parts."""
MAX_DEPTH = 64
"""Jumps deeper than this (the kernel allows fewer in one hook) are undecided."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Disjoint parts of all packets: permitted, denied, handed back by ``Return``; the rest falls off the end."""

    permit: PacketSet
    deny: PacketSet
    back: PacketSet

    def then(self, later: Outcome) -> Outcome:
        """First this, then ``later`` for what this did not decide."""
        return Outcome(
            _joined(self.permit, later.permit, self.deny, self.back),
            _joined(self.deny, later.deny, self.permit, self.back),
            _joined(self.back, later.back, self.permit, self.deny),
        )

    def before(self, permit: PacketSet, back: PacketSet) -> tuple[PacketSet, PacketSet]:
        """What is permitted and handed back where this comes first and of what it does not decide the rest does so."""
        return _joined(self.permit, permit, self.deny, self.back), _joined(self.back, back, self.permit, self.deny)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a set and what became of it, ``Permit``, ``Deny``, ``Return`` or a ``NatRule``, by ``line``.

    For a ``NatRule`` the packets are those before translation. ``default``: no rule decided, the list's default did;
    ``unasked``: the list is not about these packets.
    """

    packets: PacketSet
    action: Permit | Deny | Return | NatRule
    line: SourceSpan
    default: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a list and all it jumps to: whether it asks for interfaces, and whether it changes packets."""

    interfaces: bool = False
    rewrites: bool = False

    def plus(self, other: Facts) -> Facts:
        """What holds of either."""
        return Facts(self.interfaces or other.interfaces, self.rewrites or other.rewrites)


class Lists:
    """The rule lists of one forwarding context."""

    def __init__(self, space: PacketSpace, named: Mapping[str, RuleList]) -> None:
        self.space = space
        self._named = named
        self._outcomes: dict[tuple[int, str | None, str | None], Outcome] = {}
        self._passed: dict[tuple[int, str | None, str | None], PacketSet] = {}
        self._facts: dict[int, Facts] = {}
        self._kept: list[RuleList] = []

    def permitted(self, rules: RuleList, packets: PacketSet, ingress: str | None, egress: str | None) -> PacketSet:
        """What of ``packets`` passes a filter stage with this list, rewritten where the list does so (marks)."""
        if self.about(rules).rewrites:
            parts = [s.packets for s in self.walk(rules, packets, ingress, egress) if isinstance(s.action, Permit)]
            return self.space.union(*parts)
        return packets & self._passing(rules, ingress, egress)

    def _passing(self, rules: RuleList, ingress: str | None, egress: str | None) -> PacketSet:
        """Every packet that passes a filter stage with this list, which does not rewrite."""
        if not self.about(rules).interfaces:
            ingress = egress = None
        key = (id(rules), ingress, egress)
        if key not in self._passed:
            permits = isinstance(rules.default, Permit)
            permit, back = self._ended(self._leaves(rules, ingress, egress), permits)
            self._passed[key] = permit | back if permits else permit
        return self._passed[key]

    def about(self, rules: RuleList) -> Facts:
        """What the list, and those it jumps to, ask and do."""
        known = self._facts.get(id(rules))
        if known is not None:
            return known
        self._kept.append(rules)
        self._facts[id(rules)] = Facts()
        facts = Facts(
            interfaces=any(isinstance(a, Ingress | Egress) for r in rules.rules for a in asks(r.match)),
            rewrites=any(isinstance(r, NatRule) or isinstance(r.action, SetField) for r in rules.rules),
        )
        targets = {r.action.target for r in rules.rules if isinstance(r, Rule) and isinstance(r.action, Jump)}
        for target in targets & self._named.keys():
            facts = facts.plus(self.about(self._named[target]))
        self._facts[id(rules)] = facts
        return facts

    def outcome(self, rules: RuleList, ingress: str | None, egress: str | None, depth: int = 0) -> Outcome:
        """The meaning of a list that does not rewrite, for every packet."""
        if not self.about(rules).interfaces:
            ingress = egress = None
        key = (id(rules), ingress, egress)
        known = self._outcomes.get(key)
        if known is None:
            self._outcomes[key] = self._undecided(f"chain {rules.name} calls itself")
            try:
                parts = self._leaves(rules, ingress, egress, depth)
                if isinstance(rules.default, Permit | Deny):
                    permit, back = self._ended(parts, isinstance(rules.default, Permit))
                    known = Outcome(permit, ~(permit | back), back)
                else:
                    known = self._open(parts)
            except TooLarge:
                del self._outcomes[key]
                raise
            self._outcomes[key] = known
        return known

    def _leaves(self, rules: RuleList, ingress: str | None, egress: str | None, depth: int = 0) -> list[Outcome]:
        """What each line does that does something."""
        leaves = (self._leaf(r, ingress, egress, depth) for r in rules.rules if isinstance(r, Rule) and r.enabled)
        return [leaf for leaf in leaves if leaf is not None]

    def _open(self, parts: list[Outcome]) -> Outcome:
        """What lines do one after the other."""
        nothing = self.space.nothing
        return _halved(parts, 1)[0] if parts else Outcome(nothing, nothing, nothing)

    def _ended(self, parts: list[Outcome], permits: bool) -> tuple[PacketSet, PacketSet]:
        """What is permitted and handed back by lines one after the other, where the end of the list decides the rest.

        What they deny needs no set of its own at the end: the largest sets of all are not made.
        """
        permit, back = self.space.everything if permits else self.space.nothing, self.space.nothing
        for part in reversed(_halved(parts, BLOCKS) if len(parts) > SHORT else parts):
            permit, back = part.before(permit, back)
        return permit, back

    def _leaf(self, rule: Rule, ingress: str | None, egress: str | None, depth: int) -> Outcome | None:
        if isinstance(rule.action, Continue):
            return None
        match = compile_match(self.space, rule.match, ingress, egress)
        if not match:
            return None
        nothing = self.space.nothing
        if isinstance(rule.action, Permit):
            return Outcome(match, nothing, nothing)
        if isinstance(rule.action, Deny):
            return Outcome(nothing, match, nothing)
        if isinstance(rule.action, Return):
            return Outcome(nothing, nothing, match)
        assert isinstance(rule.action, Jump)
        below = self._target(rule.action, ingress, egress, depth)
        back = match - below.permit - below.deny if rule.action.goto else nothing
        return Outcome(match & below.permit, match & below.deny, back)

    def _target(self, jump: Jump, ingress: str | None, egress: str | None, depth: int) -> Outcome:
        target = self._named.get(jump.target)
        if target is None or depth >= MAX_DEPTH:
            return self._undecided(f"chain {jump.target}")
        return self.outcome(target, ingress, egress, depth + 1)

    def _undecided(self, key: str) -> Outcome:
        passes = self.space.unknown(key)
        return Outcome(passes, ~passes, self.space.nothing)

    def walk(self, rules: RuleList, packets: PacketSet, ingress: str | None, egress: str | None) -> Iterator[Step]:
        """``packets`` cut by the rules that decide; at the end of the list its default does."""
        for step in self._run(rules, packets, ingress, egress, 0):
            if isinstance(step.action, Return) and isinstance(rules.default, Permit | Deny):
                yield Step(step.packets, rules.default, rules.span, default=True)
            else:
                yield step

    def _run(
        self, rules: RuleList, packets: PacketSet, ingress: str | None, egress: str | None, depth: int
    ) -> Iterator[Step]:
        rest = packets
        for rule in rules.rules:
            if not rest:
                return
            if isinstance(rule, Rule) and (not rule.enabled or isinstance(rule.action, Continue)):
                continue
            hit = rest & compile_match(self.space, rule.match, ingress, egress)
            if not hit:
                continue
            rest = rest - hit
            if isinstance(rule, NatRule):
                yield Step(hit, rule, rule.span)
            elif isinstance(rule.action, Permit | Deny | Return):
                yield Step(hit, rule.action, rule.span, unasked=rule.unasked)
            elif isinstance(rule.action, SetField):
                rest = rest | _set_bits(hit, rule.action)
            elif isinstance(rule.action, Jump):
                for step in self._jump(rule.action, rule.span, hit, ingress, egress, depth):
                    if isinstance(step.action, Return) and not rule.action.goto:
                        rest = rest | step.packets
                    else:
                        yield step
        if rest and depth and isinstance(rules.default, Permit | Deny):
            yield Step(rest, rules.default, rules.span, default=True)
        elif rest:
            yield Step(rest, Return(), rules.span)

    def _jump(
        self,
        jump: Jump,
        line: SourceSpan,
        packets: PacketSet,
        ingress: str | None,
        egress: str | None,
        depth: int,
    ) -> Iterator[Step]:
        target = self._named.get(jump.target)
        if target is not None and depth < MAX_DEPTH:
            yield from self._run(target, packets, ingress, egress, depth + 1)
            return
        undecided = self.space.unknown(f"chain {jump.target}")
        yield Step(packets & undecided, Permit(), line)
        yield Step(packets - undecided, Deny(), line)


def _halved(parts: list[Outcome], left: int) -> list[Outcome]:
    """Neighbours joined, until ``left`` remain."""
    while len(parts) > left:
        pairs = [a.then(b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = pairs + (parts[-1:] if len(parts) % 2 else [])
    return parts


def _joined(first: PacketSet, later: PacketSet, *others: PacketSet) -> PacketSet:
    """``first``, and what of ``later`` neither it nor ``others`` took. Most of them are empty in short lists."""
    if not later:
        return first
    for other in others:
        later = later - other if other else later
    return first | later if first else later


def _set_bits(packets: PacketSet, action: SetField) -> PacketSet:
    """``new = (old & ~mask) ^ value`` for every member."""
    width = (1 << 32) - 1
    if action.mask & width == width:
        return packets.set_to(action.field, Intervals.of(action.value))
    out = [
        part.set_to(action.field, Intervals.of(low & ~action.mask ^ action.value))
        for value in packets.project(action.field)
        for part, low, _ in packets.pieces(action.field, Intervals.of(value))
    ]
    return packets.space.union(*out)
