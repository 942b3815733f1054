"""One forwarding context: what leaves it, where to, and by which lines, when a set of packets comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import or_

from zoneguard.model.device import (
    Filter,
    NatRule,
    Permit,
    Routing,
    Stage,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, names_match
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Target, Way
from zoneguard.static.forwarding import Forwarding
from zoneguard.static.lists import Lists, Step
from zoneguard.static.stages import applies, asked_ingresses, enters, keeps_something, redirects_to_ingress
from zoneguard.static.topology import Context, Topology
from zoneguard.static.transit import Gate, Passage, Transit
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
    """``part`` leaves by one of ``ways`` out of one interface; without ways it is for the device itself.

    ``policy``: the line of the policy route that led there.
    """

    ways: tuple[Way, ...]
    part: Part
    policy: SourceSpan | None = None

    @property
    def way(self) -> Way | None:
        """The first way, or the only one."""
        return self.ways[0] if self.ways else None


@dataclass(frozen=True, slots=True)
class Exit:
    """``ways`` out of one interface: ``packets`` are those to the ``classes`` of destinations that may take one."""

    ways: tuple[Way, ...]
    classes: int
    packets: PacketSet


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
        self._keeps = any(map(keeps_something, context.device.vrfs))
        self._asked = asked_ingresses(context.vrf)
        self._redirects = redirects_to_ingress(context.vrf)
        self._before, self._after = stages[:cut], stages[cut + 1 :]
        sessions = Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED)
        self._sessions = space.field(Field.STATE, sessions)
        forwarding = forwarding or Forwarding(space, topology)
        self._own, self._own_classes = topology.own_addresses(context), forwarding.own(context.key)
        ways = forwarding.ways(context.key)
        self._grouped: dict[Intervals | None, list[Exit]] = {
            None: [Exit((way,), classes, forwarding.packets(classes)) for way, classes in ways.items()]
        }
        self._transits: dict[tuple[int, Intervals], Transit | None] = {}
        self._entrances: dict[str, int] = {}
        self._entrance_numbers: dict[Hashable, int] = {}
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
                    yield Departure((), admitted)
            if not self._context.vrf.forwards:
                continue
            for ways, routed, policy in self._routes(arrived.packets - local, ingress, landmarks):
                start = Part(routed, arrived.lines, arrived.defaults, arrived.translations, policy)
                for routed_by in self._by_route(ways[0], start) if traced and not policy else [start]:
                    if ways[0].interface:
                        for part in self._through(self._after, routed_by, ingress, ways[0].interface, traced):
                            yield Departure(ways, part, policy)
                    elif ways[0].into:
                        yield Departure(ways, routed_by, policy)

    def transit(self, ingress: str, landmarks: Intervals) -> Transit | None:
        """How packets that come in by ``ingress`` pass; ``None`` where they are changed, or routed by policy."""
        key = (self.entrance(ingress), landmarks)
        if key not in self._transits:
            self._transits[key] = self._find_transit(ingress, landmarks)
        return self._transits[key]

    def _find_transit(self, ingress: str, landmarks: Intervals) -> Transit | None:
        if not self._topology.interface(self._context, ingress).enabled or not self._context.vrf.forwards:
            return Transit(None, self._own_classes, ())
        entered = [s for s in self._context.vrf.stages if not isinstance(s, Routing) and enters(s, ingress)]
        if self._context.vrf.policy_routes or any(map(self._changes, entered)):
            return None
        passages = []
        for out in self._exits(landmarks):
            egress = out.ways[0].interface
            if egress or out.ways[0].into:
                gate = self._gate(self._after, out.packets, ingress, egress) if egress else None
                passages.append(Passage(out.ways, out.classes, gate))
        gate = self._gate(self._before, self._space.everything, ingress, NO_EGRESS)
        return Transit(gate, self._own_classes, tuple(passages))

    def _changes(self, stage: Filter | Translate) -> bool:
        return isinstance(stage, Translate) or self._lists.about(stage.rules).rewrites

    def _gate(self, stages: Sequence[Stage], packets: PacketSet, ingress: str, egress: str) -> Gate | None:
        """What of ``packets`` the stages let pass, once it is asked for; ``None`` where no stage applies."""
        if not any(not isinstance(s, Routing) and applies(s, ingress, egress) for s in stages):
            return None
        return cache(
            lambda: self._space.union(
                *(part.packets for part in self._through(stages, Part(packets), ingress, egress, False))
            )
        )

    def entrance(self, ingress: str) -> int:
        """Equal for interfaces by which it makes no difference to come in, for packets that are forwarded."""
        if ingress not in self._entrances:
            key = self._entrance(ingress)
            self._entrances[ingress] = self._entrance_numbers.setdefault(key, len(self._entrance_numbers))
        return self._entrances[ingress]

    def _entrance(self, ingress: str) -> Hashable:
        if self._redirects or not self._topology.interface(self._context, ingress).enabled:
            return ingress
        stages = tuple(not isinstance(s, Routing) and enters(s, ingress) for s in self._context.vrf.stages)
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
        for out in self._exits(landmarks):
            routed = rest & out.packets
            if routed:
                yield out.ways, routed, None

    def _exits(self, landmarks: Intervals | None) -> list[Exit]:
        """The ways out; together where they leave the model by one interface and by no landmark."""
        if landmarks not in self._grouped:
            groups: dict[Hashable, list[Exit]] = defaultdict(list)
            for out in self._grouped[None]:
                (way,) = out.ways
                marked = landmarks is not None and way.next_hop is not None and way.next_hop in landmarks
                apart = marked or not self._topology.leaves(self._context, way)
                groups[way if apart else way.interface].append(out)
            self._grouped[landmarks] = [self._together(exits) for exits in groups.values()]
        return self._grouped[landmarks]

    def _together(self, exits: list[Exit]) -> Exit:
        ways = tuple(way for out in exits for way in out.ways)
        classes = reduce(or_, (out.classes for out in exits))
        return Exit(ways, classes, self._space.union(*(out.packets for out in exits)))

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
            if not isinstance(stage, Routing) and applies(stage, ingress, egress):
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
    if step.unasked:
        return part.holding(step.packets)
    if not step.default:
        return replace(part, packets=step.packets, lines=(*part.lines, step.line))
    lines = (step.line,) if stage.rules.rules else ()
    return replace(part, packets=step.packets, defaults=(*part.defaults, *lines))
