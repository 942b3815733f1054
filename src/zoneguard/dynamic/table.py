"""The finished flow table: directions joined, oriented from the opener, judged, and put in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import overload

import numpy as np

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I32, I64, U64, Bool, Refusal
from zoneguard.dynamic.communityid import ICMP, ICMPV6
from zoneguard.dynamic.contexts import Context
from zoneguard.dynamic.flows import Tracked
from zoneguard.dynamic.listed import Listed, listed
from zoneguard.dynamic.oriented import Oriented, orient
from zoneguard.dynamic.placing import Addresses
from zoneguard.dynamic.states import Side, opener, state
from zoneguard.model.addresses import V6
from zoneguard.model.flows import Flow
from zoneguard.model.spans import CaptureSpan

CHUNK = 4096
TOGETHER = 1 << 16  # flows that are put into columns at once
_SUMS = ("packets", "payload", "events", "first_row", "bytes", "mac")
_PLACES = ("first_row", "first_time", "first_number", "first_file", "last_row", "last_time", "last_number", "last_file")
_CONTEXT = 0xFFFF0000
_ODD = np.uint64(0x9E3779B97F4A7C15)
_Place = tuple[int, int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Track:
    """A flow and where its packets are: the store's numbers of the directions to its responder and its originator."""

    flow: Flow
    halves: tuple[int, int]


class Tracks(Sequence[Track]):
    """The flows in order of their first packet: columns, of which each ``Track`` is made when it is asked for.

    ``contexts`` as the decoder numbers them, ``files`` by file number.
    """

    def __init__(self, tracker: Tracked, contexts: Sequence[Context], files: Sequence[str]) -> None:
        self._store, self._refused, self._more_macs = tracker.store, tracker.refused, tracker.macs
        self._contexts, self._files = contexts, files
        store, count = tracker.store, tracker.store.flows
        first = store.began(slice(2 * count)).reshape(-1, 2)
        order = np.argsort(first.min(axis=1), kind="stable")
        self._halves: I32 = np.arange(2 * count, dtype=np.int32).reshape(-1, 2)
        self._order = order[~_join_apart(store, contexts, order, self._halves)[order]]

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> Track: ...
    @overload
    def __getitem__(self, at: slice) -> Tracks: ...
    def __getitem__(self, at: int | slice) -> Track | Tracks:
        if isinstance(at, slice):
            return self.some(np.arange(len(self))[at])
        (track,) = self._make(self._order[[at]])
        return track

    def __iter__(self) -> Iterator[Track]:
        for begin in range(0, len(self), CHUNK):
            yield from self._make(self._order[begin : begin + CHUNK])

    def some(self, which: I64) -> Tracks:
        """The tracks at these positions, of the same columns."""
        part = copy(self)
        part._order = self._order[which]
        return part

    def carrying(self) -> Tracks:
        """The tracks of flows with content, in either direction."""
        return self.some(np.flatnonzero(self._store.payload[self._halves[self._order]].sum(axis=1) > 0))

    def protocols(self) -> I64:
        """The IP protocol of each flow."""
        protocols: I64 = (self._store.key[self._order, 4] & np.uint64(0xFF)).astype(np.int64)
        return protocols

    def where(self) -> I64:
        """The store's number of each flow."""
        return self._order

    def times(self) -> I64:
        """When each flow began, in nanoseconds."""
        store, times = self._store, np.empty(len(self), np.int64)
        for begin in range(0, len(self), TOGETHER):
            halves = self._halves[self._order[begin : begin + TOGETHER]]
            first = store.began(halves).argmin(axis=1)[:, None]
            times[begin : begin + TOGETHER] = np.take_along_axis(store.first_time[halves], first, axis=1)[:, 0]
        return times

    def ends(self) -> tuple[Addresses, Addresses]:
        """Both addresses of each flow, in no order."""
        return self._store.ends(self._order)

    def oriented(self, files: I32, vlans: Mapping[tuple[int, ...], int]) -> Oriented:
        """The flows in columns; ``files`` and ``vlans`` number the files and the stacks of VLANs."""
        numbers = np.array([vlans[stack] for stack, _ in self._contexts], np.int32)
        return orient(self._store, self._order, self._halves[self._order], files, numbers)

    def listed(self) -> Iterator[Listed]:
        """The flows in columns as they are written down, some thousands at a time; ``vlan`` numbers ``contexts``."""
        files, contexts = (np.arange(len(known), dtype=np.int32) for known in (self._files, self._contexts))
        for begin in range(0, len(self), CHUNK):
            part = self._order[begin : begin + CHUNK]
            flows = orient(self._store, part, self._halves[part], files, contexts)
            yield listed(self._store, flows, self._contexts, self._refused, self._more_macs)

    def first_macs(self, halves: I32) -> I64:
        """The first source address of each direction, -1 where there is none."""
        macs: I64 = self._store.mac[halves]
        return macs

    def begins(self, halves: I32) -> I64:
        """The sequence number at which each direction begins, -1 where there is none."""
        begins: I64 = self._store.start[halves]
        return begins

    def packets(self, halves: I32) -> I64:
        """How many packets of each direction were captured."""
        packets: I64 = self._store.packets[halves].astype(np.int64)
        return packets

    @property
    def more_macs(self) -> Mapping[int, Sequence[int]]:
        """The further source addresses of directions."""
        return self._more_macs

    @property
    def files(self) -> Sequence[str]:
        """By file number."""
        return self._files

    @property
    def contexts(self) -> Sequence[Context]:
        """VLANs and tunnels by their numbers."""
        return self._contexts

    @property
    def vlans(self) -> Sequence[tuple[int, ...]]:
        """The stacks of VLANs that contexts have."""
        return [stack for stack, _ in self._contexts]

    def _make(self, flows: I64) -> Iterator[Track]:
        store, halves = self._store, self._halves[flows]
        keys = store.key[flows].tolist()
        sums, places = (
            [zip(*(getattr(store, name)[halves[:, side]].tolist() for name in names), strict=True) for side in (0, 1)]
            for names in (_SUMS, _PLACES)
        )
        for key, pair, a, b, place_a, place_b in zip(keys, halves.tolist(), *sums, *places, strict=True):
            a_high, a_low, b_high, b_low, tail = key
            proto, v6, ports = tail & 0xFF, tail >> 8 & 1, tail >> 32
            base = V6 if v6 else 0
            ends = (base + (a_high << 64 | a_low), base + (b_high << 64 | b_low))
            port = (ports >> 16, ports & 0xFFFF)
            sides = [Side(s[0], s[1], s[2], p, s[3], _many(end)) for s, p, end in zip((a, b), port, ends, strict=True)]
            far, how = opener(proto, (sides[0], sides[1]))
            o, r = far, 1 - far
            icmp = 0
            if proto in (ICMP, ICMPV6):
                icmp = ports >> 16 << 8 | ports & 0xFFFF if tail >> 9 & 1 else port[o] << 8
                port = (0, 0)
            vlans, tunnel = self._contexts[(tail & _CONTEXT) >> 16]
            quoted = Refusal(bool(v6), ends[o] - base, ends[r] - base, proto, port[o], port[r], tunnel)
            both = (a, b)
            first, last = _extent(place_a if a[0] else None, place_b if b[0] else None, self._files)
            flow = Flow(
                src=ends[o], dst=ends[r], proto=proto, sport=port[o], dport=port[r],
                state=state(proto, sides[o], sides[r], quoted in self._refused), opened_by=how,
                packets=(both[o][0], both[r][0]), bytes=(both[o][4], both[r][4]), payload=(both[o][1], both[r][1]),
                first=first, last=last,
                macs=(self._macs(pair[o], both[o][5]), self._macs(pair[r], both[r][5])),
                vlan=vlans, tunnel=tunnel, icmp=icmp,
            )  # fmt: skip
            yield Track(flow, (pair[o], pair[r]))

    def _macs(self, half: int, first: int) -> tuple[int, ...]:
        return (*((first,) if first >= 0 else ()), *self._more_macs.get(half, ()))


