"""One forwarding context: what leaves it, where to, and by which lines, when a set of packets comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from zoneguard.model.device import (
    Filter,
    IngressAddress,
    NatRule,
    Permit,
    Rewrite,
    Routing,
    Rule,
    SetField,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, Ingress, asks, names_match
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Target, Way
from zoneguard.static.forwarding import Forwarding
from zoneguard.static.lists import Lists, Step
from zoneguard.static.topology import Context, Topology
from zoneguard.static.translation import leave_device, translate

NO_EGRESS = ""
"""The egress of a packet that is not routed yet: no rule's interface."""


@dataclass(frozen=True, slots=True)
class Part:
    """Packets on their way and what decided on them so far: lines of rules that permitted, of defaults that did, of
    translations; the line of the route where that is told apart, of a policy route always."""

    packets: PacketSet
    lines: tuple[SourceSpan, ...] = ()
    defaults: tuple[SourceSpan, ...] = ()
    translations: tuple[SourceSpan, ...] = ()
    route: SourceSpan | None = None

    def holding(self, packets: PacketSet) -> Part:
        """Other packets on the same way."""
        return Part(packets, self.lines, self.defaults, self.translations, self.route)


@dataclass(frozen=True, slots=True)
class Departure:
    """``part`` leaves by ``way``; a way of ``None``: it is for the device itself. ``policy``: by a policy route.

    ``others``: further ways out of the same interface by which some of it may leave.
    """

    way: Way | None
    part: Part
    policy: bool = False
    others: tuple[Way, ...] = ()


Exit = tuple[tuple[Way, ...], PacketSet]
"""Ways out of one interface, and the packets to the destinations that may take one of them."""


