"""What the stages and rules of a forwarding context ask and do, apart from any packet."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Filter, IngressAddress, NatRule, Routing, Rule, SetField, Translate, Vrf
from zoneguard.model.match import Field, Ingress, asks


def enters(stage: Filter | Translate, ingress: str) -> bool:
    """Whether the stage may ask packets that came in by ``ingress``."""
    return stage.ingress is None or ingress in stage.ingress


def applies(stage: Filter | Translate, ingress: str, egress: str) -> bool:
    """Whether the stage asks packets between these interfaces."""
    return enters(stage, ingress) and (stage.egress is None or egress in stage.egress)


def asked_ingresses(vrf: Vrf) -> set[frozenset[str]]:
    """The names of interfaces that rules ask packets to have come in by."""
    return {asked.names for asked in _asked(vrf) if isinstance(asked, Ingress)}


def redirects_to_ingress(vrf: Vrf) -> bool:
    """Whether some rule sends packets to an address of the interface by which they came in."""
    return any(isinstance(w, IngressAddress) for r in _rules(vrf) if isinstance(r, NatRule) for w in r.rewrites)


def keeps_something(vrf: Vrf) -> bool:
    """Whether packets are changed, or limited, in something that does not leave the device with them."""
    changes = any(isinstance(r, NatRule) or isinstance(r.action, SetField) for r in _rules(vrf))
    return changes or Field.MAC in _asked(vrf)


def _rules(vrf: Vrf) -> Iterator[Rule | NatRule]:
    """The rules of all lists of a context, whether or not something comes to them."""
    for stage in (*vrf.stages, *vrf.local):
        if not isinstance(stage, Routing):
            yield from stage.rules.rules
    for listed in vrf.lists.values():
        yield from listed.rules


def _asked(vrf: Vrf) -> Iterator[object]:
    for rule in (*_rules(vrf), *vrf.policy_routes):
        yield from asks(rule.match)
