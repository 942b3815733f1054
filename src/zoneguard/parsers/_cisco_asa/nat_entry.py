"""A translation as the configuration states it, whatever its syntax, and the correspondence of its addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import EgressAddress, Rewrite, SetTo, Shift
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, Match
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._cisco_asa.values import UnreadableError

Span = tuple[int, int]
_MOST_PIECES = 1024  # stretches that one static translation may be cut into


@dataclass(frozen=True, slots=True)
class Side:
    """Addresses in order; ``None``: any. ``interface``: the addresses of that interface, none where not known."""

    spans: tuple[Span, ...] | None = None
    interface: str = ""

    @property
    def values(self) -> Intervals:
        """The addresses as a set; empty where any, or not known."""
        return Intervals.from_spans(self.spans or ())

    @property
    def size(self) -> int:
        """How many addresses."""
        return sum(high - low + 1 for low, high in self.spans or ())


ANY = Side()


@dataclass(frozen=True, slots=True)
class PortMap:
    """Packets of ``protocols`` whose port is one of ``real`` have it as one of ``mapped`` on the other side."""

    protocols: Intervals
    real: Intervals
    mapped: Intervals

    def rewrites(self, field: Field, outward: bool) -> tuple[Rewrite, ...]:
        """To the mapped port where ``outward``, else to the real one."""
        before, after = (self.real, self.mapped) if outward else (self.mapped, self.real)
        if before == after:
            return ()
        if before.size == after.size and len(before.spans) == len(after.spans) == 1:
            return (Shift(field, after.first - before.first),)
        return (SetTo(field, after),)


@dataclass(frozen=True, slots=True)
class Translation:
    """One translation rule. ``real`` and ``mapped`` are interfaces (empty: any).

    The source ``source`` becomes ``to``; ``static``: one to one and both ways, unless ``one_way``. ``target``: real and
    mapped destinations. ``whole``: a packet that it takes is not asked of any other rule (twice NAT). ``routed``: the
    routing table decides where to, not ``real``. ``pat``: source ports change too. ``fallback``: to the interface's
    address when the pool is used up. ``exempt``: addresses stay. ``condition`` is more that is asked of a packet from
    the real side (policy NAT), ``answer`` the same of one towards it.
    """

    name: str
    span: SourceSpan
    real: str
    mapped: str
    static: bool
    source: Side
    to: Side
    target: tuple[Side, Side] | None = None
    source_port: PortMap | None = None
    target_port: PortMap | None = None
    whole: bool = True
    one_way: bool = False
    routed: bool = False
    pat: bool = False
    fallback: bool = False
    exempt: bool = False
    condition: Match | None = None
    answer: Match | None = None

    @property
    def identity(self) -> bool:
        """Whether the source stays as it is."""
        moved = self.source_port is not None and self.source_port.real != self.source_port.mapped
        return self.exempt or (self.static and self.source == self.to and not self.to.interface and not moved)


@dataclass(frozen=True, slots=True)
class Pair:
    """Real addresses and their mapped ones; ``None``: any. ``delta`` is mapped − real, ``None``: any of the others.

    ``outward``, ``inward``: whether it is used towards the mapped, the real side. ``interface``: the mapped address is
    the one of that interface and not known.
    """

    real: Intervals | None
    mapped: Intervals | None
    delta: int | None = 0
    outward: bool = True
    inward: bool = True
    interface: str = ""

    def rewrites(self, field: Field, outward: bool) -> tuple[Rewrite, ...]:
        """To the mapped address where ``outward``, else to the real one."""
        after = self.mapped if outward else self.real
        if self.interface and outward:
            return (EgressAddress(),) if field is Field.SRC else ()
        if after is None or (self.delta == 0 and not self.interface):
            return ()
        if after.size == 1 or self.delta is None or self.interface:
            return (SetTo(field, after),)
        return (Shift(field, self.delta if outward else -self.delta),)


def pairs(real: Side, mapped: Side) -> Iterator[Pair]:
    """How a static translation pairs addresses ("Static NAT": one to one, few to many, many to few).

    Raises ``UnreadableError`` for sides that do not correspond.
    """
    if real.spans is None or mapped.spans is None:
        if real.spans is not mapped.spans:
            raise UnreadableError("a static translation of any address")
        yield Pair(None, None)
        return
    if mapped.interface and not mapped.spans:
        yield Pair(real.values, Intervals(), interface=mapped.interface)
        return
    if len(real.spans) + len(mapped.spans) > _MOST_PIECES:
        raise UnreadableError("a static translation of too many pieces")
    if {low >= V6 for low, _ in (*real.spans, *mapped.spans)} not in ({True}, {False}):
        raise UnreadableError("a translation between the versions of IP")
    taken = 0
    for (low, high), delta in _pieces(real.spans, mapped.spans):
        taken += high - low + 1
        yield Pair(Intervals.span(low, high), Intervals.span(low + delta, high + delta), delta)
    if taken < real.size:
        yield Pair(real.values, mapped.values, None, inward=False)
    elif taken < mapped.size:
        if real.size > 1:
            raise UnreadableError("a static translation of several addresses to more")
        yield Pair(real.values, mapped.values, None, outward=False)


def _pieces(before: Sequence[Span], after: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Stretches of ``before`` with the distance to their image, while both lists last."""
    left, right = list(reversed(before)), list(reversed(after))
    while left and right:
        (low, high), (to, end) = left.pop(), right.pop()
        reach = min(high - low, end - to)
        yield (low, low + reach), to - low
        if low + reach < high:
            left.append((low + reach + 1, high))
        if to + reach < end:
            right.append((to + reach + 1, end))
