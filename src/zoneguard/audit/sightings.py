"""One session seen twice: before a device translated its addresses, and after.

The configurations say which packets become which. A flow that can be another one's translated form, began within
``SKEW`` of it, fared alike and carried the same bytes is that flow, if it can be only one: it is then no crossing of
its own, but another sighting of the flow as it was sent. What fits several flows, or none, stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from zoneguard.checks._legitimate import rewritten_part
from zoneguard.model.crossing import Crossing
from zoneguard.model.flows import Flow
from zoneguard.model.match import HISTORY
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.translation import DESTINATION, SOURCE, sent, sent_among

SKEW = 2.0  # seconds by which the clocks of two captures may differ
Likeness = tuple[int, tuple[int, int], bool]


def sightings(space: PacketSpace, possible: Iterable[Crossing], observed: Sequence[Crossing]) -> tuple[Crossing, ...]:
    """The observed crossings with each session once: as it was sent, where that was seen too."""
    rewritten = space.union(*(rewritten_part(crossing.packets.may()) for crossing in possible))
    if not rewritten:
        return tuple(observed)
    before, after = sent(rewritten), rewritten.forget(*HISTORY)
    origins: dict[Likeness, list[int]] = {}
    for number, crossing in enumerate(observed):
        if crossing.flow and crossing.packets & before:
            origins.setdefault(_likeness(crossing.flow), []).append(number)
    seen_as: dict[int, list[Flow]] = {}
    taken = set()
    for number, crossing in enumerate(observed):
        if crossing.flow and crossing.packets & after:
            alike = origins.get(_likeness(crossing.flow), [])
            fitting = [n for n in alike if n != number and _becomes(rewritten, observed[n], crossing)]
            if len(fitting) == 1:
                seen_as.setdefault(fitting[0], []).append(crossing.flow)
                taken.add(number)
    return tuple(
        replace(crossing, seen_as=tuple(seen_as.get(number, ())))
        for number, crossing in enumerate(observed)
        if number not in taken
    )


def _likeness(flow: Flow) -> Likeness:
    return flow.proto, flow.payload, flow.answered


def _becomes(rewritten: PacketSet, origin: Crossing, crossing: Crossing) -> bool:
    """Whether some device makes the one flow of the other."""
    assert origin.flow
    assert crossing.flow
    if abs(origin.flow.first.time - crossing.flow.first.time) > SKEW:
        return False
    return bool(sent_among(rewritten & crossing.packets, origin.packets, SOURCE, DESTINATION))
