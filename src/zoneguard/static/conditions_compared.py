"""Undecided conditions of two states of one network: which of them are the same condition.

A set engine takes conditions of one key for one condition. Within one export that is what a parser means by a key; of
two exports it holds only where both state the condition alike, and a key that counts lines moves with every line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from zoneguard.model.device import Device, Filter, NatRule, Rule, RuleList, Stage, Translate, Vrf
from zoneguard.model.match import All, AnyOf, Match, Not, Unknown
from zoneguard.model.spans import SourceSpan

TextOf = Callable[[SourceSpan], str]
"""What an export says in these lines, without what does not matter (counters, comments)."""
Statements = Mapping[str, frozenset[str]]
"""The texts that state each condition of a key."""


def named_alike(
    old: Iterable[Device], new: Iterable[Device], old_text: TextOf, new_text: TextOf
) -> tuple[tuple[Device, ...], tuple[Device, ...]]:
    """Both sides with keys that are equal where, and only where, both state the condition alike.

    A condition about one line (its key names that line or its file) is the same where the other side has a line of the
    same text. Any other is the same where some text that states it is found on both sides, or one side lacks it.
    """
    before, after = tuple(old), tuple(new)
    earlier, later = _statements(before, old_text), _statements(after, new_text)
    return (
        tuple(map(_Renaming(old_text, earlier, later, "old").device, before)),
        tuple(map(_Renaming(new_text, later, earlier, "new").device, after)),
    )


def _statements(devices: Iterable[Device], text: TextOf) -> Statements:
    found: dict[str, set[str]] = {}
    for unknown in (u for device in devices for vrf in device.vrfs for u in _unknowns(vrf)):
        found.setdefault(unknown.key, set()).add(text(unknown.span))
    return {key: frozenset(texts) for key, texts in found.items()}


def _unknowns(vrf: Vrf) -> Iterator[Unknown]:
    for rules in _lists(vrf):
        for rule in rules.rules:
            yield from _asked(rule.match)
    for policy in vrf.policy_routes:
        yield from _asked(policy.match)


def _lists(vrf: Vrf) -> Iterator[RuleList]:
    yield from (stage.rules for stage in (*vrf.stages, *vrf.local) if isinstance(stage, Filter | Translate))
    yield from vrf.lists.values()


def _asked(match: Match) -> Iterator[Unknown]:
    if isinstance(match, Unknown):
        yield match
    elif isinstance(match, All | AnyOf):
        for part in match.parts:
            yield from _asked(part)
    elif isinstance(match, Not):
        yield from _asked(match.part)


class _Renaming:
    """Writes the keys of one side; what the other side does not state alike bears the name of this ``side``."""

    def __init__(self, text: TextOf, own: Statements, others: Statements, side: str) -> None:
        self._text = text
        self._own = own
        self._others = others
        self._side = side

    def device(self, device: Device) -> Device:
        return replace(device, vrfs=tuple(self._vrf(vrf) for vrf in device.vrfs))

    def _vrf(self, vrf: Vrf) -> Vrf:
        if not any(True for _ in _unknowns(vrf)):
            return vrf
        return replace(
            vrf,
            stages=tuple(self._stage(stage) for stage in vrf.stages),
            policy_routes=tuple(replace(p, match=self._match(p.match)) for p in vrf.policy_routes),
            lists={name: self._list(rules) for name, rules in vrf.lists.items()},
            local=tuple(self._stage(stage) for stage in vrf.local),
        )

    def _stage(self, stage: Stage) -> Stage:
        return replace(stage, rules=self._list(stage.rules)) if isinstance(stage, Filter | Translate) else stage

    def _list(self, rules: RuleList) -> RuleList:
        return replace(rules, rules=tuple(self._rule(rule) for rule in rules.rules))

    def _rule(self, rule: Rule | NatRule) -> Rule | NatRule:
        return replace(rule, match=self._match(rule.match)) if any(True for _ in _asked(rule.match)) else rule

    def _match(self, match: Match) -> Match:
        if isinstance(match, Unknown):
            return replace(match, key=self._key(match))
        if isinstance(match, All | AnyOf):
            return replace(match, parts=tuple(map(self._match, match.parts)))
        return Not(self._match(match.part)) if isinstance(match, Not) else match

    def _key(self, unknown: Unknown) -> str:
        text, line = self._text(unknown.span), str(unknown.span)
        if line in unknown.key:
            return f"{unknown.key.replace(line, unknown.span.file)}: {text}"
        others = self._others.get(unknown.key)
        if unknown.span.file in unknown.key:
            alike = others is not None and text in others
            return unknown.key if alike else f"{unknown.key}, {self._side}: {text}"
        alike = others is None or bool(self._own[unknown.key] & others)
        return unknown.key if alike else f"{unknown.key} ({self._side})"
