"""Translations of one VRF as stages of its pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4
from zoneguard.model.device import (
    Concern,
    EgressAddress,
    KeepHost,
    NatRule,
    Permit,
    Rewrite,
    RuleList,
    SetTo,
    Shift,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Ingress, Match, at_most, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.config import Config, Port
from zoneguard.parsers._cisco.filters import selected
from zoneguard.parsers._cisco.lists import swapped
from zoneguard.parsers._cisco.policies import permitted
from zoneguard.parsers._cisco.values import family, undecided
from zoneguard.parsers._cisco_ios.nat import DynamicNat, Nat, StaticNat

NO_POOL = "this pool of addresses is not defined"
BETWEEN_CONTEXTS = "translation between VRFs is not modelled"


@dataclass(frozen=True, slots=True)
class Translations:
    """``incoming`` before routing, ``outgoing`` after it."""

    incoming: tuple[Translate, ...] = ()
    outgoing: tuple[Translate, ...] = ()


def translations(config: Config, nat: Nat, vrf: str, ports: Iterable[Port]) -> Translations:
    """The stages of the translations between the inside and the outside interfaces of a VRF."""
    ports = list(ports)
    inside = frozenset(p.name for p in ports if p.nat == "inside")
    outside = frozenset(p.name for p in ports if p.nat == "outside")
    rules = _Rules(config, nat, vrf)
    if not rules.any or not inside:
        return Translations()
    if not outside:
        for line in rules.lines():
            config.ledger.not_understood(line, BETWEEN_CONTEXTS, Concern.NAT)
        return Translations()
    came = Ingress(inside)
    span = config.source.span(min(rules.lines()))

    def stage(
        name: str, field: Field, listed: Iterable[NatRule], incoming: bool, always: bool = False
    ) -> Iterator[Translate]:
        """``always``: here answers are given their addresses back, if nothing else."""
        found = tuple(listed)
        if found or always:
            made = RuleList(name, found, Permit(), span)
            yield Translate(made, field, ingress=outside) if incoming else Translate(made, field, egress=outside)

    return Translations(
        (
            *stage("ip nat: destination from outside", Field.DST, rules.inward(), True, always=True),
            *stage("ip nat outside source", Field.SRC, rules.foreign(), True),
        ),
        (
            *stage("ip nat outside source, on the way out", Field.DST, rules.foreign_back(came), False),
            *stage("ip nat inside source", Field.SRC, rules.outward(came), False),
        ),
    )


class _Rules:
    """The rules of each stage, static ones with ports first, then other static ones, then dynamic ones."""

    def __init__(self, config: Config, nat: Nat, vrf: str) -> None:
        self._config, self._nat = config, nat
        mine = [s for s in nat.statics if s.vrf == vrf]
        self._statics = sorted(mine, key=lambda s: (s.ports is None, s.host_bits))
        self._dynamics = [d for d in nat.dynamics if d.vrf == vrf]
        self.any = bool(self._statics or self._dynamics)

    def lines(self) -> list[int]:
        """The numbers of the lines that translate."""
        return [s.line.number for s in self._statics] + [d.line.number for d in self._dynamics]

    def outward(self, came: Match) -> Iterator[NatRule]:
        """From inside to outside: the source."""
        for static in self._statics:
            if static.side == "inside":
                yield self._static(static, Field.SRC, Field.SPORT, True, both(came, self._limit(static)))
        for dynamic in self._dynamics:
            if (dynamic.side, dynamic.field) == ("inside", "source"):
                pool = self._pool(dynamic)
                rewrite: Rewrite = EgressAddress() if pool is None else SetTo(Field.SRC, pool)
                yield NatRule(both(came, self._selected(dynamic)), self._span(dynamic), (rewrite,), dynamic.line.text)

    def inward(self) -> Iterator[NatRule]:
        """From outside to inside: the destination."""
        for static in self._statics:
            if static.side == "inside":
                limit = ALWAYS if static.route_map is None else self._answered(static)
                yield self._static(static, Field.DST, Field.DPORT, False, limit)
        for dynamic in self._dynamics:
            if dynamic.side != "inside":
                continue
            pool = self._pool(dynamic)
            if dynamic.field == "destination" and pool is not None:
                tcp = In(Field.PROTO, Intervals.of(6))
                match = both(tcp, swapped(self._selected(dynamic)))
                yield NatRule(match, self._span(dynamic), (SetTo(Field.DST, pool),), dynamic.line.text)
            elif dynamic.field == "source" and not dynamic.overload and pool is not None and not dynamic.by_route_map:
                bound = undecided(
                    Reason("an inner host holds the address ({text})", text=dynamic.line.text[:60]), self._span(dynamic)
                )
                hosts = SetTo(Field.DST, at_most(Field.SRC, self._selected(dynamic)) & ALL_V4)
                yield NatRule(both(In(Field.DST, pool), bound), self._span(dynamic), (hosts,), dynamic.line.text)

    def foreign(self) -> Iterator[NatRule]:
        """From outside to inside: the source, by ``ip nat outside source``."""
        for static in self._statics:
            if static.side == "outside":
                yield self._static(static, Field.SRC, Field.SPORT, True, self._limit(static))
        for dynamic in self._dynamics:
            pool = self._pool(dynamic) if dynamic.side == "outside" else None
            if pool is not None:
                match, span = self._selected(dynamic), self._span(dynamic)
                yield NatRule(match, span, (SetTo(Field.SRC, pool),), dynamic.line.text)

    def foreign_back(self, came: Match) -> Iterator[NatRule]:
        """From inside to outside: the destination, by ``ip nat outside source``."""
        for static in self._statics:
            if static.side == "outside":
                yield self._static(static, Field.DST, Field.DPORT, False, came)
        for dynamic in self._dynamics:
            pool = self._pool(dynamic) if dynamic.side == "outside" else None
            if pool is not None:
                span = self._span(dynamic)
                bound = undecided(Reason("an outer host holds the address ({text})", text=dynamic.line.text[:60]), span)
                hosts = SetTo(Field.DST, at_most(Field.SRC, self._selected(dynamic)) & ALL_V4)
                yield NatRule(both(came, In(Field.DST, pool), bound), span, (hosts,), dynamic.line.text)

    def _span(self, each: StaticNat | DynamicNat) -> SourceSpan:
        return self._config.span(each.line)

    def _limit(self, static: StaticNat) -> Match:
        return ALWAYS if static.route_map is None else permitted(self._config, static.route_map, False)

    def _answered(self, static: StaticNat) -> Match:
        return undecided(Reason("a session holds the address ({text})", text=static.line.text[:60]), self._span(static))

    def _static(self, static: StaticNat, field: Field, port: Field, forward: bool, limit: Match) -> NatRule:
        """``forward``: from what is written first to what is written second."""
        span = self._span(static)
        own = self._address(static)
        old, new = (Intervals.of(static.before), own) if forward else (own, Intervals.of(static.before))
        parts: list[Match] = [limit]
        rewrites: list[Rewrite] = []
        if static.host_bits:
            size = 1 << static.host_bits
            start = old.first & ~(size - 1)
            parts.append(In(field, Intervals.span(start, start + size - 1)))
            rewrites.append(KeepHost(field, new.first & ~(size - 1), static.host_bits))
        else:
            parts.append(In(field, old))
            if old == ALL_V4:
                parts.append(
                    undecided(
                        Reason("{value} is the address of {interface}", value=field.value, interface=static.interface),
                        span,
                    )
                )
            rewrites.append(SetTo(field, new))
        if static.ports is not None and static.proto is not None:
            first, second = static.ports if forward else static.ports[::-1]
            parts += [In(Field.PROTO, Intervals.of(static.proto)), In(port, Intervals.of(first))]
            rewrites += [Shift(port, second - first)] if first != second else []
        return NatRule(both(*parts), span, tuple(rewrites), static.line.text)

    def _address(self, static: StaticNat) -> Intervals:
        if static.after is not None:
            return Intervals.of(static.after)
        found = self._config.ports.get(self._config.interface(static.interface))
        known = [a.address for a in found.addresses if a.address in ALL_V4][:1] if found else []
        return Intervals.of(*known) if known else ALL_V4

    def _pool(self, dynamic: DynamicNat) -> Intervals | None:
        """The addresses taken; ``None``: that of the interface by which the packet leaves."""
        if dynamic.pool:
            known = self._nat.pools.get(dynamic.pool)
            if known is None:
                self._config.ledger.not_understood(dynamic.line.number, NO_POOL, Concern.NAT, bounded=True)
            return ALL_V4 if known is None else known
        found = self._config.ports.get(self._config.interface(dynamic.interface))
        known_addresses = [a.address for a in found.addresses if a.address in ALL_V4][:1] if found else []
        return Intervals.of(*known_addresses) if known_addresses else ALL_V4

    def _selected(self, dynamic: DynamicNat) -> Match:
        if dynamic.by_route_map:
            return permitted(self._config, dynamic.chosen, False)
        return both(family(False), selected(self._config, dynamic.chosen, False))