def _join_apart(
    store: Store, contexts: Sequence[Context], order: I64, halves: I32
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Join flows seen in one direction only with their counterparts in another VLAN, or between other tunnel ends.

    Changes ``halves`` of the earlier one; returns which flows were taken up by another.
    """
    taken = np.zeros(len(halves), np.bool_)
    if len(contexts) < 2:
        return taken
    alike = [tuple((kind, *number) for kind, _, *number in map(str.split, tunnel)) for _, tunnel in contexts]
    seen = store.packets[: 2 * len(halves)].reshape(-1, 2) > 0
    waiting: dict[tuple[object, ...], list[int]] = {}
    apart = order[(seen[:, 0] != seen[:, 1])[order]]
    for flow in apart[_may_join(store.key[apart], seen[apart, 0])].tolist():
        *ends, tail = store.key[flow].tolist()
        side = 0 if seen[flow, 0] else 1
        key = (*ends, tail & ~_CONTEXT, alike[(tail & _CONTEXT) >> 16])
        others = waiting.get((*key, 1 - side), [])
        partner = next((other for other in others if store.key[other, 4] != tail), None)
        if partner is None:
            waiting.setdefault((*key, side), []).append(flow)
        else:
            others.remove(partner)
            halves[partner, side] = halves[flow, side]
            taken[flow] = True
    return taken


def _may_join(key: U64, side: Bool) -> Bool:
    """Which of these flows have the ends of another one that was seen from the other side in another context; now and
    then one more, where two keys have the same hash."""
    mixed = key[:, 4] & ~np.uint64(_CONTEXT)
    for column in range(4):
        mixed = (mixed ^ mixed >> np.uint64(32)) * _ODD + key[:, column]
    order = np.argsort(mixed)
    begins = np.flatnonzero(np.append(True, np.diff(mixed[order]) != 0)[: len(key)])
    may = np.zeros(len(key), np.bool_)
    if len(begins):
        context, first = (key[:, 4] & np.uint64(_CONTEXT))[order], side[order]
        differ = np.minimum.reduceat(context, begins) != np.maximum.reduceat(context, begins)
        differ &= np.logical_or.reduceat(first, begins) & ~np.logical_and.reduceat(first, begins)
        may[order] = np.repeat(differ, np.diff(begins, append=len(key)))
    return may


def _many(address: int) -> bool:
    """Whether an address of the shared space stands for many hosts: multicast, or IPv4's limited broadcast."""
    return address >> 120 == (V6 >> 120) + 0xFF if address >= V6 else address >> 28 == 14 or address == 0xFFFFFFFF


def _extent(a: _Place | None, b: _Place | None, files: Sequence[str]) -> tuple[CaptureSpan, CaptureSpan]:
    """The first and the last packet of two directions, of which one may be empty."""
    there = [place for place in (a, b) if place is not None]
    first = min(there, key=lambda p: p[0])
    last = max(there, key=lambda p: p[4])
    return CaptureSpan(files[first[3]], first[2], first[1] / 1e9), CaptureSpan(files[last[7]], last[6], last[5] / 1e9)
