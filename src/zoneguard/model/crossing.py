"""The one sentence both halves say: these packets can go, or did go, from this zone to that zone, by this evidence."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.flows import Flow
from zoneguard.model.packets import PacketSet
from zoneguard.model.spans import SourceSpan


@dataclass(frozen=True, slots=True)
class Hop:
    """A forwarding context a packet ran through: ``lines`` of filters decided, ``route`` led on to ``next_hop``.

    ``next_hop`` is ``None`` on the destination's own link. Several next hops outside the model, and the routes of one
    way out, are told apart by attribution only: before it ``next_hop`` is ``None`` for the former, ``route`` that of
    a policy or ``None``. ``lines`` is empty where no filter was asked, or only ``defaults`` (of lists that have rules)
    let the packets pass.
    """

    device: str
    vrf: str
    ingress: str
    egress: str
    lines: tuple[SourceSpan, ...] = ()
    translations: tuple[SourceSpan, ...] = ()
    route: SourceSpan | None = None
    defaults: tuple[SourceSpan, ...] = ()
    next_hop: int | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """``possible``: sessions that may be opened from the zone ``source`` to the zone ``destination`` along ``path``.

    ``packets`` are as the destination gets them; ``Field.SENT_*`` keep what NAT changed (see ``static.sent``). Where
    they depend on undecided conditions, ``packets.must()`` pass for certain and ``packets.may()`` at most.
    An observed crossing has a ``flow``, and ``packets`` holds that one flow's opening packet; it has no path.
    ``seen_as``: the same session where captures show it after a translation.
    """

    source: str
    destination: str
    packets: PacketSet
    path: tuple[Hop, ...] = ()
    flow: Flow | None = None
    seen_as: tuple[Flow, ...] = ()

    @property
    def sightings(self) -> tuple[Flow, ...]:
        """Every flow that captures show of it; none of a possible one."""
        return (self.flow, *self.seen_as) if self.flow else ()
