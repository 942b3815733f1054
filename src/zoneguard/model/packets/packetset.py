"""``PacketSet``: an exact, canonical set of packets as a small value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets.engine import Node
from zoneguard.model.packets.layout import (
    ADDRESS_FIELDS,
    FAMILY,
    GROUP_OF,
    GROUPS,
    PROTO,
    SPARE,
    decode_addresses,
    decode_states,
)

if TYPE_CHECKING:
    from zoneguard.model.packets.space import PacketSpace


@dataclass(frozen=True, slots=True, eq=False)
class PacketSet:
    """A set of packets, ``node`` in the engine of ``space``. Equal sets compare equal and hash equal.

    Where conditions could not be decided the set depends on them: see :meth:`may` and :meth:`must`.
    """

    space: PacketSpace
    node: Node

    def __and__(self, other: PacketSet) -> PacketSet:
        return PacketSet(self.space, self.space.engine.conj(self.node, other.node))

    def __or__(self, other: PacketSet) -> PacketSet:
        return PacketSet(self.space, self.space.engine.disj(self.node, other.node))

    def __invert__(self) -> PacketSet:
        return PacketSet(self.space, self.space.engine.neg(self.node))

    def __sub__(self, other: PacketSet) -> PacketSet:
        engine = self.space.engine
        return PacketSet(self.space, engine.conj(self.node, engine.neg(other.node)))

    def __le__(self, other: PacketSet) -> bool:
        return not self - other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PacketSet) and self.space is other.space and self.node == other.node

    def __hash__(self) -> int:
        return hash(self.node)

    def __bool__(self) -> bool:
        return self.node != self.space.engine.false

    def __contains__(self, packet: Packet) -> bool:
        return self.space.packet(packet) <= self

    def __repr__(self) -> str:
        return f"PacketSet({'empty' if not self else self.witness()})"

    def may(self) -> PacketSet:
        """The packets of the set for some outcome of the undecided conditions."""
        return PacketSet(self.space, self.space.engine.exists_unknown(self.node))

    def must(self) -> PacketSet:
        """The packets of the set whatever the outcome of the undecided conditions."""
        engine = self.space.engine
        return PacketSet(self.space, engine.neg(engine.exists_unknown(engine.neg(self.node))))

    def unknowns(self) -> tuple[str, ...]:
        """The undecided conditions on which the set depends."""
        return self.space.engine.unknowns(self.node)

    def forget(self, *fields: Field) -> PacketSet:
        """The set without regard to ``fields``: every packet that differs from a member in these only."""
        return PacketSet(self.space, self.space.engine.exists(self.node, {GROUP_OF[f] for f in fields}))

    def project(self, field: Field) -> Intervals:
        """The values that ``field`` takes in the set, among its members that have the field."""
        engine = self.space.engine
        group = GROUP_OF[field]
        node = engine.exists_unknown(engine.conj(self.node, self.space.has(field)))
        if field not in ADDRESS_FIELDS:
            alone = engine.exists(node, [g for g in GROUPS.values() if g is not group])
            values = engine.split(alone, group).get(engine.true, Intervals())
            return decode_states(values) if field is Field.STATE else values
        alone = engine.exists(node, [g for g in GROUPS.values() if g is not group and g is not FAMILY])
        parts = []
        for family in (0, 1):
            part = engine.conj(alone, engine.spans(FAMILY, Intervals.of(family)))
            parts.append(engine.split(engine.exists(part, [FAMILY]), group).get(engine.true, Intervals()))
        return decode_addresses(*parts)

    def by_destination(self) -> Iterator[tuple[Intervals, Intervals]]:
        """``(destinations, sources)``: disjoint sets of destinations, each with the sources that reach just these."""
        engine = self.space.engine
        others = [g for g in GROUPS.values() if g.name not in ("dst", "src")]
        for family in (0, 1):
            of_family = engine.conj(self.node, engine.spans(FAMILY, Intervals.of(family)))
            between = engine.exists(engine.exists_unknown(of_family), others)
            for rest, destinations in engine.split(between, GROUPS["dst"]).items():
                sources = engine.split(rest, GROUPS["src"]).get(engine.true, Intervals())
                if sources:
                    yield _decode(destinations, family), _decode(sources, family)

    def witness(self) -> Packet:
        """One member, the same each time; an open field has its lowest value. ``ValueError`` if empty."""
        if not self:
            raise ValueError("an empty set has no witness")
        chosen = self.space.engine.pick(self.space.engine.exists_unknown(self.node))
        v6 = chosen["family"]
        proto = chosen["proto"]
        ported = proto in PORT_PROTOCOLS and not chosen["fragment"]

        def address(group: str) -> int:
            return V6 + chosen[group] if v6 else chosen[group] >> 96

        return Packet(
            src=address("src"),
            dst=address("dst"),
            proto=proto,
            sport=chosen["sport"] if ported else 0,
            dport=chosen["dport"] if ported else 0,
            icmp=chosen["dport"] if proto in ICMP_PROTOCOLS and not chosen["fragment"] else 0,
            state=min(chosen["state"], 4),
            flags=chosen["flags"] if proto == 6 and not chosen["fragment"] else 0,
            fragment=chosen["fragment"],
            mac=chosen["mac"],
            mark=chosen["mark"],
            dnat=chosen["dnat"],
            orig_dst=address("orig_dst") if chosen["dnat"] else 0,
            orig_dport=chosen["orig_dport"] if chosen["dnat"] and ported else 0,
        )

    def count(self) -> int:
        """How many packets differ in source, destination, protocol, ports or ICMP type and code."""
        e = self.space.engine
        keep = {GROUPS[n] for n in ("family", "proto", "dst", "src", "dport", "sport")}
        node = e.exists(e.exists_unknown(self.node), [g for g in GROUPS.values() if g not in keep])
        spare = sum(g.width for g in GROUPS.values() if g not in keep)
        plain = Intervals.span(0, 255) - PORT_PROTOCOLS - ICMP_PROTOCOLS
        kinds = ((PORT_PROTOCOLS, 0), (ICMP_PROTOCOLS, 16), (plain, 32))
        total = 0
        for family, idle in ((0, 192), (1, 0)):
            in_family = e.conj(node, e.spans(FAMILY, Intervals.of(family)))
            for protocols, unused in kinds:
                total += e.count(e.conj(in_family, e.spans(PROTO, protocols))) >> (spare + idle + unused)
        return total

    def set_to(self, field: Field, values: Intervals) -> PacketSet:
        """The image when ``field`` takes any of ``values``, in packets that have it; others stay as they are."""
        having = PacketSet(self.space, self.space.has(field))
        changed = (self & having).forget(field) & self.space.field(field, values)
        if field not in ADDRESS_FIELDS:
            return changed | (self - having)
        families = [ALL_V4, ALL_V6]
        kept = [self & self.space.field(field, f) for f in families if not values & f]
        return self.space.union(changed, self - having, *kept)

    def copy(self, field: Field, target: Field) -> PacketSet:
        """The image when ``target`` takes the value of ``field``, in packets that have both; others stay.

        The two must be kept beside each other (``layout``): an address or port and what it was.
        """
        e = self.space.engine
        having = PacketSet(self.space, e.conj(self.space.has(field), self.space.has(target)))
        cleared = (self & having).forget(target) & having
        parts = []
        for values, bits in _ranges(field):
            equal = PacketSet(self.space, e.offset(GROUP_OF[target], GROUP_OF[field], 0, bits))
            parts.append(cleared & self.space.field(field, values) & equal)
        return self.space.union(self - having, *parts)

    def shift(self, field: Field, delta: int) -> PacketSet:
        """The image when an address or port moves by ``delta``; a value that would leave its range has no image."""
        parts = []
        for values, bits in _ranges(field):
            ((low, high),) = values.spans
            staying = self.space.field(field, Intervals.span(low - min(delta, 0), high - max(delta, 0)))
            parts.append((self & staying)._rewritten(field, delta, bits) & self.space.field(field, values))
        having = PacketSet(self.space, self.space.has(field))
        return self.space.union(self - having, *parts)

    def keep_host(self, field: Field, network: int, host_bits: int) -> PacketSet:
        """The image when an address of the family of ``network`` takes all but its last bits from there."""
        first = network >> host_bits << host_bits
        last = first + (1 << host_bits) - 1
        family, bits = next((values, bits) for values, bits in _ranges(field) if first in values)
        moving = self & self.space.field(field, family)
        moved = moving._rewritten(field, 0, bits[len(bits) - host_bits :])
        return (self - moving) | moved & self.space.field(field, Intervals.span(first, last))

    def _rewritten(self, field: Field, delta: int, bits: range) -> PacketSet:
        """These bits of the field moved by ``delta`` modulo their number, the others open."""
        e, group, spare = self.space.engine, GROUP_OF[field], SPARE[field]
        node = e.exists(e.conj(self.node, e.offset(spare, group, 0, bits)), [group])
        node = e.exists(e.conj(node, e.offset(group, spare, delta, bits)), [spare])
        return PacketSet(self.space, node)

    def pieces(self, field: Field, values: Intervals) -> Iterator[tuple[PacketSet, int, int]]:
        """``(subset, low, high)``: the set cut along ``field`` into stretches whose values it does not tell apart."""
        for low, high in values.spans:
            part = self & self.space.field(field, Intervals.span(low, high))
            if not part:
                continue
            if low == high or part.forget(field) & self.space.field(field, Intervals.span(low, high)) == part:
                yield part, low, high
            else:
                middle = (low + high) // 2
                yield from part.pieces(field, Intervals.span(low, middle))
                yield from part.pieces(field, Intervals.span(middle + 1, high))


def _ranges(field: Field) -> tuple[tuple[Intervals, range], ...]:
    """The values of an address or port, by family, with the bits that hold them."""
    if field in ADDRESS_FIELDS:
        return (ALL_V4, range(32)), (ALL_V6, range(128))
    width = GROUP_OF[field].width
    return ((Intervals.span(0, (1 << width) - 1), range(width)),)


def _decode(values: Intervals, family: int) -> Intervals:
    return decode_addresses(Intervals(), values) if family else decode_addresses(values, Intervals())