class Pipeline:
    """The stages of one context over packet sets."""

    def __init__(
        self, space: PacketSpace, topology: Topology, context: Context, forwarding: Forwarding | None = None
    ) -> None:
        self._space = space
        self._topology = topology
        self._context = context
        self._lists = Lists(space, context.vrf.lists)
        stages = context.vrf.stages
        cut = next((i for i, s in enumerate(stages) if isinstance(s, Routing)), len(stages))
        self._keeps = any(map(_keeps, context.device.vrfs))
        self._asked = {a.names for a in _asked(context.vrf) if isinstance(a, Ingress)}
        self._redirects = any(isinstance(w, IngressAddress) for r in _rules(context.vrf) for w in _rewrites(r))
        self._before, self._after = stages[:cut], stages[cut + 1 :]
        sessions = Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED)
        self._sessions = space.field(Field.STATE, sessions)
        self._own = topology.own_addresses(context)
        self._ways = (forwarding or Forwarding(space, topology)).ways(context.key)
        self._grouped: dict[Intervals | None, list[Exit]] = {None: [((way,), to) for way, to in self._ways.items()]}
        self._by_way: dict[Way, list[tuple[Target, PacketSet]]] = {}
        self._fib = topology.fibs[context.key]

    def run(
        self, ingress: str, packets: PacketSet, traced: bool = False, landmarks: Intervals | None = None
    ) -> Iterator[Departure]:
        """Everything that becomes of ``packets``, except what is dropped. ``traced``: split by deciding lines.

        ``landmarks``: of next hops that no modelled context owns, only these are told apart; ``None``: all are.
        """
        if not self._topology.interface(self._context, ingress).enabled:
            return
        for arrived in self._through(self._before, Part(packets), ingress, NO_EGRESS, traced):
            local = arrived.packets & self._space.field(Field.DST, self._own)
            if local:
                own = arrived.holding(local)
                for admitted in self._through(self._context.vrf.local, own, ingress, ingress, traced):
                    yield Departure(None, admitted)
            if not self._context.vrf.forwards:
                continue
            for (way, *others), routed, policy in self._routes(arrived.packets - local, ingress, landmarks):
                start = Part(routed, arrived.lines, arrived.defaults, arrived.translations, policy)
                for routed_by in self._by_route(way, start) if traced and not policy else [start]:
                    if way.interface:
                        for part in self._through(self._after, routed_by, ingress, way.interface, traced):
                            yield Departure(way, part, policy is not None, tuple(others))
                    elif way.into:
                        yield Departure(way, routed_by, policy is not None)

    def entrance(self, ingress: str) -> Hashable:
        """Equal for interfaces by which it makes no difference to come in, for packets that are forwarded."""
        if self._redirects or not self._topology.interface(self._context, ingress).enabled:
            return ingress
        stages = tuple(not isinstance(s, Routing) and _enters(s, ingress) for s in self._context.vrf.stages)
        return stages, tuple(names_match(names, ingress) for names in self._asked)

    def sends(self, packets: PacketSet) -> PacketSet:
        """What the next device gets of ``packets`` that depart."""
        return leave_device(packets) if self._keeps else packets

    def _routes(
        self, packets: PacketSet, ingress: str, landmarks: Intervals | None
    ) -> Iterator[tuple[tuple[Way, ...], PacketSet, SourceSpan | None]]:
        rest = packets
        plain = self._space.nothing
        for policy in self._context.vrf.policy_routes:
            hit = rest & compile_match(self._space, policy.match, ingress, NO_EGRESS)
            ways = self._fib.resolver.ways_of_policy(policy)
            if not hit or (policy.targets and not ways):
                continue
            rest = rest - hit
            if not ways:
                plain = plain | hit
            for way in ways:
                yield (way,), hit, policy.span
        rest = rest | plain
        for exits, destinations in self._exits(landmarks):
            routed = rest & destinations
            if routed:
                yield exits, routed, None

    def _exits(self, landmarks: Intervals | None) -> list[Exit]:
        """The ways out; together where they leave the model by one interface and by no landmark."""
        if landmarks not in self._grouped:
            groups: dict[Hashable, list[Way]] = defaultdict(list)
            for way in self._ways:
                marked = landmarks is not None and way.next_hop is not None and way.next_hop in landmarks
                apart = marked or not self._topology.leaves(self._context, way)
                groups[way if apart else way.interface].append(way)
            self._grouped[landmarks] = [
                (tuple(ways), self._space.union(*(self._ways[way] for way in ways))) for ways in groups.values()
            ]
        return self._grouped[landmarks]

    def _by_route(self, way: Way, part: Part) -> Iterator[Part]:
        """``part`` cut by the routes that lead out by ``way``."""
        for target, destinations in self._routes_of(way):
            packets = part.packets & destinations
            if packets:
                yield replace(part, packets=packets, route=target.route.span)

    def _routes_of(self, way: Way) -> list[tuple[Target, PacketSet]]:
        if way not in self._by_way:
            table = self._fib.table(way.__eq__)
            self._by_way[way] = [(t, self._space.field(Field.DST, values)) for t, values in table.items()]
        return self._by_way[way]

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
            return parts if traced else [part.holding(self._space.union(*(p.packets for p in parts)))]
        known = part.packets & self._sessions if stage.stateful else self._space.nothing
        asked = part.packets - known
        if not traced:
            permitted = self._lists.permitted(stage.rules, asked, ingress, egress)
            return [part.holding(known | permitted)]
        steps = self._lists.walk(stage.rules, asked, ingress, egress)
        passed = [_decided(part, step, stage) for step in steps if isinstance(step.action, Permit)]
        return [part.holding(known), *passed]

    def _translated(self, stage: Translate, part: Part, ingress: str, egress: str) -> Iterator[Part]:
        came = self._topology.interface(self._context, ingress)
        leaves = self._topology.interface(self._context, egress) if egress else None
        for step in self._lists.walk(stage.rules, part.packets, ingress, egress):
            if isinstance(step.action, NatRule):
                image = translate(step.packets, step.action, stage.field, came, leaves)
                lines = (step.line,) if step.action.rewrites else ()
                yield replace(part, packets=image, translations=(*part.translations, *lines))
            elif isinstance(step.action, Permit):
                yield part.holding(step.packets)


def _decided(part: Part, step: Step, stage: Filter) -> Part:
    if not step.default:
        return replace(part, packets=step.packets, lines=(*part.lines, step.line))
    lines = (step.line,) if stage.rules.rules else ()
    return replace(part, packets=step.packets, defaults=(*part.defaults, *lines))


def _applies(stage: Filter | Translate, ingress: str, egress: str) -> bool:
    return _enters(stage, ingress) and (stage.egress is None or egress in stage.egress)


def _enters(stage: Filter | Translate, ingress: str) -> bool:
    return stage.ingress is None or ingress in stage.ingress


def _rules(vrf: Vrf) -> Iterator[Rule | NatRule]:
    """The rules of all lists of a context, whether or not something comes to them."""
    for stage in (*vrf.stages, *vrf.local):
        if not isinstance(stage, Routing):
            yield from stage.rules.rules
    for listed in vrf.lists.values():
        yield from listed.rules


def _asked(vrf: Vrf) -> Iterator[object]:
    for rule in (*_rules(vrf), *vrf.policy_routes):
        yield from asks(rule.match)


def _rewrites(rule: Rule | NatRule) -> tuple[Rewrite, ...]:
    return rule.rewrites if isinstance(rule, NatRule) else ()


def _keeps(vrf: Vrf) -> bool:
    """Whether packets are changed, or limited, in something that does not leave the device with them."""
    changes = any(isinstance(r, NatRule) or isinstance(r.action, SetField) for r in _rules(vrf))
    return changes or Field.MAC in _asked(vrf)
