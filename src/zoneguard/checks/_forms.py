"""How captures may show packets that a device rewrites."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.match import HISTORY, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.translation import ONE, behind_source_nat, relation, sent


def rewritten_part(packets: PacketSet) -> PacketSet:
    """The members that NAT changed."""
    space = packets.space
    return packets & (space.field(Field.SRC_CHANGED, ONE) | space.field(Field.DST_CHANGED, ONE))


def seen_forms(packets: PacketSet) -> list[PacketSet]:
    """How a capture may show the packets: as sent, as received, and between two translations, whichever comes first."""
    received = packets.forget(*HISTORY)
    if not rewritten_part(packets):
        return [received]
    return [received, sent(packets), relation(packets), behind_source_nat(packets)]


def forms_of(space: PacketSpace, packets: Iterable[PacketSet]) -> PacketSet:
    """All that captures may show of any of the packets."""
    return space.union(*(form for some in packets for form in seen_forms(some)))
