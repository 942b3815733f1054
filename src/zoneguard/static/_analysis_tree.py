"""A first-match list as a balanced tree of outcomes: what comes to each rule, and what would happen without it.

Sets are cut to what a part of the list asks for before they go down to it, so that they stay small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from zoneguard.model.device import Continue, Deny, Jump, NatRule, Permit, Return, Rule, RuleList, SetField
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.spans import SourceSpan
from zoneguard.static._analysis_conditions import Conditions
from zoneguard.static.lists import Outcome

Target = Callable[[Jump], Outcome]


@dataclass(frozen=True, slots=True)
class Leaf:
    """The rules that one line of the export became, in a row. ``asks``: the packets that some of them matches."""

    rules: tuple[Rule | NatRule, ...]
    asks: PacketSet
    outcome: Outcome
    calls: tuple[tuple[str, PacketSet], ...]

    @property
    def span(self) -> SourceSpan:
        """The line."""
        return self.rules[0].span

    @property
    def ends(self) -> bool:
        """Whether the rules do nothing but decide: they change no packet, write no log."""
        return all(isinstance(r, NatRule) or isinstance(r.action, Permit | Deny | Return | Jump) for r in self.rules)


def leaves(conditions: Conditions, rules: RuleList, changing: Set[Field], target: Target) -> list[Leaf]:
    """The enabled rules of a list, line by line. ``changing``: the fields that rules change before they come to it."""
    rows: list[list[Rule | NatRule]] = []
    for rule in rules.rules:
        if isinstance(rule, Rule) and not rule.enabled:
            continue
        if rows and rows[-1][0].span == rule.span and rows[-1][0].implied == rule.implied:
            rows[-1].append(rule)
        else:
            rows.append([rule])
    return [_leaf(conditions, row, changing, target) for row in rows]


def _leaf(conditions: Conditions, rules: Sequence[Rule | NatRule], changing: Set[Field], target: Target) -> Leaf:
    nothing = conditions.space.nothing
    whole: Outcome | None = None
    asked = nothing
    calls: list[tuple[str, PacketSet]] = []
    for rule in rules:
        match = conditions.match(rule.match, changing)
        if isinstance(rule, Rule) and isinstance(rule.action, Jump):
            calls.append((rule.action.target, match - taken(whole) if whole else match))
        own = _outcome(rule, match, nothing, target)
        asked, whole = (asked | match, whole.then(own)) if whole else (match, own)
    assert whole is not None
    return Leaf(tuple(rules), asked, whole, tuple(calls))


def _outcome(rule: Rule | NatRule, match: PacketSet, nothing: PacketSet, target: Target) -> Outcome:
    if isinstance(rule, NatRule) or isinstance(rule.action, Permit):
        return Outcome(match, nothing, nothing)
    if isinstance(rule.action, Deny):
        return Outcome(nothing, match, nothing)
    if isinstance(rule.action, Return):
        return Outcome(nothing, nothing, match)
    if isinstance(rule.action, Continue | SetField):
        return Outcome(nothing, nothing, nothing)
    below = target(rule.action)
    permit, deny = match & below.permit, match & below.deny
    return Outcome(permit, deny, match - permit - deny if rule.action.goto else nothing)


def taken(outcome: Outcome) -> PacketSet:
    """The packets that do not go on to the next rule."""
    return outcome.permit | outcome.deny | outcome.back


class Tree:
    """The lines of one list. ``default``: what becomes of packets that no rule takes."""

    def __init__(self, space: PacketSpace, lines: Sequence[Leaf], default: Outcome) -> None:
        self.space = space
        self.lines = lines
        self.default = default
        self._nothing = Outcome(space.nothing, space.nothing, space.nothing)
        self._outcomes: dict[tuple[int, int], Outcome] = {}
        self._taken: dict[tuple[int, int], PacketSet] = {}
        self._asked: dict[tuple[int, int], PacketSet] = {}

    @property
    def whole(self) -> Outcome:
        """What the list does, without its default."""
        return self.outcome(0, len(self.lines)) if self.lines else self._nothing

    def outcome(self, low: int, high: int) -> Outcome:
        """What the lines ``low`` up to ``high`` do together; the bounds are those of a node."""
        if high - low == 1:
            return self.lines[low].outcome
        if (low, high) not in self._outcomes:
            middle = (low + high) // 2
            self._outcomes[low, high] = self.outcome(low, middle).then(self.outcome(middle, high))
        return self._outcomes[low, high]

    def taken(self, low: int, high: int) -> PacketSet:
        """What those lines take."""
        if (low, high) not in self._taken:
            self._taken[low, high] = taken(self.outcome(low, high))
        return self._taken[low, high]

    def asked(self, low: int, high: int) -> PacketSet:
        """What those lines ask for."""
        if high - low == 1:
            return self.lines[low].asks
        if (low, high) not in self._asked:
            middle = (low + high) // 2
            self._asked[low, high] = self.asked(low, middle) | self.asked(middle, high)
        return self._asked[low, high]

    def reaching(self, arriving: PacketSet) -> list[PacketSet]:
        """Of ``arriving``, what comes to each line and is asked for by it."""
        out = [self.space.nothing] * len(self.lines)

        def down(low: int, high: int, packets: PacketSet) -> None:
            packets = packets & self.asked(low, high)
            if not packets:
                return
            if high - low == 1:
                out[low] = packets
                return
            middle = (low + high) // 2
            down(low, middle, packets)
            down(middle, high, packets - self.taken(low, middle))

        if self.lines:
            down(0, len(self.lines), arriving)
        return out

    def without(self, reaching: Sequence[PacketSet]) -> Iterator[tuple[int, Outcome]]:
        """For each line to which something comes: what the rest of the list does with that, were the line not there."""

        def down(low: int, high: int, after: Outcome) -> Iterator[tuple[int, Outcome]]:
            here = concerned[low, high]
            if not here:
                return
            after = Outcome(after.permit & here, after.deny & here, after.back & here)
            if high - low == 1:
                yield low, after
                return
            middle = (low + high) // 2
            yield from down(low, middle, self.outcome(middle, high).then(after))
            yield from down(middle, high, after)

        concerned: dict[tuple[int, int], PacketSet] = {}

        def gather(low: int, high: int) -> PacketSet:
            middle = (low + high) // 2
            whole = reaching[low] if high - low == 1 else gather(low, middle) | gather(middle, high)
            concerned[low, high] = whole
            return whole

        if self.lines:
            gather(0, len(self.lines))
            yield from down(0, len(self.lines), self.default)

    def nodes(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """The fewest nodes that make up the lines ``low`` up to ``high``, in order."""

        def down(first: int, last: int) -> Iterator[tuple[int, int]]:
            if high <= first or last <= low:
                return
            if low <= first and last <= high:
                yield first, last
                return
            middle = (first + last) // 2
            yield from down(first, middle)
            yield from down(middle, last)

        if low < high:
            yield from down(0, len(self.lines))

    def decided(self, packets: PacketSet, low: int, high: int) -> Outcome:
        """What the lines ``low`` up to ``high`` do with ``packets`` that come to the first of them."""
        whole = self._nothing
        for first, last in self.nodes(low, high):
            outcome = self.outcome(first, last)
            cut = Outcome(outcome.permit & packets, outcome.deny & packets, outcome.back & packets)
            whole = Outcome(whole.permit | cut.permit, whole.deny | cut.deny, whole.back | cut.back)
            packets = packets - taken(cut)
        return whole

    def deciding(self, packets: PacketSet, low: int, high: int) -> Iterator[tuple[int, Outcome]]:
        """The lines of that range that take some of ``packets``, in order, with what each does with its part."""

        def down(first: int, last: int, rest: PacketSet) -> Iterator[tuple[int, Outcome]]:
            rest = rest & self.taken(first, last)
            if not rest:
                return
            if last - first == 1:
                outcome = self.lines[first].outcome
                yield first, Outcome(outcome.permit & rest, outcome.deny & rest, outcome.back & rest)
                return
            middle = (first + last) // 2
            yield from down(first, middle, rest)
            yield from down(middle, last, rest - self.taken(first, middle))

        for first, last in self.nodes(low, high):
            yield from down(first, last, packets)
            packets = packets - self.taken(first, last)

    def meeting(self, packets: PacketSet, low: int, high: int) -> Iterator[int]:
        """The lines of that range that would take some of ``packets`` if they came first, in order."""

        def down(first: int, last: int) -> Iterator[int]:
            if not packets & self.taken(first, last):
                return
            if last - first == 1:
                yield first
                return
            middle = (first + last) // 2
            yield from down(first, middle)
            yield from down(middle, last)

        for first, last in self.nodes(low, high):
            yield from down(first, last)
