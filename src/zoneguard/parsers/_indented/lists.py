"""Access lists in order, and rules made of them: for all packets of an interface, or for those of some of its ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.device import Deny, Jump, Permit, Rule
from zoneguard.model.match import ALWAYS, Match, Unknown, both
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. ``permits`` of ``None``: it may let a packet pass or drop it. ``way``: where a permitted
    packet goes by policy, as written."""

    sequence: int
    span: SourceSpan
    permits: bool | None
    match: Match
    way: tuple[str, ...] = ()


@dataclass(slots=True)
class AccessList:
    """A list as far as read, its entries by number."""

    name: str
    span: SourceSpan
    entries: dict[int, Entry] = field(default_factory=dict)
    highest: int = 0

    def add(self, entry: Entry) -> None:
        """Put ``entry`` in; one of the same number is replaced."""
        self.entries[entry.sequence] = entry
        self.highest = max(self.highest, entry.sequence)

    def ordered(self) -> list[Entry]:
        """The entries in the order in which they are asked."""
        return [entry for _, entry in sorted(self.entries.items())]


def undefined(name: str, span: SourceSpan) -> AccessList:
    """A list that is applied and not defined in the file: nothing is known of it."""
    return AccessList(name, span, {0: Entry(0, span, None, ALWAYS)})


def entry_rules(entries: Iterable[Entry], name: str, guard: Match = ALWAYS) -> Iterator[Rule]:
    """The entries as rules that ask ``guard`` too. What cannot be read may permit, may drop, may not match."""
    for entry in entries:
        title = f"{name} {entry.sequence}"
        match = entry.match if guard is ALWAYS else both(guard, entry.match)
        if entry.permits is not None:
            yield Rule(match, Permit() if entry.permits else Deny(), entry.span, title)
            continue
        for word, action in ((Reason("permits"), Permit()), (Reason("drops"), Deny())):
            doubt = Unknown(
                Reason("{name} {word} the packet ({span})", name=name, word=word, span=str(entry.span)), entry.span
            )
            yield Rule(both(match, doubt), action, entry.span, title)


def followed_by(rules: Iterable[Rule], target: str, doubt: Unknown) -> Iterator[Rule]:
    """``rules`` before the list ``target``. What they do not match goes there; whether what they permit passes by
    it is ``doubt``."""
    last: Rule | None = None
    for rule in rules:
        last = rule
        if isinstance(rule.action, Permit):
            yield Rule(both(rule.match, doubt), rule.action, rule.span, rule.name)
            yield Rule(rule.match, Jump(target, goto=True), rule.span, rule.name)
        else:
            yield rule
    yield Rule(ALWAYS, Jump(target), last.span if last else doubt.span, target)
