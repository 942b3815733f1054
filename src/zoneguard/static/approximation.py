"""What a first-match list may let pass of one kind of packet, with every doubt in favour of passing.

Each list becomes an ``Effect``; effects compose, so a list is evaluated by divide and conquer and a chain that is
called often only once. Fields that all packets in question share are decided on the way, without any set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import parse_prefix
from zoneguard.model.device import Deny, Jump, NatRule, Permit, Return, Rule, RuleList
from zoneguard.model.match import All, AnyOf, Bits, Egress, Field, In, Ingress, Match, Not, Unknown
from zoneguard.model.packets import PacketSet, PacketSpace

MAX_DEPTH = 64
"""Jumps deeper than this (the kernel allows fewer in one hook) may do anything."""

LOOPBACK = Ingress(frozenset({"lo"}))
FROM_LOOPBACK = In(Field.SRC, parse_prefix("127.0.0.0/8") | parse_prefix("::1"))
OPEN = frozenset({Field.SRC, Field.DST})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a condition: the packets for which it may hold, and those for which it must."""

    may: PacketSet
    must: PacketSet


@dataclass(frozen=True, slots=True)
class Effect:
    """What a list does with packets, by how sure it is that they come to it.

    Those that surely come are permitted or denied (disjoint sets) or go on; of those that may have left before, none is
    denied and ``passing`` may be permitted. ``back``: handed back by ``Return``.
    """

    permit: PacketSet
    deny: PacketSet
    passing: PacketSet
    back: Bounds

    def then(self, later: Effect) -> Effect:
        """First this, then ``later`` for what goes on."""
        may, must = self.back.may, self.back.must
        permit, deny, passing = later.permit, later.deny, later.passing
        if may:
            perhaps = passing & (may - must)
            permit, deny, passing = (permit - may) | perhaps, deny - may, passing - must
        return Effect(
            self.permit | (permit - self.deny),
            self.deny | (deny - self.permit),
            self.passing | passing,
            Bounds(may | later.back.may, must | later.back.must),
        )

    def where(self, match: Bounds) -> Effect:
        """The effect on the caller of a list that it calls for packets of ``match``; what comes back goes on."""
        nothing = match.must.space.nothing
        surely = self.permit & match.must
        perhaps = self.passing & (match.may - match.must)
        return Effect(surely | perhaps, self.deny & match.must, self.passing & match.may, Bounds(nothing, nothing))


Undecided = Callable[[Match], Bounds]
"""What is known of a condition that the input does not decide."""


class Approximation:
    """The lists of one context, for packets whose fields have the values of ``fixed`` (``None``: lack the field).

    Conditions on addresses are sets; all others go to ``undecided``.
    """

    def __init__(
        self,
        space: PacketSpace,
        named: Mapping[str, RuleList],
        fixed: Mapping[Field, int | None],
        undecided: Undecided,
    ) -> None:
        self._space = space
        self._named = named
        self._fixed = fixed
        self._undecided = undecided
        self._always = Bounds(space.everything, space.everything)
        self._never = Bounds(space.nothing, space.nothing)
        self._idle = Effect(space.nothing, space.nothing, space.nothing, self._never)
        self._effects: dict[str, Effect | None] = {}

    def may_pass(self, rules: RuleList) -> PacketSet:
        """The packets of which the list may permit some; those that it hands back may pass too."""
        effect = self._effect(rules, 0)
        return effect.permit if isinstance(rules.default, Deny) else ~effect.deny

    def _effect(self, rules: RuleList, depth: int) -> Effect:
        parts = [part for r in rules.rules if (part := self._rule(r, depth)) is not None]
        while len(parts) > 1:
            pairs = [a.then(b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + (parts[-1:] if len(parts) % 2 else [])
        return parts[0] if parts else self._idle

    def _rule(self, rule: Rule | NatRule, depth: int) -> Effect | None:
        if isinstance(rule, NatRule) or not rule.enabled or not isinstance(rule.action, Permit | Deny | Return | Jump):
            return None
        match = self.bounds(rule.match)
        if not match.may:
            return None
        nothing = self._space.nothing
        if isinstance(rule.action, Permit):
            return Effect(match.may, nothing, match.may, self._never)
        if isinstance(rule.action, Deny):
            return Effect(nothing, match.must, nothing, self._never) if match.must else None
        if isinstance(rule.action, Return):
            return Effect(nothing, nothing, nothing, match)
        below = self._target(rule.action.target, depth).where(match)
        if not rule.action.goto:
            return below
        return below.then(Effect(nothing, nothing, nothing, match))

    def _target(self, name: str, depth: int) -> Effect:
        if name not in self._effects and name in self._named and depth < MAX_DEPTH:
            self._effects[name] = None
            self._effects[name] = self._effect(self._named[name], depth + 1)
        known = self._effects.get(name)
        everything = self._space.everything
        return known or Effect(everything, self._space.nothing, everything, self._never)

    def bounds(self, match: Match) -> Bounds:
        """The packets for which ``match`` may and must hold, each undecided part for itself."""
        if isinstance(match, In | Bits):
            return self._field(match)
        if isinstance(match, All):
            return self._all(match.parts)
        if isinstance(match, AnyOf):
            parts = [self.bounds(part) for part in match.parts]
            union = self._space.union
            return Bounds(union(*(p.may for p in parts)), union(*(p.must for p in parts)))
        if isinstance(match, Not):
            inner = self.bounds(match.part)
            return Bounds(~inner.must, ~inner.may)
        assert isinstance(match, Unknown | Ingress | Egress)
        if match == LOOPBACK:
            return self._field(FROM_LOOPBACK)
        return self._undecided(match)

    def _all(self, parts: tuple[Match, ...]) -> Bounds:
        result = self._always
        for part in parts:
            bounds = self.bounds(part)
            if not bounds.may:
                return self._never
            if bounds.may is not self._space.everything or bounds.must is not self._space.everything:
                result = Bounds(result.may & bounds.may, result.must & bounds.must)
        return result

    def _field(self, match: In | Bits) -> Bounds:
        if match.field in self._fixed:
            value = self._fixed[match.field]
            if value is None:
                return self._never
            holds = value in match.values if isinstance(match, In) else value & match.mask == match.value
            return self._always if holds else self._never
        if match.field not in OPEN:
            return self._undecided(match)
        if isinstance(match, In):
            asked = self._space.field(match.field, match.values)
        else:
            asked = self._space.masked(match.field, match.value, match.mask)
        return Bounds(asked, asked)
