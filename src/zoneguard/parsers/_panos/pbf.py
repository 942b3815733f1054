"""PAN-OS policy-based forwarding: rules that go before the routing table.

Sources of the meaning (Networking Administrator's Guide, "Policy-Based Forwarding", "PBF"): the first rule that matches
forwards out of its interface, discards, or leaves the packet to the routing table (``no-pbf``). Whether the lookup that
follows a destination translation asks the rules again is not documented: it is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import address_or_none
from zoneguard.model.device import Concern, Deny, Filter, Permit, PolicyRoute, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Field, In, Ingress, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._panos.applications import ApplicationBook
from zoneguard.parsers._panos.export import Doubt
from zoneguard.parsers._panos.order import first_of
from zoneguard.parsers._panos.rules import RuleReader, joined
from zoneguard.parsers._panos.schema_rules import PBF
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.zones import ZoneBook

_UNTRANSLATED = In(Field.DNAT, Intervals.of(0))
_TRANSLATED = In(Field.DNAT, Intervals.of(1))


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One rule in force. ``asked`` is of the packet as it came; ``again`` of one whose destination was translated.

    ``action`` is ``forward``, ``discard`` or ``no-pbf``.
    """

    node: Node
    asked: Match
    again: Match
    action: str
    interface: str = ""
    next_hop: int | None = None


class PbfReader:
    """Reads the rules of one virtual system."""

    def __init__(self, reader: RuleReader, zones: ZoneBook, applications: ApplicationBook) -> None:
        self._reader = reader
        self._zones = zones
        self._applications = applications
        self.rules = [known for node in reader.rules("pbf") if reader.applies(node) for known in self._read(node)]

    def discards(self) -> Iterator[Filter]:
        """The stage that ends packets which a rule discards."""
        if any(known.action == "discard" for known in self.rules):
            rules = tuple(
                Rule(
                    known.asked,
                    Deny() if known.action == "discard" else Permit(),
                    self._reader.span(known.node),
                    f"PBF {known.node.name}",
                    implied=True,
                )
                for known in self.rules
            )
            yield Filter(RuleList("policy-based forwarding", rules, Permit(), rules[0].span), stateful=True)

    def routes(self) -> Iterator[PolicyRoute]:
        """What goes before the routing table."""
        for known in self.rules:
            if known.action == "discard":
                continue
            match = known.asked
            if self._reader.translated:
                match = either(both(_UNTRANSLATED, match), both(_TRANSLATED, known.again))
            targets = ((known.next_hop, known.interface),) if known.action == "forward" else ()
            yield PolicyRoute(match, self._reader.span(known.node), targets)

    def towards(self, members: frozenset[str], routed: Match) -> Match:
        """The packet as it came is sent out by one of ``members``; ``routed``: by the routing table."""
        answers = [
            (known.asked, routed if known.action != "forward" else ALWAYS if known.interface in members else NEVER)
            for known in self.rules
        ]
        return first_of(answers, routed)

    def _read(self, node: Node) -> Iterator[Forwarding]:
        reader = self._reader
        doubts: list[Doubt] = []
        came, source = self._from(node, doubts), reader.source(node, doubts)
        services, applications = node.words("service") or ("any",), node.words("application") or ("any",)
        found = self._applications.match(applications, False, node.line("application"))
        doubts += found.doubts
        asked = joined(
            came,
            source,
            reader.destination(node, doubts),
            reader.service(node, services, doubts),
            found.match,
            reader.others(node, doubts),
            self._strange(node, doubts),
        )
        key = Reason('the PBF rule "{name}" takes a packet after its translation', name=node.name)
        again = joined(came, source, reader.unknown(key, node.first))
        reader.export.doubt(doubts, Concern.ROUTING)
        actions = node.below("action")
        action = max(actions.values(), key=lambda n: n.last).name if actions else ""
        if action in ("discard", "no-pbf"):
            yield Forwarding(node, asked, again, action)
        elif action == "forward":
            interface = node.word("action", "forward", "egress-interface")
            hop, readable = self._hop(node.at("action", "forward", "nexthop"))
            if interface and readable:
                yield Forwarding(node, asked, again, action, interface, hop)
                return
            self._not_followed(node, "where this rule forwards to cannot be read")
        else:
            self._not_followed(
                node, Reason('this action of policy-based forwarding ("{action}") is not followed', action=action)
            )

    def _not_followed(self, node: Node, reason: str) -> None:
        self._reader.export.ledger.not_understood(node.line("action"), reason, Concern.ROUTING)

    def _hop(self, hop: Node | None) -> tuple[int | None, bool]:
        """The next hop, and whether it can be read; no next hop: the destination itself."""
        if hop is None or not hop.children:
            return None, True
        word = hop.word("ip-address")
        found = address_or_none(word) if word else None
        if found is None and word:
            known = self._reader.addresses.one(word)
            found = known.first if known is not None and known.size == 1 else None
        return found, found is not None

    def _from(self, node: Node, doubts: list[Doubt]) -> Match:
        interfaces = node.words("from", "interface")
        if interfaces:
            return Ingress(frozenset(interfaces))
        zones = node.words("from", "zone")
        if not zones:
            doubts.append(Doubt(node.first, Reason('the rule "{name}" names no "from"', name=node.name)))
            return self._reader.unknown(
                Reason('the zones of the PBF rule "{name}" are met', name=node.name), node.first
            )
        came = self._zones.comes(zones, node)
        doubts += came.doubts
        return came.match

    def _strange(self, node: Node, doubts: list[Doubt]) -> Match:
        strange = sorted(node.children.keys() - PBF.below.keys())
        doubts += (Doubt(node.line(name), Reason('the setting "{name}" is not known', name=name)) for name in strange)
        if not strange:
            return ALWAYS
        return self._reader.unknown(
            Reason('"{strange}" of the PBF rule "{name}" is met', strange=strange[0], name=node.name),
            node.line(strange[0]),
        )
