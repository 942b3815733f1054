"""``ip filter``: the filters of an interface and direction, in the order of their numbers.

Manual (functional description 2-421 to 2-430, command reference 13-3): where a direction has a filter, what none of its
filters matches is dropped; a list without a match leaves the packet to the next filter; where a static and a dynamic
list have one name, the dynamic one is asked. What a dynamic list let through is known to its interface, in both
directions, and is asked before the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern, Deny, Filter, Jump, Permit, Return, Rule, RuleList, SetField
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Bits, ConnState, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._nec_ix.config import Applied, Config, DynamicList, Entry, Port
from zoneguard.parsers._nec_ix.lists import unreadable

_SESSION = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED))
_FOLLOWING = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_PLAIN, _TRANSLATED = (In(Field.DNAT, Intervals.of(n)) for n in (0, 1))
_LATER = 1 << 31  # mark: the filter sees outer addresses, so it is asked after translation
_IS_LATER = Bits(Field.MARK, _LATER, _LATER)

Change = Callable[[Rule], Rule]


class Filters:
    """Builds the filters of one configuration; ``lists`` are those that they jump to."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.lists: dict[str, RuleList] = {}
        self._denying: dict[tuple[bool, str], bool] = {}  # by IPv6 and name: whether a list denies anything

    def stages(self, port: Port, direction: str, translated: bool) -> Iterator[Filter]:
        """The filters of ``port`` for packets that come ``in`` or go ``out``.

        ``translated``: the interface translates addresses. Whether a filter sees them before or after that is not
        written: both are in the model, and open which. :meth:`after_translation` has the one case of those going out.
        """
        for v6 in (False, True):
            applied = self._in_order(port, v6, direction)
            if not applied:
                continue
            both_ways = translated and not v6
            change = self._as_it_came if both_ways and direction == "in" else None
            rules = list(self._rules(port, v6, direction, applied, change))
            if both_ways and direction == "out":
                later = Rule(self._outer(port.span), SetField(Field.MARK, _LATER, _LATER), port.span, implied=True)
                rules[:0] = [later, Rule(_IS_LATER, Permit(), port.span, "asked after translation", implied=True)]
            name = f"{self._config.family(v6).word} filter {direction} of {port.name}"
            found = RuleList(name, tuple(rules), Deny(), applied[-1].span)
            here = frozenset({port.name})
            yield Filter(found, ingress=here) if direction == "in" else Filter(found, egress=here)

    def after_translation(self, port: Port) -> Iterator[Filter]:
        """The filters going out of an interface that translates, in the case that they see outer addresses."""
        applied = self._in_order(port, False, "out")
        if applied:
            rules = list(self._rules(port, False, "out", applied, None))
            rules.insert(0, Rule(Not(_IS_LATER), Permit(), port.span, "asked before translation", implied=True))
            name = f"ip filter out of {port.name}, after translation"
            yield Filter(RuleList(name, tuple(rules), Deny(), applied[-1].span), egress=frozenset({port.name}))

    def _outer(self, span: SourceSpan) -> Unknown:
        return Unknown(self._config.key(Reason("filters see the addresses of the outer side")), span)

    def _as_it_came(self, rule: Rule) -> Rule:
        """A rule about packets that came in and whose destination was perhaps translated back already."""
        outer = self._outer(rule.span)
        after = both(_TRANSLATED, Not(outer), rule.match)
        before = both(_TRANSLATED, outer, _original(rule.match))
        match = either(both(_PLAIN, rule.match), after, before)
        return replace(rule, match=match)

    def _in_order(self, port: Port, v6: bool, direction: str) -> list[Applied]:
        applied = sorted(port.filters.get((v6, direction), ()), key=lambda a: a.sequence)
        for first, second in pairwise(applied):
            if first.sequence == second.sequence and (self._denies(v6, first) or self._denies(v6, second)):
                self._config.not_understood(
                    second.span, "two filters with one number: which is asked first is not known", Concern.FILTER
                )
        return applied

    def _denies(self, v6: bool, applied: Applied) -> bool:
        key = (v6, applied.name)
        if key not in self._denying:
            listed = self._config.family(v6).lists.get(applied.name, ())
            self._denying[key] = any(not isinstance(entry, Entry) or not entry.permits for entry in listed)
        return self._denying[key]

    def _rules(
        self, port: Port, v6: bool, direction: str, applied: Sequence[Applied], change: Change | None
    ) -> Iterator[Rule]:
        other = In(Field.DST, ALL_V4 if v6 else ALL_V6)
        yield Rule(other, Permit(), applied[0].span, "the other version of IP", implied=True, unasked=True)
        opposite = "out" if direction == "in" else "in"
        for side, mirrored in ((applied, False), (port.filters.get((v6, opposite), ()), True)):
            for one in side:
                dynamic = self._config.family(v6).dynamic.get(one.name)
                if dynamic is not None:
                    for rule in self._session(v6, dynamic, mirrored, change):
                        yield rule
        for one in applied:
            for rule in self._asked(v6, one, change):
                yield rule if change is None or isinstance(rule.action, Jump) else change(rule)

    # -- one filter --------------------------------------------------------------------------------------------------

    def _asked(self, v6: bool, applied: Applied, change: Change | None) -> Iterator[Rule]:
        """What it permits, what it denies; the rest is left to the next filter."""
        family = self._config.family(v6)
        name = f"{applied.name} {applied.sequence}"
        dynamic = family.dynamic.get(applied.name)
        if dynamic is not None and dynamic.access:
            target = self._watched(v6, dynamic, "opening", change)
            yield Rule(All(()), Jump(target), dynamic.span, name, implied=True)
            return
        if dynamic is not None:
            yield Rule(self._own(dynamic, False), Permit(), dynamic.span, name, implied=True)
            return
        if applied.name not in family.lists:
            self._config.not_understood(applied.span, "a filter that is not defined", Concern.FILTER, bounded=True)
        yield Rule(All(()), Jump(self._static(v6, applied, change)), applied.span, name, implied=True)

    def _static(self, v6: bool, applied: Applied, change: Change | None) -> str:
        """An access list, as a list to jump to."""
        family = self._config.family(v6)
        name = f"{family.word} access-list {applied.name}{' as it came' if change else ''}"
        if name in self.lists:
            return name
        rules: list[Rule] = []
        for entry in family.lists.get(applied.name, [applied.span]):
            if isinstance(entry, Entry):
                rules.append(Rule(entry.match, Permit() if entry.permits else Deny(), entry.span, applied.name))
            else:
                for action, verb in ((Permit(), "permits"), (Deny(), "denies")):
                    open_ = unreadable(self._config, entry, verb)
                    rules.append(Rule(open_, action, entry, applied.name, implied=True))
        changed = tuple(rules) if change is None else tuple(map(change, rules))
        self.lists[name] = RuleList(name, changed, Return(), applied.span)
        return name

    def _session(self, v6: bool, dynamic: DynamicList, mirrored: bool, change: Change | None) -> Iterator[Rule]:
        """Packets of connections that the dynamic list saw open; ``mirrored``: in the direction of the answers."""
        if dynamic.access:
            target = self._watched(v6, dynamic, "answers" if mirrored else "session", change)
            yield Rule(_SESSION, Jump(target), dynamic.span, "session of a dynamic list", implied=True)
        else:
            match = both(_SESSION, self._own(dynamic, mirrored))
            rule = Rule(match, Permit(), dynamic.span, "session of a dynamic list", implied=True)
            yield rule if change is None else change(rule)
        if dynamic.opens or dynamic.application:
            open_ = Unknown(
                self._config.key(Reason("line {first} opened the way for the packet", first=dynamic.span.first)),
                dynamic.span,
            )
            match = open_ if dynamic.opens else both(_FOLLOWING, open_)
            yield Rule(match, Permit(), dynamic.span, "opened by a dynamic list", implied=True)

    def _own(self, dynamic: DynamicList, mirrored: bool) -> Match:
        """The connections of a dynamic list that names no other list."""
        if dynamic.entry is None:
            return Unknown(
                self._config.key(Reason("line {first} is about the packet", first=dynamic.span.first)), dynamic.span
            )
        match = dynamic.entry.mirrored if mirrored else dynamic.entry.match
        if dynamic.application:
            return both(
                match,
                Unknown(
                    self._config.key(Reason("the application is {application}", application=dynamic.application)),
                    dynamic.span,
                ),
            )
        return match

    def _watched(self, v6: bool, dynamic: DynamicList, what: str, change: Change | None) -> str:
        """The list that a dynamic list watches by, as a list to jump to.

        What it permits passes. Whether what it denies is dropped or left to the next filter is not written.
        """
        family = self._config.family(v6)
        name = f"{family.word} access-list {dynamic.access}, {what}{' as it came' if change else ''}"
        if name in self.lists:
            return name
        listed = family.lists.get(dynamic.access)
        if listed is None:
            self._config.not_understood(dynamic.span, "a list that is not defined", Concern.FILTER, bounded=True)
        rules: list[Rule] = []
        for entry in [dynamic.span] if listed is None else listed:
            if not isinstance(entry, Entry):
                rules.append(Rule(unreadable(self._config, entry, "permits"), Permit(), entry, implied=True))
                continue
            match = entry.mirrored if what == "answers" else entry.match
            if what != "opening":  # for what was opened it is the dynamic list that speaks
                rules.append(Rule(match, Permit() if entry.permits else Return(), dynamic.span, implied=True))
            elif entry.permits:
                rules.append(Rule(match, Permit(), entry.span))
            else:
                open_ = Unknown(self._config.key(Reason("a dynamic list drops what its list denies")), entry.span)
                rules.append(Rule(both(match, open_), Deny(), entry.span))
                rules.append(Rule(match, Return(), entry.span, implied=True))
        changed = tuple(rules) if change is None else tuple(map(change, rules))
        self.lists[name] = RuleList(name, changed, Return(), dynamic.span)
        return name


def _original(match: Match) -> Match:
    """The same asked of the destination before its translation."""
    if isinstance(match, In):
        field = {Field.DST: Field.ORIG_DST, Field.DPORT: Field.ORIG_DPORT}.get(match.field, match.field)
        return In(field, match.values)
    if isinstance(match, Not):
        return Not(_original(match.part))
    if isinstance(match, All | AnyOf):
        return type(match)(tuple(_original(part) for part in match.parts))
    return match
