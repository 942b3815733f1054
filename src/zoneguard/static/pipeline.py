"""One forwarding context: what leaves it, where to, and by which lines, when a set of packets comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zoneguard.model.device import Filter, NatRule, Permit, PolicyRoute, Route, Routing, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Target
from zoneguard.static.lists import Lists, Step
from zoneguard.static.topology import Context, Topology
from zoneguard.static.translation import translate

NO_EGRESS = ""
"""The egress of a packet that is not routed yet: no rule's interface."""


@dataclass(frozen=True, slots=True)
class Part:
    """Packets on their way and what decided on them so far: lines of rules that permitted, of defaults that did, of
    translations, and the line of a policy route."""

    packets: PacketSet
    lines: tuple[SourceSpan, ...] = ()
    defaults: tuple[SourceSpan, ...] = ()
    translations: tuple[SourceSpan, ...] = ()
    policy: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """``part`` leaves by ``target``; a target of ``None``: it is for the device itself."""

    target: Target | None
    part: Part


class Pipeline:
    """The stages of one context over packet sets."""

    def __init__(self, space: PacketSpace, topology: Topology, context: Context) -> None:
        self._space = space
        self._topology = topology
        self._context = context
        self._lists = Lists(space, context.vrf.lists)
        stages = context.vrf.stages
        cut = next((i for i, s in enumerate(stages) if isinstance(s, Routing)), len(stages))
        self._before, self._after = stages[:cut], stages[cut + 1 :]
        sessions = Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED)
        self._sessions = space.field(Field.STATE, sessions)
        self._own = topology.own_addresses(context)
        fib = topology.fibs[context.key]
        self._table = [(t, space.field(Field.DST, values)) for t, values in fib.table.items()]

    def run(self, ingress: str, packets: PacketSet, traced: bool = False) -> Iterator[Departure]:
        """Everything that becomes of ``packets``, except what is dropped. ``traced``: split by deciding lines."""
        if not self._topology.interface(self._context, ingress).enabled:
            return
        for arrived in self._through(self._before, Part(packets), ingress, NO_EGRESS, traced):
            local = arrived.packets & self._space.field(Field.DST, self._own)
            if local:
                own = replace(arrived, packets=local)
                for admitted in self._through(self._context.vrf.local, own, ingress, ingress, traced):
                    yield Departure(None, admitted)
            if not self._context.vrf.forwards:
                continue
            for target, routed, via in self._routes(arrived.packets - local, ingress):
                start = replace(arrived, packets=routed, policy=via)
                if target.interface:
                    for part in self._through(self._after, start, ingress, target.interface, traced):
                        yield Departure(target, part)
                elif target.into:
                    yield Departure(target, start)

    def _routes(self, packets: PacketSet, ingress: str) -> Iterator[tuple[Target, PacketSet, SourceSpan | None]]:
        rest = packets
        plain = self._space.nothing
        for policy in self._context.vrf.policy_routes:
            hit = rest & compile_match(self._space, policy.match, ingress, NO_EGRESS)
            targets = [
                t for next_hop, interface in policy.targets for t in self._by_policy(next_hop, interface, policy)
            ]
            if not hit or (policy.targets and not targets):
                continue
            rest = rest - hit
            if not policy.targets:
                plain = plain | hit
            for target in targets:
                yield target, hit, policy.span
        rest = rest | plain
        for target, destinations in self._table:
            routed = rest & destinations
            if routed:
                yield target, routed, None

    def _by_policy(self, next_hop: int | None, interface: str, policy: PolicyRoute) -> tuple[Target, ...]:
        route = Route(0, 0, policy.span, next_hop=next_hop, interface=interface)
        return self._topology.fibs[self._context.key].resolver.targets(route)

    def _through(self, stages: Sequence[Stage], start: Part, ingress: str, egress: str, traced: bool) -> list[Part]:
        parts = [start]
        for stage in stages:
            if not isinstance(stage, Routing) and _applies(stage, ingress, egress):
                parts = [out for part in parts for out in self._stage(stage, part, ingress, egress, traced)]
                parts = [part for part in parts if part.packets]
        return [part for part in parts if part.packets]

    def _stage(self, stage: Filter | Translate, part: Part, ingress: str, egress: str, traced: bool) -> list[Part]:
        if isinstance(stage, Translate):
            parts = list(self._translated(stage, part, ingress, egress))
            return parts if traced else [replace(part, packets=self._space.union(*(p.packets for p in parts)))]
        known = part.packets & self._sessions if stage.stateful else self._space.nothing
        asked = part.packets - known
        if not traced:
            permitted = self._lists.permitted(stage.rules, asked, ingress, egress)
            return [replace(part, packets=known | permitted)]
        steps = self._lists.walk(stage.rules, asked, ingress, egress)
        passed = [_decided(part, step, stage) for step in steps if isinstance(step.action, Permit)]
        return [replace(part, packets=known), *passed]

    def _translated(self, stage: Translate, part: Part, ingress: str, egress: str) -> Iterator[Part]:
        came = self._topology.interface(self._context, ingress)
        leaves = self._topology.interface(self._context, egress) if egress else None
        for step in self._lists.walk(stage.rules, part.packets, ingress, egress):
            if isinstance(step.action, NatRule):
                image = translate(step.packets, step.action, stage.field, came, leaves)
                lines = (step.line,) if step.action.rewrites else ()
                yield replace(part, packets=image, translations=(*part.translations, *lines))
            elif isinstance(step.action, Permit):
                yield replace(part, packets=step.packets)


def _decided(part: Part, step: Step, stage: Filter) -> Part:
    if not step.default:
        return replace(part, packets=step.packets, lines=(*part.lines, step.line))
    lines = (step.line,) if stage.rules.rules else ()
    return replace(part, packets=step.packets, defaults=(*part.defaults, *lines))


def _applies(stage: Filter | Translate, ingress: str, egress: str) -> bool:
    return (stage.ingress is None or ingress in stage.ingress) and (stage.egress is None or egress in stage.egress)
