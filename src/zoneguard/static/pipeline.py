"""One forwarding context: what leaves it, where to, and by which lines, when a set of packets comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.device import Filter, NatRule, Permit, Route, Routing, Stage, Translate
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Target
from zoneguard.static.lists import Lists
from zoneguard.static.topology import Context, Topology
from zoneguard.static.translation import translate

Part = tuple[PacketSet, tuple[SourceSpan, ...]]
"""Packets and the lines that decided on them so far."""


@dataclass(frozen=True, slots=True)
class Departure:
    """``packets`` leave by ``target``, through ``lines``. ``target`` of ``None``: they are for the device itself."""

    target: Target | None
    packets: PacketSet
    lines: tuple[SourceSpan, ...] = ()


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
        self._own = topology.own_addresses(context)
        fib = topology.fibs[context.key]
        self._table = [(t, space.field(Field.DST, values)) for t, values in fib.table.items()]

    def run(self, ingress: str, packets: PacketSet, traced: bool = False) -> Iterator[Departure]:
        """Everything that becomes of ``packets``, except what is dropped. ``traced``: split by deciding lines."""
        for arrived, lines in self._through(self._before, [(packets, ())], ingress, None, traced):
            local = arrived & self._space.field(Field.DST, self._own)
            if local:
                for admitted, why in self._through(self._context.vrf.local, [(local, lines)], ingress, ingress, traced):
                    yield Departure(None, admitted, why)
            if not self._context.vrf.forwards:
                continue
            for target, routed, via in self._routes(arrived - local, ingress):
                start: list[Part] = [(routed, (*lines, *via))]
                egress = target.interface
                if not egress:
                    if target.into:
                        yield Departure(target, routed, (*lines, *via))
                    continue
                for out, why in self._through(self._after, start, ingress, egress, traced):
                    yield Departure(target, out, why)

    def _routes(self, packets: PacketSet, ingress: str) -> Iterator[tuple[Target, PacketSet, tuple[SourceSpan, ...]]]:
        rest = packets
        plain = self._space.nothing
        for policy in self._context.vrf.policy_routes:
            hit = rest & compile_match(self._space, policy.match, ingress, None)
            if not hit:
                continue
            rest = rest - hit
            if not policy.targets:
                plain = plain | hit
            for next_hop, interface in policy.targets:
                yield from self._by_policy(hit, next_hop, interface, policy.span)
        rest = rest | plain
        for target, destinations in self._table:
            routed = rest & destinations
            if routed:
                yield target, routed, ()

    def _by_policy(
        self, packets: PacketSet, next_hop: int | None, interface: str, span: SourceSpan
    ) -> Iterator[tuple[Target, PacketSet, tuple[SourceSpan, ...]]]:
        route = Route(0, 0, span, next_hop=next_hop, interface=interface)
        if interface:
            yield Target(interface, next_hop, route), packets, (span,)
            return
        assert next_hop is not None
        for target, destinations in self._topology.fibs[self._context.key].table.items():
            if next_hop in destinations and target.interface:
                hop = next_hop if target.next_hop is None else target.next_hop
                yield Target(target.interface, hop, route), packets, (span,)

    def _through(
        self, stages: Sequence[Stage], parts: list[Part], ingress: str, egress: str | None, traced: bool
    ) -> list[Part]:
        for stage in stages:
            if isinstance(stage, Routing) or not _applies(stage, ingress, egress):
                continue
            parts = [
                (packets, (*lines, *more))
                for before, lines in parts
                for packets, more in self._stage(stage, before, ingress, egress, traced)
                if packets
            ]
        return [part for part in parts if part[0]]

    def _stage(
        self, stage: Filter | Translate, packets: PacketSet, ingress: str, egress: str | None, traced: bool
    ) -> list[Part]:
        if isinstance(stage, Translate):
            parts = self._translated(stage, packets, ingress, egress)
        elif traced:
            steps = self._lists.walk(stage.rules, packets, ingress, egress)
            parts = [(s.packets, s.lines) for s in steps if isinstance(s.action, Permit)]
        else:
            return [(self._lists.permitted(stage.rules, packets, ingress, egress), ())]
        return parts if traced else [(self._space.union(*(p for p, _ in parts)), ())]

    def _translated(self, stage: Translate, packets: PacketSet, ingress: str, egress: str | None) -> list[Part]:
        came = self._topology.interface(self._context, ingress)
        leaves = self._topology.interface(self._context, egress) if egress else None
        parts: list[Part] = []
        for step in self._lists.walk(stage.rules, packets, ingress, egress):
            if isinstance(step.action, NatRule):
                image = translate(step.packets, step.action, stage.field, came, leaves)
                parts.append((image, step.lines if step.action.rewrites else ()))
            elif isinstance(step.action, Permit):
                parts.append((step.packets, ()))
        return parts


def _applies(stage: Filter | Translate, ingress: str, egress: str | None) -> bool:
    return (stage.ingress is None or ingress in stage.ingress) and (
        stage.egress is None or (egress is not None and egress in stage.egress)
    )
