"""Fragments by columns: those that lie plainly in their frames, and which make whole datagrams by themselves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from zoneguard.dynamic._mixing import mixed
from zoneguard.dynamic._places import Places, Views, marks
from zoneguard.dynamic.columns import I32, I64, U64, Bool
from zoneguard.dynamic.fragments import MAX_LENGTH
from zoneguard.dynamic.layers import IPV4, IPV6
from zoneguard.dynamic.network import FRAGMENT

_PLAIN = marks(256, (0, 60))  # extension headers that only have a length


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole fragments in frame order: ``frame`` is the position in the batch, ``start`` to ``end`` their place in the
    datagram, ``at`` that of their payload in the buffer; ``head`` is what stands before it in the packet.

    ``key`` has five columns, as ``fragments.Key`` without its family and protocol, which are in ``kind``.
    """

    frame: I64
    key: U64
    kind: I64
    proto: I64
    context: I32
    mac: I64
    at: I64
    start: I64
    end: I64
    more: Bool
    head: I64

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, which: I64) -> Pieces:
        """The pieces at these positions."""
        return Pieces(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def hashes(self) -> U64:
        """A keyed hash of each one's datagram."""
        return mixed(*self.key.T, self.kind.view(np.uint64))


def pieces(places: Places, view: Views) -> Pieces:
    """The fragments among these packets; where something is missing or odd, none."""
    four, six = (_read(places.take(np.flatnonzero(places.kind == kind)), view, kind == IPV6) for kind in (IPV4, IPV6))
    both = Pieces(*(np.concatenate([getattr(four, f.name), getattr(six, f.name)]) for f in fields(Pieces)))
    return both.take(np.argsort(both.frame, kind="stable"))


def _read(places: Places, view: Views, v6: bool) -> Pieces:
    at, context = places.at, places.context.astype(np.int64)
    if v6:
        stop = at + 40 + view.half(at + 4)
        following = view.u8[at + 6]
        plain = _PLAIN[following]
        header = at + 40 + np.where(plain, 8 * (view.u8[at + 41].astype(np.int64) + 1), 0)
        following = np.where(plain, view.u8[at + 40], following)
        header = np.minimum(header, places.end)
        placed, proto = view.half(header + 2), view.u8[header].astype(np.int64)
        start, more, number, begin = placed & 0xFFF8, placed & 1 > 0, view.word(header + 4), header + 8
        ends = [view.wide(at + offset) for offset in (8, 16, 24, 32)]
        kind = context << 16 | 1 << 8
        fits = (view.u8[at] >> 4 == 6) & (following == FRAGMENT) & (placed & 0xFFF9 > 0)
    else:
        stop = at + view.half(at + 2)
        placed, proto = view.half(at + 6), view.u8[at + 9].astype(np.int64)
        start, more, number, begin = (placed & 0x1FFF) * 8, placed & 0x2000 > 0, view.half(at + 4), at + 20
        none = np.zeros(len(at), np.uint64)
        ends = [none, view.u32[at + 12].astype(np.uint64), none, view.u32[at + 16].astype(np.uint64)]
        kind = context << 16 | proto
        fits = (view.u8[at] == 0x45) & (placed & 0x3FFF > 0)
    length, longest = stop - begin, MAX_LENGTH - (0 if v6 else 20)
    fits &= (length > 0) & (stop <= places.end) & (start + length <= longest) & ~(more & (length & 7 > 0))
    key = np.stack([*ends, number.view(np.uint64)], axis=1)
    found = Pieces(
        places.frame, key, kind, proto, places.context, places.mac, begin, start, start + length, more, begin - at
    )  # fmt: skip
    return found.take(np.flatnonzero(fits))


def wholes(found: Pieces) -> tuple[I64, I64]:
    """The pieces that make whole datagrams, datagram by datagram, and where in them each begins: its pieces came in
    order, none is missing and none repeated."""
    order = np.argsort(found.hashes, kind="stable")
    key, kind = found.key[order], found.kind[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (key[1:] != key[:-1]).any(axis=1) | (kind[1:] != kind[:-1])
    last = np.append(first[1:], True)
    start, end, more = found.start[order], found.end[order], found.more[order]
    fits = np.where(first, start == 0, start == np.roll(end, 1)) & (more != last)
    begins = np.flatnonzero(first)
    whole = np.logical_and.reduceat(fits, begins) if len(begins) else fits
    return order[np.repeat(whole, np.diff(begins, append=len(order)))], np.cumsum(
        np.append(0, np.diff(begins, append=len(order))[whole])
    )[:-1]
