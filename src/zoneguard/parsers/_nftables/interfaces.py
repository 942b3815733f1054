"""Interfaces by name or number. Source: nft(8), "META EXPRESSIONS"; the kernel's nft_meta.c (since 5.3).

Where a hook knows no interface, the kernel compares with an empty name: nothing matches, and every negation does.
"""

from __future__ import annotations

from zoneguard.model.match import NEVER, Egress, Ingress, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import Expression


def is_interface(rule: RuleScope, value: Expression, outgoing: bool, by_name: bool) -> Match:
    """The packet came in (or, ``outgoing``, leaves) by the interface ``value``; ``eth*`` is every name begun so."""
    name = nft.name(value)
    if not name or len(name) > 16:
        raise UnreadableError(Reason("{name} is not an interface name", name=repr(name[:40])))
    if not by_name and name.isdigit():
        raise UnreadableError(Reason("the interface of number {name} is not named in this file", name=name))
    if not by_name and name.endswith("*"):
        raise UnreadableError(Reason("{name} is not one interface", name=repr(name)))
    hook = rule.scope.place.hook
    names = frozenset({name[:-2] + "*" if name.endswith("\\*") else name})
    if outgoing:
        return Egress(names) if hook.egress else NEVER
    if not hook.ingress:
        return NEVER
    if hook.ingress_since_5_7:
        return both(
            Ingress(names), rule.unknown(Reason("the incoming interface after routing, unknown to kernels before 5.7"))
        )
    return Ingress(names)
