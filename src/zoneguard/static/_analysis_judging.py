"""One line of a rule list judged: whether packets come to it, and what would be without it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from zoneguard.model.device import Deny, Jump, NatRule, Permit, Return, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.model.spans import SourceSpan
from zoneguard.static._analysis_causes import Cause, Causes, hiding, opposite
from zoneguard.static._analysis_lists import ContextLists
from zoneguard.static._analysis_tree import Leaf, Tree, taken
from zoneguard.static.lists import Outcome

_PLACES = re.compile(r"SourceSpan\([^)]*\)|:\d+")
PARTIAL = 8
"""Lines that are named where a line is hidden in part."""
LOOKED_AT = 64
"""Lines that are looked at for them."""


class Kind(StrEnum):
    """What is wrong with a rule. The first seven: it never acts."""

    IMPOSSIBLE = "impossible"  # its own conditions contradict each other
    NO_INTERFACE = "no-interface"  # it asks for interfaces that are down
    NO_ROUTE = "no-route"  # the routing table never sends its packets there
    NEVER_CALLED = "never-called"  # nothing calls its list
    NOT_LET_THROUGH = "not-let-through"  # what calls its list lets nothing through that it asks for
    SHADOWED = "shadowed"  # earlier rules take all, and do the same
    CONTRADICTED = "contradicted"  # earlier rules take all, and do the opposite with some
    REDUNDANT = "redundant"  # later rules, or the end of the list, would do the same
    PARTLY_SHADOWED = "partly-shadowed"  # earlier rules do the opposite with some, and reach beyond it
    UNDETERMINED = "undetermined"  # whether it ever acts depends on undecided conditions


DEAD = frozenset(
    {
        Kind.IMPOSSIBLE,
        Kind.NO_INTERFACE,
        Kind.NO_ROUTE,
        Kind.NEVER_CALLED,
        Kind.NOT_LET_THROUGH,
        Kind.SHADOWED,
        Kind.CONTRADICTED,
    }
)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One line of a rule list, ``rule`` by its vendor's name, and what is wrong with it.

    ``action``: ``permit``, ``deny``, ``translate``, ``jump``, ``return`` or ``other``. ``causes``: the lines that make
    it so, in the list's order; not ``complete``: there are more. ``witness``: a packet that the line asks for and does
    not get (none where there is no such packet). ``unknowns``: the conditions on which it depends. ``subject``: what
    the line asks and does as a short hash, the same wherever it stands.
    """

    kind: Kind
    device: str
    context: str
    rules: str
    span: SourceSpan
    rule: str
    action: str
    subject: str = ""
    causes: tuple[Cause, ...] = ()
    complete: bool = True
    witness: Packet | None = None
    unknowns: tuple[str, ...] = ()


def translates(leaf: Leaf) -> bool:
    """Whether the line translates addresses."""
    return any(isinstance(rule, NatRule) for rule in leaf.rules)


