"""Access lists: lines in the order of their numbers, the end that no line shows, and the same as one condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zoneguard.model.device import Deny, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    NEVER,
    All,
    AnyOf,
    Bits,
    ConnState,
    Field,
    In,
    Match,
    Not,
    both,
    either,
)
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.entries import Entry
from zoneguard.parsers._cisco.names import ICMP6
from zoneguard.parsers._cisco.values import family, icmp_values, undecided

ANSWERS = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_OTHER_SIDE = {Field.SRC: Field.DST, Field.DST: Field.SRC, Field.SPORT: Field.DPORT, Field.DPORT: Field.SPORT}
_KEPT = frozenset({Field.PROTO, Field.FRAGMENT})
NEIGHBOURS = ("nd-na", "nd-ns")
"""What every list of IPv6 lets pass before its end."""
STEP = 10


@dataclass(slots=True)
class AccessList:
    """``lines``: number → entry. ``discovery``: messages of IPv6 that pass before the deny at the end.

    ``fragments``: what NX-OS does with later fragments that no line takes (``None``: nothing of its own).
    """

    name: str
    v6: bool
    span: SourceSpan
    lines: dict[int, Entry] = field(default_factory=dict)
    discovery: tuple[str, ...] = ()
    fragments: bool | None = None
    _last: int = 0
    _permitted: Match | None = None
    _plain: RuleList | None = None

    def add(self, entry: Entry, number: int | None = None) -> bool:
        """Add a line, at the end where it has no number. ``False``: the number is taken, and the list as it was."""
        place = self._last + STEP if number is None else number
        if place in self.lines:
            return False
        self.lines[place] = entry
        self._last = max(self._last, place)
        self._permitted = self._plain = None
        return True

    @property
    def entries(self) -> list[Entry]:
        """The lines in the order in which they are asked."""
        return [self.lines[number] for number in sorted(self.lines)]

    def rules(self, sessions: dict[str, Match], first: tuple[Rule, ...] = ()) -> RuleList:
        """The list on an interface. ``sessions``: name of a list of sessions → the answers that it lets pass, the same
        in every call; ``first``: what is asked before the list."""
        if self._plain is not None and not first:
            return self._plain
        other = family(not self.v6, Field.SRC)
        rules = [Rule(other, Permit(), self.span, "the other version of IP", implied=True, unasked=True), *first]
        for entry in self.entries:
            match = _asked(entry, sessions)
            rules.append(Rule(match, Permit() if entry.permit else Deny(), entry.span, entry.name))
        rules += self._end()
        made = RuleList(self.name, tuple(rules), Deny(), self.span)
        if not first:
            self._plain = made
        return made

    def _end(self) -> list[Rule]:
        found = []
        if self.fragments is not None:
            later = In(Field.FRAGMENT, Intervals.of(1))
            found.append(Rule(later, Permit() if self.fragments else Deny(), self.span, "fragments", implied=True))
        for name in self.discovery:
            asked = both(In(Field.PROTO, Intervals.of(58)), In(Field.ICMP, icmp_values(*ICMP6[name])))
            found.append(Rule(asked, Permit(), self.span, f"permit icmp any any {name}", implied=True))
        return found

    def permitted(self) -> Match:
        """The packets that the list permits, as one condition: what it means where it only selects."""
        if self._permitted is None:
            here = [(e.permit, _asked(e, {})) for e in self.entries]
            here += [(isinstance(rule.action, Permit), rule.match) for rule in self._end()]
            self._permitted = both(family(self.v6), first_match(here))
        return self._permitted


def _asked(entry: Entry, sessions: dict[str, Match]) -> Match:
    return sessions.get(entry.evaluate, NEVER) if entry.evaluate else entry.match


def first_match(lines: Sequence[tuple[bool, Match]]) -> Match:
    """The packets of which the first line that matches is a permit.

    By halves, so that it stays flat: the first half permits, or it decides nothing and the second permits.
    """
    if all(permit for permit, _ in lines):
        return either(*(match for _, match in lines)) if lines else NEVER
    if not any(permit for permit, _ in lines):
        return NEVER
    if len(lines) == 1:
        return lines[0][1]
    half = len(lines) // 2
    first, second = lines[:half], lines[half:]
    decided = either(*(match for _, match in first))
    return either(first_match(first), both(Not(decided), first_match(second)))


def answers(match: Match, span: SourceSpan) -> Match:
    """The packets that answer those of ``match``: its ends change places; what an answer need not share is open."""
    if isinstance(match, In | Bits):
        if match.field in _OTHER_SIDE:
            swapped = _OTHER_SIDE[match.field]
            return In(swapped, match.values) if isinstance(match, In) else Bits(swapped, match.value, match.mask)
        return (
            match if match.field in _KEPT else undecided(Reason("an answer ({value})", value=match.field.value), span)
        )
    if isinstance(match, All):
        return All(tuple(answers(part, span) for part in match.parts))
    if isinstance(match, AnyOf):
        return AnyOf(tuple(answers(part, span) for part in match.parts))
    if isinstance(match, Not):
        return Not(answers(match.part, span))
    return match


def swapped(match: Match) -> Match:
    """The same asked of the other end: source and destination change places, all else stays."""
    if isinstance(match, In) and match.field in _OTHER_SIDE:
        return In(_OTHER_SIDE[match.field], match.values)
    if isinstance(match, Bits) and match.field in _OTHER_SIDE:
        return Bits(_OTHER_SIDE[match.field], match.value, match.mask)
    if isinstance(match, All | AnyOf):
        return type(match)(tuple(swapped(part) for part in match.parts))
    return Not(swapped(match.part)) if isinstance(match, Not) else match


def sessions(lists: Sequence[AccessList]) -> dict[str, Match]:
    """Name of a list of sessions → the answers to what the lines that add to it permitted."""
    found: dict[str, list[Match]] = {}
    for known in lists:
        for entry in known.entries:
            if entry.reflect:
                found.setdefault(entry.reflect, []).append(both(family(known.v6), answers(entry.match, entry.span)))
    return {name: both(ANSWERS, either(*matches)) for name, matches in found.items()}
