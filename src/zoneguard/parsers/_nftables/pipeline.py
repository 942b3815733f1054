"""Base chains in the order in which netfilter asks them of a forwarded packet, as stages of the model.

Order from nft(8), "Netfilter hooks", and the kernel: by hook, then by priority. Chains of type ``nat`` are asked when
the hook's translation comes (destination -100, source 100) whatever their own priority, which only orders them among
themselves (``nf_nat_register_fn``); the first that translates ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import (
    Deny,
    Filter,
    Jump,
    NatRule,
    Permit,
    Return,
    Routing,
    Rule,
    RuleList,
    Stage,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ConnState, Field, In, Match, Not, Unknown
from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.tree import Chain, Table

_BEFORE = ("ingress", "prerouting")
_AFTER = ("forward", "postrouting", "egress")
_LOCAL = ("input",)
DEVICE_HOOKS = frozenset({"ingress", "egress"})
_NAT_PRIORITY = {"prerouting": -100, "output": -100, "input": 100, "postrouting": 100}
_TRANSLATES = {"prerouting": Field.DST, "postrouting": Field.SRC, "input": Field.SRC}
_NOT_TRANSLATED = In(Field.STATE, Intervals.of(ConnState.INVALID, ConnState.UNTRACKED))
_OTHER_FAMILY = {"ip": ALL_V6, "ip6": ALL_V4}


@dataclass(frozen=True, slots=True)
class Base:
    """A base chain with the list of the model that holds its rules."""

    table: Table
    chain: Chain
    rules: RuleList

    @property
    def is_nat(self) -> bool:
        """Whether it translates."""
        return self.chain.kind == "nat"

    @property
    def position(self) -> tuple[int, int, int]:
        """When it is asked: of equal priority, the chain that was made last comes first."""
        own = self.chain.priority
        hook = _NAT_PRIORITY.get(self.chain.hook, own) if self.is_nat else own
        return hook, own, -self.chain.order


def stages(bases: Iterable[Base]) -> tuple[Stage, ...]:
    """What a forwarded packet runs through."""
    known = tuple(bases)
    return (*_run(known, _BEFORE), Routing(), *_run(known, _AFTER))


def local_stages(bases: Iterable[Base]) -> tuple[Stage, ...]:
    """What a packet to the box itself runs through after the stages before routing."""
    return tuple(_run(tuple(bases), _LOCAL))


def _run(bases: tuple[Base, ...], hooks: tuple[str, ...]) -> Iterator[Stage]:
    acting = [base for base in bases if _does_something(base)]
    for hook in hooks:
        here = sorted((base for base in acting if base.chain.hook == hook), key=lambda base: base.position)
        for _, stage in sorted(_placed(hook, here, acting), key=lambda placed: placed[0]):
            yield stage


def _placed(hook: str, here: list[Base], acting: list[Base]) -> Iterator[tuple[tuple[int, int, int], Stage]]:
    """The stages of one hook, whose chains are ``here``, with their places among each other.

    Where anything is translated, a forwarded packet has a stage at both hooks: there answers get back what they had.
    """
    for base in here:
        devices = frozenset(base.chain.devices) or None
        if not base.is_nat:
            yield (
                base.position,
                Filter(
                    _entry(base),
                    ingress=devices if hook == "ingress" else None,
                    egress=devices if hook == "egress" else None,
                ),
            )
    field = _TRANSLATES.get(hook)
    translating = [base for base in here if base.is_nat]
    if translating and field:
        yield translating[0].position, Translate(_translation(translating), field)
    elif field and hook not in _LOCAL and (elsewhere := next((base for base in acting if base.is_nat), None)):
        idle = RuleList(f"translation of {hook}", (), Permit(), elsewhere.rules.span)
        yield (_NAT_PRIORITY[hook], 0, 0), Translate(idle, field)


def _does_something(base: Base) -> bool:
    is_filter = base.chain.hook in ("forward", "input") and not base.is_nat
    return is_filter or bool(base.rules.rules) or not isinstance(base.rules.default, Permit)


def _entry(base: Base) -> RuleList:
    """The chain for the packets it sees. A ``Return`` in it comes back here, where the chain's policy decides."""
    span = base.rules.span
    rules = [
        Rule(match, Permit(), span, comment="not asked here", implied=True, unasked=True) for match in _not_asked(base)
    ]
    return RuleList(
        base.rules.name, (*rules, Rule(ALWAYS, Jump(base.rules.name), span, implied=True)), base.rules.default, span
    )


def _not_asked(base: Base) -> Iterator[Match]:
    if base.table.family in _OTHER_FAMILY:
        yield In(Field.SRC, _OTHER_FAMILY[base.table.family])
    if base.is_nat:
        yield _NOT_TRANSLATED
    if base.chain.hook in DEVICE_HOOKS and not base.chain.devices:
        yield Unknown(
            Reason("it is not at the device of {name} ({file})", name=base.rules.name, file=base.rules.span.file),
            base.rules.span,
        )


def _translation(bases: list[Base]) -> RuleList:
    """The chains that translate at one hook: what one leaves alone goes to the next."""
    if len(bases) == 1:
        return _entry(bases[0])
    name, span = bases[0].rules.name, bases[0].rules.span
    rules: list[Rule] = [Rule(_NOT_TRANSLATED, Permit(), span, comment="not asked here", implied=True, unasked=True)]
    for base in bases:
        others = _OTHER_FAMILY.get(base.table.family)
        match = ALWAYS if others is None else Not(In(Field.SRC, others))
        rules.append(Rule(match, Jump(among_others(base.rules.name)), base.rules.span, implied=True))
    return RuleList(name, tuple(rules), Permit(), span)


def among_others(name: str) -> str:
    """The name of a chain's list as one of several that translate at its hook."""
    return f"{name}@several"


def leaving(rules: RuleList) -> RuleList:
    """A base chain's list as one of several: ``accept`` goes on to the next, the policy ``drop`` is a rule."""
    drops = isinstance(rules.default, Deny)
    changed: list[Rule | NatRule] = []
    for rule in rules.rules:
        if isinstance(rule, Rule) and isinstance(rule.action, Return) and drops:
            changed.append(replace(rule, action=Deny()))
        elif isinstance(rule, Rule) and isinstance(rule.action, Permit):
            changed.append(replace(rule, action=Return()))
        else:
            changed.append(rule)
    if drops:
        changed.append(Rule(ALWAYS, Deny(), rules.span, implied=True))
    return RuleList(among_others(rules.name), tuple(changed), Return(), rules.span)


def may_drop(lists: Mapping[str, RuleList]) -> bool:
    """Whether any of the lists drops something, or something open is in them."""
    return any(
        isinstance(rules.default, Deny)
        or any(isinstance(r, Rule) and isinstance(r.action, Deny) for r in rules.rules)
        for rules in lists.values()
    )  # fmt: skip
