"""The source MAC addresses that a crossing needs: the first device that gets its packets may ask for them."""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Filter, Translate, Vrf
from zoneguard.model.match import All, AnyOf, Field, In, Match, Not
from zoneguard.model.packets import PacketSet
from zoneguard.static.reachability import Network
from zoneguard.static.translation import ONE, ZERO, sent


def bound_to_senders(network: Network, crossing: Crossing) -> Crossing:
    """``crossing`` with its packets limited to the source MAC addresses from which the first device accepts them."""
    first = crossing.path[0]
    if not asks_mac(network.topology.contexts[first.device, first.vrf].vrf):
        return crossing
    accepted = sent(network.entering(crossing))
    accepted = accepted.forget(Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT, Field.MARK)
    return replace(crossing, packets=_sent_as(crossing.packets, accepted))


def asks_mac(vrf: Vrf) -> bool:
    """Whether some condition of the context is about the source MAC address."""
    lists = [stage.rules for stage in vrf.stages if isinstance(stage, Filter | Translate)]
    rules = (rule for listed in (*lists, *vrf.lists.values()) for rule in listed.rules)
    return any(map(_about_mac, (*(r.match for r in rules), *(p.match for p in vrf.policy_routes))))


def _about_mac(match: Match) -> bool:
    if isinstance(match, All | AnyOf):
        return any(map(_about_mac, match.parts))
    if isinstance(match, Not):
        return _about_mac(match.part)
    return isinstance(match, In) and match.field is Field.MAC


def _sent_as(packets: PacketSet, asked: PacketSet) -> PacketSet:
    """The part of ``packets`` that was sent as one of ``asked``."""
    space = packets.space
    out = []
    for source_kept, by_source in ((ZERO, asked), (ONE, _with_source(asked))):
        for destination_kept, window in ((ZERO, by_source), (ONE, _with_destination(by_source))):
            part = space.field(Field.SRC_CHANGED, source_kept) & space.field(Field.DST_CHANGED, destination_kept)
            out.append(packets & part & window)
    return space.union(*out)


def _with_source(asked: PacketSet) -> PacketSet:
    """``asked`` after any translation of the source."""
    changed = asked.set_to(Field.SRC_CHANGED, ONE)
    return changed.move(Field.SRC, Field.SENT_SRC, _same).forget(Field.SRC, Field.SPORT)


def _with_destination(asked: PacketSet) -> PacketSet:
    """``asked`` after any translation of the destination."""
    changed = asked.set_to(Field.DST_CHANGED, ONE)
    moved = changed.move(Field.DST, Field.SENT_DST, _same).move(Field.DPORT, Field.SENT_DPORT, _same)
    return moved.forget(Field.DST, Field.DPORT)


def _same(value: int) -> int:
    return value
