"""Which observed flows the project allows, on whichever side of NAT they were seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneguard.checks import Case
from zoneguard.checks._forms import forms_of, rewritten_part
from zoneguard.checks._holding import Ends, holding
from zoneguard.checks._policy import allowed
from zoneguard.dynamic.columns import I64, Bool
from zoneguard.dynamic.traffic import Traffic
from zoneguard.model.packets import PacketSet
from zoneguard.static.translation import restrict


def legitimate(case: Case, traffic: Traffic) -> Bool:
    """The crossing flows that are allowed between their zones as they were seen, or the translated form of something
    allowed. Where the capture does not tell who opened a flow, either orientation will do."""
    found = np.zeros(len(traffic), np.bool_)
    translated = _translated(case)
    for source, destination, which in _pairs(traffic, traffic.crossing):
        found[which] = holding(allowed(case, source, destination) | translated, Ends(traffic, which))
    for source, destination, which in _pairs(traffic, traffic.crossing & ~found & ~traffic.known):
        turned = Ends(traffic, which, turned=True)
        found[which] = holding(allowed(case, destination, source) | translated, turned)
    return found


def _pairs(traffic: Traffic, wanted: Bool) -> Iterator[tuple[str, str, I64]]:
    """The wanted flows by the zones of their ends."""
    which = np.flatnonzero(wanted)
    pairs = traffic.source[which].astype(np.int64) << 16 | traffic.target[which]
    for pair in np.unique(pairs).tolist():
        yield traffic.zone_name(pair >> 16), traffic.zone_name(pair & 0xFFFF), which[pairs == pair]


def _translated(case: Case) -> PacketSet:
    """Allowed packets that some device rewrites, as sent and as received. Where a row asks for a way, only those that
    go it: whoever sees them behind the translation sees which way they went."""
    rewritten = ((crossing, rewritten_part(crossing.packets.may())) for crossing in case.possible)
    parts = (
        restrict(packets, allowed(case, crossing.source, crossing.destination, crossing.path))
        for crossing, packets in rewritten
        if packets
    )
    return forms_of(case.space, parts)
