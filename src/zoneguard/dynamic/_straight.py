"""Conversations whose packets fit together, put together by columns, all of them at once.

In most directions every byte was sent once, or again with what was sent before, behind the first packet and before the
FIN. Then nothing is in conflict, whatever the order in which packets came, and what is not there is a gap.
``Direction`` says the same of these, and knows all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoneguard.dynamic._direction import HALF, NEAR, WRAP
from zoneguard.dynamic._feeding import Packets
from zoneguard.dynamic.columns import I64, Bool, Column
from zoneguard.inspection.segments import Segments
from zoneguard.model.flows import Flow, Stream
from zoneguard.model.match import ACK, FIN, RST, SYN

Gaps = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Straight:
    """``fits``: which conversations did. ``sides``, as ``Packets`` counts them: where the segments of each begin and
    end, where its bytes lie (-1: here and there), where these end, where the direction ends, whether it is complete.
    ``places``: where the bytes of each segment lie."""

    fits: Bool
    content: memoryview
    segments: Segments
    places: I64
    sides: list[tuple[int, int, int, int, int, bool]]

    def stream(self, flow: Flow, side: int) -> Stream:
        """A direction of a conversation that fits."""
        begin, end, place, size, upto, complete = self.sides[side]
        segments = self.segments.part(begin, end) if end > begin else ()
        gaps: Gaps = ((size, upto),) if upto > size else ()
        if place < 0:
            data, inside = self._joined(begin, end)
            gaps = inside + gaps
        else:
            data = bytes(self.content[place : place + size])
        return Stream(flow, not side & 1, data, segments, gaps, (), complete)

    def _joined(self, begin: int, end: int) -> tuple[bytes, Gaps]:
        """What lies here and there, with the gaps between; what lies together at once."""
        starts, stops, places = (c[begin:end] for c in (self.segments.starts, self.segments.ends, self.places))
        apart = (starts[1:] != stops[:-1]) | (np.diff(places) != np.diff(starts))
        first, last = np.flatnonzero(np.append(True, apart)), np.flatnonzero(np.append(apart, True))
        parts: list[bytes | memoryview] = []
        gaps = []
        at = 0
        runs = (column.tolist() for column in (starts[first], stops[last], places[first]))
        for start, stop, place in zip(*runs, strict=True):
            if start > at:
                gaps.append((at, start))
                parts.append(bytes(start - at))
            parts.append(self.content[place : place + stop - start])
            at = stop
        return b"".join(parts), tuple(gaps)


def straight(packets: Packets, datagrams: Bool, limit: int) -> Straight:
    """What can be put together by columns, of conversations all of whose packets these are; ``datagrams``: by
    conversation, whether it is UDP."""
    count = 2 * len(datagrams)
    order = np.argsort(packets.side, kind="stable")
    side = packets.side[order]
    columns = {name: column[order] for name, column in packets.columns.items()}
    payload, flags, tcp = columns["payload"], columns["tcp"], ~datagrams[side >> 1]
    reset = tcp & (flags & RST > 0)
    counts = tcp & ~reset
    syn, fin = (counts & (flags & flag > 0) for flag in (SYN, FIN))

    first = _first(side, np.flatnonzero(~reset), count)
    seen, begin = first >= 0, columns["seq"] + syn
    place = np.where(tcp & seen[side], _distance(begin, begin[first[side]]), _sent_before(side, payload, count))
    full = np.flatnonzero(payload > 0)
    full = full[np.lexsort((place[full], side[full]))]
    sent = _Sent(full, side[full], place[full], (place + payload)[full], columns["at"][full])
    bad = np.zeros(count, np.bool_)
    bad[sent.of[sent.starts < 0]] = True
    sent, odd = _once(sent, packets.content)
    bad[odd] = True
    full, of, starts, stops, at = sent

    size = np.zeros(count, np.int64)
    np.maximum.at(size, of, stops)
    finishing = _first(side, np.flatnonzero(fin), count)
    finished = np.where(finishing >= 0, (place + payload)[finishing], -1)
    odd = columns["damaged"] | (columns["kept"] != payload) | (reset & (payload > 0)) | (tcp & (abs(place) > NEAR))
    odd |= syn & ((place != 0) | ~syn[first[side]])
    bad[of[(starts > 0) & np.diff(of, prepend=-1).astype(np.bool_) & ~syn[first[of]]]] = True  # it begins behind 0
    bad[side[odd]] = True
    bad |= (size > limit) | (finishing >= 0) & (finished < size)

    known = np.flatnonzero(counts & (flags & ACK > 0))
    other = side[known] ^ 1
    told = seen[other] & (order[known] > order[first[other]])  # before that they say what only they know of
    acknowledged = _distance(columns["ack"][known], begin[first[other]])
    bad[other[told & (abs(acknowledged) > NEAR)]] = True
    furthest = np.zeros(count, np.int64)
    np.maximum.at(furthest, side[counts], (place + payload)[counts])
    np.maximum.at(furthest, other[told], acknowledged[told])
    least = np.maximum(size, finished)
    upto = np.where((furthest > least + 1) & (furthest < least + NEAR), furthest, least)
    upto = np.where(seen, upto, _only_acknowledged(columns["ack"][known], other, count))

    held = np.bincount(of, minlength=count)
    ends = np.cumsum(held)
    lies = np.zeros(count, np.int64)
    lies[of[::-1]] = at[::-1]
    lies[of[at - starts != lies[of]]] = -1
    whole = np.bincount(of, stops - starts, count) == size
    complete = seen & syn[first] & (finished == size) & (upto == size) & whole
    frames = (columns["file"][full], columns["number"][full], columns["time"][full] / 1e9)
    sides = (column.tolist() for column in (ends - held, ends, lies, size, upto, complete))
    return Straight(
        ~(bad[::2] | bad[1::2]),
        packets.content,
        Segments(starts, stops, *frames, packets.names),
        at,
        list(zip(*sides, strict=True)),
    )


class _Sent(NamedTuple):
    """Segments in order of side and start: the rows that brought them, and where in the content their bytes lie."""

    rows: I64
    of: I64
    starts: I64
    stops: I64
    at: I64

    def alike(self, far: int = 1) -> Bool:
        """Which are of the same side as those so many places behind."""
        alike: Bool = self.of[far:] == self.of[:-far]
        return alike


def _once(sent: _Sent, content: memoryview) -> tuple[_Sent, I64]:
    """Every byte as it came first; and the sides of which that cannot be said here, as of those with other bytes the
    second time."""
    again = np.flatnonzero(sent.alike() & (sent.stops[1:] <= sent.stops[:-1]) & (sent.rows[1:] > sent.rows[:-1])) + 1
    odd = [sent.of[again[_differ(sent, content, again, sent.stops[again])]]]
    sent = _Sent(*(np.delete(column, again) for column in sent))
    second = np.flatnonzero(sent.alike() & (sent.starts[1:] < sent.stops[:-1])) + 1
    until = np.minimum(sent.stops[second - 1], sent.stops[second])
    odd.append(sent.of[second[_differ(sent, content, second, until) | (until < sent.stops[second - 1])]])
    odd.append(sent.of[2:][sent.alike(2) & (sent.starts[2:] < sent.stops[:-2])])
    later = sent.rows[second] > sent.rows[second - 1]
    starts, stops = sent.starts.copy(), sent.stops.copy()
    starts[second[later]] = until[later]
    stops[second[~later] - 1] = sent.starts[second[~later]]
    odd.append(sent.of[starts >= stops])
    return _Sent(sent.rows, sent.of, starts, stops, sent.at + starts - sent.starts), np.concatenate(odd)


def _differ(sent: _Sent, content: memoryview, second: I64, until: I64) -> Bool:
    """Whether these segments, from their start to ``until``, have other bytes than the one before has there."""
    start = sent.starts[second]
    before = sent.at[second - 1] + start - sent.starts[second - 1]
    both = zip(sent.at[second].tolist(), before.tolist(), (until - start).tolist(), strict=True)
    return np.array([content[a : a + n] != content[b : b + n] for a, b, n in both], np.bool_)


def _sent_before(side: I64, payload: Column, count: int) -> I64:
    """How much its side had sent before each row."""
    total = np.bincount(side, payload, count).astype(np.int64)
    before: I64 = np.cumsum(payload) - payload - (np.cumsum(total) - total)[side]
    return before


def _first(of: I64, rows: I64, count: int) -> I64:
    """The first of the rows of each side, -1 where there is none."""
    first = np.full(count, -1, np.int64)
    first[of[rows[::-1]]] = rows[::-1]
    return first


def _distance(numbers: Column, origin: Column) -> I64:
    """Sequence numbers as signed distances from an origin."""
    distance: I64 = ((numbers - origin + HALF) & WRAP) - HALF
    return distance


def _only_acknowledged(acks: I64, of: I64, count: int) -> I64:
    """Of sides of which only acknowledgements were captured, how many bytes lie between the first and the last."""
    rows = np.arange(len(of))
    first, last = _first(of, rows, count), np.full(count, -1, np.int64)
    last[of] = rows
    if not len(acks):
        return np.zeros(count, np.int64)
    return np.where(first >= 0, np.maximum(_distance(acks[last], acks[first]), 0), 0)
