"""One session seen twice: before a device translated its addresses, and after.

The configurations say which packets become which. A flow that can be another one's translated form, began within
``SKEW`` of it, fared alike and carried the same bytes is that flow, if it can be only one: it is then no crossing of
its own, but another sighting of the flow as it was sent. Where it can be several, as where many hosts ask the same of
one server behind one address, the sequence numbers at which both sides of a TCP session begin tell which: devices that
translate ports leave them. What still fits several flows, or none, stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np

from zoneguard.checks._forms import rewritten_part
from zoneguard.checks._holding import Ends, holding
from zoneguard.dynamic.columns import I64
from zoneguard.dynamic.traffic import Traffic
from zoneguard.model.crossing import Crossing
from zoneguard.model.match import HISTORY, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.translation import DESTINATION, SOURCE, sent, sent_among

SKEW = 2.0  # seconds by which the clocks of two captures may differ
REMEMBERED = 1 << 16
_Ends = tuple[int, int, int, int]


def sightings(space: PacketSpace, possible: Iterable[Crossing], traffic: Traffic) -> Mapping[int, tuple[int, ...]]:
    """Other sightings of crossing flows, by the position of the flow as it was sent."""
    rewritten = space.union(*(rewritten_part(crossing.packets.may()) for crossing in possible))
    which = np.flatnonzero(traffic.crossing)
    if not rewritten or not len(which):
        return {}
    ends = Ends(traffic, which)
    origins = which[holding(sent(rewritten), ends)]
    becomes = _Becomes(rewritten, traffic)
    found: dict[int, list[int]] = {}
    for at, alike in _alike(traffic, origins, which[holding(rewritten.forget(*HISTORY), ends)]):
        origin = _the_one(traffic, becomes, at, alike)
        if origin is not None:
            found.setdefault(origin, []).append(at)
    return {origin: tuple(others) for origin, others in found.items()}


def _alike(traffic: Traffic, origins: I64, seen: I64) -> Iterator[tuple[int, I64]]:
    """Each flow with the origins that fared alike, carried the same bytes and began at about the same time."""
    kinds = np.column_stack([traffic.proto, traffic.payload, traffic.answered]).astype(np.int64)
    kind = np.unique(kinds, axis=0, return_inverse=True)[1].ravel()
    order = origins[np.lexsort((traffic.time[origins], kind[origins]))]
    low, high = (np.searchsorted(kind[order], kind[seen], side=side) for side in ("left", "right"))
    for at, first, end in zip(seen.tolist(), low.tolist(), high.tolist(), strict=True):
        times = traffic.time[order[first:end]]
        near = np.searchsorted(times, [traffic.time[at] - SKEW, np.nextafter(traffic.time[at] + SKEW, np.inf)])
        some = order[first + int(near[0]) : first + int(near[1])]
        some = some[some != at]
        if len(some):
            yield at, some


def _the_one(traffic: Traffic, becomes: _Becomes, at: int, alike: I64) -> int | None:
    """The only flow that can be this one before a translation, if there is only one."""
    fitting = [origin for origin in alike.tolist() if becomes.hosts(origin, at) and becomes.packets(origin, at)]
    if len(fitting) > 1:
        begins = traffic.begins(np.array([at, *fitting], np.int64))
        same = (begins[1:] == begins[0]).all(axis=1) & (begins[0] >= 0).all()
        fitting = [origin for origin, agrees in zip(fitting, same.tolist(), strict=True) if agrees]
    return fitting[0] if len(fitting) == 1 else None


class _Becomes:
    """Whether some device makes the one flow of the other."""

    def __init__(self, rewritten: PacketSet, traffic: Traffic) -> None:
        self._space, self._traffic = rewritten.space, traffic
        self._rewritten = rewritten
        self._any_port = rewritten.forget(Field.SPORT, Field.SENT_SPORT)
        self._between = lru_cache(REMEMBERED)(self._hosts)

    def hosts(self, origin: int, at: int) -> bool:
        """By hosts and services alone: asked first, because it is remembered."""
        return self._between(self._ends(origin), self._ends(at))

    def packets(self, origin: int, at: int) -> bool:
        """By all that is known of the two flows."""
        before, after = (self._packets(self._ends(number), int(self._traffic.sport[number])) for number in (origin, at))
        return bool(sent_among(self._rewritten & after, before, SOURCE, DESTINATION))

    def _ends(self, at: int) -> _Ends:
        traffic = self._traffic
        return int(traffic.src[at]), int(traffic.dst[at]), int(traffic.proto[at]), int(traffic.dport[at])

    def _packets(self, ends: _Ends, sport: int) -> PacketSet:
        src, dst, proto, dport = ends
        return self._space.conversation(self._traffic.address(src), self._traffic.address(dst), proto, sport, dport)

    def _hosts(self, origin: _Ends, seen: _Ends) -> bool:
        before, after = (self._packets(ends, 0).forget(Field.SPORT) for ends in (origin, seen))
        return bool(sent_among(self._any_port & after, before, SOURCE, DESTINATION))
