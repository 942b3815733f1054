"""Match → PacketSet, for one pair of interfaces."""

from __future__ import annotations

from zoneguard.model.match import AnyOf, Bits, Egress, In, Ingress, Match, Not, Unknown, names_match
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.layout import GROUP_OF, VARIABLES


def compile_match(space: PacketSpace, match: Match, ingress: str | None, egress: str | None) -> PacketSet:
    """The packets of which ``match`` holds. An interface of ``None`` is not known: its conditions stay undecided."""
    if isinstance(match, In):
        return space.field(match.field, match.values)
    if isinstance(match, Bits):
        return space.masked(match.field, match.value, match.mask)
    if isinstance(match, Unknown):
        return space.unknown(match.key)
    if isinstance(match, Ingress | Egress):
        interface = ingress if isinstance(match, Ingress) else egress
        if interface is None:
            return space.unknown(f"{type(match).__name__.lower()} {','.join(sorted(match.names))}")
        return space.everything if names_match(match.names, interface) else space.nothing
    if isinstance(match, Not):
        return ~compile_match(space, match.part, ingress, egress)
    if isinstance(match, AnyOf):
        return space.union(*(compile_match(space, part, ingress, egress) for part in match.parts))
    result = space.everything
    for part in sorted(match.parts, key=_cost):
        if isinstance(part, In):
            packets = space.field(part.field, part.values)
        else:
            packets = compile_match(space, part, ingress, egress)
        result = packets if result is space.everything else packets & result
        if not result:
            break
    return result


def _cost(match: Match) -> int:
    """What decides without a set comes first, then fields from the last variables to the first."""
    if isinstance(match, Ingress | Egress):
        return -VARIABLES
    return -GROUP_OF[match.field].first if isinstance(match, In | Bits) else 0
