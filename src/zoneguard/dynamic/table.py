"""The finished flow table: directions joined, oriented from the opener, judged, and put in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, Refusal
from zoneguard.dynamic.communityid import ICMP, ICMPV6, community_id
from zoneguard.dynamic.decoding import Context
from zoneguard.dynamic.flows import FlowTracker
from zoneguard.dynamic.states import Side, opener, state
from zoneguard.model.addresses import V6
from zoneguard.model.flows import Flow
from zoneguard.model.spans import CaptureSpan

CHUNK = 4096
LAST = np.iinfo(np.int64).max
_SUMS = ("packets", "payload", "events", "first_row", "bytes", "mac")
_PLACES = ("first_row", "first_time", "first_number", "first_file", "last_row", "last_time", "last_number", "last_file")
_CONTEXT = 0xFFFF0000
_Place = tuple[int, int, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Track:
    """A flow and where its packets are: the store's numbers of the directions to its responder and its originator."""

    flow: Flow
    halves: tuple[int, int]


def finish(tracker: FlowTracker, contexts: Sequence[Context], files: Sequence[str]) -> Iterator[Track]:
    """Every flow in order of its first packet. ``contexts`` as the decoder numbers them, ``files`` by file number."""
    store, count = tracker.store, tracker.store.flows
    first = np.where(store.packets[: 2 * count] > 0, store.first_row[: 2 * count], LAST).reshape(-1, 2)
    order = np.argsort(first.min(axis=1), kind="stable")
    halves = np.stack([2 * np.arange(count), 2 * np.arange(count) + 1], axis=1)
    order = order[~_join_apart(store, contexts, order, halves)[order]]
    for begin in range(0, len(order), CHUNK):
        some = order[begin : begin + CHUNK]
        yield from _chunk(tracker, contexts, files, (some, halves[some]))


def _join_apart(
    store: Store, contexts: Sequence[Context], order: I64, halves: I64
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
    for flow in order[(seen[:, 0] != seen[:, 1])[order]].tolist():
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


def _chunk(
    tracker: FlowTracker, contexts: Sequence[Context], files: Sequence[str], chunk: tuple[I64, I64]
) -> Iterator[Track]:
    store = tracker.store
    flows, halves = chunk
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
        vlans, tunnel = contexts[(tail & _CONTEXT) >> 16]
        refused = Refusal(bool(v6), ends[o] - base, ends[r] - base, proto, port[o], port[r], tunnel) in tracker.refused
        both = (a, b)
        first, last = _extent(place_a if a[0] else None, place_b if b[0] else None, files)
        flow = Flow(
            src=ends[o], dst=ends[r], proto=proto, sport=port[o], dport=port[r],
            state=state(proto, sides[o], sides[r], refused), opened_by=how,
            packets=(both[o][0], both[r][0]), bytes=(both[o][4], both[r][4]), payload=(both[o][1], both[r][1]),
            first=first, last=last,
            macs=(_macs(tracker, pair[o], both[o][5]), _macs(tracker, pair[r], both[r][5])),
            vlan=vlans, tunnel=tunnel, icmp=icmp,
            community_id=community_id(proto, (ends[o], ends[r]), (port[o], port[r]), icmp),
        )  # fmt: skip
        yield Track(flow, (pair[o], pair[r]))


def _many(address: int) -> bool:
    """Whether an address of the shared space stands for many hosts: multicast, or IPv4's limited broadcast."""
    return address >> 120 == (V6 >> 120) + 0xFF if address >= V6 else address >> 28 == 14 or address == 0xFFFFFFFF


def _extent(a: _Place | None, b: _Place | None, files: Sequence[str]) -> tuple[CaptureSpan, CaptureSpan]:
    """The first and the last packet of two directions, of which one may be empty."""
    there = [place for place in (a, b) if place is not None]
    first = min(there, key=lambda p: p[0])
    last = max(there, key=lambda p: p[4])
    return CaptureSpan(files[first[3]], first[2], first[1] / 1e9), CaptureSpan(files[last[7]], last[6], last[5] / 1e9)


def _macs(tracker: FlowTracker, half: int, first: int) -> tuple[int, ...]:
    more = tracker.macs.get(half, ())
    return (*((first,) if first >= 0 else ()), *more)
