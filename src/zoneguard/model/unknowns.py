"""The undecided conditions of a forwarding context: found, and decided or renamed where more is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from zoneguard.model.device import Filter, NatRule, Rule, RuleList, Stage, Translate, Vrf
from zoneguard.model.match import All, AnyOf, Match, Not, Unknown, asks

Decide = Callable[[Unknown], Match]
"""What holds in place of an undecided condition; the condition itself where nothing more is known."""


def unknowns(vrf: Vrf) -> Iterator[Unknown]:
    """Every undecided condition in a rule or policy route of ``vrf``, as often as it is asked."""
    stages = (stage.rules for stage in (*vrf.stages, *vrf.local) if isinstance(stage, Filter | Translate))
    rules = (rule for rules in (*stages, *vrf.lists.values()) for rule in rules.rules)
    for part in (*rules, *vrf.policy_routes):
        for asked in asks(part.match):
            if isinstance(asked, Unknown):
                yield asked


def with_unknowns(vrf: Vrf, decide: Decide) -> Vrf:
    """``vrf`` with what ``decide`` puts in place of its undecided conditions; what asks for none stays the object."""

    def stage(old: Stage) -> Stage:
        return replace(old, rules=_in_list(old.rules, decide)) if isinstance(old, Filter | Translate) else old

    return replace(
        vrf,
        lists={name: _in_list(rules, decide) for name, rules in vrf.lists.items()},
        stages=tuple(map(stage, vrf.stages)),
        local=tuple(map(stage, vrf.local)),
        policy_routes=tuple(replace(p, match=_in_match(p.match, decide)) for p in vrf.policy_routes),
    )


def _in_list(rules: RuleList, decide: Decide) -> RuleList:
    changed: list[Rule | NatRule] = []
    for rule in rules.rules:
        match = _in_match(rule.match, decide)
        changed.append(rule if match is rule.match else replace(rule, match=match))
    return replace(rules, rules=tuple(changed))


def _in_match(match: Match, decide: Decide) -> Match:
    if isinstance(match, All | AnyOf):
        changed = {}
        for number, part in enumerate(match.parts):
            if isinstance(part, _INNER):
                new = _in_match(part, decide)
                if new is not part:
                    changed[number] = new
        if not changed:
            return match
        return type(match)(tuple(changed.get(number, part) for number, part in enumerate(match.parts)))
    if isinstance(match, Unknown):
        return decide(match)
    if isinstance(match, Not):
        part = _in_match(match.part, decide)
        return match if part is match.part else Not(part)
    return match


_INNER = (All, AnyOf, Not, Unknown)
