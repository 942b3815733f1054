"""PAN-OS security rules as conditions, and what happens where none matches.

Sources of the meaning (PAN-OS Administrator's Guide, "Security Policy"; web interface help, "Policies > Security"):

- the first rule that matches decides; a disabled one is not asked.
- a universal rule, the default type, holds for all pairs of its source and destination zones; an intrazone rule within
  each of its source zones; an interzone rule between different zones only.
- after all rules ``intrazone-default`` allows what stays in one zone, ``interzone-default`` denies the rest; either may
  be overridden. Traffic of an interface that is in no zone is dropped.
- ``drop`` is silent, ``deny`` does what the application's own entry says, the ``reset`` actions answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.device import Action, Deny, Permit, Rule, RuleList
from zoneguard.model.match import ALWAYS, Match, Not, both
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._panos.applications import DEFAULT_PORTS, ApplicationBook
from zoneguard.parsers._panos.export import Doubt
from zoneguard.parsers._panos.rules import RuleReader, all_of, flat, joined
from zoneguard.parsers._panos.schema_rules import SECURITY
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.zones import ZoneBook

ACTIONS: dict[str, Action] = {
    "allow": Permit(),
    "deny": Deny(),
    "drop": Deny(),
    "reset-client": Deny(reject=True),
    "reset-server": Deny(),
    "reset-both": Deny(reject=True),
}
DEFAULTS = {"intrazone-default": "allow", "interzone-default": "deny"}
_KNOWN = SECURITY.below.keys()
OWN_RULES = "the rules that this firewall has itself are not in this file"


@quick
@dataclass(frozen=True, slots=True)
class SecurityRule:
    """One rule: its type, the zones it names, and what it asks besides. ``known`` is ``False`` where its action is not
    one that is known."""

    node: Node
    span: SourceSpan
    comment: str
    enabled: bool
    action: Action
    known: bool
    kind: str
    came: tuple[str, ...]
    leaves: tuple[str, ...]
    asked: tuple[Match, ...]


class SecurityReader:
    """Reads the security rules of one virtual system once, and states them for several stages."""

    def __init__(self, reader: RuleReader, applications: ApplicationBook) -> None:
        self._reader = reader
        self._applications = applications
        self._doubts: list[Doubt] = []
        self._rules = [self._read(node) for node in reader.rules("security")]
        bases = reader.vsys.rulebases[: reader.vsys.elsewhere]
        self._before = sum(len(base.below("security", "rules")) for base in bases)

    def _read(self, node: Node) -> SecurityRule:
        reader = self._reader
        doubts: list[Doubt] = []
        enabled = reader.applies(node)
        action = ACTIONS.get(node.word("action"))
        if action is None:
            reason = Reason('the rule "{name}" has no action: it may allow or deny', name=node.name)
            if node.word("action"):
                reason = Reason('the action of "{name}" is not known: it may allow or deny', name=node.name)
            doubts.append(Doubt(node.line("action"), reason))
        asked = flat(
            reader.source(node, doubts),
            reader.destination(node, doubts),
            self._what(node, doubts),
            reader.others(node, doubts),
            self._strange(node, doubts),
        )
        kind = node.word("rule-type", default="universal")
        zones = self._zones(node, kind, doubts)
        if enabled:
            self._doubts += doubts
        span, comment = reader.span(node), node.word("description")
        return SecurityRule(node, span, comment, enabled, action or Permit(), action is not None, kind, *zones, asked)

    def _what(self, node: Node, doubts: list[Doubt]) -> Match:
        """Application and service."""
        reader = self._reader
        applications = reader.names(node, "application", doubts)
        services = reader.names(node, "service", doubts)
        if applications is None or services is None:
            missing = "application" if applications is None else "service"
            return reader.unknown(
                Reason('the {missing} of the rule "{name}" is met', missing=missing, name=node.name), node.first
            )
        line = node.line("application")
        on_default_ports = DEFAULT_PORTS in services
        found = self._applications.match(applications, on_default_ports, line)
        doubts += found.doubts
        if on_default_ports:
            return found.match
        return joined(found.match, reader.service(node, services, doubts))

    def _strange(self, node: Node, doubts: list[Doubt]) -> Match:
        """Settings that are not known: they may be conditions."""
        if node.children.keys() <= _KNOWN:
            return ALWAYS
        strange = sorted(node.children.keys() - _KNOWN)
        doubts += (Doubt(node.line(name), Reason('the setting "{name}" is not known', name=name)) for name in strange)
        return self._reader.unknown(
            Reason('"{strange}" of the rule "{name}" is met', strange=strange[0], name=node.name), node.line(strange[0])
        )

    def account(self) -> None:
        """Enter the lines on which the rules in force depend and that the file does not decide."""
        self._reader.export.doubt(self._doubts)

    def rule_list(self, zones: ZoneBook, name: str) -> RuleList:
        """The rules with their zones in the words of one stage."""
        reader = self._reader
        vsys = reader.vsys
        end = reader.export.source.span(_last_line(vsys.rulebases) or vsys.node.first)
        rules = [
            Rule(Not(zones.between_zones), Deny(), end, "interface in no zone", implied=True),
            *(rule for known in self._rules[: self._before] for rule in self._stated(known, zones)),
            *self._elsewhere(),
            *(rule for known in self._rules[self._before :] for rule in self._stated(known, zones)),
            *self._defaults(zones),
        ]
        return RuleList(name, tuple(rules), Deny(), end)

    def _elsewhere(self) -> Iterator[Rule]:
        """Rules of the firewall's own, between pre-rules and post-rules, where the file is of its Panorama."""
        reader, place = self._reader, self._reader.firewall.managed
        if reader.vsys.elsewhere is None or place is None:
            return
        reader.export.doubt([Doubt(place.first, OWN_RULES)])
        for action, what in ((Permit(), Reason("allows")), (Deny(), Reason("denies"))):
            match = reader.unknown(Reason("a rule of the firewall's own {what} it", what=what), place.first)
            yield Rule(
                match, action, reader.export.source.span(place.first), "rules of the firewall's own", implied=True
            )

    def _stated(self, rule: SecurityRule, zones: ZoneBook) -> Iterator[Rule]:
        node = rule.node
        match = all_of(self._pair(rule, zones) + rule.asked)
        if not rule.known:
            open_ = self._reader.unknown(Reason('the rule "{name}" allows', name=node.name), node.line("action"))
            yield Rule(both(match, open_), Permit(), rule.span, node.name, rule.comment, rule.enabled)
            yield Rule(match, Deny(), rule.span, node.name, rule.comment, rule.enabled)
        else:
            yield Rule(match, rule.action, rule.span, node.name, rule.comment, rule.enabled)

    def _pair(self, rule: SecurityRule, zones: ZoneBook) -> tuple[Match, ...]:
        """The zones that the rule asks for."""
        node, came, leaves = rule.node, rule.came, rule.leaves
        known = zones.pairs.get((rule.kind, came, leaves))
        if known is not None:
            return known
        if rule.kind in ("universal", "interzone") and came and leaves:
            sides = [zones.comes(came, node), zones.leaves(leaves, node)]
        elif rule.kind == "intrazone" and came:
            sides = [zones.within(came, node)]
        else:
            return (self._reader.unknown(Reason('the zones of the rule "{name}" are met', name=node.name), node.first),)
        doubts = [doubt for side in sides for doubt in side.doubts]
        if rule.enabled and doubts:
            self._reader.export.doubt(doubts)
        apart = (Not(zones.inside),) if rule.kind == "interzone" else ()
        found = flat(*(side.match for side in sides), *apart)
        if not doubts:
            zones.pairs[rule.kind, came, leaves] = found
        return found

    def _zones(self, node: Node, kind: str, doubts: list[Doubt]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names in ``from`` and ``to``; none where they are missing."""
        came = self._reader.names(node, "from", doubts) or ()
        if kind not in ("universal", "intrazone", "interzone"):
            doubts.append(Doubt(node.line("rule-type"), Reason('the rule type "{kind}" is not known', kind=kind)))
        return came, () if kind == "intrazone" else self._reader.names(node, "to", doubts) or ()

    def _defaults(self, zones: ZoneBook) -> Iterator[Rule]:
        reader = self._reader
        for name, usual in DEFAULTS.items():
            places = (node for base in reader.vsys.defaults if (node := base.at("rules", name)) is not None)
            node = next((place for place in places if place.word("action")), None)
            action = ACTIONS[usual] if node is None else ACTIONS.get(node.word("action"))
            span = reader.span(node or reader.vsys.node.at("zone") or reader.vsys.node)
            match = zones.inside if name == "intrazone-default" else ALWAYS
            if action is None:
                assert node is not None
                doubt = Doubt(
                    node.line("action"), Reason('the action of "{name}" is not known: it may allow or deny', name=name)
                )
                reader.export.doubt([doubt])
                yield Rule(
                    both(match, reader.unknown(Reason('"{name}" allows', name=name), doubt.line)),
                    Permit(),
                    span,
                    name,
                    implied=True,
                )
                action = Deny()
            yield Rule(match, action, span, name, implied=True)


def _last_line(nodes: Iterable[Node]) -> int:
    return max((rules.last for node in nodes if (rules := node.at("security")) is not None), default=0)
