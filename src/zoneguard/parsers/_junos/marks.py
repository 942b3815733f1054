"""What a firewall filter leaves on a packet for the stages behind it, kept in the packet's mark.

A filter may choose the routing table or the next hop (``routing-instance``, ``next-ip``, ``next-interface``), and may
take the packet out of flow processing (``packet-mode``): then it meets no zone, no policy and no NAT.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import PolicyRoute, SetField
from zoneguard.model.match import Bits, Field, Match
from zoneguard.model.spans import SourceSpan

PACKET_MODE = 1 << 16
_CHOICE = PACKET_MODE - 1
IN_PACKET_MODE: Match = Bits(Field.MARK, PACKET_MODE, PACKET_MODE)
MARK_PACKET_MODE = SetField(Field.MARK, PACKET_MODE, PACKET_MODE)


class Marks:
    """The choices of all filters of a scope, numbered. ``packet_mode``: some filter takes packets out of the flow."""

    def __init__(self) -> None:
        self.packet_mode = False
        self._choices: dict[tuple[str, int | None, str], tuple[int, SourceSpan]] = {}

    def choose(self, span: SourceSpan, into: str = "", next_hop: int | None = None, interface: str = "") -> SetField:
        """The mark for packets that go into another context, or by a next hop or interface."""
        number, _ = self._choices.setdefault((into, next_hop, interface), (len(self._choices) + 1, span))
        return SetField(Field.MARK, number & _CHOICE, _CHOICE)

    def routes(self, context: str) -> Iterator[PolicyRoute]:
        """The choices as they hold in ``context``."""
        for (into, next_hop, interface), (number, span) in self._choices.items():
            match = Bits(Field.MARK, number & _CHOICE, _CHOICE)
            if into and into != context:
                yield PolicyRoute(match, span, into=into)
            elif not into:
                yield PolicyRoute(match, span, ((next_hop, interface),))
