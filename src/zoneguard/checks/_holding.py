"""Which flows a set of packets holds: of all flows at once, field by field, as the set's diagram asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneguard.dynamic.columns import I64, U64, Bool, Column
from zoneguard.dynamic.placing import Addresses, Partition
from zoneguard.dynamic.traffic import Traffic
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import Node, TooLarge
from zoneguard.model.packets.layout import FAMILY, GROUPS, PROTO, Group, decode_addresses

ASKED = ("proto", "dst", "src", "dport", "sport")
"""Groups that a flow gives values for, in the order of a diagram."""


class Ends:
    """Flows as packets of their openers; ``turned``: as packets of the other side."""

    def __init__(self, traffic: Traffic, which: I64, turned: bool = False) -> None:
        src, dst, sport, dport = (column[which] for column in (traffic.src, traffic.dst, traffic.sport, traffic.dport))
        if turned:
            src, dst, sport, dport = dst, src, dport, sport
        self.table = traffic.table
        self.v6 = traffic.table.v6[src]
        self.values: dict[str, Column] = {
            "proto": traffic.proto[which],
            "src": src,
            "dst": dst,
            "sport": sport,
            "dport": dport,
        }
        self._traffic, self._which, self._turned = traffic, which, turned

    def __len__(self) -> int:
        return len(self.v6)

    def one(self, packets: PacketSet, at: int) -> bool:
        """Whether the set holds some packet of this one, asked of the set itself."""
        flow = self._traffic.flows[int(self._which[at])]
        ends = (flow.src, flow.dst), (flow.sport, flow.dport)
        (src, dst), (sport, dport) = (pair[::-1] for pair in ends) if self._turned else ends
        return bool(packets & packets.space.conversation(src, dst, flow.proto, sport, dport))


def holding(packets: PacketSet, ends: Ends) -> Bool:
    """Of which flows the set has some packet, for some outcome of undecided conditions."""
    held = np.zeros(len(ends), np.bool_)
    if not len(ends):
        return held
    ported = np.isin(ends.values["proto"], [p for low, high in PORT_PROTOCOLS.spans for p in range(low, high + 1)])
    for family in (False, True):
        for with_ports in (False, True):
            which = np.flatnonzero((ends.v6 == family) & (ported == with_ports))
            if len(which):
                _descend(packets, _asked(packets, family, with_ports), ends, which, held)
    return held


def held_flows(packets: PacketSet, traffic: Traffic, asked: Bool) -> Bool:
    """Which of the asked flows the set has some packet of; where the opener is not known, in either orientation."""
    held = np.zeros(len(traffic), np.bool_)
    for turned, some in ((False, asked), (True, asked & ~traffic.known)):
        which = np.flatnonzero(some)
        held[which] |= holding(packets, Ends(traffic, which, turned))
    return held


def _asked(packets: PacketSet, family: bool, with_ports: bool) -> Node:
    """What the set asks after the values of a flow."""
    space, engine = packets.space, packets.space.engine
    node = engine.conj(packets.node, engine.spans(FAMILY, Intervals.of(int(family))))
    kept = ASKED if with_ports else ASKED[:3]
    if with_ports:
        node = engine.conj(node, engine.conj(space.has(Field.SPORT), space.has(Field.DPORT)))
    return engine.exists(engine.exists_unknown(node), [g for name, g in GROUPS.items() if name not in kept])


def _descend(packets: PacketSet, node: Node, ends: Ends, which: I64, held: Bool) -> None:
    """Follow the flows ``which`` down the diagram, group by group, and mark those that arrive."""
    engine = packets.space.engine
    waiting = {node: [which]}
    for name in ASKED:
        after: dict[Node, list[I64]] = {}
        for rest, parts in waiting.items():
            if rest in (engine.true, engine.false):
                after.setdefault(rest, []).extend(parts)
                continue
            mine = np.concatenate(parts)
            try:
                branches = engine.split(rest, GROUPS[name])
            except TooLarge:
                held[mine] = [ends.one(packets, at) for at in mine.tolist()]
                continue
            for further, some in _parted(branches, GROUPS[name], ends, mine):
                after.setdefault(further, []).append(some)
        waiting = after
    for some in waiting.get(engine.true, ()):
        held[some] = True


def _parted(branches: dict[Node, Intervals], group: Group, ends: Ends, mine: I64) -> Iterator[tuple[Node, I64]]:
    """The flows by the branch that their value takes."""
    if len(branches) == 1:
        yield next(iter(branches)), mine
        return
    values = ends.values[group.name][mine]
    label = _of_addresses(branches, ends, mine, values) if group.width > PROTO.width * 2 else _of(branches, values)
    for number, rest in enumerate(branches):
        some = mine[label == number]
        if len(some):
            yield rest, some


def _of_addresses(branches: dict[Node, Intervals], ends: Ends, mine: I64, numbers: Column) -> I64:
    """The branch of each address, given by its number."""
    used, inverse = np.unique(numbers, return_inverse=True)
    six = bool(ends.v6[mine[0]])
    none = Intervals()
    sets = [decode_addresses(none, values) if six else decode_addresses(values, none) for values in branches.values()]
    addresses: Addresses = ends.table.take(used)
    label: I64 = (Partition(sets).of(addresses) - 1)[inverse]
    return label


def _of(branches: dict[Node, Intervals], values: Column) -> I64:
    """The branch of each value of a group that is no address."""
    starts = sorted((low, number) for number, spans in enumerate(branches.values()) for low, _ in spans.spans)
    lows: U64 = np.array([low for low, _ in starts], np.uint64)
    numbers = np.array([number for _, number in starts], np.int64)
    label: I64 = numbers[np.searchsorted(lows, values.astype(np.uint64), side="right") - 1]
    return label
