"""How packet fields lie in the variables of an engine.

A group is a run of bits that an engine treats as one unsigned number. The order of the groups is the order of the
diagram's variables, chosen by measurement (docs/decisions/0002-packet-sets.md). IPv4 addresses fill the top 32 of 128
bits, so one diagram serves both families; the bits below are never asked for IPv4. Likewise no condition asks the port
bits of a protocol without ports: what is never asked needs no universe to keep sets canonical.
"""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, Field


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """``width`` bits, ``stride`` variables apart, from variable ``first`` on; bit 0 is the most significant.

    There is one of each in ``GROUPS``.
    """

    name: str
    first: int
    width: int
    stride: int

    @property
    def top(self) -> int:
        """The largest value."""
        return (1 << self.width) - 1

    @property
    def end(self) -> int:
        """The variable after the block of the group."""
        return self.first + self.width * self.stride

    def variable(self, bit: int) -> int:
        """The variable of a bit."""
        return self.first + bit * self.stride


def _lay_out(*blocks: tuple[str, int]) -> dict[str, Group]:
    """Groups in order of their variables; those named in one block take turns, bit by bit."""
    groups: dict[str, Group] = {}
    first = 0
    for names, width in blocks:
        together = names.split()
        for number, name in enumerate(together):
            groups[name] = Group(name, first + number, width, len(together))
        first += width * len(together)
    return groups


GROUPS = _lay_out(
    ("came", 16), ("leaves", 16),
    ("family", 1), ("proto", 8),
    ("dst orig_dst sent_dst spare_dst", 128), ("src sent_src spare_src", 128),
    ("dport orig_dport sent_dport spare_dport", 16), ("sport sent_sport spare_sport", 16),
    ("state", 3), ("flags", 8), ("fragment", 1), ("dnat", 1), ("mark", 32), ("mac", 48),
    ("src_changed", 1), ("dst_changed", 1),
)  # fmt: skip
"""What NAT changed stands beside what it is now, so that 'equal' is small: docs/decisions/0002-packet-sets.md."""
VARIABLES = sum(g.width for g in GROUPS.values())
"""Number of fixed variables; those of unknown conditions come after."""

FAMILY, PROTO = GROUPS["family"], GROUPS["proto"]
ADDRESS_FIELDS = (Field.SRC, Field.DST, Field.ORIG_DST, Field.SENT_SRC, Field.SENT_DST)
TCP = Intervals.of(6)
FIRST = Intervals.of(0)

SPARE = {f: GROUPS[f"spare_{f.value}"] for f in (Field.DST, Field.SRC, Field.DPORT, Field.SPORT)}
"""Where the old value stands while a rewrite makes the new one of it; no set depends on these."""

GROUP_OF: dict[Field, Group] = {f: GROUPS["dport" if f is Field.ICMP else f.value] for f in Field}
"""ICMP type and code live in the destination port's bits: no packet has both."""

REQUIRES: dict[Field, tuple[tuple[Group, Intervals], ...]] = {
    Field.SPORT: ((PROTO, PORT_PROTOCOLS), (GROUPS["fragment"], FIRST)),
    Field.DPORT: ((PROTO, PORT_PROTOCOLS), (GROUPS["fragment"], FIRST)),
    Field.ICMP: ((PROTO, ICMP_PROTOCOLS), (GROUPS["fragment"], FIRST)),
    Field.FLAGS: ((PROTO, TCP), (GROUPS["fragment"], FIRST)),
    Field.ORIG_DST: ((GROUPS["dnat"], Intervals.of(1)),),
    Field.ORIG_DPORT: ((GROUPS["dnat"], Intervals.of(1)), (PROTO, PORT_PROTOCOLS), (GROUPS["fragment"], FIRST)),
    Field.SENT_SRC: ((GROUPS["src_changed"], Intervals.of(1)),),
    Field.SENT_SPORT: ((GROUPS["src_changed"], Intervals.of(1)), (PROTO, PORT_PROTOCOLS), (GROUPS["fragment"], FIRST)),
    Field.SENT_DST: ((GROUPS["dst_changed"], Intervals.of(1)),),
    Field.SENT_DPORT: ((GROUPS["dst_changed"], Intervals.of(1)), (PROTO, PORT_PROTOCOLS), (GROUPS["fragment"], FIRST)),
}
"""What a packet must be to have the field at all."""


def encode_addresses(addresses: Intervals) -> tuple[Intervals, Intervals]:
    """``(IPv4, IPv6)`` parts of a set of the shared space, as values of a 128-bit group."""
    spans = addresses.spans
    only_v4 = not spans or spans[-1][1] < V6
    v4 = spans if only_v4 else (addresses & ALL_V4).spans
    v6 = () if only_v4 else (addresses & ALL_V6).spans
    return (
        Intervals(tuple([(low << 96, (high << 96) | ((1 << 96) - 1)) for low, high in v4])),
        Intervals(tuple([(low - V6, high - V6) for low, high in v6])),
    )


def decode_addresses(v4: Intervals, v6: Intervals) -> Intervals:
    """The inverse of :func:`encode_addresses`."""
    low = tuple((a >> 96, b >> 96) for a, b in v4.spans)
    return Intervals(low + tuple((a + V6, b + V6) for a, b in v6.spans))


def encode_states(states: Intervals) -> Intervals:
    """Connection states; the last one owns the unused codes, so that every code means a state."""
    return states | Intervals.span(5, 7) if 4 in states else states


def decode_states(codes: Intervals) -> Intervals:
    """The inverse of :func:`encode_states`."""
    return codes & Intervals.span(0, 4)
