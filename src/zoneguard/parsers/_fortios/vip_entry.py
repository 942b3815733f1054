"""One FortiOS virtual IP: the destinations it translates, and what policies mean by its name.

A VIP listens on every interface unless ``srcintf-filter`` says otherwise; ``extintf`` only limits the policies in which
it can be used (FortiOS administration guide, "Static virtual IPs").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern, NatRule, Rewrite, SetTo, Shift
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Ingress, Match, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.interfaces import Interfaces
from zoneguard.parsers._fortios.schema import CONTENT, LABEL, MANAGEMENT, SESSIONS, SHAPING, Schema
from zoneguard.parsers._fortios.services import ServiceBook
from zoneguard.parsers._fortios.zones import InterfaceNames

VIP = Schema(
    frozenset({
        "type", "extip", "extaddr", "extintf", "mappedip", "mapped-addr", "portforward", "protocol", "extport",
        "mappedport", "portmapping-type", "src-filter", "src-vip-filter", "service", "srcintf-filter",
        "nat-source-vip", "status", "server-type", "arp-reply", "nat44", "nat46", "nat64", "nat66", "ipv6-mappedip",
        "ipv6-mappedport", "ipv4-mappedip", "ipv4-mappedport", "embedded-ipv4-address", "ndp-reply",
    }),
    Concern.NAT,
    {
        "id": LABEL, "dns-mapping-ttl": LABEL, "gratuitous-arp-interval": MANAGEMENT, "ldb-method": SHAPING,
        "persistence": SHAPING, "monitor": SHAPING, "max-embryonic-connections": SHAPING, "http-*": CONTENT,
        "https-*": CONTENT, "ssl-*": CONTENT, "h2-*": CONTENT, "h3-*": CONTENT, "quic": CONTENT, "gslb-*": MANAGEMENT,
        "one-click-*": MANAGEMENT, "outlook-*": CONTENT, "weblogic-*": CONTENT, "websphere-*": CONTENT,
        "add-nat*": SESSIONS, "client-cert": CONTENT, "empty-cert-action": CONTENT, "user-agent-detect": CONTENT,
    },
    frozenset({"realservers"}),
)  # fmt: skip
REAL_SERVER = Schema(
    frozenset({"ip", "port", "status", "type", "address"}),
    Concern.NAT,
    {
        "weight": SHAPING, "holddown-interval": SHAPING, "healthcheck": SHAPING, "monitor": SHAPING,
        "max-connections": SHAPING, "http-host": CONTENT, "client-ip": CONTENT, "translate-host": CONTENT, "id": LABEL,
    },
)  # fmt: skip
_PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1}
_SERVER_PROTOCOLS = {"udp": Intervals.of(17), "ip": Intervals()}
_TCP = Intervals.of(6)
Pool = tuple[Intervals, Intervals | None]
"""Mapped addresses, and the ports that go with them (``None``: as they are)."""
_OTHER_FAMILY = ("nat46", "nat64", "ipv6-mappedip", "ipv4-mappedip", "embedded-ipv4-address")


@dataclass(frozen=True, slots=True)
class Reverse:
    """Source translation of a mapped host to the VIP's external address. ``egress``: only on these interfaces."""

    match: Match
    rewrites: tuple[Rewrite, ...]
    span: SourceSpan
    name: str
    egress: frozenset[str] | None
    first: bool
    """Goes before an IP pool (``nat-source-vip``)."""


@dataclass(frozen=True, slots=True)
class Vip:
    """One VIP. ``translated``: a packet that it rewrote. ``external`` and ``mapped``: its outer and inner addresses."""

    name: str
    span: SourceSpan
    external: Intervals
    mapped: Intervals
    rules: tuple[NatRule, ...]
    translated: Match
    enabled: bool
    answers: bool
    reverse: Reverse | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class VipContext:
    """What the VIPs of one family refer to."""

    export: Export
    scope: Scope
    interfaces: Interfaces
    names: InterfaceNames
    book: AddressBook
    services: ServiceBook

    @property
    def family(self) -> Intervals:
        """All addresses of the family."""
        return self.book.family


