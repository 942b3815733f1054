"""Conditions of rules as packet sets in which the interfaces are part of the packet.

Whether one rule hides another depends on interfaces as on any field, so each interface has a number: the group
``came`` of the layout holds that of the interface where the packet came in, ``leaves`` that where it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from zoneguard.model.device import Interface, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Bits, Egress, Field, In, Ingress, Match, Not, asks, names_match
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.layout import GROUPS, Group
from zoneguard.static.conditions import compile_match

CAME, LEAVES = GROUPS["came"], GROUPS["leaves"]
NOWHERE = ""
"""The egress of a packet that is not routed yet."""
UNNAMED = "\0"
"""Stands for interfaces that neither the export nor a rule names, and ends a name that only a pattern matches."""


class Conditions:
    """Compiles the matches of one context's rules. ``interfaces``: those of the context, empty where not known."""

    def __init__(self, space: PacketSpace, interfaces: Iterable[Interface], lists: Iterable[RuleList]) -> None:
        self.space = space
        known = {i.name: i.enabled for i in interfaces}
        rules = [rule for listed in lists for rule in listed.rules]
        named = {n for r in rules for a in asks(r.match) for n in _names(a)}
        enabled = [name for name, up in known.items() if up]
        strangers = sorted(
            n.replace("*", UNNAMED) for n in named if not any(names_match(frozenset({n}), k) for k in known)
        )
        self.interfaces = (*enabled, *strangers, *(() if known else (UNNAMED,)))
        """Where packets may come in or leave: enabled interfaces, and those that only rules name."""
        self._numbers = {name: number for number, name in enumerate((NOWHERE, *self.interfaces))}
        self._doubts = 0

    def came(self, names: Iterable[str]) -> PacketSet:
        """Packets that came in by one of these interfaces."""
        return self._numbered(CAME, names)

    def leaves(self, names: Iterable[str]) -> PacketSet:
        """Packets that leave by one of these interfaces; ``NOWHERE``: that are not routed yet."""
        return self._numbered(LEAVES, names)

    def match(self, match: Match, changing: Set[Field] = frozenset()) -> PacketSet:
        """The packets of which ``match`` holds. Fields that rules before it are ``changing`` may have any value.

        Each time such a field is asked counts as a doubt of its own, so a rule is to be compiled once.
        """
        if isinstance(match, Ingress | Egress):
            asked = (n for n in self.interfaces if names_match(match.names, n))
            return self._numbered(CAME if isinstance(match, Ingress) else LEAVES, asked)
        if isinstance(match, In | Bits) and match.field in changing:
            self._doubts += 1
            return self.space.unknown(f"{match.field.value} that rules change ({self._doubts})")
        if isinstance(match, Not):
            return ~self.match(match.part, changing)
        if isinstance(match, AnyOf):
            return self.space.union(*(self.match(part, changing) for part in match.parts))
        if isinstance(match, All):
            result = self.space.everything
            for part in match.parts:
                result = result & self.match(part, changing)
                if not result:
                    break
            return result
        return compile_match(self.space, match, None, None)

    def without_interfaces(self, match: Match) -> bool:
        """Whether some packet fulfils ``match`` if every interface that it asks for is in use."""
        return bool(compile_match(self.space, match, None, None))

    def _numbered(self, group: Group, names: Iterable[str]) -> PacketSet:
        numbers = Intervals.of(*(self._numbers[n] for n in names if n in self._numbers))
        return PacketSet(self.space, self.space.engine.spans(group, numbers))


def _names(asked: object) -> Iterator[str]:
    if isinstance(asked, Ingress | Egress):
        yield from asked.names
