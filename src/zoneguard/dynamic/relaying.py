"""Hosts that were entered and then went on: of all flows at once, so that memory grows with the flows alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneguard.dynamic.columns import I64, Bool
from zoneguard.dynamic.traffic import Traffic

Steps = tuple[I64, I64]  # positions of the flows that entered hosts, and of those by which these went on


def steps(traffic: Traffic, entering: Bool, onward: Bool, *, latest: bool) -> Steps:
    """Each onward flow of a host that an entering one had reached before: with the ``latest`` such, or the first."""
    into, on = np.flatnonzero(entering), np.flatnonzero(onward)
    reached = np.sort(traffic.dst[into].astype(np.int64) << 32 | into)
    host = traffic.src[on].astype(np.int64) << 32
    if not len(reached):
        return into, into
    at = np.searchsorted(reached, host | on) - 1 if latest else np.searchsorted(reached, host)
    found = reached[np.clip(at, 0, len(reached) - 1)]
    before = found & 0xFFFFFFFF
    fits = (found >> 32 == host >> 32) & (before < on)
    return before[fits], on[fits]


def once(traffic: Traffic, some: Steps, *, ports: bool) -> Steps:
    """The first step from each host to each other, or to each port of it."""
    before, after = some
    pair = np.unique(traffic.src[after].astype(np.int64) * len(traffic.table) + traffic.dst[after], return_inverse=True)
    key = pair[1] << 16 | traffic.dport[after] if ports else pair[1]
    first = np.sort(np.unique(key, return_index=True)[1])
    return before[first], after[first]


def by_zones(traffic: Traffic, some: Steps) -> Iterator[Steps]:
    """The steps by the zones from which the hosts were entered and to which they went on."""
    before, after = some
    zones = traffic.source[before].astype(np.int64) * (len(traffic.zones) + 1) + traffic.target[after]
    for pair in np.unique(zones).tolist():
        yield before[zones == pair], after[zones == pair]
