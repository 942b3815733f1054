"""What a rule asks of a packet: a small boolean language over packet fields.

Parsers state it; the set engine compiles it; ``trace`` evaluates it on one packet. Those two share nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.intervals import Intervals
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan


class Field(StrEnum):
    """Fields of a packet. Values are non-negative integers.

    A condition on a field that the packet does not have is false, and its negation true: ports outside
    ``PORT_PROTOCOLS``, ``ICMP`` outside ``ICMP_PROTOCOLS``, ``FLAGS`` outside TCP, all of these on a later fragment,
    ``ORIG_*`` where ``DNAT`` is 0.
    """

    __hash__ = str.__hash__

    SRC = "src"  # shared address space of model.addresses
    DST = "dst"
    PROTO = "proto"  # IP protocol number; 1 ICMP, 58 ICMPv6
    SPORT = "sport"  # TCP, UDP, SCTP, DCCP, UDP-Lite only; 0 for the rest
    DPORT = "dport"
    ICMP = "icmp"  # type * 256 + code, of ICMP and ICMPv6 only; 0 for the rest
    STATE = "state"  # a ConnState
    FLAGS = "flags"  # TCP flags FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128; 0 for non-TCP
    FRAGMENT = "fragment"  # 1: a fragment other than the first
    MAC = "mac"  # source MAC address as 48 bits, as seen by the device that asks
    MARK = "mark"  # netfilter mark, 0 on arrival
    DNAT = "dnat"  # 1: a destination NAT rewrote the packet on this device
    ORIG_DST = "orig_dst"  # destination before that rewrite; 0 where DNAT is 0
    ORIG_DPORT = "orig_dport"  # likewise
    # Kept by the set engine across devices; no rule asks for them.
    SRC_CHANGED = "src_changed"  # 1: some device rewrote the source
    DST_CHANGED = "dst_changed"  # 1: some device rewrote the destination
    SENT_SRC = "sent_src"  # the source as its host sent it; only where SRC_CHANGED is 1
    SENT_SPORT = "sent_sport"
    SENT_DST = "sent_dst"  # the destination as the source sent it; only where DST_CHANGED is 1
    SENT_DPORT = "sent_dport"


HISTORY = (
    Field.SRC_CHANGED, Field.SENT_SRC, Field.SENT_SPORT, Field.DST_CHANGED, Field.SENT_DST, Field.SENT_DPORT,
)  # fmt: skip
MATCHABLE = tuple(f for f in Field if f not in HISTORY)

PORT_PROTOCOLS = Intervals.of(6, 17, 33, 132, 136)
ICMP_PROTOCOLS = Intervals.of(1, 58)
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))


class ConnState:
    """Values of ``Field.STATE``."""

    NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED = range(5)


@quick
@dataclass(frozen=True, slots=True)
class In:
    """The field's value is one of ``values``."""

    field: Field
    values: Intervals


@quick
@dataclass(frozen=True, slots=True)
class Bits:
    """``field & mask == value``: wildcard masks, TCP flags, marks. For addresses ``mask`` covers 32 bits of IPv4
    or, with bit 128 set in both, 128 bits of IPv6; the other family never matches."""

    field: Field
    value: int
    mask: int


@quick
@dataclass(frozen=True, slots=True)
class Ingress:
    """The packet came in by one of these interfaces; a trailing ``*`` stands for any ending."""

    names: frozenset[str]


@quick
@dataclass(frozen=True, slots=True)
class Egress:
    """The packet will leave by one of these interfaces; a trailing ``*`` stands for any ending."""

    names: frozenset[str]


@quick
@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no part, always true."""

    parts: tuple[Match, ...]


@quick
@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds; with no part, never true."""

    parts: tuple[Match, ...]


@quick
@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Match


@quick
@dataclass(frozen=True, slots=True)
class Unknown:
    """Cannot be decided from the input, as a geography object or a time range: may hold or not.

    Two unknowns of one ``key`` hold together or not at all (for the same packet).
    """

    key: str
    span: SourceSpan


Match = In | Bits | Ingress | Egress | All | AnyOf | Not | Unknown
ALWAYS = All(())
NEVER = AnyOf(())


def names_match(names: frozenset[str], interface: str) -> bool:
    """Whether ``interface`` is among ``names`` as ``Ingress`` and ``Egress`` read them."""
    return interface in names or any(n.endswith("*") and interface.startswith(n[:-1]) for n in names)


def both(*parts: Match) -> Match:
    """Conjunction without needless nesting."""
    flat: list[Match] = []
    for part in parts:
        if type(part) is All:
            flat += part.parts
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def either(*parts: Match) -> Match:
    """Disjunction without needless nesting."""
    flat: list[Match] = []
    for part in parts:
        if type(part) is AnyOf:
            flat += part.parts
        else:
            flat.append(part)
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))


def asks(match: Match) -> Iterator[Field | Ingress | Egress | Unknown]:
    """The fields that ``match`` depends on, and its conditions that are on no field."""
    left = [match]
    while left:
        part = left.pop()
        if isinstance(part, _ON_FIELD):
            yield part.field
        elif isinstance(part, _OF_PARTS):
            left.extend(part.parts)
        elif isinstance(part, Not):
            left.append(part.part)
        else:
            yield part


_ON_FIELD, _OF_PARTS = (In, Bits), (All, AnyOf)


def at_most(field: Field, match: Match) -> Intervals:
    """The addresses of ``field`` (``SRC``, ``DST``) beyond which ``match`` never holds."""
    if isinstance(match, In) and match.field is field:
        return match.values
    if isinstance(match, All):
        common = ALL_ADDRESSES
        for part in match.parts:
            common = common & at_most(field, part)
        return common
    if isinstance(match, AnyOf):
        return Intervals.from_spans(span for part in match.parts for span in at_most(field, part).spans)
    if isinstance(match, Not):
        return _at_most_else(field, match.part)
    return ALL_ADDRESSES


def _at_most_else(field: Field, match: Match) -> Intervals:
    """The same of the packets for which ``match`` does not hold."""
    if isinstance(match, In) and match.field is field:
        return ALL_ADDRESSES - match.values
    if isinstance(match, All | AnyOf):
        negated = tuple(Not(part) for part in match.parts)
        return at_most(field, AnyOf(negated) if isinstance(match, All) else All(negated))
    return at_most(field, match.part) if isinstance(match, Not) else ALL_ADDRESSES
