"""One forwarding context: what leaves it, where to, and by which lines, when a set of packets comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.device import Filter, NatRule, Permit, PolicyRoute, Route, Routing, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Target
from zoneguard.static.lists import Lists
from zoneguard.static.topology import Context, Topology
from zoneguard.static.translation import translate

NO_EGRESS = ""
"""The egress of a packet that is not routed yet: no rule's interface."""


@dataclass(frozen=True, slots=True)
class Part:
    """Packets on their way, the lines that decided on them so far, and whether a filter rule was among those."""

    packets: PacketSet
    lines: tuple[SourceSpan, ...] = ()
    filtered: bool = False

    def then(self, packets: PacketSet, lines: tuple[SourceSpan, ...] = (), filtered: bool = False) -> Part:
        """The part after one more stage."""
        return Part(packets, (*self.lines, *lines), self.filtered or filtered)


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
                for admitted in self._through(self._context.vrf.local, arrived.then(local), ingress, ingress, traced):
                    yield Departure(None, admitted)
            if not self._context.vrf.forwards:
                continue
            for target, routed, via in self._routes(arrived.packets - local, ingress):
                start = arrived.then(routed, via)
                if target.interface:
                    for part in self._through(self._after, start, ingress, target.interface, traced):
                        yield Departure(target, part)
                elif target.into:
                    yield Departure(target, start)

    def _routes(self, packets: PacketSet, ingress: str) -> Iterator[tuple[Target, PacketSet, tuple[SourceSpan, ...]]]:
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
                yield target, hit, (policy.span,)
        rest = rest | plain
        for target, destinations in self._table:
            routed = rest & destinations
            if routed:
                yield target, routed, ()

    def _by_policy(self, next_hop: int | None, interface: str, policy: PolicyRoute) -> tuple[Target, ...]:
        route = Route(0, 0, policy.span, next_hop=next_hop, interface=interface)
        return self._topology.fibs[self._context.key].resolver.targets(route)

    def _through(
        self, stages: Sequence[Stage], start: Part, ingress: str, egress: str, traced: bool
    ) -> list[Part]:
        parts = [start]
        for stage in stages:
            if not isinstance(stage, Routing) and _applies(stage, ingress, egress):
                parts = [out for part in parts for out in self._stage(stage, part, ingress, egress, traced)]
                parts = [part for part in parts if part.packets]
        return [part for part in parts if part.packets]

    def _stage(
        self, stage: Filter | Translate, part: Part, ingress: str, egress: str, traced: bool
    ) -> list[Part]:
        if isinstance(stage, Translate):
            parts = list(self._translated(stage, part, ingress, egress))
            return parts if traced else [part.then(self._space.union(*(p.packets for p in parts)))]
        known = part.packets & self._sessions if stage.stateful else self._space.nothing
        asked = part.packets - known
        if traced:
            steps = self._lists.walk(stage.rules, asked, ingress, egress)
            passed = [part.then(s.packets, s.lines, not s.default) for s in steps if isinstance(s.action, Permit)]
            return [part.then(known, (), True), *passed]
        return [part.then(known | self._lists.permitted(stage.rules, asked, ingress, egress))]

    def _translated(self, stage: Translate, part: Part, ingress: str, egress: str) -> Iterator[Part]:
        came = self._topology.interface(self._context, ingress)
        leaves = self._topology.interface(self._context, egress) if egress else None
        for step in self._lists.walk(stage.rules, part.packets, ingress, egress):
            if isinstance(step.action, NatRule):
                image = translate(step.packets, step.action, stage.field, came, leaves)
                yield part.then(image, step.lines if step.action.rewrites else ())
            elif isinstance(step.action, Permit):
                yield part.then(step.packets)


def _applies(stage: Filter | Translate, ingress: str, egress: str) -> bool:
    return (stage.ingress is None or ingress in stage.ingress) and (
        stage.egress is None or egress in stage.egress
    )