class VipEntry:
    """Reads one entry of the table of VIPs."""

    def __init__(self, context: VipContext, entry: Block) -> None:
        self._context = context
        self._entry = entry
        self._doubts: list[Doubt] = []
        self._span = context.export.span(entry)
        self._kind = entry.word("type", "static-nat")
        self._ported = entry.enabled("portforward") or self._kind == "server-load-balance"
        self._protocols = self._read_protocols()
        self._external = self._read_external()
        self._outer, self._inner = self._read_ports()

    def vip(self) -> Vip:
        """The VIP; what cannot be read is in its doubts."""
        entry = self._entry
        asks: list[Match] = [*self._limits()]
        was: list[Match] = [In(Field.DNAT, Intervals.of(1))]
        if self._external:
            asks.append(In(Field.DST, self._external))
            was.append(In(Field.ORIG_DST, self._external))
        else:
            asks.append(self._open("extip", "the external address"))
        if self._protocols:
            asks.append(In(Field.PROTO, self._protocols))
            was.append(In(Field.PROTO, self._protocols))
        if self._outer != values.ALL_PORTS:
            asks.append(In(Field.DPORT, self._outer))
            was.append(In(Field.ORIG_DPORT, self._outer))
        pools = self._pools()
        mapped = Intervals.from_spans(s for pool, _ in pools for s in pool.spans)
        was.append(In(Field.DST, mapped))
        if self._doubts:
            key = Reason('VIP "{name}" leads to this destination', name=entry.name)
            was.append(self._context.export.unknown(self._context.scope, key, self._span.first))
        reply = "ndp-reply" if self._context.family == ALL_V6 else "arp-reply"
        return Vip(
            entry.name,
            self._span,
            self._external,
            mapped,
            tuple(self._rules(both(*asks), pools)),
            both(*was),
            entry.word("status", "enable") != "disable",
            entry.word(reply, "enable") != "disable",
            self._reverse(mapped) if self._kind == "static-nat" else None,
            tuple(self._doubts),
        )

    def _read_protocols(self) -> Intervals:
        if self._kind == "server-load-balance":
            return _SERVER_PROTOCOLS.get(self._entry.word("server-type"), _TCP)
        if not self._ported or self._entry.values("service"):
            return Intervals()
        return Intervals.of(_PROTOCOLS.get(self._entry.word("protocol", "tcp"), 6))

    def _read_external(self) -> Intervals:
        entry, interfaces = self._entry, self._context.interfaces
        text = entry.word("extip", values.ZERO)
        if entry.values("extaddr"):
            self._doubt("extaddr", "the external address is a name")
            return Intervals()
        found = values.address_span(text)
        if found == Intervals.of(0):  # the address of the external interface
            own = interfaces.known.get(entry.word("extintf"))
            return Intervals.of(*(a.address for a in own.addresses)) & ALL_V4 if own is not None else Intervals()
        return found if found is not None else Intervals()

    def _read_ports(self) -> Pool:
        """External ports, and the ports they become."""
        if not self._ported:
            return values.ALL_PORTS, None
        entry = self._entry
        outer_text, inner_text = entry.word("extport", "0"), entry.word("mappedport", "0")
        outer, inner = values.ports(outer_text), values.ports(inner_text)
        if outer is None or inner is None:
            self._doubt("extport", "the ports cannot be read")
            return values.ALL_PORTS, values.ALL_PORTS
        none = Intervals.of(0)
        if outer == none or entry.values("service"):
            outer = values.ALL_PORTS
        if inner in (none, outer):
            return outer, None
        if inner.size == 1 and outer.size > 1 and entry.word("portmapping-type", "1-to-1") == "1-to-1":
            wide = Intervals.span(inner.first, inner.first + outer.size - 1)
            inner = wide if wide <= values.ALL_PORTS and outer != values.ALL_PORTS else inner
        return outer, inner

    def _limits(self) -> Iterator[Match]:
        entry, context = self._entry, self._context
        if entry.values("srcintf-filter"):
            names, more = context.names.resolve(entry.values("srcintf-filter"), entry.line("srcintf-filter"))
            self._doubts += more
            if names is not None:
                yield Ingress(names)
        if entry.values("src-filter"):
            sources = _spans(entry.values("src-filter"))
            yield self._open("src-filter", "the source filter") if sources is None else In(Field.SRC, sources)
        if entry.values("service"):
            match, more = context.services.match(entry.values("service"), entry.line("service"))
            self._doubts += more
            yield match

    def _pools(self) -> list[Pool]:
        entry, family = self._entry, self._context.family
        if any(entry.word(name) not in ("", "disable") for name in _OTHER_FAMILY):
            self._doubt("extip", "a translation between IPv4 and IPv6 is not followed")
            return [(family, None)]
        if self._kind == "access-proxy":
            reason = "an access proxy relays these sessions to servers that it chooses by their content"
            self._context.export.ledger.not_understood(entry.line("type"), reason, Concern.NAT)
        if self._kind in ("server-load-balance", "access-proxy") and "realservers" in entry.blocks:
            return self._servers()
        found = _spans(entry.values("mappedip"))
        if self._kind == "fqdn" or entry.values("mapped-addr") or not found:
            self._doubt("mapped-addr" if "mapped-addr" in entry.settings else "mappedip", "the mapped address is open")
            return [(family, self._inner)]
        if found.size == 1 and self._external.size > 1 and self._kind == "static-nat":
            found = Intervals.span(found.first, found.first + self._external.size - 1) & family
        return [(found, self._inner)]

    def _servers(self) -> list[Pool]:
        pools: dict[Intervals | None, list[tuple[int, int]]] = {}
        for server in self._entry.table("realservers").values():
            if server.word("status", "active") == "disable":
                continue
            port = values.number(server.word("port", "0"), 65535)
            pools.setdefault(Intervals.of(port) if port else None, []).extend(self._server(server).spans)
        return [(Intervals.from_spans(spans), ports) for ports, spans in pools.items()]

    def _server(self, server: Block) -> Intervals:
        context = self._context
        if server.word("type", "ip") == "address":
            known = context.book.union(server.values("address"), server.line("address"))
            self._doubts += known.doubts
            return known.exact if not known.others else context.family
        found = values.address_span(server.word("ip"))
        if found is None:
            self._doubts.append(Doubt(server.line("ip"), "the address of this server cannot be read"))
        return found if found is not None else context.family

    def _rules(self, match: Match, pools: Sequence[Pool]) -> Iterator[NatRule]:
        """One rule for each pool: which one is chosen cannot be told."""
        name = f"VIP {self._entry.name}"
        for place, (pool, ports) in enumerate(pools):
            rewrites = [one_to_one(Field.DST, self._external, pool)]
            if ports is not None:
                rewrites.append(one_to_one(Field.DPORT, self._outer, ports))
            chosen: Match = ALWAYS
            if place < len(pools) - 1:
                key = Reason("{name} chooses the servers of choice {word}", name=name, word=place + 1)
                chosen = self._context.export.unknown(self._context.scope, key, self._span.first)
            yield NatRule(both(match, chosen), self._span, tuple(rewrites), name)

    def _reverse(self, mapped: Intervals) -> Reverse | None:
        if not self._external or not mapped or mapped in (ALL_V4, ALL_V6):
            return None
        entry = self._entry
        match: Match = In(Field.SRC, mapped)
        rewrites = [one_to_one(Field.SRC, mapped, self._external)]
        if self._protocols:
            ports = self._inner or self._outer
            match = both(match, In(Field.PROTO, self._protocols), In(Field.SPORT, ports))
            rewrites.append(one_to_one(Field.SPORT, ports, self._outer))
        if entry.enabled("src-vip-filter"):
            match = both(match, In(Field.DST, _spans(entry.values("src-filter")) or Intervals()))
        forced = entry.enabled("nat-source-vip")
        egress, _ = self._context.names.resolve(entry.values("extintf") or ("any",), entry.line("extintf"))
        return Reverse(match, tuple(rewrites), self._span, f"VIP {entry.name}", None if forced else egress, forced)

    def _doubt(self, name: str, reason: str) -> None:
        self._doubts.append(Doubt(self._entry.line(name), reason))

    def _open(self, name: str, what: str) -> Match:
        self._doubt(name, Reason("{what} cannot be read", what=as_reason(what)))
        key = Reason('the packet fits {what} of VIP "{name}"', what=as_reason(what), name=self._entry.name)
        return self._context.export.unknown(self._context.scope, key, self._entry.line(name))


def _spans(words: Sequence[str]) -> Intervals | None:
    """The union of addresses, ranges and prefixes; ``None`` where one cannot be read."""
    parts = [values.address_span(word) for word in words]
    if None in parts:
        return None
    return Intervals.from_spans(span for part in parts if part is not None for span in part.spans)


def one_to_one(target: Field, old: Intervals, new: Intervals) -> Rewrite:
    """Each of ``old`` onto its counterpart where both are ranges of one size; otherwise any of ``new``."""
    if new.size > 1 and new.size == old.size and len(new.spans) == len(old.spans) == 1:
        return Shift(target, new.first - old.first)
    return SetTo(target, new)
