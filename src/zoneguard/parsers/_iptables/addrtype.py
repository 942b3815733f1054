"""``-m addrtype``: what kind of address it is to the box.

Source: ``xt_addrtype.c`` and ``inet_dev_addr_type`` of the kernel. The box's own and broadcast addresses are not in
an ``iptables-save``; they stay open until ``assembly`` knows the interfaces.
"""

from __future__ import annotations

from zoneguard.model.addresses import V6
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import NEVER, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.scope import RuleScope
from zoneguard.parsers._iptables.syntax import Extension
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers.assembly import is_broadcast_address, is_own_address

_TYPES = frozenset({"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE",
                    "PROHIBIT", "THROW", "NAT", "XRESOLVE"})  # fmt: skip
_MULTICAST = Intervals.span(224 << 24, (240 << 24) - 1)
_BROADCAST = Intervals.from_spans([(0, (1 << 24) - 1), ((1 << 32) - 1, (1 << 32) - 1)])
_LOOPBACK = Intervals.span((127 << 24) + 1, (128 << 24) - 2)
_OTHER = Intervals.span(0, (1 << 32) - 1) - _MULTICAST - _BROADCAST - _LOOPBACK
_MULTICAST6 = Intervals.span(V6 + (255 << 120), 2 * V6 - 1)
_LOOPBACK6, _UNSPECIFIED6 = Intervals.of(V6 + 1), Intervals.of(V6)
_OTHER6 = Intervals.span(V6 + 2, V6 + (255 << 120) - 1)


def address_type(rule: RuleScope, extension: Extension) -> Match:
    """The source or destination is of one of the types."""
    limited = any(o.name.startswith("limit-iface") for o in extension.options)
    parts: list[Match] = []
    for option in extension.options:
        if option.name.startswith("limit-iface"):
            continue
        field = Field.SRC if option.name == "src-type" else Field.DST
        types = [name.upper() for name in option.values[0].split(",")]
        if not _TYPES.issuperset(types):
            raise UnreadableError(Reason("{name} is not an address type", name=repr(option.values[0])))
        unknown = Unknown(Reason("-m addrtype --{name} {values}", name=option.name, values=option.values[0]), rule.span)
        if limited or (rule.scope.v6 and len(types) > 1):
            match: Match = unknown
        else:
            one = one_type6 if rule.scope.v6 else one_type
            match = either(*(one(name, field, unknown) for name in types))
        parts.append(Not(match) if option.negated else match)
    return both(*parts)


def one_type(name: str, field: Field, unknown: Unknown) -> Match:
    """Whether the IPv4 address of ``field`` is of the type ``name``; ``unknown`` where that rests on the routes."""
    local = both(In(field, _OTHER), is_own_address(field, unknown.span))
    broadcast = both(In(field, _OTHER), is_broadcast_address(field, unknown.span))
    if name == "MULTICAST":
        return In(field, _MULTICAST)
    if name == "LOCAL":
        return either(In(field, _LOOPBACK), local)
    if name == "BROADCAST":
        return either(In(field, _BROADCAST), broadcast)
    if name == "UNICAST":
        return both(In(field, _OTHER), Not(local), Not(broadcast))
    return NEVER if name == "UNSPEC" else unknown


def one_type6(name: str, field: Field, unknown: Unknown) -> Match:
    """Likewise for IPv6."""
    if name == "MULTICAST":
        return In(field, _MULTICAST6)
    if name == "UNSPEC":
        return In(field, _UNSPECIFIED6)
    if name == "UNICAST":
        return In(field, _LOOPBACK6 | _OTHER6)
    if name == "LOCAL":
        return either(In(field, _LOOPBACK6), both(In(field, _OTHER6), is_own_address(field, unknown.span)))
    return unknown
