"""Maps: which value a packet finds, and for which packets. Source: nft(8), "MAPS", "VMAP"."""

from __future__ import annotations

from zoneguard.model.match import Match, Not, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables.conditions import sides_of, union
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.tree import Element, Elements, Expression, SetName

Entries = tuple[list[Match], list[tuple[Match, Expression]]]


def entries(rule: RuleScope, key: Expression, data: object) -> Entries:
    """What must hold for the key to be there, and each value with the packets that find it.

    No packet finds two; what ``*`` stands for comes last. Raises ``UnreadableError`` for a map that packets change.
    """
    if isinstance(data, SetName):
        scope = rule.scope
        named = scope.named_set(data.name)
        if named is None:
            raise UnreadableError(Reason("the map {name} is not in this table", name=repr(data.name)))
        changed = scope.changes.grows | scope.changes.shrinks
        if scope.is_changed(data.name, changed):
            raise UnreadableError(Reason("packets change the map {name}", name=repr(data.name)))
        if named.timeout or not all(e.lasting for e in named.elements):
            raise UnreadableError(Reason("the map {name} has members that vanish", name=repr(data.name)))
        return _entries(rule, key, tuple(named.elements))
    if not isinstance(data, Elements):
        raise UnreadableError("a map expected")
    return _entries(rule, key, data.items)


def _entries(rule: RuleScope, key: Expression, elements: tuple[Element, ...]) -> Entries:
    sides = sides_of(rule, key)
    by_value: dict[Expression, list[Element]] = {}
    otherwise: Expression | None = None
    for element in elements:
        if element.data is None:
            raise UnreadableError("a set where a map is expected")
        if element.key is None:
            otherwise = element.data
        else:
            by_value.setdefault(element.data, []).append(element)
    found = [(union(sides, group), value) for value, group in by_value.items()]
    if otherwise is not None:
        found.append((Not(either(*(match for match, _ in found))), otherwise))
    return [guard for side in sides for guard in side.guards], found