class Judge:
    """Judges the lines of one context's lists."""

    def __init__(self, lists: ContextLists, routes_known: bool) -> None:
        self._lists = lists
        self._space = lists.space
        self._arrivals = lists.arrivals(routed=routes_known)
        self._unrouted: dict[int, PacketSet] | None = None
        self._new = self._space.field(Field.STATE, Intervals.of(ConnState.NEW))

    def lines(self, key: int, rules: RuleList) -> Iterator[tuple[Leaf, Anomaly | None]]:
        """Every line of a list and what is wrong with it."""
        tree = self._lists.tree(rules)
        arriving = self._arrivals.get(key)
        if arriving is None:
            for line in tree.lines:
                yield line, self._anomaly(Kind.NEVER_CALLED, rules, line)
            return
        reaching = tree.reaching(arriving)
        without = dict(tree.without(reaching))
        for number, (line, reached) in enumerate(zip(tree.lines, reaching, strict=True)):
            asked = arriving & line.asks
            if not asked:
                yield line, self._anomaly(self._unreached(key, line), rules, line)
            elif not reached:
                yield line, self._hidden(rules, tree, number, asked)
            else:
                yield (
                    line,
                    (
                        self._redundant(rules, tree, number, reached, without[number])
                        or self._doubtful(rules, line, asked, reached)
                        or self._partly(rules, tree, number, asked, reached)
                    ),
                )

    def _anomaly(self, kind: Kind, rules: RuleList, line: Leaf, causes: Causes | None = None) -> Anomaly:
        found = causes or Causes()
        key = self._lists.context.key
        return Anomaly(
            kind=kind,
            device=key[0],
            context=key[1],
            rules=rules.name,
            span=line.span,
            rule=line.rules[0].name,
            action=_action(line),
            subject=_subject(line),
            causes=found.lines,
            complete=found.complete,
        )

    def _unreached(self, key: int, line: Leaf) -> Kind:
        """Why nothing that ``line`` asks for arrives at its list."""
        if not line.asks:
            return self._impossible(line)
        if self._unrouted is None:
            self._unrouted = self._lists.arrivals(routed=False)
        return Kind.NO_ROUTE if self._unrouted[key] & line.asks else Kind.NOT_LET_THROUGH

    def _impossible(self, line: Leaf) -> Kind:
        """Whether its fields contradict each other, or it asks for an interface that is not in use."""
        blind = self._lists.conditions.without_interfaces
        return Kind.NO_INTERFACE if any(blind(rule.match) for rule in line.rules) else Kind.IMPOSSIBLE

    def _hidden(self, rules: RuleList, tree: Tree, number: int, asked: PacketSet) -> Anomaly:
        line = tree.lines[number]
        against = asked if translates(line) else opposite(line, tree.decided(asked, 0, number))
        causes = hiding(tree, number, asked, (0, number), against)
        if against and len(causes.lines) > 1 and not causes.opposite and not translates(line):
            first, _ = next(tree.deciding(against, 0, number))
            causes = causes.with_opposite(tree.lines[first])
        kind = Kind.CONTRADICTED if causes.opposite else Kind.SHADOWED
        return replace(self._anomaly(kind, rules, line, causes), witness=asked.witness())

    def _redundant(
        self, rules: RuleList, tree: Tree, number: int, reached: PacketSet, after: Outcome
    ) -> Anomaly | None:
        """A line whose packets the rest of the list treats the same; translations are not compared."""
        line = tree.lines[number]
        if not line.ends or translates(line):
            return None
        permit, deny, back = (part & reached for part in (line.outcome.permit, line.outcome.deny, line.outcome.back))
        if not (permit <= after.permit and deny <= after.deny and back <= after.back):
            return None
        decided = permit | deny | back
        if not decided or self._lists.changes_packets(line):
            return None
        end = len(tree.lines)
        by_rules = taken(tree.decided(decided, number + 1, end))
        causes = hiding(tree, number, by_rules, (number + 1, end)) if by_rules else Causes()
        if deny and self._answered_otherwise(rules, tree, number, deny):
            return None
        lines = causes.lines
        if decided - by_rules:
            lines = (*lines, Cause(rules.span, rules.name, default=True))
        return replace(
            self._anomaly(Kind.REDUNDANT, rules, line, Causes(lines, causes.complete)), witness=decided.witness()
        )

    def _answered_otherwise(self, rules: RuleList, tree: Tree, number: int, deny: PacketSet) -> bool:
        """Whether later lines deny these packets in another way than the line (or may: they are many)."""
        answers = self._lists.answers(tree.lines[number])
        later = list(islice(tree.deciding(deny, number + 1, len(tree.lines)), LOOKED_AT + 1))
        answers = answers.union(*(self._lists.answers(tree.lines[n]) for n, _ in later))
        if isinstance(rules.default, Deny):
            answers.add(rules.default.reject)
        return len(answers) > 1 or (len(later) > LOOKED_AT and len(self._lists.all_answers) > 1)

    def _doubtful(self, rules: RuleList, line: Leaf, asked: PacketSet, reached: PacketSet) -> Anomaly | None:
        """A line of which nothing is certain to come, although it asks for packets that are certain to be."""
        if reached == asked or reached.must() or not asked.must():
            return None
        return replace(self._anomaly(Kind.UNDETERMINED, rules, line), unknowns=reached.unknowns())

    def _partly(self, rules: RuleList, tree: Tree, number: int, asked: PacketSet, reached: PacketSet) -> Anomaly | None:
        """A line from which earlier ones take some sessions to do the opposite, and not as an exception to it."""
        line = tree.lines[number]
        lost = (asked - reached) & self._new
        against = opposite(line, tree.decided(lost, 0, number)) if lost else lost
        if not against:
            return None
        lines: list[Cause] = []
        for looked_at, (other, _) in enumerate(tree.deciding(against, 0, number)):
            if looked_at >= LOOKED_AT or len(lines) >= PARTIAL:
                break
            leaf = tree.lines[other]
            if not leaf.rules[0].implied and not leaf.asks & self._new <= line.asks:
                lines.append(Cause(leaf.span, leaf.rules[0].name, opposite=True))
        if not lines:
            return None
        causes = Causes(tuple(lines), len(lines) < PARTIAL)
        return replace(self._anomaly(Kind.PARTLY_SHADOWED, rules, line, causes), witness=against.witness())


def _subject(line: Leaf) -> str:
    said = [(r.match, r.rewrites if isinstance(r, NatRule) else r.action) for r in line.rules]
    return hashlib.sha256(_PLACES.sub("", repr(said)).encode()).hexdigest()[:12]


def _action(line: Leaf) -> str:
    if translates(line):
        return "translate"
    actions = {type(rule.action) for rule in line.rules if not isinstance(rule, NatRule)}
    for action, word in ((Permit, "permit"), (Deny, "deny"), (Jump, "jump"), (Return, "return")):
        if action in actions:
            return word
    return "other"
