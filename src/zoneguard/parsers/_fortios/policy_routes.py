"""FortiOS policy routes and SD-WAN service rules, in the order in which the device asks them.

Policy routes go first, then routes to internet services, then SD-WAN rules, then the routing table (FortiOS
administration guide, "Policy routes" and "SD-WAN rules"). A policy route without gateway takes the one of the best
route through its interface and does not match where there is none; an SD-WAN rule is skipped where the best route does
not leave through the SD-WAN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V6, address_or_none
from zoneguard.model.device import Concern, PolicyRoute, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Condition, Export, Scope
from zoneguard.parsers._fortios.interfaces import Interfaces
from zoneguard.parsers._fortios.schema import LABEL, SHAPING, Schema, account
from zoneguard.parsers._fortios.services import port_match
from zoneguard.parsers._fortios.static import connected, winners
from zoneguard.parsers._fortios.zones import InterfaceNames, SdWan

_MATCHING = frozenset({
    "status", "src", "srcaddr", "src-negate", "dst", "dstaddr", "dst-negate", "protocol", "start-port", "end-port",
    "start-source-port", "end-source-port", "start-src-port", "end-src-port", "input-device", "input-device-negate",
    "input-zone", "src6", "dst6", "addr-mode",
})  # fmt: skip
_OPEN = frozenset({
    "tos", "tos-mask", "internet-service", "internet-service-id", "internet-service-custom",
    "internet-service-fortiguard", "internet-service-name", "internet-service-group", "internet-service-custom-group",
    "internet-service-app-ctrl", "internet-service-app-ctrl-group", "internet-service-app-ctrl-category",
    "internet-service-ctrl", "internet-service-ctrl-group", "users", "groups", "route-tag",
    "minimum-sla-meet-members",
})  # fmt: skip
POLICY_ROUTE = Schema(
    _MATCHING | _OPEN | {"action", "gateway", "output-device"}, Concern.ROUTING, {"dscp*": SHAPING, "seq-num": LABEL}
)
SDWAN_RULE = Schema(
    _MATCHING | _OPEN | {"gateway", "default", "priority-members", "priority-zone", "dst", "member"},
    Concern.ROUTING,
    {
        "name": LABEL, "mode": SHAPING, "health-check": SHAPING, "link-cost-*": SHAPING, "packet-loss-weight": SHAPING,
        "latency-weight": SHAPING, "jitter-weight": SHAPING, "bandwidth-weight": SHAPING, "hold-down-time": SHAPING,
        "sla-*": SHAPING, "quality-link": SHAPING, "tie-break": SHAPING, "use-shortcut-sla": SHAPING, "dscp-*": SHAPING,
        "passive-measurement": SHAPING, "standalone-action": SHAPING, "load-balance": SHAPING, "hash-mode": SHAPING,
        "role": SHAPING, "custom-profile-*": SHAPING, "shortcut*": SHAPING, "zone-mode": SHAPING, "sla": SHAPING,
        "agent-exclusive": LABEL, "comment": LABEL,
    },
    frozenset(),
)  # fmt: skip
_WITH_PORTS = Intervals.of(6, 17, 33, 132)
MAX_WAYS = 200


@dataclass(frozen=True, slots=True)
class PolicyRouteReader:
    """``routes`` are the static routes of the VRF that is asked for."""

    export: Export
    scope: Scope
    interfaces: Interfaces
    names: InterfaceNames
    routes: Sequence[Route]

    def policy(self, path: str, book: AddressBook) -> Iterator[PolicyRoute]:
        """The table ``router policy`` or ``router policy6``."""
        table = self.scope.block.blocks.get(path)
        if table is None:
            return
        account(self.export.ledger, table, POLICY_ROUTE)
        for entry in table.entries.values():
            if entry.word("status", "enable") == "enable":
                condition = self._condition(entry, book)
                self.export.doubt(condition.doubts, Concern.ROUTING)
                yield from self._ways(entry, condition.match)

    def sdwan(self, sdwan: SdWan, books: tuple[AddressBook, AddressBook]) -> Iterator[PolicyRoute]:
        """The service rules of the SD-WAN."""
        if sdwan.services.spans:
            account(self.export.ledger, sdwan.services, SDWAN_RULE)
        if not sdwan.members:
            return
        members = frozenset(m.interface for m in sdwan.members.values())
        best = winners([*self.routes, *connected(self.interfaces, self.interfaces.known)])
        reach = Intervals.from_spans(s for r, won in best if r.interface in members for s in won.spans)
        for entry in sdwan.services.entries.values():
            if entry.word("status", "enable") != "enable":
                continue
            book = books[entry.word("addr-mode", "ipv4") == "ipv6"]
            condition = self._condition(entry, book)
            self.export.doubt(condition.doubts, Concern.ROUTING)
            zones = entry.values("priority-zone")
            numbers = entry.values("priority-members") or entry.values("member")
            chosen = [m for name in zones for m in sdwan.of_zone(name)]
            chosen += [sdwan.members[n] for n in numbers if n in sdwan.members]
            if not chosen:
                continue
            forced = entry.enabled("gateway") and entry.enabled("default")
            match = condition.match if forced else both(condition.match, In(Field.DST, reach))
            v6 = book.family == ALL_V6
            targets = tuple(dict.fromkeys((m.gateway6 if v6 else m.gateway, m.interface) for m in chosen))
            yield PolicyRoute(match, self.export.span(entry), targets)

    def _ways(self, entry: Block, match: Match) -> Iterator[PolicyRoute]:
        span = self.export.span(entry)
        device, text = entry.word("output-device"), entry.word("gateway")
        gateway = address_or_none(text) if text else None
        if entry.word("action", "permit") == "deny":
            yield PolicyRoute(match, span)
        elif gateway:
            yield PolicyRoute(match, span, ((gateway, device),))
        elif device:
            through = [r for r in (*self.routes, *connected(self.interfaces, [device])) if r.interface == device]
            if len(through) > MAX_WAYS:
                many = Reason(
                    "more than {count} routes leave by this interface: which one is taken is not followed",
                    count=MAX_WAYS,
                )
                self.export.ledger.not_understood(entry.line("output-device"), many, Concern.ROUTING)
            for route, won in winners(through[:MAX_WAYS]):
                yield PolicyRoute(both(match, In(Field.DST, won)), span, ((route.next_hop, device),))
        else:
            reason = "this policy route has neither interface nor gateway"
            self.export.ledger.not_understood(entry.first, reason, Concern.ROUTING)

    def _condition(self, entry: Block, book: AddressBook) -> Condition:
        parts: list[Match] = [In(Field.DST, book.family)]
        doubts: list[Doubt] = []
        devices = entry.values("input-device") or entry.values("input-zone")
        if devices:
            line = entry.line("input-device")
            names, more = self.names.resolve(devices, line)
            doubts += more
            if names is not None:
                came: Match = Ingress(names)
                parts.append(Not(came) if entry.enabled("input-device-negate") else came)
        for field, side in ((Field.SRC, "src"), (Field.DST, "dst")):
            condition = self._addresses(entry, book, side, field)
            parts.append(condition.match)
            doubts += condition.doubts
        parts += self._ports(entry, doubts)
        for name in _OPEN & entry.settings.keys():
            if entry.word(name, "0x00") in ("0x00", "disable"):
                continue
            doubts.append(Doubt(entry.line(name), Reason('what "{name}" selects is not in the file', name=name)))
            key = Reason("{name} {words}", name=name, words=" ".join(entry.values(name)))
            parts.append(self.export.unknown(self.scope, key, entry.line(name)))
        return Condition(both(*parts), tuple(doubts))

    def _addresses(self, entry: Block, book: AddressBook, side: str, field: Field) -> Condition:
        """SD-WAN rules name objects in ``src``, ``dst``; policy routes write subnets there, objects in ``srcaddr``."""
        doubts: list[Doubt] = []
        parts: list[Match] = []
        named: list[str] = []
        for name in (side, f"{side}addr", f"{side}6"):
            for word in entry.values(name):
                subnet = values.address_span(word)
                if subnet is None:
                    named.append(word)
                else:
                    parts.append(In(field, subnet))
        if named:
            known = book.union(named, max(entry.line(n) for n in (side, f"{side}addr", f"{side}6")))
            doubts += known.doubts
            parts.append(known.on(field))
        match = either(*parts) if parts else ALWAYS
        if parts and entry.enabled(f"{side}-negate"):
            match = both(In(field, book.family), Not(match))
        return Condition(match, tuple(doubts))

    def _ports(self, entry: Block, doubts: list[Doubt]) -> Iterable[Match]:
        protocol = values.number(entry.word("protocol", "0"), 255)
        if protocol is None:
            doubts.append(Doubt(entry.line("protocol"), "this protocol cannot be read"))
            return [self.export.unknown(self.scope, Reason("the protocol of a policy route"), entry.line("protocol"))]
        if not protocol:
            return []
        protocols = Intervals.of(protocol)
        if protocol not in _WITH_PORTS:
            return [In(Field.PROTO, protocols)]
        low_source = entry.word("start-source-port") or entry.word("start-src-port", "0")
        high_source = entry.word("end-source-port") or entry.word("end-src-port", "65535")
        ports = values.ports(f"{entry.word('start-port', '0')}-{entry.word('end-port', '65535')}")
        sources = values.ports(f"{low_source}-{high_source}")
        if ports is None or sources is None:
            doubts.append(Doubt(entry.line("start-port"), "these ports cannot be read"))
            return [self.export.unknown(self.scope, Reason("the ports of a policy route"), entry.line("start-port"))]
        every = Intervals.span(1, 65535)
        return [port_match(protocols, *(values.ALL_PORTS if p == every else p for p in (ports, sources)))]
