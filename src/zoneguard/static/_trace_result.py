"""What following a packet finds: where it came in, hop by hop, how each way ended, and all ways together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.text import Text
from zoneguard.static._trace_choices import Doubt
from zoneguard.static._trace_rules import Decision


class Disposition(StrEnum):
    DELIVERED = "delivered"
    UNDETERMINED = "undetermined"
    LOOP = "loop"
    DENIED = "denied"
    NO_ROUTE = "no-route"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """An interface by which packets come into a forwarding context."""

    device: str
    vrf: str
    interface: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One forwarding context on the way.

    ``action`` is ``forward`` (to a modelled device), ``deliver`` (to its destination or out of the model), ``local``,
    ``deny``, ``reject``, ``blackhole``, ``no-route`` or ``undetermined``. ``rewritten`` has each changed field, its
    value before and after; where that is one of several, ``pools`` has them all and ``rewritten`` the lowest.
    """

    device: str
    context: str
    ingress: str
    egress: str
    action: str
    deciding: Decision
    decisions: tuple[Decision, ...]
    rewritten: tuple[tuple[Field, int, int], ...] = ()
    pools: tuple[tuple[Field, Intervals], ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """One way the packet may go: where it ended, how, and as what."""

    disposition: Disposition
    hops: tuple[Hop, ...]
    reason: Text
    packet: Packet


@dataclass(frozen=True, slots=True)
class Trace:
    """What happens to ``packet`` coming in by ``entry``.

    ``hops`` and ``arrived`` (the packet where it ended) are those of the worst way, ``delivered`` before all. Where
    ``disposition`` is undetermined, ``reason`` says what decides, ``doubts`` has all of that with its lines, and
    ``apparent`` is what it would be if the lines not understood on the devices passed through did not matter. ``walks``
    are all the ways that the input leaves open; ``alternatives`` one trace for each entry, where there are several.
    ``answer``: what becomes of the first answer, where that was asked and can be followed.
    """

    disposition: Disposition
    reason: Text
    packet: Packet
    entry: Entry | None = None
    hops: tuple[Hop, ...] = ()
    arrived: Packet | None = None
    apparent: Disposition = Disposition.UNDETERMINED
    doubts: tuple[Doubt, ...] = ()
    walks: tuple[Walk, ...] = ()
    alternatives: tuple[Trace, ...] = ()
    answer: Trace | None = None
