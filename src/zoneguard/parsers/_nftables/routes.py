"""``fib``: what the box's routes say of an address. Source: nft(8), "FIB EXPRESSIONS"; nft_fib_ipv4.c, nft_fib_ipv6.c.

Only types of addresses are modelled, by the rules that ``-m addrtype`` follows too; they stay open until ``assembly``
knows the interfaces.
"""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.match import Field, In, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.addrtype import one_type, one_type6
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import Expression

_TYPES = frozenset({"unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable",
                    "prohibit"})  # fmt: skip
_DECIDED6 = frozenset({"local", "multicast", "unspec"})


def address_type(rule: RuleScope, words: tuple[str, ...]) -> Callable[[Expression], Match] | None:
    """The test of ``fib saddr type`` and ``fib daddr type``; ``None`` for what is open anyway."""
    if words not in (("fib", "saddr", "type"), ("fib", "daddr", "type")):
        return None
    field = Field.SRC if words[1] == "saddr" else Field.DST

    def test(value: Expression) -> Match:
        name = nft.name(value)
        if name not in _TYPES:
            raise UnreadableError(Reason("{name} is not an address type", name=repr(name[:40])))
        unknown = rule.about_packet(Reason("fib {words} type {name}", words=words[1], name=name))
        v4: Match = both(In(field, ALL_V4), one_type(name.upper(), field, unknown))
        six = one_type6(name.upper(), field, unknown) if name in _DECIDED6 else unknown
        v6: Match = both(In(field, ALL_V6), six)
        return either(*([v4] if rule.v6 is not True else []), *([v6] if rule.v6 is not False else []))

    return test
