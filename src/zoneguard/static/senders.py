"""The source MAC addresses that a crossing needs: the first device that gets its packets may ask for them."""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Filter, Translate, Vrf
from zoneguard.model.match import All, AnyOf, Field, In, Match, Not
from zoneguard.static.reachability import Network
from zoneguard.static.translation import DESTINATION, SOURCE, sent, sent_among


def bound_to_senders(network: Network, crossing: Crossing) -> Crossing:
    """``crossing`` with its packets limited to the source MAC addresses from which the first device accepts them."""
    first = crossing.path[0]
    if not asks_mac(network.topology.contexts[first.device, first.vrf].vrf):
        return crossing
    accepted = sent(network.entering(crossing))
    accepted = accepted.forget(Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT, Field.MARK)
    return replace(crossing, packets=sent_among(crossing.packets, accepted, SOURCE, DESTINATION))


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
