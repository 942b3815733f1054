"""What the rules of all PAN-OS rulebases have in common: their order, whom they apply to, and what they ask.

A packet that a destination translation has changed is compared as it came ("Security Policy Rules based on NAT": the
addresses before translation, the zone after it). Users, device states, URL categories and times are not in the file:
such a rule may or may not take a packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from zoneguard.model.match import ALWAYS, All, Field, Match, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers._panos.addresses import AddressBook, negated
from zoneguard.parsers._panos.export import Condition, Doubt, Export
from zoneguard.parsers._panos.layout import Firewall, Vsys
from zoneguard.parsers._panos.services import ServiceBook
from zoneguard.parsers._panos.tree import Node

USER_FIELDS = {
    "source-user": "the user is one of those of",
    "hip-profiles": "the host meets the profiles of",
    "source-hip": "the source host meets the profiles of",
    "destination-hip": "the destination host meets the profiles of",
    "category": "the URL category is one of those of",
    "source-imsi": "the subscriber is one of those of",
    "source-imei": "the equipment is one of those of",
    "source-nw-slice": "the network slice is one of those of",
    "destination-device": "the device is one of those of",
    "source-device": "the device is one of those of",
}
"""Settings that ask for what no packet and no file shows; ``any`` asks for nothing."""
_USER_FIELDS = tuple(sorted(USER_FIELDS))


@dataclass(slots=True)
class RuleReader:
    """Reads the conditions of one virtual system's rules. ``translated``: destinations may have been translated."""

    export: Export
    firewall: Firewall
    vsys: Vsys
    addresses: AddressBook
    services: ServiceBook
    translated: bool = False
    _negated: dict[int, tuple[Match, Match]] = field(default_factory=dict)

    def rules(self, kind: str) -> Iterator[Node]:
        """The rules of a rulebase in their order: pre-rules, own rules, post-rules."""
        for base in self.vsys.rulebases:
            yield from base.below(kind, "rules").values()

    def applies(self, rule: Node) -> bool:
        """In force, and meant for this firewall."""
        if "disabled" in rule.children and rule.yes("disabled"):
            return False
        targets = rule.below("target", "devices") if "target" in rule.children else None
        if not targets or not self.firewall.serial:
            return True
        return (self.firewall.serial in targets) is not rule.yes("target", "negate")

    def span(self, rule: Node) -> SourceSpan:
        """Where the rule is written."""
        return self.export.span(rule)

    def unknown(self, key: str, line: int) -> Match:
        """A condition that line ``line`` leaves open."""
        return self.export.unknown(self.vsys, key, line)

    def names(self, rule: Node, name: str, doubts: list[Doubt]) -> tuple[str, ...] | None:
        """The words of a setting that every rule has; ``None``, and a doubt, where it is not there."""
        setting = rule.children.get(name)
        if setting is not None and setting.children:
            return tuple(setting.children)
        doubts.append(Doubt(rule.first, Reason('the rule "{rule}" names no "{name}"', rule=rule.name, name=name)))
        return None

    def source(self, rule: Node, doubts: list[Doubt]) -> Match:
        """The packet's source is one that the rule names."""
        return self._side(rule, "source", doubts)

    def destination(self, rule: Node, doubts: list[Doubt]) -> Match:
        """The packet's destination, before this device translated it, is one that the rule names."""
        return self._side(rule, "destination", doubts)

    def _side(self, rule: Node, name: str, doubts: list[Doubt]) -> Match:
        words = self.names(rule, name, doubts)
        if words is None:
            return self.unknown(
                Reason('the {name} of the rule "{name2}" is met', name=name, name2=rule.name), rule.first
            )
        line = rule.line(name)
        found = self.addresses.union(words, line)
        doubts += found.doubts
        if name == "source":
            match = found.on(Field.SRC)
        else:
            match = found.originally() if self.translated else found.on(Field.DST)
        negation = f"negate-{name}"
        if negation not in rule.children or not rule.yes(negation):
            return match
        known = self._negated.get(id(match))
        if known is None:
            known = self._negated[id(match)] = (match, negated(match))
        return known[1]

    def service(self, rule: Node, names: Sequence[str], doubts: list[Doubt]) -> Match:
        """The packet is for one of the services ``names``; ``any``: for all."""
        if "any" in names:
            return ALWAYS
        found: Condition = self.services.match(names, rule.line("service"))
        doubts += found.doubts
        return found.match

    def others(self, rule: Node, doubts: list[Doubt]) -> Match:
        """What the rule asks of users, hosts and times: open."""
        parts: list[Match] = []
        for name in _USER_FIELDS:
            if name not in rule.children:
                continue
            words = rule.words(name)
            if words and "any" not in words:
                what, line = USER_FIELDS[name], rule.line(name)
                shown = " ".join(words[:5]) + (" …" if words[5:] else "")
                parts.append(
                    self.unknown(
                        Reason("{what} {shown} (line {line})", what=as_reason(what), shown=shown, line=line), line
                    )
                )
                doubts.append(
                    Doubt(line, Reason('"{name}" is not decided by a packet: the rule may take it or not', name=name))
                )
        schedule = rule.word("schedule")
        if schedule:
            line = rule.line("schedule")
            parts.append(self.unknown(Reason("it is the time of the schedule {schedule}", schedule=schedule), line))
            doubts.append(Doubt(line, "the rule is in force at the times of a schedule"))
        return both(*parts) if parts else ALWAYS


def joined(*parts: Match) -> Match:
    """All of ``parts``, without those that always hold."""
    return all_of(flat(*parts))


def flat(*parts: Match) -> tuple[Match, ...]:
    """The conditions of ``parts`` one by one, without those that always hold."""
    found: list[Match] = []
    for part in parts:
        if part is ALWAYS:
            continue
        if isinstance(part, All):
            found += part.parts
        else:
            found.append(part)
    return tuple(found)


def all_of(parts: tuple[Match, ...]) -> Match:
    """The condition that each of ``parts``, which are flat, holds."""
    return parts[0] if len(parts) == 1 else All(parts) if parts else ALWAYS
