"""The one sentence both halves say: these packets can go, or did go, from this zone to that zone; here is the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.flows import Flow
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.model.spans import SourceSpan


@dataclass(frozen=True, slots=True)
class Hop:
    """A forwarding context a packet ran through, and the lines that decided there (rules, translations, routes)."""

    device: str
    vrf: str
    ingress: str
    egress: str
    lines: tuple[SourceSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """``possible``: sessions that may be opened from ``source`` to ``destination`` along ``path``.

    ``sent`` is the packets as the source sends them, ``received`` as the destination gets them (they differ by NAT).
    ``may`` is the larger set that passes if every undecided condition goes the open way; ``unknowns`` names those.
    ``flow`` is set for an observed crossing instead of a path; its sets then hold that one flow's opening packet.
    """

    source: str
    destination: str
    sent: PacketSet
    received: PacketSet
    may: PacketSet
    path: tuple[Hop, ...] = ()
    flow: Flow | None = None
    witness: Packet | None = None
    unknowns: tuple[str, ...] = ()
