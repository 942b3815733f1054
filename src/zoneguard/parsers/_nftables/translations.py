"""``dnat``, ``snat``, ``masquerade``, ``redirect``. Source: nft(8) 1.0.6, "NAT STATEMENTS"; nf_nat_core.c."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import EgressAddress, IngressAddress, KeepHost, NatRule, Rewrite, SetTo
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, All, Field, In, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.conditions import sides_of
from zoneguard.parsers._nftables.dimensions import IS_V4, IS_V6, is_random
from zoneguard.parsers._nftables.lookups import entries
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import (
    Concat,
    Elements,
    Expression,
    Literal,
    Lookup,
    Prefix,
    Range,
    Selector,
    Translation,
)

_FIELDS = {"dnat": Field.DST, "redirect": Field.DST, "snat": Field.SRC, "masquerade": Field.SRC}
_PORT_CLASSES = ((0, 511, 1, 511), (512, 1023, 600, 1023), (1024, 65535, 1024, 65535))
"""Where the kernel looks for another source port: original from, to; new from, to."""
_WITH_PORTS = In(Field.PROTO, PORT_PROTOCOLS)


def translate(rule: RuleScope, statement: Translation, match: Match) -> Iterator[NatRule]:
    """The rules for packets that ``match``."""
    field = _FIELDS[statement.kind]
    place = rule.scope.place
    if not place.nat or place.hook.rewrites is not field:
        raise UnreadableError(
            Reason(
                "{kind} is refused in a chain that packets come to by {place}", kind=statement.kind, place=str(place)
            )
        )
    v6 = _family(rule, statement)
    if v6 is not None and rule.v6 is None:
        match = both(match, IS_V6 if v6 else IS_V4)
    for condition, address, port in _choices(rule, statement, match):
        rewrites = _addresses(statement, field, address, v6)
        ports = Intervals() if port is None else nft.ports(port)
        yield from _rules(rule, statement, condition, rewrites, ports)


def _family(rule: RuleScope, statement: Translation) -> bool | None:
    """Whether IPv6 is translated; ``None``: both."""
    if statement.family:
        return statement.family == "ip6"
    if rule.v6 is not None:
        return rule.v6
    address = statement.address
    text = address.text if isinstance(address, Literal) else address.low if isinstance(address, Range) else ""
    return ":" in text if text else None


Choice = tuple[Match, Expression | None, Expression | None]


def _choices(rule: RuleScope, statement: Translation, match: Match) -> Iterator[Choice]:
    """Each new address and port with the packets that get it: several where maps choose."""
    address, port = statement.address, statement.port
    if isinstance(address, Lookup):
        pool = _pool(address)
        if pool is not None:
            chosen = both(match, *(guard for side in sides_of(rule, address.key) for guard in side.guards))
            if not _covers(address.key, pool):
                chosen = both(chosen, rule.unknown(nft.shown(address.key)))
            yield chosen, pool, port
            return
        guards, found = entries(rule, address.key, address.data)
        for condition, value in found:
            both_parts = value.parts if isinstance(value, Concat) else (value,)
            if len(both_parts) > 2:
                raise UnreadableError("more than an address and a port")
            yield both(match, *guards, condition), both_parts[0], both_parts[1] if len(both_parts) == 2 else port
    elif isinstance(port, Lookup):
        guards, found = entries(rule, port.key, port.data)
        yield from ((both(match, *guards, condition), address, value) for condition, value in found)
    else:
        yield match, address, port


def _pool(lookup: Lookup) -> Elements | None:
    """The map from which a counter or a hash chooses."""
    random = isinstance(lookup.key, Selector) and is_random(lookup.key)
    if not random or not isinstance(lookup.data, Elements):
        return None
    values = [item.data for item in lookup.data.items]
    if not all(isinstance(value, Literal | Range | Prefix) for value in values):
        raise UnreadableError("a counter or hash chooses an address with a port")
    return lookup.data


def _covers(key: Expression, pool: Elements) -> bool:
    """Whether there is an element for each number that ``... mod N`` gives."""
    words = key.words if isinstance(key, Selector) else ()
    count = words[words.index("mod") + 1] if "mod" in words[:-1] and "offset" not in words else ""
    keys = [nft.numbers(item.key) for item in pool.items if item.key is not None]
    numbers = Intervals.from_spans(span for values in keys for span in values.spans)
    return count.isdigit() and len(count) < 10 and Intervals.span(0, int(count) - 1) <= numbers


def _addresses(
    statement: Translation, field: Field, address: Expression | None, v6: bool | None
) -> tuple[Rewrite, ...]:
    if statement.kind == "masquerade":
        return (EgressAddress(),)
    if statement.kind == "redirect":
        return (IngressAddress(),)
    if address is None:
        return ()
    if v6 is None:
        raise UnreadableError("an address of no family")
    if isinstance(address, Elements):
        spans = [nft.addresses(item.data, v6) for item in address.items if item.data is not None]
        return (SetTo(field, Intervals.from_spans(s for span in spans for s in span.spans)),)
    pool = nft.addresses(address, v6)
    if "prefix" in statement.flags:
        return (KeepHost(field, pool.first, (pool.size - 1).bit_length()),)
    return (SetTo(field, pool),)


def _rules(
    rule: RuleScope, statement: Translation, match: Match, addresses: tuple[Rewrite, ...], ports: Intervals
) -> Iterator[NatRule]:
    port_field = Field.DPORT if _FIELDS[statement.kind] is Field.DST else Field.SPORT
    name = statement.kind
    if ports and _have_ports(match):
        yield NatRule(match, rule.span, (*addresses, SetTo(port_field, ports)), name)
        return
    if ports:
        yield NatRule(both(match, _WITH_PORTS), rule.span, (*addresses, SetTo(port_field, ports)), name)
    elif port_field is Field.SPORT and not {"random", "fully-random"}.isdisjoint(statement.flags):
        for low, high, new_low, new_high in _PORT_CLASSES:
            condition = both(match, _WITH_PORTS, In(Field.SPORT, Intervals.span(low, high)))
            rewrites = (*addresses, SetTo(Field.SPORT, Intervals.span(new_low, new_high)))
            yield NatRule(condition, rule.span, rewrites, name)
    yield NatRule(match, rule.span, addresses, name)


def _have_ports(match: Match) -> bool:
    """Whether the condition alone says that the packets have ports."""
    parts = match.parts if isinstance(match, All) else (match,)
    return any(
        isinstance(part, In)
        and (part.field in (Field.SPORT, Field.DPORT) or (part.field is Field.PROTO and part.values <= PORT_PROTOCOLS))
        for part in parts
    )  # fmt: skip
