"""Fragments by columns: those that lie plainly in their frames, and which make whole datagrams by themselves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from zoneguard.dynamic._headers import HEAD, HEAD_6
from zoneguard.dynamic._mixing import mixed
from zoneguard.dynamic._places import Places, Views, marks
from zoneguard.dynamic.columns import I32, I64, MAX_BATCH, U64, Bool
from zoneguard.dynamic.fragments import MAX_LENGTH
from zoneguard.dynamic.layers import IPV4, IPV6
from zoneguard.dynamic.network import FRAGMENT

_INDEX = np.uint64(MAX_BATCH - 1)
_PLAIN = marks(256, (0, 60))  # extension headers that only have a length


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole fragments, of each family in frame order: ``frame`` is the position in the batch, ``start`` to ``end`` its
    place in the datagram, ``at`` that of their payload in the buffer; ``head`` is what stands before it in the packet.

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
    return Pieces(*(np.concatenate([getattr(four, f.name), getattr(six, f.name)]) for f in fields(Pieces)))


def _read(places: Places, view: Views, v6: bool) -> Pieces:
    at, context = places.at, places.context.astype(np.int64)
    head = view.heads(at, HEAD_6 if v6 else HEAD)
    if v6:
        stop = at + 40 + head["length_6"]
        plain = _PLAIN[head["proto"]]
        header = at + 40 + np.where(plain, 8 * (view.u8[at + 41].astype(np.int64) + 1), 0)
        following = np.where(plain, view.u8[at + 40], head["proto"])
        header = np.minimum(header, places.end)
        placed, proto = view.half(header + 2), view.u8[header].astype(np.int64)
        start, more, number, begin = placed & 0xFFF8, placed & 1 > 0, view.word(header + 4), header + 8
        kind = context << 16 | 1 << 8
        fits = (head["version"] >> 4 == 6) & (following == FRAGMENT) & (placed & 0xFFF9 > 0)
        ends = [head[name] for name in ("src_high", "src", "dst_high", "dst")]
    else:
        stop = at + head["size"]
        placed, proto = head["placed"].astype(np.int64), head["proto"].astype(np.int64)
        start, more, number, begin = (placed & 0x1FFF) * 8, placed & 0x2000 > 0, head["number"], at + 20
        kind = context << 16 | proto
        fits = (head["version"] == 0x45) & (placed & 0x3FFF > 0)
        none = np.zeros(len(at), np.uint64)
        ends = [none, head["src"], none, head["dst"]]
    length, longest = stop - begin, MAX_LENGTH - (0 if v6 else 20)
    fits &= (length > 0) & (stop <= places.end) & (start + length <= longest) & ~(more & (length & 7 > 0))
    key = np.empty((len(at), 5), np.uint64)
    for column, values in enumerate((*ends, number)):
        key[:, column] = values
    found = Pieces(
        places.frame, key, kind, proto, places.context, places.mac, begin, start, start + length, more, begin - at
    )  # fmt: skip
    return found.take(np.flatnonzero(fits))


def wholes(found: Pieces) -> tuple[I64, I64]:
    """The pieces that make whole datagrams, datagram by datagram, and where in them each begins: its pieces came in
    order, none is missing and none repeated, unless all of them are, behind the last one."""
    tagged = found.hashes & ~_INDEX | np.arange(len(found), dtype=np.uint64)
    tagged.sort()
    order = (tagged & _INDEX).astype(np.int64)
    key, kind = found.key[order], found.kind[order]
    start, end, more = found.start[order], found.end[order], found.more[order]
    first = start == 0
    first[:1] = True
    first[1:] |= (key[1:] != key[:-1]).any(axis=1) | (kind[1:] != kind[:-1])
    last = np.append(first[1:], True)
    fits = np.where(first, start == 0, start == np.roll(end, 1)) & (more != last)
    begins = np.flatnonzero(first)
    whole = np.logical_and.reduceat(fits, begins) if len(begins) else fits
    return order[np.repeat(whole, np.diff(begins, append=len(order)))], np.cumsum(
        np.append(0, np.diff(begins, append=len(order))[whole])
    )[:-1]
