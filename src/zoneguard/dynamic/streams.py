"""TCP streams and UDP datagrams out of the packets that the first pass remembered, for the flows that are worth it.

A direction is held up to ``Limits.stream`` bytes; what lies beyond is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._datagrams import Datagrams
from zoneguard.dynamic._direction import Direction
from zoneguard.dynamic._feeding import Pair, feed
from zoneguard.dynamic._straight import Straight, straight
from zoneguard.dynamic.states import TCP, UDP
from zoneguard.dynamic.surveying import Survey
from zoneguard.dynamic.table import Track
from zoneguard.inspection import Conversation

BESIDE, EACH = 2 << 10, 300  # bytes held of a flow, and of each of its packets, beside its payload, about


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes held of one direction, and of all the flows whose packets are looked up together."""

    stream: int = 64 << 20
    together: int = 48 << 20


def reassemble(survey: Survey, wanted: Iterable[Track], limits: Limits | None = None) -> Iterator[Conversation]:
    """Both directions of the wanted TCP and UDP flows of a survey, in the order given; these must have been interesting
    to the survey.

    Flows of other protocols are passed over. Raises ``InputError`` where a capture has changed meanwhile.
    """
    limits = limits or Limits()
    for some in _batches((track for track in wanted if track.flow.proto in (TCP, UDP)), limits):
        yield from _put_together(survey, some, limits)


def _put_together(survey: Survey, some: list[Track], limits: Limits) -> Iterator[Conversation]:
    """At once those whose packets came straight, if the packets of all are there at once; the others one by one."""
    count = sum(sum(track.flow.packets) for track in some)
    whole: Straight | None = None
    pairs: dict[int, Pair] = {}
    for packets in survey.packets([track.halves for track in some]):
        left = packets
        if len(packets.side) == count:
            whole = straight(packets, np.array([track.flow.proto == UDP for track in some]), limits.stream)
            left = packets.some(~whole.fits)
        if len(left.side):
            for number in np.unique(left.side >> 1).tolist():
                pairs.setdefault(number, _nothing(some[number], limits))
            feed(left, pairs)
    for number, track in enumerate(some):
        flow = track.flow
        if whole is not None and whole.fits[number]:
            yield Conversation(flow, whole.stream(flow, 2 * number), whole.stream(flow, 2 * number + 1))
        else:
            there, back = pairs.pop(number, None) or _nothing(track, limits)
            yield Conversation(flow, there.stream(flow, True), back.stream(flow, False))


def _nothing(track: Track, limits: Limits) -> Pair:
    """Both directions of a flow before its first packet."""
    if track.flow.proto == TCP:
        return Direction(limits.stream), Direction(limits.stream)
    return Datagrams(limits.stream), Datagrams(limits.stream)


def _batches(wanted: Iterable[Track], limits: Limits) -> Iterator[list[Track]]:
    """Flows whose payload fits together, and what is held of each beside it."""
    some: list[Track] = []
    total = 0
    for track in wanted:
        size = (
            BESIDE + EACH * sum(track.flow.packets) + sum(min(payload, limits.stream) for payload in track.flow.payload)
        )
        if some and total + size > limits.together:
            yield some
            some, total = [], 0
        some.append(track)
        total += size
    if some:
        yield some
