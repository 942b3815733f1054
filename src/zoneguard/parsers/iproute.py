"""Linux: ``ip route`` (``-4``, ``-6``, ``-o``, ``-d``, any table), ``ip rule``, ``ip addr``, also all in one file.

The main table becomes the routes, rules become policy routes. Addresses come from ``ip addr``, from the table
``local``, and from the kernel's routes (``proto kernel scope link src``); an IPv6 subnet whose address nothing tells
gets its subnet-router address, which every IPv6 router there has (RFC 4291, 2.6.1). Link-local addresses stay out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import (
    Concern,
    Device,
    Interface,
    Misunderstood,
    PolicyRoute,
    Route,
    RouteKind,
    Routing,
    Vrf,
)
from zoneguard.model.text import Reason
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._iproute.addresses import NOT_ROUTED, Interfaces, interface_of
from zoneguard.parsers._iproute.policy import policy_routes
from zoneguard.parsers._iproute.routes import KINDS, Entry, Hop, UnreadableError, read_next_hop, read_route, table_name
from zoneguard.parsers._iproute.rules import RULE, PolicyRule, read_rule
from zoneguard.parsers._shell import is_shown
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

_COMMAND = re.compile(r"(?:.*[$#>%]\s*)?(?:sudo\s+)?(?:/\S*/)?ip\s+(?P<words>(?:-\S+\s+)*[a-z]\S*(?:\s.*)?)$")
_ROUTE = re.compile(
    r"(?:default|(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F.:]*:[0-9a-fA-F.:]*)(?:/\d{1,3})?)(?:\s|$)"
)
_ELSEWHERE = frozenset({"local", "default"})
_SNIFF_LINES = 2000
_NO_IPV4 = "addresses of IPv4 without the routes of IPv4: ip route is missing"
_NO_IPV6 = "addresses of IPv6 without the routes of IPv6: ip -6 route is missing"


@dataclass(slots=True)
class _Reader:
    """The file line by line. ``table`` and ``family``: by the latest command; ``last``: the line before is a route."""

    source: Source
    ledger: Ledger
    interfaces: Interfaces = field(default_factory=Interfaces)
    entries: list[Entry] = field(default_factory=list)
    rules: list[PolicyRule] = field(default_factory=list)
    table: str = "main"
    family: bool | None = None
    last: bool = False
    more_hops: list[Hop] = field(default_factory=list)

    def line(self, number: int, line: str) -> None:
        """Take in one line that is not blank."""
        text, span = line.strip(), self.source.span(number)
        continues, self.last = self.last, False
        if not text.startswith("nexthop "):
            self.end_route(number - 1)
        command = _COMMAND.match(text)
        if text.startswith("nexthop ") and continues:
            self._next_hop(number, text)
        elif command:
            self._command(command["words"].split())
            self.ledger.ignored(SESSION, number)
        elif is_shown(text):
            self.ledger.ignored(SESSION, number)
        elif text.startswith("#"):
            self.ledger.ignored(BLANK, number)
        elif text.startswith("nh_info "):
            self.last = continues
            self.ledger.ignored("detail of the next hop", number)
        elif _is_route(text):
            self._route(number, text)
        elif RULE.fullmatch(line):
            self._rule(number, line)
        else:
            reason = self.interfaces.read(line, span)
            if reason:
                self.ledger.ignored(reason, number)
            elif reason == "":
                self.ledger.understood(number)
            else:
                concern = Concern.ROUTING if re.search(r"\b(?:dev|via|lookup|inet6?)\s", text) else Concern.OTHER
                self.ledger.not_understood(number, "no line of ip route, ip rule or ip addr", concern)

    def _command(self, words: list[str]) -> None:
        self.family = {"-4": False, "-6": True}.get(next((w for w in words if w in ("-4", "-6")), ""))
        at = words.index("table") if "table" in words else -1
        self.table = table_name(words[at + 1]) if 0 <= at < len(words) - 1 else "main"
        if self.table in ("all", "unspec", "cache"):
            self.table = "main"

    def _route(self, number: int, text: str) -> None:
        try:
            entry = read_route(text, self.source.span(number))
        except UnreadableError as error:
            self.ledger.not_understood(number, str(error), Concern.ROUTING)
            return
        entry = replace(entry, table=entry.table or self.table)
        self.entries.append(entry.of_family(self.family) if self.family is not None else entry)
        self.last = True
        self.ledger.understood(number)

    def _next_hop(self, number: int, text: str) -> None:
        self.last = True
        try:
            hops = read_next_hop(text)
        except UnreadableError as error:
            self.ledger.not_understood(number, str(error), Concern.ROUTING)
            return
        self.more_hops += hops
        self.ledger.understood(number)

    def end_route(self, number: int) -> None:
        """Line ``number`` is the last that may belong to the latest route."""
        if self.more_hops:
            entry = self.entries[-1]
            span = self.source.span(entry.span.first, number)
            self.entries[-1] = replace(entry, hops=(*entry.hops, *self.more_hops), span=span)
            self.more_hops.clear()

    def _rule(self, number: int, line: str) -> None:
        try:
            rule = read_rule(line, self.source.span(number))
        except UnreadableError as error:
            self.ledger.not_understood(number, str(error), Concern.ROUTING)
            return
        self.rules.append(rule if rule.v6 is not None else replace(rule, v6=self.family))
        self.ledger.understood(number)


def _is_route(text: str) -> bool:
    first, _, rest = text.partition(" ")
    return (
        bool(_ROUTE.match(text))
        or (first in KINDS and bool(_ROUTE.match(rest.lstrip())))
        or (first in ("6", "7", "8", "9") and bool(_ROUTE.match(rest.lstrip())))
    )


def parse(source: Source, name: str) -> Parsed:
    """Interfaces and one forwarding context, ``default``, as a device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    reader = _Reader(source, ledger)
    for number, line in enumerate(source.lines, 1):
        if line.strip():
            reader.line(number, line)
        else:
            reader.last = False
    reader.end_route(len(source.lines))
    entries = _usable(_with_families(reader.entries), ledger)
    main = [e for e in entries if e.table == "main" and e.kind not in ("local", "broadcast", "anycast", "multicast")]
    routes = tuple(dict.fromkeys(route for e in main for route in e.routes))
    interfaces = _interfaces(reader.interfaces, entries)
    if not routes:
        routes = tuple(dict.fromkeys(_connected(interfaces)))
    vrf = Vrf("default", frozenset(i.name for i in interfaces), routes, (Routing(),), _policy(reader, entries))
    uncertain = (*ledger.uncertain, *_unlisted(interfaces, main))
    device = Device(name, "linux", interfaces, (vrf,), source.whole, uncertain)
    return Parsed((device,), ledger.close())


