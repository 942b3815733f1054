"""Rules of one list that could be one rule: they do the same, and differ in one field only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass

from zoneguard.model.device import Action, Deny, Jump, Permit, Return, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Field, In, Match, Not, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.static._analysis_lists import ContextLists
from zoneguard.static._analysis_tree import Leaf, Tree

MERGED = (Field.SRC, Field.DST, Field.SPORT, Field.DPORT, Field.ICMP)
"""Fields of which every vendor's rule takes several values, or a named group of them."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Lines (in the list's order, the first is where the one rule would stand) that differ in ``field`` only, and the
    ``values`` of the one rule."""

    device: str
    context: str
    rules: str
    spans: tuple[SourceSpan, ...]
    names: tuple[str, ...]
    field: Field
    values: Intervals


Bucket = tuple[Field, Action, Match]
_NOWHERE = SourceSpan("", 0, 0)


def merges(lists: ContextLists, passed_over: Container[SourceSpan]) -> Iterator[Merge]:
    """The groups of each filter list, each line in one group at most, the largest first.

    A line that lists of different content hold is passed over, and so are lists that change packets on their way.
    """
    unlike: dict[tuple[SourceSpan, ...], RuleList] = {}
    for rules in lists.lists.values():
        unlike.setdefault(tuple(rule.span for rule in rules.rules), rules)
    homes = Counter(span for content in unlike for span in set(content))
    for rules in unlike.values():
        if id(rules) in lists.translating or lists.is_changing(rules):
            continue
        tree = lists.tree(rules)
        able = [
            n
            for n, line in enumerate(tree.lines)
            if line.span not in passed_over and homes[line.span] == 1 and not line.rules[0].implied
        ]
        yield from _of_list(lists, rules, tree, able)


def _of_list(lists: ContextLists, rules: RuleList, tree: Tree, able: list[int]) -> Iterator[Merge]:
    buckets: dict[Bucket, list[int]] = defaultdict(list)
    for number in able:
        for bucket in _buckets(tree.lines[number]):
            buckets[bucket].append(number)
    groups = [
        (group, bucket[0])
        for bucket, numbers in buckets.items()
        if len(numbers) > 1
        for group in _groups(tree, numbers)
        if len(group) > 1
    ]
    used: set[int] = set()
    for group, field in sorted(groups, key=lambda g: (-len(g[0]), g[0])):
        if used.isdisjoint(group):
            used.update(group)
            chosen = [tree.lines[n] for n in group]
            values = Intervals.from_spans(s for line in chosen for s in _fields(line)[field][0].spans)
            names = tuple(line.rules[0].name for line in chosen)
            yield Merge(*lists.context.key, rules.name, tuple(line.span for line in chosen), names, field, values)


def _groups(tree: Tree, numbers: list[int]) -> Iterator[list[int]]:
    """``numbers`` cut where a line cannot move up to the first of its group without changing what the list does."""
    group = numbers[:1]
    for number in numbers[1:]:
        if _moves(tree, group[0], number):
            group.append(number)
        else:
            yield group
            group = [number]
    yield group


def _moves(tree: Tree, to: int, number: int) -> bool:
    """Whether the lines between take nothing of the line ``number`` but to do the same."""
    line = tree.lines[number]
    between = tree.decided(line.asks, to + 1, number)
    own = line.outcome
    return between.permit <= own.permit and between.deny <= own.deny and between.back <= own.back


def _buckets(line: Leaf) -> Iterator[Bucket]:
    """For each field in which others may differ: all the rest of the line."""
    rule = line.rules[0]
    if len(line.rules) > 1 or not isinstance(rule, Rule) or not isinstance(rule.action, Permit | Deny | Return | Jump):
        return
    for field, (_, rest) in _fields(line).items():
        if field in MERGED:
            yield field, rule.action, rest


def _fields(line: Leaf) -> dict[Field, tuple[Intervals, Match]]:
    """The fields that the line asks for once, with their values and the rest of what it asks."""
    found = list(_openings(_placeless(line.rules[0].match)))
    counts = Counter(part.field for part, _ in found)
    return {part.field: (part.values, rest) for part, rest in found if counts[part.field] == 1}


def _openings(match: Match) -> Iterator[tuple[In, Match]]:
    """Every condition on a field that is not negated, with the match around it.

    With other values in its place, a match holds of the union of what it holds of with either.
    """
    if isinstance(match, In):
        yield match, In(match.field, Intervals())
    elif isinstance(match, All | AnyOf):
        for number, part in enumerate(match.parts):
            for found, rest in _openings(part):
                yield found, type(match)((*match.parts[:number], rest, *match.parts[number + 1 :]))


def _placeless(match: Match) -> Match:
    """The match without the lines at which its undecided conditions stand."""
    if isinstance(match, Unknown):
        return Unknown(match.key, _NOWHERE)
    if isinstance(match, Not):
        return Not(_placeless(match.part))
    return type(match)(tuple(map(_placeless, match.parts))) if isinstance(match, All | AnyOf) else match
