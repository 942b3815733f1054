"""``ip nat`` and ``ip napt`` of an interface: the network behind it is the outside.

NAT: what no entry takes is passed on untranslated, in both directions (functional description, "NAT"). NAPT: which of
the packets without an entry are let in is not written for every case; packets to the outer address and to others are
open. Sources that NAPT does not take (``ip napt inside list``) leave untranslated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.device import (
    Concern,
    Deny,
    EgressAddress,
    Filter,
    NatRule,
    Permit,
    Rewrite,
    Rule,
    RuleList,
    SetTo,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, In, Match, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import TCP, UDP, Cursor, UnreadableError
from zoneguard.parsers._nec_ix.config import Config, Port
from zoneguard.parsers._nec_ix.lists import permitted

SERVICES: dict[str, tuple[int, int | None]] = {
    "ftp": (TCP, 21), "ssh": (TCP, 22), "telnet": (TCP, 23), "smtp": (TCP, 25), "http": (TCP, 80), "pop3": (TCP, 110),
    "https": (TCP, 443), "pptp": (TCP, 1723), "ping": (1, None),
}  # fmt: skip
_ANY_PORT = Intervals.span(1, 65535)
_SESSION = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_DNAT = In(Field.DNAT, Intervals.of(1))


@dataclass(frozen=True, slots=True)
class _Mapping:
    """Outer addresses (``None``: that of the interface) and port → inner; ``inner`` ``None``: the router itself."""

    span: SourceSpan
    name: str
    inner: int | None
    outer: int | None = None
    protocol: int | None = None
    port: int | None = None
    to_port: int | None = None


class NatStages:
    """What the translation of one interface becomes."""

    def __init__(self, config: Config, port: Port) -> None:
        self._config, self._port = config, port
        self._found = port.translation
        self._static = list(self._mappings())
        self._here = frozenset({port.name})

    def inward(self) -> Iterator[Translate | Filter]:
        """Destinations, and what NAPT does not let in."""
        rules = [*map(self._back, self._static), *self._held()]
        span = self._found.napt or self._found.nat or self._port.span
        if rules:
            name = f"NAT of {self._port.name}, destinations"
            yield Translate(RuleList(name, tuple(rules), Permit(), span), Field.DST, ingress=self._here)
        if self._found.napt is not None:
            own = [m for m in self._static if m.inner is None]
            let_in = Unknown(
                self._config.key(Reason("NAPT of {name} lets in what it has no entry for", name=self._port.name)), span
            )
            listed = [
                Rule(_SESSION, Permit(), span, "napt", implied=True, unasked=True),
                Rule(In(Field.DST, ALL_V6), Permit(), span, "the other version of IP", implied=True, unasked=True),
                Rule(_DNAT, Permit(), span, "napt", implied=True, unasked=True),
                *(Rule(self._outer_match(m), Permit(), m.span, m.name, implied=True) for m in own),
                Rule(let_in, Permit(), span, "napt without an entry", implied=True, unasked=True),
            ]
            yield Filter(RuleList(f"NAPT of {self._port.name}", tuple(listed), Deny(), span), ingress=self._here)

    def outward(self) -> Iterator[Translate]:
        """Sources."""
        rules = [rule for m in self._static if (rule := self._forth(m)) is not None]
        rules += self._dynamic()
        if self._found.napt is not None:
            span = self._found.napt
            inside: Match = In(Field.SRC, ALL_V4)
            parts = [permitted(self._config, False, name, span) for name in self._found.inside]
            to: Rewrite = EgressAddress() if self._found.outer is None else SetTo(Field.SRC, self._found.outer)
            for part in parts or [inside]:
                rules.append(NatRule(both(inside, part), span, (to, SetTo(Field.SPORT, _ANY_PORT)), "napt"))
        if rules:
            span = self._found.napt or self._found.nat or self._port.span
            name = f"NAT of {self._port.name}, sources"
            yield Translate(RuleList(name, tuple(rules), Permit(), span), Field.SRC, egress=self._here)

    # -- static entries ----------------------------------------------------------------------------------------------

    def _mappings(self) -> Iterator[_Mapping]:
        for line in self._found.lines:
            try:
                found = self._mapping(line)
            except UnreadableError as error:
                self._config.not_understood(line, str(error), Concern.NAT)
                continue
            if found is not None and (self._found.napt if line.words[1] == "napt" else self._found.nat) is not None:
                yield found

    def _mapping(self, line: Line) -> _Mapping | None:
        cursor = Cursor(line.words, 3)
        span, name = self._config.span(line), " ".join(line.words[1:])
        what = line.words[1:3]
        if what == ("nat", "dynamic"):
            return None
        if what == ("nat", "static"):
            inner, outer = values.ipv4(cursor.take()), values.ipv4(cursor.take())
            _end(cursor)
            return _Mapping(span, name, inner, outer)
        if what == ("napt", "static"):
            host = self._host(cursor.take())
            protocol = values.protocol(cursor.take())
            port = self._a_port(cursor) if protocol in (TCP, UDP) else None
            cursor.skip("any")
            _end(cursor)
            return _Mapping(span, name, host, None, protocol, port, port)
        service = cursor.take()
        host = self._host(cursor.take())
        outside = "none" if cursor.done else cursor.take()
        protocol, inside = self._service(service, cursor)
        _end(cursor)
        port = inside if outside == "none" else values.number(outside, 65535)
        return _Mapping(span, name, host, None, protocol, port, inside)

    def _host(self, word: str) -> int | None:
        """An inner address; an interface, or an address of the router, is the router itself."""
        if word in self._config.ports:
            return None
        value = values.ipv4(word)
        return None if value in self._config.own else value

    def _a_port(self, cursor: Cursor) -> int | None:
        if cursor.done or cursor.skip("any"):
            return None
        return values.port(cursor.take(), None)

    def _service(self, name: str, cursor: Cursor) -> tuple[int, int | None]:
        if cursor.done:
            if name not in SERVICES:
                raise UnreadableError(Reason("a service without protocol and port: {name}", name=name[:40]))
            return SERVICES[name]
        protocol = values.protocol(cursor.take())
        port = self._a_port(cursor)
        return protocol, port if protocol in (TCP, UDP) else None

    def _outer_match(self, mapping: _Mapping) -> Match:
        parts: list[Match] = [self._outer(mapping)]
        if mapping.protocol is not None:
            parts.append(In(Field.PROTO, Intervals.of(mapping.protocol)))
        if mapping.port is not None:
            parts.append(In(Field.DPORT, Intervals.of(mapping.port)))
        return both(*parts)

    def _outer(self, mapping: _Mapping) -> Match:
        if mapping.outer is not None:
            return In(Field.DST, Intervals.of(mapping.outer))
        known = self._found.outer or Intervals.of(*(a.address for a in self._port.addresses if a.address < V6))
        if known:
            return In(Field.DST, known)
        key = self._config.key(Reason("dst is the address of {name}", name=self._port.name))
        return both(In(Field.DST, ALL_V4), Unknown(key, self._port.span))

    def _back(self, mapping: _Mapping) -> NatRule:
        rewrites: tuple[Rewrite, ...] = ()
        if mapping.inner is not None:
            rewrites = (SetTo(Field.DST, Intervals.of(mapping.inner)),)
            if mapping.to_port is not None and mapping.to_port != mapping.port:
                rewrites += (SetTo(Field.DPORT, Intervals.of(mapping.to_port)),)
        return NatRule(self._outer_match(mapping), mapping.span, rewrites, mapping.name)

    def _forth(self, mapping: _Mapping) -> NatRule | None:
        """Static NAT works for what the inner host opens, too; NAPT has its own way for that."""
        if mapping.outer is None or mapping.inner is None:
            return None
        match = In(Field.SRC, Intervals.of(mapping.inner))
        return NatRule(match, mapping.span, (SetTo(Field.SRC, Intervals.of(mapping.outer)),), mapping.name)

    # -- dynamic NAT -------------------------------------------------------------------------------------------------

    def _lists(self) -> Iterator[tuple[Line, Match, Intervals]]:
        """``ip nat dynamic list NAME pool NAME``: what it takes and what from."""
        for line in self._found.lines:
            if line.words[1:3] != ("nat", "dynamic") or self._found.nat is None:
                continue
            try:
                cursor = Cursor(line.words, 3)
                if not cursor.skip("list"):
                    raise UnreadableError("a dynamic translation without a list")
                name = cursor.take()
                pool = self._found.pools.get(cursor.take()) if cursor.skip("pool") else None
                if pool is None:
                    raise UnreadableError("a pool of addresses that is not defined")
            except UnreadableError as error:
                self._config.not_understood(line, str(error), Concern.NAT)
                continue
            yield line, permitted(self._config, False, name, line), pool

    def _dynamic(self) -> Iterator[NatRule]:
        for line, match, pool in self._lists():
            yield NatRule(match, self._config.span(line), (SetTo(Field.SRC, pool),), " ".join(line.words[1:]))

    def _held(self) -> Iterator[NatRule]:
        """While a host has an address of the pool, others may send to it; which host is not in the configuration."""
        for line, _, pool in self._lists():
            span = self._config.span(line)
            held = Unknown(
                self._config.key(Reason("a host holds an address of line {number}", number=line.number)), span
            )
            match = both(In(Field.DST, pool), held)
            yield NatRule(match, span, (SetTo(Field.DST, ALL_V4 - self._config.own),), " ".join(line.words[1:]))


def _end(cursor: Cursor) -> None:
    if not cursor.done:
        raise UnreadableError(Reason("a word that is not known: {word}", word=cursor.peek()[:40]))