def _unlisted(interfaces: Iterable[Interface], main: Iterable[Entry]) -> Iterator[Misunderstood]:
    """Address families whose routes the file does not list: the kernel makes a route of every subnet of its own."""
    listed = {entry.v6 for entry in main}
    for v6, reason in ((False, _NO_IPV4), (True, _NO_IPV6)):
        own = (
            i
            for i in interfaces
            if i.enabled and any((a.address >= V6) is v6 and a.subnet.size > 1 for a in i.addresses)
        )
        first = next(own, None)
        if v6 not in listed and first is not None:
            yield Misunderstood(first.span, first.name, reason, Concern.ROUTING)


def _with_families(entries: list[Entry]) -> list[Entry]:
    """Defaults that tell no family are of that of the route before: a listing holds one family after the other."""
    told: list[Entry] = []
    v6 = False
    for entry in entries:
        v6 = v6 if entry.v6 is None else entry.v6
        told.append(entry.of_family(v6))
    return told


def _usable(entries: list[Entry], ledger: Ledger) -> list[Entry]:
    """The routes by destination alone, each once; the others are reported."""
    seen: set[tuple[object, ...]] = set()
    usable: list[Entry] = []
    for entry in entries:
        key = (entry.table, entry.prefix, entry.kind, entry.hops, entry.metric, entry.selects)
        line = entry.span.first
        if key in seen:
            continue
        seen.add(key)
        if entry.prefix[0] in NOT_ROUTED or (entry.prefix[0] >= V6 + (255 << 120)):
            ledger.ignored("loopback, link-local and multicast are not routed", line)
        elif entry.selects:
            reason = Reason("a route that asks for more than the destination: {selects}", selects=entry.selects)
            ledger.not_understood(line, reason, Concern.ROUTING)
        elif entry.kind == "unicast" and not any(h.device or h.via is not None for h in entry.hops):
            ledger.not_understood(line, "a route that leads nowhere", Concern.ROUTING)
        elif entry.kind == "local" and entry.prefix[1] != (128 if entry.v6 else 32):
            ledger.not_understood(line, "a whole prefix is the box itself", Concern.ROUTING)
        else:
            usable.append(entry)
    return usable


@dataclass(slots=True)
class _Subnets:
    """The prefixes that the kernel made of an interface's addresses, by length."""

    by_length: dict[int, set[int]] = field(default_factory=dict)

    def add(self, network: int, length: int) -> None:
        """One more prefix."""
        self.by_length.setdefault(length, set()).add(network)

    def around(self, address: int) -> list[tuple[int, int]]:
        """The prefixes that hold ``address``, the longest first."""
        width = 128 if address >= V6 else 32
        found = [(address >> (width - n) << (width - n), n) for n in sorted(self.by_length, reverse=True) if n <= width]
        return [(network, n) for network, n in found if network in self.by_length[n]]


