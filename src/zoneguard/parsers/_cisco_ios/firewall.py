"""The zone-based policy firewall as stages: what passes between the zones of one VRF and to the router itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.device import Concern, Deny, Filter, Jump, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.config import Applied, Config, Port
from zoneguard.parsers._cisco.filters import selected
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.lists import ANSWERS, answers, first_match
from zoneguard.parsers._cisco.values import undecided
from zoneguard.parsers._cisco_ios.applications import application
from zoneguard.parsers._cisco_ios.zones import Zones

NO_MAP = "this class map or policy map is not defined: what it does is open"
NO_ACTION = "a class without an action: what happens to it is open"
UNKNOWN_TRAFFIC = "which packets this matches is not in the configuration"
SELF, DEFAULT_ZONE = "self", "default"
MAX_NESTING = 16
_INSPECTED = In(Field.PROTO, Intervals.of(1, 6, 17, 58))


class Firewall:
    """The firewall between the interfaces of one VRF. ``lists`` are the policies, for the jumps of ``stages``."""

    def __init__(self, config: Config, zones: Zones, ports: Iterable[Port]) -> None:
        self._config, self._zones = config, zones
        self._members: dict[str, set[str]] = {}
        ports = list(ports)
        for port in ports:
            if port.zone:
                self._members.setdefault(port.zone, set()).add(port.name)
        self._zoned = frozenset(name for names in self._members.values() for name in names)
        if DEFAULT_ZONE in zones.names:
            self._members[DEFAULT_ZONE] = {p.name for p in ports if not p.zone}
        self.lists: dict[str, RuleList] = {}
        self._inspected: dict[str, Match] = {}

    def stage(self) -> Filter | None:
        """The stage behind routing; ``None`` where no interface is in a zone."""
        if not self._zoned:
            return None
        rules = [*self._answers(), *self._between()]
        span = self._config.span(next(p.line for p in self._config.ports.values() if p.name in self._zoned))
        outside = Not(Ingress(self._zoned)), Not(Egress(self._zoned))
        name = "neither interface is in a zone"
        rules.append(Rule(both(*outside), Permit(), span, name, implied=True, unasked=True))
        return Filter(RuleList("zone-based firewall", tuple(rules), Deny(), span))

    def local(self) -> Filter | None:
        """The stage for what is addressed to the router; ``None`` where no policy is about it."""
        rules: list[Rule] = []
        for pair in self._zones.pairs:
            names = self._names(pair.source)
            if pair.destination == SELF and pair.policy is not None and names:
                for back in self._zones.pairs:
                    if (back.source, back.destination) == (SELF, pair.source) and back.policy is not None:
                        answered = answers(self._inspects(back.policy), self._config.span(back.line))
                        rules.append(
                            Rule(both(names, ANSWERS, answered), Permit(), self._config.span(back.line), implied=True)
                        )
                jump = Jump(self._listed(pair.policy))
                rules.append(Rule(names, jump, self._config.span(pair.line), f"zone-pair {pair.name}", implied=True))
        if not rules:
            return None
        return Filter(RuleList("zone self", tuple(rules), Permit(), rules[0].span))

    def _names(self, zone: str, leaving: bool = False) -> Match | None:
        names = frozenset(self._members.get(zone, ()))
        if not names:
            return None
        return Egress(names) if leaving else Ingress(names)

    def _answers(self) -> Iterator[Rule]:
        for pair in self._zones.pairs:
            came, goes = self._names(pair.destination), self._names(pair.source, leaving=True)
            if pair.policy is None or came is None or goes is None:
                continue
            span = self._config.span(pair.line)
            answered = answers(self._inspects(pair.policy), span)
            yield Rule(
                both(came, goes, ANSWERS, answered), Permit(), span, f"answers, zone-pair {pair.name}", implied=True
            )

    def _between(self) -> Iterator[Rule]:
        paired: set[str] = set()
        for pair in self._zones.pairs:
            came, goes = self._names(pair.source), self._names(pair.destination, leaving=True)
            if came is None or goes is None:
                continue
            if pair.source == pair.destination:
                paired.add(pair.source)
            span = self._config.span(pair.line)
            action = Deny() if pair.policy is None else Jump(self._listed(pair.policy))
            yield Rule(both(came, goes), action, span, f"zone-pair {pair.name}", implied=True)
        for zone in sorted(self._members.keys() - paired):
            here, there = self._names(zone), self._names(zone, leaving=True)
            if here is not None and there is not None:
                first = next(p for p in self._config.ports.values() if p.name in self._members[zone])
                yield Rule(both(here, there), Permit(), first.span, f"within zone {zone}", implied=True)

    def _listed(self, policy: Applied) -> str:
        name = f"policy-map {policy.name}"
        if name not in self.lists:
            found = self._zones.policies.get(policy.name)
            span = self._config.span(found[0] if found else policy.line)
            rest = Rule(ALWAYS, Deny(), span, "class-default")
            self.lists[name] = RuleList(name, (*self._rules(policy), rest), Deny(), span)
        return name

    def _rules(self, policy: Applied) -> Iterator[Rule]:
        found = self._zones.policies.get(policy.name)
        if found is None:
            self._config.ledger.not_understood(policy.line.number, NO_MAP, Concern.FILTER, bounded=True)
            span = self._config.span(policy.line)
            yield Rule(
                undecided(Reason("policy map {name} lets the packet pass", name=policy.name), span),
                Permit(),
                span,
                implied=True,
            )
            return
        for part in found[1]:
            match, span = self._matched(part.name, part.line, ()), self._config.span(part.line)
            if part.action == "inspect":
                yield Rule(both(match, _INSPECTED), Permit(), span, part.name)
                other = undecided(Reason("inspection takes protocols other than TCP, UDP and ICMP"), span)
                yield Rule(both(match, other), Permit(), span, part.name)
                yield Rule(match, Deny(), span, part.name)
            elif part.action or part.name == "class-default":
                yield Rule(match, Permit() if part.action == "pass" else Deny(), span, part.name)
            else:
                self._config.ledger.not_understood(part.line.number, NO_ACTION, Concern.FILTER, bounded=True)
                open_ = undecided(Reason("the class {name} lets the packet pass", name=part.name), span)
                yield Rule(both(match, open_), Permit(), span, part.name)
                yield Rule(match, Deny(), span, part.name)

    def _inspects(self, policy: Applied) -> Match:
        """The packets whose sessions the policy keeps."""
        if policy.name not in self._inspected:
            parts = self._zones.policies.get(policy.name, (policy.line, []))[1]
            self._inspected[policy.name] = first_match(
                [(part.action == "inspect", self._matched(part.name, part.line, ())) for part in parts]
            )
        return self._inspected[policy.name]

    def _matched(self, name: str, line: Line, path: tuple[str, ...]) -> Match:
        found = self._zones.classes.get(name)
        if name == "class-default":
            return ALWAYS
        if found is None or name in path or len(path) > MAX_NESTING:
            self._config.ledger.not_understood(line.number, NO_MAP, Concern.FILTER, bounded=True)
            return undecided(Reason("the packet is in the class {name}", name=name), self._config.span(line))
        parts = [self._part(part, (*path, name)) for part in found.parts]
        return both(*parts) if found.every else either(*parts)

    def _part(self, line: Line, path: tuple[str, ...]) -> Match:
        words = line.words[1:]
        if words[:1] == ("not",):
            rest = Line(line.number, line.text, ("match", *words[1:]))
            return Not(self._part(rest, path))
        span = self._config.span(line)
        if words[:1] == ("access-group",) and len(words) > 1:
            applied = Applied(words[-1], line)
            six = (words[-1], True) in self._config.lists and (words[-1], False) not in self._config.lists
            return selected(self._config, applied, six)
        if words[:1] == ("class-map",) and len(words) == 2:
            return self._matched(words[1], line, path)
        if words[:1] == ("protocol",) and len(words) > 1:
            known = application(words[1], self._zones.port_map.get(words[1], []))
            if known is not None:
                more = words[2:] not in ((), ("extended",), ("signature",))
                return (
                    both(known, undecided(Reason("the packet fits: {text}", text=line.text[:80]), span))
                    if more
                    else known
                )
        if words == ("any",):
            return ALWAYS
        self._config.ledger.not_understood(line.number, UNKNOWN_TRAFFIC, Concern.FILTER, bounded=True)
        return undecided(Reason("the packet fits: {text}", text=line.text[:80]), span)
