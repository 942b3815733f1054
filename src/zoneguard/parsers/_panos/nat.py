"""PAN-OS network address translation.

Sources of the meaning (Networking Administrator's Guide, "NAT", "NAT Policy Rules", "Source NAT and Destination NAT";
web interface help, "NAT Original Packet Tab", "NAT Translated Packet Tab"):

- the first rule that matches the packet as it came decides on both translations; one that translates nothing exempts.
- the zone ``to`` (and ``to-interface``) is that of the route to the destination before it is translated.
- the destination is translated before the egress is looked up again, the source as the packet leaves.
- a bi-directional static rule adds its reverse right after itself: from any zone and any source to the same zone and
  the translated address (as ``show running nat-policy`` prints it).
- dynamic IP and port changes the source port; dynamic IP and static IP keep it; static IP keeps the place of an address
  in its range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6
from zoneguard.model.device import Concern, EgressAddress, NatRule, Permit, Rewrite, RuleList, SetTo, Shift, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match
from zoneguard.model.text import Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.addresses import AddressMatch
from zoneguard.parsers._panos.export import Doubt
from zoneguard.parsers._panos.interfaces import Interfaces
from zoneguard.parsers._panos.rules import RuleReader, joined
from zoneguard.parsers._panos.schema_rules import NAT
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.zones import Towards, ZoneBook

_PORTS = Intervals.span(1024, 65535)
_SOURCES = ("dynamic-ip-and-port", "dynamic-ip", "static-ip")
FROM_OTHERS = "what this rule does with packets of other virtual systems is not modelled"
_DESTINATIONS = ("destination-translation", "dynamic-destination-translation")


@dataclass(frozen=True, slots=True)
class Translation:
    """One rule, or the reverse of one. ``asked`` is of the packet as it came, but for zones.

    ``source`` and ``target``: the rewrites. ``came``/``leaves``: names of zones; ``interface``: by which it leaves.
    """

    node: Node
    name: str
    asked: Match
    came: tuple[str, ...]
    leaves: tuple[str, ...]
    interface: str
    source: tuple[Rewrite, ...] = ()
    target: tuple[Rewrite, ...] = ()


def translates_destinations(reader: RuleReader) -> bool:
    """Whether some rule in force may translate a destination."""
    return any(
        any(node.at(name) is not None for name in _DESTINATIONS)
        or node.yes("source-translation", "static-ip", "bi-directional")
        for node in reader.rules("nat")
        if reader.applies(node)
    )


class NatReader:
    """Reads the NAT rules of one virtual system once, and states them for each router."""

    def __init__(self, reader: RuleReader, interfaces: Interfaces, device_id: str | None) -> None:
        self._reader = reader
        self._interfaces = interfaces
        self._device_id = device_id
        self._translations = [
            translation
            for node in reader.rules("nat")
            if reader.applies(node) and self._bound(node)
            for translation in self._read(node)
        ]

    def stages(self, zones: Callable[[Towards], ZoneBook], before: Towards, after: Towards) -> Iterator[Translate]:
        """The stage before routing and the one after it. ``before`` and ``after`` say, of the destination as the packet
        came, which interface it is routed to."""
        if not self._translations:
            return
        first = self._translations[0].node
        span = self._reader.span(first)
        if any(t.target for t in self._translations):
            rules = tuple(self._rules(zones(before), before, outward=False))
            yield Translate(RuleList("destination NAT", rules, Permit(), span), Field.DST)
        if any(t.source for t in self._translations):
            rules = tuple(self._rules(zones(after), after, outward=True))
            yield Translate(RuleList("source NAT", rules, Permit(), span), Field.SRC)

    def _rules(self, zones: ZoneBook, towards: Towards, outward: bool) -> Iterator[NatRule]:
        for known in self._translations:
            node = known.node
            came = zones.comes(known.came, node)
            leaves = zones.leaves(known.leaves, node)
            self._reader.export.doubt([*came.doubts, *leaves.doubts], Concern.NAT)
            way = towards(frozenset({known.interface})) if known.interface else ALWAYS
            match = joined(came.match, leaves.match, way, known.asked)
            rewrites = known.source if outward else known.target
            yield NatRule(match, self._reader.span(node), rewrites, known.name)

    def account_for(self, external: frozenset[str]) -> None:
        """Say which rules may translate what other virtual systems send: that is not in the model. ``external``: the
        zones by which it comes."""
        for known in self._translations:
            if external and {"any", *external} & set(known.came):
                self._reader.export.ledger.not_understood(known.node.first, FROM_OTHERS, Concern.NAT)

    def _bound(self, node: Node) -> bool:
        """Whether a rule holds on this member of a pair of which both are active."""
        word = node.word("active-active-device-binding")
        return self._device_id is None or word not in ("0", "1") or word == self._device_id

    def _read(self, node: Node) -> Iterator[Translation]:
        reader = self._reader
        doubts: list[Doubt] = []
        came, leaves = reader.names(node, "from", doubts), reader.names(node, "to", doubts)
        asked = [reader.source(node, doubts), reader.destination(node, doubts)]
        services = node.words("service") or ("any",)
        asked += [reader.service(node, services, doubts), self._open(node, doubts)]
        if came is None or leaves is None:
            asked.append(
                reader.unknown(Reason('the zones of the NAT rule "{name}" are met', name=node.name), node.first)
            )
        interface = node.word("to-interface")
        interface = "" if interface == "any" else interface
        source = self._source(node, doubts)
        target = self._target(node, doubts)
        reader.export.doubt(doubts, Concern.NAT)
        zones = came or ("any",), leaves or ("any",)
        yield Translation(node, f"NAT {node.name}", joined(*asked), *zones, interface, source, target)
        if node.yes("source-translation", "static-ip", "bi-directional"):
            yield from self._reverse(node, zones[1])

    def _open(self, node: Node, doubts: list[Doubt]) -> Match:
        """What leaves open whether the rule applies."""
        reader = self._reader
        strange = sorted(node.children.keys() - NAT.below.keys())
        kind = node.word("nat-type", default="ipv4")
        if kind != "ipv4":
            line = node.line("nat-type")
            reason = Reason("this kind of translation ({kind}) is not followed", kind=kind)
            reader.export.ledger.not_understood(line, reason, Concern.NAT)
        parts: list[Match] = []
        for name in strange:
            doubts.append(Doubt(node.line(name), Reason('the setting "{name}" is not known', name=name)))
            parts.append(
                reader.unknown(
                    Reason('"{name}" of the NAT rule "{name2}" is met', name=name, name2=node.name), node.line(name)
                )
            )
        binding = node.word("active-active-device-binding")
        if self._device_id is not None and binding not in ("0", "1", "both"):
            line = node.line("active-active-device-binding")
            doubts.append(Doubt(line, "which of two active firewalls translates is not decided by this file"))
            parts.append(reader.unknown(Reason('this firewall applies the NAT rule "{name}"', name=node.name), line))
        return joined(*parts)

    def _addresses(self, words: tuple[str, ...], line: int, doubts: list[Doubt]) -> Intervals:
        """What an address is translated to; of addresses that are not in the file, all."""
        found = self._reader.addresses.union(words, line)
        doubts += found.doubts
        if found.others or found.everything or not found.exact:
            if not found.doubts:
                doubts.append(Doubt(line, "the addresses that this translates to cannot be read"))
            return ALL_V4
        return found.exact

    def _source(self, node: Node, doubts: list[Doubt]) -> tuple[Rewrite, ...]:
        kinds = node.below("source-translation")
        latest = max((child.last for child in kinds.values()), default=0)
        kind = next((name for name in kinds if name in _SOURCES and kinds[name].last == latest), "")
        if not kind:
            doubts += (
                Doubt(child.first, Reason('the translation "{child}" is not known', child=child.name))
                for child in kinds.values()
            )
            return (SetTo(Field.SRC, ALL_V4),) if kinds else ()
        way = kinds[kind]
        words, line = way.words("translated-address"), way.line("translated-address")
        ports = (SetTo(Field.SPORT, _PORTS),) if kind == "dynamic-ip-and-port" else ()
        if kind == "static-ip":
            original = self._reader.addresses.union(node.words("source"), node.line("source"))
            return _one_to_one(
                Field.SRC, original.exact if not original.others else None, self._addresses(words, line, doubts)
            )
        rewrites: list[Rewrite] = [SetTo(Field.SRC, self._addresses(words, line, doubts))] if words else []
        if way.at("interface-address") is not None:
            rewrites = [self._interface(way, doubts)]
        fallback = way.at("fallback")
        if fallback is not None and rewrites:
            more = self._fallback(fallback, doubts)
            first = rewrites[0]
            assert isinstance(first, SetTo)
            rewrites = [SetTo(Field.SRC, first.values | more)]
            ports = (SetTo(Field.SPORT, values.ALL_PORTS),)
        if not rewrites:
            doubts.append(Doubt(way.first, "this translation names no address"))
            rewrites = [SetTo(Field.SRC, ALL_V4)]
        return (*rewrites, *ports)

    def _fallback(self, fallback: Node, doubts: list[Doubt]) -> Intervals:
        words = fallback.words("translated-address")
        if words:
            return self._addresses(words, fallback.line("translated-address"), doubts)
        rewrite = self._interface(fallback, doubts)
        return rewrite.values if isinstance(rewrite, SetTo) else ALL_V4

    def _interface(self, way: Node, doubts: list[Doubt]) -> Rewrite:
        """The address of an interface that the rule names: one of several it may name too."""
        given = way.at("interface-address") or way
        name = given.word("interface")
        word = given.word("ip") or given.word("floating-ip")
        if word:
            own = values.interface_address(self._reader.addresses.literal(word))
            if own is None:
                doubts.append(Doubt(given.line("ip"), "the addresses that this translates to cannot be read"))
            return SetTo(Field.SRC, ALL_V4 if own is None else Intervals.of(own.address))
        known = self._interfaces.addresses(name)
        if known:
            return SetTo(Field.SRC, known & ALL_V4 or known)
        if name in self._interfaces.known:
            return EgressAddress()
        doubts.append(
            Doubt(given.line("interface"), Reason('the interface "{name}" is not defined in this file', name=name))
        )
        return SetTo(Field.SRC, ALL_V4)

    def _target(self, node: Node, doubts: list[Doubt]) -> tuple[Rewrite, ...]:
        way = next((found for name in _DESTINATIONS if (found := node.at(name)) is not None), None)
        if way is None or not way.children:
            return ()
        rewrites: tuple[Rewrite, ...] = ()
        words = way.words("translated-address")
        if words:
            last = (max(way.below("translated-address").values(), key=lambda n: n.last).name,)
            inner = self._addresses(last, way.line("translated-address"), doubts)
            original = self._reader.addresses.union(node.words("destination"), node.line("destination"))
            if way.name == _DESTINATIONS[0]:
                rewrites = _one_to_one(Field.DST, original.exact if not original.others else None, inner)
            else:
                rewrites = (SetTo(Field.DST, inner),)
        text = way.word("translated-port")
        if text:
            port = values.number(text, 65535)
            if port is None:
                doubts.append(Doubt(way.line("translated-port"), "the translated port cannot be read"))
            rewrites += (SetTo(Field.DPORT, values.ALL_PORTS if port is None else Intervals.of(port)),)
        return rewrites

    def _reverse(self, node: Node, zones: tuple[str, ...]) -> Iterator[Translation]:
        """Of a bi-directional rule."""
        reader, doubts = self._reader, list[Doubt]()
        way = node.at("source-translation", "static-ip")
        assert way is not None
        outer = self._addresses(way.words("translated-address"), way.line("translated-address"), doubts)
        inner = reader.addresses.union(node.words("source"), node.line("source"))
        asked: list[Match] = [self._originally(outer)]
        if not {"any"} >= set(node.words("service")):
            line = node.line("service")
            doubts.append(
                Doubt(line, "whether the reverse of a bi-directional rule asks for its service is not documented")
            )
            asked.append(
                reader.unknown(Reason('the reverse of the NAT rule "{name}" takes the packet', name=node.name), line)
            )
        addresses = None if inner.others or inner.everything else inner.exact
        rewrites = _one_to_one(Field.DST, outer, addresses if addresses else ALL_V4)
        reader.export.doubt(doubts, Concern.NAT)
        name = f"NAT {node.name} (reverse)"
        yield Translation(node, name, joined(*asked), ("any",), zones, "", (), rewrites)

    def _originally(self, addresses: Intervals) -> Match:
        found = AddressMatch(addresses)
        return found.originally() if self._reader.translated else In(Field.DST, addresses)


def _one_to_one(field: Field, original: Intervals | None, translated: Intervals) -> tuple[Rewrite, ...]:
    """Static translation of a range onto one of the same size, or onto a single address; else any of the range."""
    plain = original is not None and len(original.spans) == len(translated.spans) == 1
    if plain and original is not None and translated.size == original.size and translated.size > 1:
        delta = translated.first - original.first
        if (translated.first >= V6) == (original.first >= V6):
            return (Shift(field, delta),) if delta else ()
    return (SetTo(field, translated & ALL_V4 or translated & ALL_V6),)