def _interfaces(known: Interfaces, entries: list[Entry]) -> tuple[Interface, ...]:
    """Every interface with its addresses. ``lo`` is among them where all addresses of the box are listed."""
    found: dict[str, dict[int, int]] = {}
    subnets: dict[str, _Subnets] = {}
    for entry in entries:
        for hop in entry.hops:
            if hop.device and hop.device != "lo":
                known.get(hop.device, entry.span)
        if entry.kernel and entry.kind == "unicast" and entry.hops[0].via is None:
            device = entry.hops[0].device
            subnets.setdefault(device, _Subnets()).add(*entry.prefix)
            if entry.source is not None:
                inside = entry.source in prefix_span(*entry.prefix)
                found.setdefault(device, {})[entry.source] = entry.prefix[1] if inside else 32
    for entry in entries:
        if entry.kind == "local" and entry.hops:
            known.get("lo", entry.span)
            device, address = entry.hops[0].device, entry.prefix[0]
            around = subnets.get(device, _Subnets()).around(address)
            found.setdefault(device, {}).setdefault(address, around[0][1] if around else entry.prefix[1])
    for device, prefixes in subnets.items():
        addresses = (*found.get(device, {}), *known.seen[device].listed)
        taken = {prefix for address in addresses for prefix in prefixes.around(address)}
        for length, networks in prefixes.by_length.items():
            for network in networks:
                if network >= V6 and (network, length) not in taken:
                    found.setdefault(device, {})[network] = length
    return tuple(interface_of(seen, found.get(name, {})) for name, seen in known.seen.items())


def _connected(interfaces: Iterable[Interface]) -> Iterable[Route]:
    """Where the file lists addresses only: the routes that the kernel makes of them."""
    for interface in interfaces:
        for address in interface.addresses if interface.enabled else ():
            network = address.subnet.first
            yield Route(
                network, address.length, interface.span, RouteKind.CONNECTED, interface=interface.name, distance=0
            )


def _policy(reader: _Reader, entries: list[Entry]) -> tuple[PolicyRoute, ...]:
    """Rules of each family; where none are given, tables that only rules can reach leave routing uncertain."""
    made: list[PolicyRoute] = []
    by_family = _rules_by_family(reader.rules)
    for v6 in (False, True):
        tables: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.v6 is v6:
                tables.setdefault(entry.table, []).append(entry)
        if by_family[v6]:
            made += policy_routes(by_family[v6], tables, reader.ledger)
            continue
        for table, routes in tables.items():
            if table != "main" and table not in _ELSEWHERE:
                reason = Reason("table {table} holds routes and no `ip rule` says when it is used", table=table)
                reader.ledger.not_understood(routes[0].span.first, reason, Concern.ROUTING)
    return tuple(made)


def _rules_by_family(rules: list[PolicyRule]) -> dict[bool, list[PolicyRule]]:
    """A listing begins with the rule for ``local``; the first listing is IPv4, the second IPv6, where nothing tells."""
    by_family: dict[bool, list[PolicyRule]] = {False: [], True: []}
    listing: list[PolicyRule] = []
    listings = [listing]
    for rule in rules:
        if rule.priority == 0 and listing:
            listing = []
            listings.append(listing)
        listing.append(rule)
    for position, listed in enumerate(listings):
        told = next((r.v6 for r in listed if r.v6 is not None), None)
        v6 = told if told is not None else position > 0 and bool(by_family[False])
        known = {(r.priority, r.match, r.table) for r in by_family[v6]}
        by_family[v6] += [r for r in listed if (r.priority, r.match, r.table) not in known]
    return by_family


def sniff(source: Source) -> float:
    """By the share of lines that are routes, rules or interfaces as iproute2 prints them."""
    lines = [line for line in source.lines[:_SNIFF_LINES] if line.strip()]
    routes = sum(bool(re.search(r"\s(?:dev|via)\s\S", line)) and _is_route(line.strip()) for line in lines)
    others = sum(bool(RULE.fullmatch(line) or re.match(r"\d+:\s\S+:\s<|\d+:\s\S+\s+inet6?\s", line)) for line in lines)
    details = sum(line[:1].isspace() or bool(_COMMAND.match(line)) for line in lines)
    if not routes and not others:
        return 0.0
    return 0.95 if (routes + others + details) * 2 > len(lines) else 0.3


PLUGIN = Parser(name="ip-route", title="Linux ip route, ip rule, ip addr", sniff=sniff, parse=parse, kind=Kind.ROUTES)
