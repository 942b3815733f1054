"""Two readings of conditions that a ruleset alone does not decide: each for itself, or each as a fact of the packet."""

from __future__ import annotations

from zoneguard.model.match import Egress, Field, In, Ingress, Match, Unknown, names_match
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.approximation import Bounds

NO_NAME = "\0"
"""Stands for the interfaces that no rule names, and ends a name that only a pattern matches."""


class Apart:
    """Every condition may hold or not wherever it is asked, even where one rule's answer settles another's."""

    def __init__(self, space: PacketSpace) -> None:
        self._either = Bounds(space.everything, space.nothing)

    def __call__(self, _match: Match) -> Bounds:
        """What is known of an undecided condition."""
        return self._either

    def settle(self, packets: PacketSet) -> PacketSet:
        """``packets`` for whatever can be the case."""
        return packets


class Together:
    """A condition has one answer for a packet, wherever it is asked; a packet has one interface of each kind."""

    def __init__(self, space: PacketSpace) -> None:
        self._space = space
        self._either = Bounds(space.everything, space.nothing)
        self._asked: dict[type[Ingress] | type[Egress], dict[frozenset[str], PacketSet]] = {Ingress: {}, Egress: {}}

    def __call__(self, match: Match) -> Bounds:
        """What is known of an undecided condition: one variable each, but what rules may change stays open."""
        if isinstance(match, Unknown):
            holds = self._space.unknown(match.key)
        elif isinstance(match, Ingress | Egress):
            kind = type(match)
            holds = self._space.unknown(f"{kind.__name__.lower()} {','.join(sorted(match.names))}")
            self._asked[kind][match.names] = holds
        elif isinstance(match, In) and match.field is Field.MAC:
            holds = self._space.field(match.field, match.values)
        else:
            return self._either
        return Bounds(holds, holds)

    def settle(self, packets: PacketSet) -> PacketSet:
        """``packets`` for whatever can be the case."""
        for asked in self._asked.values():
            names = {name.replace("*", NO_NAME) for group in asked for name in group} | {NO_NAME}
            packets = packets & self._space.union(*(self._came_by(name, asked) for name in sorted(names)))
        return packets.may()

    def _came_by(self, name: str, asked: dict[frozenset[str], PacketSet]) -> PacketSet:
        result = self._space.everything
        for names, holds in asked.items():
            result = result & (holds if names_match(names, name) else ~holds)
        return result
