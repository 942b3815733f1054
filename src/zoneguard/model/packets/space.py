"""Where packet sets are made: conditions on fields become nodes of one engine."""

from __future__ import annotations

from zoneguard.model.addresses import ALL_ADDRESSES, V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import MATCHABLE, PORT_PROTOCOLS, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets.engine import RESULTS, Engine, Node
from zoneguard.model.packets.layout import (
    ADDRESS_FIELDS,
    FAMILY,
    GROUP_OF,
    REQUIRES,
    encode_addresses,
    encode_states,
)
from zoneguard.model.packets.packetset import PacketSet


def default_engine(results: int = RESULTS) -> Engine:
    """OxiDD where its wheel is installed, else the pure-Python diagrams. ``results``: how many it keeps."""
    try:
        from zoneguard.model.packets.binary import BinaryEngine  # noqa: PLC0415 (the wheel may be missing)
    except ImportError:
        from zoneguard.model.packets.interval import IntervalEngine  # noqa: PLC0415

        return IntervalEngine()
    return BinaryEngine(results=results)


class PacketSpace:
    """One engine and the sets made in it. Sets of different spaces must not meet."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine: Engine = engine or default_engine()
        self.everything = PacketSet(self, self.engine.true)
        self.nothing = PacketSet(self, self.engine.false)
        self._in: dict[tuple[Field, Intervals], PacketSet] = {}
        self._has: dict[Field, Node] = {}

    def field(self, field: Field, values: Intervals) -> PacketSet:
        """Packets that have ``field`` and whose value is one of ``values``."""
        known = self._in.get((field, values))
        if known is None:
            known = PacketSet(self, self.engine.conj(self._values(field, values), self.has(field)))
            self._in[field, values] = known
        return known

    def has(self, field: Field) -> Node:
        """The node of all packets that have ``field``."""
        if field not in self._has:
            node = self.engine.true
            for group, values in reversed(REQUIRES.get(field, ())):
                node = self.engine.conj(self.engine.spans(group, values), node)
            self._has[field] = node
        return self._has[field]

    def _values(self, field: Field, values: Intervals) -> Node:
        e = self.engine
        group = GROUP_OF[field]
        if field in ADDRESS_FIELDS:
            if values == ALL_ADDRESSES:
                return e.true
            parts = [
                e.conj(e.spans(FAMILY, Intervals.of(family)), e.spans(group, part))
                for family, part in enumerate(encode_addresses(values))
                if part
            ]
            return parts[0] if len(parts) == 1 else e.disj(*parts) if parts else e.false
        return e.spans(group, encode_states(values) if field is Field.STATE else values)

    def masked(self, field: Field, value: int, mask: int) -> PacketSet:
        """Packets that have ``field`` with ``field & mask == value``; addresses as ``model.match.Bits`` says."""
        e = self.engine
        group = GROUP_OF[field]
        if field in ADDRESS_FIELDS:
            v6 = bool(mask & V6)
            shift = 0 if v6 else 96
            low = V6 - 1 if v6 else (1 << 32) - 1
            node = e.masked(group, (value & low) << shift, (mask & low) << shift)
            node = e.conj(e.spans(FAMILY, Intervals.of(int(v6))), node)
        else:
            node = e.masked(group, value, mask)
        return PacketSet(self, e.conj(node, self.has(field)))

    def unknown(self, key: str) -> PacketSet:
        """Packets for which the undecidable condition ``key`` holds."""
        return PacketSet(self, self.engine.variable(key))

    def packet(self, packet: Packet) -> PacketSet:
        """The set of this one packet."""
        node = self.engine.true
        for field in MATCHABLE:
            present = self.field(field, Intervals.of(packet.get(field))).node
            absent = self.engine.neg(self.has(field))
            node = self.engine.conj(node, self.engine.disj(present, absent))
        return PacketSet(self, node)

    def conversation(self, src: int, dst: int, proto: int, sport: int, dport: int) -> PacketSet:
        """The packets of one flow in its opener's direction, whatever their flags, state or ICMP type."""
        packets = self.field(Field.SRC, Intervals.of(src)) & self.field(Field.DST, Intervals.of(dst))
        packets = packets & self.field(Field.PROTO, Intervals.of(proto))
        if proto in PORT_PROTOCOLS:
            packets = (
                packets & self.field(Field.SPORT, Intervals.of(sport)) & self.field(Field.DPORT, Intervals.of(dport))
            )
        return packets

    def union(self, *sets: PacketSet) -> PacketSet:
        """The union, built in balance."""
        parts = [s.node for s in sets]
        while len(parts) > 1:
            pairs = [self.engine.disj(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + (parts[-1:] if len(parts) % 2 else [])
        return PacketSet(self, parts[0]) if parts else self.nothing
