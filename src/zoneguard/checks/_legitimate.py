"""Whether an observed flow is one that the project allows, on whichever side of NAT it was seen."""

from __future__ import annotations

from functools import cached_property

from zoneguard.checks import Case
from zoneguard.checks._policy import allowed
from zoneguard.model.crossing import Crossing
from zoneguard.model.match import HISTORY, Field
from zoneguard.model.packets import PacketSet
from zoneguard.static.translation import ONE, restrict, sent


class Legitimate:
    """Membership of flows in what is allowed (``flow``) and in what is possible (``possible``)."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._allowed: dict[tuple[str, str], PacketSet] = {}

    def flow(self, crossing: Crossing) -> bool:
        """Allowed between its zones as it was seen, or the translated form of something allowed.

        Where the capture does not tell who opened the flow, either orientation will do.
        """
        flow = crossing.flow
        assert flow is not None
        pair = (crossing.source, crossing.destination)
        if pair not in self._allowed:
            self._allowed[pair] = allowed(self._case, *pair)
        if crossing.packets & self._allowed[pair] or crossing.packets & self._translated:
            return True
        if flow.opened_by == "handshake":
            return False
        turned = self._case.space.conversation(flow.dst, flow.src, flow.proto, flow.dport, flow.sport)
        return bool(turned & (allowed(self._case, crossing.destination, crossing.source) | self._translated))

    @cached_property
    def _translated(self) -> PacketSet:
        """Allowed packets that some device rewrites, as sent and as received. Where a row asks for a way, only those
        that go it: whoever sees them behind the translation sees which way they went."""
        forms = []
        for crossing in self._case.possible:
            rewritten = rewritten_part(crossing.packets.may())
            if rewritten:
                pair = crossing.source, crossing.destination
                permitted = restrict(rewritten, allowed(self._case, *pair, crossing.path))
                forms += seen_forms(permitted)
        return self._case.space.union(*forms)


def rewritten_part(packets: PacketSet) -> PacketSet:
    """The members that NAT changed."""
    space = packets.space
    return packets & (space.field(Field.SRC_CHANGED, ONE) | space.field(Field.DST_CHANGED, ONE))


def seen_forms(packets: PacketSet) -> list[PacketSet]:
    """How a capture may show the packets: as sent, as received, and between two translations."""
    return [sent(packets), packets.forget(*HISTORY)]
