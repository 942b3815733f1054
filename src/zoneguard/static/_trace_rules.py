"""Rule lists, run as netfilter runs its chains, and the rewrites of address translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.device import (
    Action,
    Continue,
    Deny,
    EgressAddress,
    IngressAddress,
    Interface,
    Jump,
    KeepHost,
    NatRule,
    Permit,
    Return,
    Rewrite,
    Rule,
    RuleList,
    SetField,
    SetTo,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static._trace_choices import Doubt, UndecidableError
from zoneguard.static._trace_packet import PRESENT, Traveller, domain


@dataclass(frozen=True, slots=True)
class Decision:
    """A line that decided: the rule's or list's own ``name``, and ``via`` which jumps it was met, outermost first.

    ``kind`` is ``rule``, ``default``, ``session``, ``nat``, ``route``, ``policy-route``, ``inactive-route``,
    ``interface``, ``device`` or ``unknown``.
    """

    kind: str
    span: SourceSpan
    name: str = ""
    via: tuple[SourceSpan, ...] = ()


@dataclass(slots=True)
class _Frame:
    rules: RuleList
    called_from: SourceSpan | None
    position: int = 0


class RuleRunner:
    """Runs the lists of one forwarding context; ``interfaces`` are its device's, by name."""

    def __init__(self, lists: Mapping[str, RuleList], interfaces: Mapping[str, Interface]) -> None:
        self._lists = lists
        self._interfaces = interfaces

    def run(self, packet: Traveller, rules: RuleList) -> tuple[Permit | Deny | NatRule, Decision]:
        """What ``rules`` does with the packet; a ``SetField`` on the way is done, a ``NatRule``'s rewrites are not.

        Raises ``UndecidableError`` where a list is missing, lists call each other in a circle, or nothing decides.
        """
        frames = [_Frame(rules, None)]
        at_default = False
        while True:
            if not frames:
                if at_default:
                    raise UndecidableError(
                        N_("no rule of {list} decides and it has no default", list=rules.name), rules.span
                    )
                at_default = True
                frames.append(_Frame(rules, None, len(rules.rules)))
            frame = frames[-1]
            rule = self._next(packet, frame)
            action: Action
            if isinstance(rule, NatRule):
                return rule, Decision("nat", rule.span, rule.name, _via(frames))
            if rule is None:
                action, decision = (
                    frame.rules.default,
                    Decision("default", frame.rules.span, frame.rules.name, _via(frames)),
                )
                at_default = at_default or (frame.rules is rules and len(frames) == 1)
                packet.script.budget.spend(decision.span)
                frames.pop()
            else:
                action, decision = rule.action, Decision("rule", rule.span, rule.name, _via(frames))
            if isinstance(action, Permit | Deny):
                return action, decision
            if isinstance(action, SetField):
                _set_field(packet, action, decision.span)
            elif isinstance(action, Jump):
                if action.goto and rule is not None:
                    frames.pop()
                self._call(frames, action.target, decision.span)
            elif isinstance(action, Return) and rule is not None:
                frames.pop()

    def _next(self, packet: Traveller, frame: _Frame) -> Rule | NatRule | None:
        """The next rule of the frame that matches and does something."""
        rules = frame.rules.rules
        while frame.position < len(rules):
            rule = rules[frame.position]
            frame.position += 1
            packet.script.budget.spend(rule.span)
            if isinstance(rule, Rule) and (not rule.enabled or isinstance(rule.action, Continue)):
                continue
            if packet.holds(rule.match):
                return rule
        return None

    def _call(self, frames: list[_Frame], name: str, span: SourceSpan) -> None:
        target = self._lists.get(name)
        if target is None:
            raise UndecidableError(N_("the rule list {list} is called and not defined", list=name), span)
        frames.append(_Frame(target, span))
        if len(frames) > len(self._lists) + 1:
            raise UndecidableError(N_("rule lists call each other in a circle at {list}", list=name), span)

    def translate(self, packet: Traveller, rule: NatRule, stage: Field | None) -> None:
        """Do the rule's rewrites; a destination that changes is remembered (not one rewritten to what it was)."""
        before = {f: packet.values(f) for f in (Field.DST, Field.DPORT)}
        for rewrite in rule.rewrites:
            self._rewrite(packet, rewrite, rule.span)
        if stage is Field.DST and packet.packet.dnat == 0 and any(_changed(packet, f, before[f], rule) for f in before):
            packet.assign(Field.DNAT, Intervals.of(1), rule.span)
            packet.assign(Field.ORIG_DST, before[Field.DST], rule.span)
            packet.assign(Field.ORIG_DPORT, before[Field.DPORT], rule.span)

    def _rewrite(self, packet: Traveller, rewrite: Rewrite, span: SourceSpan) -> None:
        if isinstance(rewrite, EgressAddress):
            packet.assign(Field.SRC, self._addresses(packet.egress, packet.packet.src), span)
            return
        if isinstance(rewrite, IngressAddress):
            packet.assign(Field.DST, self._addresses(packet.ingress, packet.packet.dst), span)
            return
        field = rewrite.field
        if field in PRESENT and not packet.holds(PRESENT[field]):
            return
        if isinstance(rewrite, SetTo):
            values = rewrite.values
        elif isinstance(rewrite, KeepHost):
            values = _keep_host(packet.values(field), rewrite)
        else:
            values = Intervals(
                tuple((low + rewrite.delta, high + rewrite.delta) for low, high in packet.values(field).spans)
            )
        packet.assign(field, values, span)

    def _addresses(self, name: str, like: int) -> Intervals:
        """The interface's addresses of the family of ``like``; every address of that family where none is known."""
        family = ALL_V6 if like >= V6 else ALL_V4
        interface = self._interfaces.get(name)
        own = Intervals.of(*(a.address for a in interface.addresses)) if interface else Intervals()
        return own & family or domain(Field.SRC, like)


def _via(frames: list[_Frame]) -> tuple[SourceSpan, ...]:
    return tuple(f.called_from for f in frames if f.called_from is not None)


def _set_field(packet: Traveller, action: SetField, span: SourceSpan) -> None:
    if action.field in packet.pools:
        raise UndecidableError(N_("bits of {field} are set and its value is not known", field=action.field.value), span)
    old = packet.packet.get(action.field)
    packet.assign(action.field, Intervals.of((old & ~action.mask) ^ action.value), span)


def _changed(packet: Traveller, field: Field, before: Intervals, rule: NatRule) -> bool:
    """Whether ``rule`` gave ``field`` another value; where a pool takes the place of a pool, it may have or not."""
    after = packet.values(field)
    targets = {Field.DST if isinstance(r, IngressAddress) else getattr(r, "field", Field.SRC) for r in rule.rewrites}
    if field not in targets or (after == before and after.size == 1):
        return False
    if not after & before:
        return True
    if before.size == 1:
        return not packet.holds(In(field, before))
    doubt = Doubt(N_("whether the translation changes {field}", field=field.value), rule.span)
    return packet.script.choose(doubt, 2) == 0


def _keep_host(values: Intervals, rewrite: KeepHost) -> Intervals:
    size = 1 << rewrite.host_bits
    base = rewrite.network & ~(size - 1)
    spans: list[tuple[int, int]] = []
    for low, high in values.spans:
        first, last = low & (size - 1), high & (size - 1)
        if high - low + 1 >= size:
            spans.append((0, size - 1))
        elif first <= last:
            spans.append((first, last))
        else:
            spans += [(0, last), (first, size - 1)]
    return Intervals.from_spans((base + low, base + high) for low, high in spans)
