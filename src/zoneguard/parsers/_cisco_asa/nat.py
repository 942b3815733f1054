"""Translations as stages: destinations before the access lists, sources after, and the checks between.

A packet is first translated back where it goes to a mapped address; that fixes the interface by which it leaves
("Determining the Egress Interface") unless the rule leaves that to the routing table. Before it is let out, the answer
it would get is looked up: where another rule would translate that answer, the packet is dropped (syslog 305013,
"Asymmetric NAT rules matched for forward and reverse flows").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.addresses import ALL_V4
from zoneguard.model.device import (
    Deny,
    EgressAddress,
    Filter,
    NatRule,
    Permit,
    Rewrite,
    Rule,
    RuleList,
    SetTo,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, Not, Unknown, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.names import ICMP, TCP, UDP
from zoneguard.parsers._cisco_asa.nat_entry import Pair, PortMap, Side, Span, Translation, pairs

_ANY_PORT = Intervals.span(1, 65535)
_DNAT = In(Field.DNAT, Intervals.of(1))
_SHARED = In(Field.PROTO, Intervals.of(TCP, UDP, ICMP))  # what PAT can tell apart


class NatStages:
    """What the translations of one configuration become. ``rules`` in the order in which they are asked."""

    def __init__(self, config: Config, rules: Sequence[Translation]) -> None:
        self._config, self._rules = config, rules
        self._own = config.own
        # For identity NAT the routing table decided before 8.4(2).
        self._looked_up = config.version is not None and config.version < (8, 4, 2)

    def inward(self) -> Iterator[Translate]:
        """The stage of destinations."""
        behind = self._mapped_behind()
        certain = [
            out
            for rule in self._rules
            for out in (*self._back(rule), *self._to_target(rule), *self._alone(rule, behind))
        ]
        open_ = [out for rule in self._rules for out in self._held(rule)]
        if certain or open_:
            rules = RuleList("NAT, destinations", (*certain, *open_), Permit(), self._config.end)
            yield Translate(rules, Field.DST)

    def outward(self) -> Iterator[Translate]:
        """The stage of sources."""
        rules = [out for rule in self._rules for out in (*self._forth(rule), *self._answered(rule))]
        if rules:
            yield Translate(RuleList("NAT, sources", tuple(rules), Permit(), self._config.end), Field.SRC)

    def checks(self) -> Iterator[Filter]:
        """Between routing and the access lists: the interface that a translation fixes, the way of the answer."""
        ways = [out for rule in self._rules for out in self._ways(rule)]
        answers = [out for rule in self._rules for out in self._answers(rule)]
        for name, rules in (("NAT, interface to leave by", ways), ("NAT, way of the answer", answers)):
            if rules:
                yield Filter(RuleList(name, tuple(rules), Permit(), self._config.end), stateful=True)

    # -- conditions --------------------------------------------------------------------------------------------------

    def _came(self, interface: str) -> tuple[Match, ...]:
        return (Ingress(frozenset({self._config.interface(interface)})),) if interface else ()

    def _leaves(self, interface: str) -> tuple[Match, ...]:
        return (Egress(frozenset({self._config.interface(interface)})),) if interface else ()

    def _outer(self, pair: Pair, field: Field, rule: Translation) -> tuple[Match, ...]:
        if pair.interface:
            key = Reason(
                "{device}: {value} is the address of {interface}",
                device=self._config.device,
                value=field.value,
                interface=pair.interface,
            )
            return (Unknown(key, rule.span),)
        return () if pair.mapped is None else (In(field, pair.mapped),)

    def _source(self, rule: Translation, real: Intervals | None = None) -> tuple[Match, ...]:
        """What is asked of a packet from the real side, after its destination was translated."""
        own = rule.source.values if real is None else real
        return (
            *((In(Field.SRC, own),) if rule.source.spans is not None else ()),
            *_ports(Field.SPORT, rule.source_port, outside=False),
            *self._target(rule),
            *((rule.condition,) if rule.condition is not None else ()),
        )

    def _target(self, rule: Translation) -> tuple[Match, ...]:
        if rule.target is None:
            return _ports(Field.DPORT, rule.target_port, outside=False)
        real, mapped = rule.target
        moved = real != mapped
        ports = rule.target_port is not None and rule.target_port.real != rule.target_port.mapped
        return (
            *_in(Field.DST, real),
            *_ports(Field.DPORT, rule.target_port, outside=False),
            *((_DNAT, *_in(Field.ORIG_DST, mapped)) if moved else ()),
            *((In(Field.ORIG_DPORT, rule.target_port.mapped),) if ports and rule.target_port is not None else ()),
        )

    def _towards(self, rule: Translation) -> tuple[Match, ...]:
        """What is asked of a packet towards the real side, after its destination was translated."""
        return (
            *self._came(rule.mapped),
            *_in(Field.DST, rule.source),
            *_ports(Field.DPORT, rule.source_port, outside=False),
            *self._from_target(rule),
            *((rule.answer,) if rule.answer is not None else ()),
        )

    def _from_target(self, rule: Translation) -> tuple[Match, ...]:
        real = () if rule.target is None else _in(Field.SRC, rule.target[0])
        return (*real, *_ports(Field.SPORT, rule.target_port, outside=False))

    def _was_mapped(self, rule: Translation) -> tuple[Match, ...]:
        """That the destination was one of the mapped addresses."""
        if rule.identity:
            return ()
        known = _in(Field.ORIG_DST, rule.to)
        moved = rule.source_port is not None and rule.source_port.real != rule.source_port.mapped
        ports = (In(Field.ORIG_DPORT, rule.source_port.mapped),) if moved and rule.source_port is not None else ()
        return (_DNAT, *(known if rule.to.values else ()), *ports)

    # -- destinations ------------------------------------------------------------------------------------------------

    def _back(self, rule: Translation) -> Iterator[NatRule]:
        """Packets to the mapped addresses of a static rule."""
        if not rule.static or rule.one_way or rule.exempt:
            return
        for pair in pairs(rule.source, rule.to):
            if pair.inward:
                match = both(
                    *self._came(rule.mapped),
                    *self._outer(pair, Field.DST, rule),
                    *_ports(Field.DPORT, rule.source_port, outside=True),
                    *self._from_target(rule),
                )
                moved = rule.source_port.rewrites(Field.DPORT, False) if rule.source_port else ()
                yield NatRule(match, rule.span, (*pair.rewrites(Field.DST, False), *moved), rule.name)

    def _to_target(self, rule: Translation) -> Iterator[NatRule]:
        """Packets from the real side to the mapped destinations of a rule that names some."""
        if rule.target is None or not rule.whole:
            return
        for pair in pairs(*rule.target):
            moved = rule.target_port.rewrites(Field.DPORT, False) if rule.target_port else ()
            if pair.real is None and not moved:
                continue
            match = both(
                *self._came(rule.real),
                *_in(Field.SRC, rule.source),
                *_ports(Field.SPORT, rule.source_port, outside=False),
                *self._outer(pair, Field.DST, rule),
                *_ports(Field.DPORT, rule.target_port, outside=True),
            )
            yield NatRule(match, rule.span, (*pair.rewrites(Field.DST, False), *moved), rule.name)

    def _mapped_behind(self) -> dict[str, Intervals]:
        """By the interface from which they are reached: the mapped addresses of static rules."""
        spans: dict[str, list[Span]] = {}
        for rule in self._rules:
            if rule.static and not (rule.one_way or rule.identity):
                spans.setdefault(rule.mapped, []).extend(rule.to.spans or ())
        return {interface: Intervals.from_spans(found) for interface, found in spans.items() if found}

    def _alone(self, rule: Translation, behind: dict[str, Intervals]) -> Iterator[NatRule]:
        """Packets from the real side of a twice NAT rule without destination, to an address that a later rule maps.

        "A matching packet only matches the one rule": whether the later rule still translates the destination, which
        happens before the source is looked at, is not written.
        """
        if not rule.whole or rule.target is not None or rule.exempt:
            return
        reached = [
            found for interface, found in behind.items() if not (interface and rule.real) or interface == rule.real
        ]
        if not reached:
            return
        match = both(
            *self._came(rule.real),
            *self._source(rule),
            either(*(In(Field.DST, found) for found in reached)),
            Unknown(
                Reason(
                    "{device}: {name} is the only rule that its packets meet",
                    device=self._config.device,
                    name=rule.name,
                ),
                rule.span,
            ),
        )
        yield NatRule(match, rule.span, (), rule.name)

    def _held(self, rule: Translation) -> Iterator[NatRule]:
        """Packets to the pool of a dynamic rule: a host that holds a translation can be reached by it."""
        if rule.static:
            return
        pool = Pair(None, rule.to.values, None, interface="" if rule.to.values else rule.to.interface)
        match = both(
            *self._came(rule.mapped),
            *self._outer(pool, Field.DST, rule),
            *((_SHARED,) if rule.pat else ()),
            *self._from_target(rule),
            Unknown(
                Reason("{device}: a host holds a translation by {name}", device=self._config.device, name=rule.name),
                rule.span,
            ),
        )
        real = (rule.source.values if rule.source.spans is not None else ALL_V4) - self._own
        if not real:
            return
        ports = (SetTo(Field.DPORT, _ANY_PORT),) if rule.pat else ()
        yield NatRule(match, rule.span, (SetTo(Field.DST, real), *ports), rule.name)

    # -- sources -----------------------------------------------------------------------------------------------------

    def _forth(self, rule: Translation) -> Iterator[NatRule]:
        """Packets from the real side."""
        ends = (*self._came(rule.real), *self._leaves(rule.mapped))
        if rule.exempt:
            yield NatRule(both(*ends, *self._source(rule)), rule.span, (), rule.name)
            return
        moved = rule.source_port.rewrites(Field.SPORT, True) if rule.source_port else ()
        if rule.static:
            for pair in pairs(rule.source, rule.to):
                if pair.outward:
                    match = both(*ends, *self._source(rule, pair.real))
                    yield NatRule(match, rule.span, (*pair.rewrites(Field.SRC, True), *moved), rule.name)
            return
        match = both(*ends, *self._source(rule))
        to_interface: tuple[Rewrite, ...] = (EgressAddress(), SetTo(Field.SPORT, _ANY_PORT))
        if not rule.to.values:
            yield NatRule(match, rule.span, to_interface, rule.name)
            return
        if rule.fallback:
            full = Unknown(
                Reason("{device}: the pool of {name} is used up", device=self._config.device, name=rule.name), rule.span
            )
            yield NatRule(both(match, full), rule.span, to_interface, rule.name)
        ports = (SetTo(Field.SPORT, _ANY_PORT),) if rule.pat else ()
        yield NatRule(match, rule.span, (SetTo(Field.SRC, rule.to.values), *ports), rule.name)

    def _answered(self, rule: Translation) -> Iterator[NatRule]:
        """Packets towards the real side: one rule of twice NAT is all that a packet meets."""
        if not rule.static or not rule.whole or rule.one_way or rule.exempt:
            return
        towards = (*self._towards(rule), *self._leaves(rule.real), *self._was_mapped(rule))
        if rule.target is None:
            yield NatRule(both(*towards), rule.span, (), rule.name)
            return
        moved = rule.target_port.rewrites(Field.SPORT, True) if rule.target_port else ()
        for pair in pairs(*rule.target):
            own = () if pair.real is None else (In(Field.SRC, pair.real),)
            yield NatRule(both(*towards, *own), rule.span, (*pair.rewrites(Field.SRC, True), *moved), rule.name)

    # -- checks ------------------------------------------------------------------------------------------------------

    def _ways(self, rule: Translation) -> Iterator[Rule]:
        """Packets whose destination was translated leave by the interface that the rule names."""
        if rule.routed or rule.exempt or (rule.identity and self._looked_up):
            return
        if rule.real and not rule.one_way and (rule.static or rule.to.values):
            towards = both(*self._towards(rule), *self._was_mapped(rule))
            yield from self._only_by(towards, rule, rule.real)
        if rule.mapped and rule.target is not None and rule.target[0].spans is not None and rule.whole:
            onward = both(*self._came(rule.real), *self._source(rule))
            yield from self._only_by(onward, rule, rule.mapped)

    def _only_by(self, match: Match, rule: Translation, interface: str) -> Iterator[Rule]:
        yield Rule(both(match, Not(*self._leaves(interface))), Deny(), rule.span, rule.name, implied=True)
        yield Rule(match, Permit(), rule.span, rule.name, implied=True)

    def _answers(self, rule: Translation) -> Iterator[Rule]:
        """The first rule that takes the answer must be the one that took the packet."""
        towards = (*self._towards(rule), *self._leaves(rule.real))
        if rule.identity and not rule.one_way:
            yield Rule(both(*towards), Permit(), rule.span, rule.name, implied=True)
            return
        if rule.identity:
            used = Unknown(
                Reason("{device}: a host uses the identity of {name}", device=self._config.device, name=rule.name),
                rule.span,
            )
            yield Rule(both(*towards, used), Permit(), rule.span, rule.name, implied=True)
        elif not rule.one_way:
            yield Rule(both(*towards, *self._was_mapped(rule)), Permit(), rule.span, rule.name, implied=True)
        yield Rule(both(*towards), Deny(), rule.span, f"{rule.name}, for the answer", implied=True)

    def control(self) -> Iterator[Filter]:
        """``nat-control``: between interfaces of different levels nothing passes without a translation."""
        span = self._config.nat_control
        if span is None:
            return
        matches = [rule.match for stage in self.outward() for rule in stage.rules.rules]
        matches += [both(*self._towards(r), *self._leaves(r.real)) for r in self._rules if r.exempt]
        permitted = tuple(Rule(match, Permit(), span, "nat-control", implied=True) for match in (*matches, _DNAT))
        levels: dict[int, set[str]] = {}
        for port in self._config.named.values():
            levels.setdefault(port.security, set()).add(self._config.interface(port.name))
        unequal = [both(Ingress(frozenset(n)), Not(Egress(frozenset(n)))) for n in levels.values()]
        denied = Rule(either(*unequal) if unequal else Not(ALWAYS), Deny(), span, "nat-control", implied=True)
        yield Filter(RuleList("nat-control", (*permitted, denied), Permit(), span), stateful=True)


def _in(field: Field, side: Side) -> tuple[Match, ...]:
    return () if side.spans is None else (In(field, side.values),)


def _ports(field: Field, mapped: PortMap | None, outside: bool) -> tuple[Match, ...]:
    """The port asked of a packet; ``outside``: as it is on the mapped side."""
    if mapped is None:
        return ()
    return In(Field.PROTO, mapped.protocols), In(field, mapped.mapped if outside else mapped.real)
