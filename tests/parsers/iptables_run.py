"""What a parsed device does with one packet, by brute force over what is not known: for the tests of parsers only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import (
    Action,
    Continue,
    Deny,
    Device,
    Filter,
    Jump,
    KeepHost,
    NatRule,
    Permit,
    Return,
    RuleList,
    SetField,
    SetTo,
    Shift,
    Translate,
    Vrf,
)
from zoneguard.model.match import All, AnyOf, Bits, Egress, Field, In, Ingress, Match, Not, Unknown, names_match
from zoneguard.model.packet import Packet

Verdict = Permit | Deny | NatRule


def packet(src: str = "10.1.0.2", dst: str = "10.2.0.2", proto: int = 6, **fields: int) -> Packet:
    """A packet by the text of its addresses."""
    return Packet(parse_address(src), parse_address(dst), proto, **fields)


def holds(
    match: Match, p: Packet, ingress: str = "", egress: str = "", guess: Mapping[str, bool] | None = None
) -> bool:
    """Whether ``p`` matches, if the unknowns are as ``guess`` says."""
    if isinstance(match, In):
        return p.get(match.field) in match.values and _has(match.field, p)
    if isinstance(match, Bits):
        same_family = match.field not in (Field.SRC, Field.DST) or (p.get(match.field) >= V6) == (match.mask >= V6)
        return same_family and p.get(match.field) & match.mask == match.value and _has(match.field, p)
    if isinstance(match, Ingress | Egress):
        return names_match(match.names, ingress if isinstance(match, Ingress) else egress)
    if isinstance(match, Not):
        return not holds(match.part, p, ingress, egress, guess)
    if isinstance(match, Unknown):
        return (guess or {})[match.key]
    values = (holds(part, p, ingress, egress, guess) for part in match.parts)
    return all(values) if isinstance(match, All) else any(values)


def _has(field: Field, p: Packet) -> bool:
    if field in (Field.SPORT, Field.DPORT):
        return p.proto in (6, 17, 33, 132, 136) and not p.fragment
    if field is Field.ICMP:
        return p.proto in (1, 58) and not p.fragment
    return field is not Field.FLAGS or (p.proto == 6 and not p.fragment)


def unknowns(match: Match) -> set[str]:
    """The keys of everything in ``match`` that is not known."""
    if isinstance(match, All | AnyOf):
        return set().union(*(unknowns(part) for part in match.parts))
    if isinstance(match, Not):
        return unknowns(match.part)
    return {match.key} if isinstance(match, Unknown) else set()


class Run:
    """A packet on its way through rule lists."""

    def __init__(self, vrf: Vrf, p: Packet, ingress: str, egress: str, guess: Mapping[str, bool]) -> None:
        self.lists, self.packet = vrf.lists, p
        self.ingress, self.egress, self.guess = ingress, egress, guess

    def asked(self, rules: RuleList) -> Action | NatRule:
        """What the list decides; ``Return`` where it does not."""
        for rule in rules.rules:
            if not holds(rule.match, self.packet, self.ingress, self.egress, self.guess):
                continue
            if isinstance(rule, NatRule):
                return rule
            action = rule.action
            if isinstance(action, SetField):
                value = (self.packet.get(action.field) & ~action.mask) ^ action.value
                self.packet = replace(self.packet, **{action.field.value: value})
            elif isinstance(action, Jump):
                below = self.asked(self.lists[action.target])
                if not isinstance(below, Return):
                    return below
                if action.goto:
                    return Return()
            elif not isinstance(action, Continue):
                return action
        return rules.default if isinstance(rules.default, Permit | Deny) else Return()

    def stage(self, stage: Filter | Translate) -> Verdict:
        """What the stage does; a list left by ``Return`` ends in its default."""
        verdict = self.asked(stage.rules)
        if isinstance(verdict, Return):
            assert isinstance(stage.rules.default, Permit | Deny)
            verdict = stage.rules.default
        assert isinstance(verdict, Permit | Deny | NatRule)
        if isinstance(verdict, NatRule):
            self.translate(verdict, isinstance(stage, Translate) and stage.field is Field.DST)
        return verdict

    def translate(self, rule: NatRule, destination: bool) -> None:
        """Do the rewrites; of a pool the lowest value is taken."""
        before = self.packet
        for rewrite in rule.rewrites:
            assert isinstance(rewrite, SetTo | KeepHost | Shift), rewrite
            old = self.packet.get(rewrite.field)
            if isinstance(rewrite, SetTo):
                new = rewrite.values.first
            elif isinstance(rewrite, Shift):
                new = old + rewrite.delta
            else:
                new = rewrite.network | (old & ((1 << rewrite.host_bits) - 1))
            self.packet = replace(self.packet, **{rewrite.field.value: new})
        if destination and rule.rewrites:
            self.packet = replace(self.packet, dnat=1, orig_dst=before.dst, orig_dport=before.dport)


def outcomes(device: Device, p: Packet, ingress: str = "eth0", egress: str = "eth1") -> set[Packet | None]:
    """Every way the device may forward ``p``: as what packet, or ``None`` where it is dropped."""
    (vrf,) = device.vrfs
    keys = sorted(
        set().union(*(unknowns(r.match) for lists in (*vrf.lists.values(), *_stage_lists(vrf)) for r in lists.rules))
    )
    assert len(keys) <= 10, keys
    return {
        _forward(vrf, p, ingress, egress, dict(zip(keys, values, strict=True)))
        for values in product((False, True), repeat=len(keys))
    }


def _stage_lists(vrf: Vrf) -> Iterator[RuleList]:
    for stage in vrf.stages:
        if isinstance(stage, Filter | Translate):
            yield stage.rules


def _forward(vrf: Vrf, p: Packet, ingress: str, egress: str, guess: Mapping[str, bool]) -> Packet | None:
    run = Run(vrf, p, ingress, egress, guess)
    for stage in vrf.stages:
        if isinstance(stage, Filter | Translate) and isinstance(run.stage(stage), Deny):
            return None
    return run.packet


def passes(device: Device, p: Packet, ingress: str = "eth0", egress: str = "eth1") -> bool | None:
    """Whether ``p`` is forwarded; ``None``: it may be."""
    answers = {forwarded is not None for forwarded in outcomes(device, p, ingress, egress)}
    return answers.pop() if len(answers) == 1 else None
