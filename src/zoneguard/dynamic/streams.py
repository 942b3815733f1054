"""TCP streams and UDP datagrams out of the packets that the first pass remembered, for the flows that are worth it.

A direction is held up to ``Limits.stream`` bytes; what lies beyond is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.dynamic._datagrams import Datagrams
from zoneguard.dynamic._direction import Direction
from zoneguard.dynamic._feeding import Pair, feed
from zoneguard.dynamic.states import TCP, UDP
from zoneguard.dynamic.surveying import Survey
from zoneguard.dynamic.table import Track
from zoneguard.inspection import Conversation

BESIDE = 5 << 10  # bytes held of a flow beside its payload, about


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes held of one direction, and of all the flows whose packets are looked up together."""

    stream: int = 64 << 20
    together: int = 64 << 20


def reassemble(survey: Survey, wanted: Iterable[Track], limits: Limits | None = None) -> Iterator[Conversation]:
    """Both directions of the wanted TCP and UDP flows of a survey, in the order given; these must have been interesting
    to the survey.

    Flows of other protocols are passed over. Raises ``InputError`` where a capture has changed meanwhile.
    """
    limits = limits or Limits()
    for some in _batches((track for track in wanted if track.flow.proto in (TCP, UDP)), limits):
        pairs = [_nothing(track, limits) for track in some]
        for packets in survey.packets([track.halves for track in some]):
            feed(packets, pairs)
        pairs.reverse()
        for track in some:
            there, back = pairs.pop()
            yield Conversation(track.flow, there.stream(track.flow, True), back.stream(track.flow, False))


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
        size = BESIDE + sum(min(payload, limits.stream) for payload in track.flow.payload)
        if some and total + size > limits.together:
            yield some
            some, total = [], 0
        some.append(track)
        total += size
    if some:
        yield some
