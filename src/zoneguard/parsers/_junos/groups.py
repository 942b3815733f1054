"""Configuration groups: ``apply-groups`` puts the statements of a group where it stands.

What is written in a place goes before what is inherited, the group named first before the next, and a lower level
before a higher. ``<pattern>`` in a group stands for the names that are there, and makes none. ``apply-groups-except``
keeps a group from its level on ("Understanding Junos OS configuration groups", CLI user guide). Policies and terms
that a group brings stand behind those that are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.export import MANAGEMENT
from zoneguard.parsers._junos.ranges import spread_ranges
from zoneguard.parsers._junos.tree import Node

UNUSED = "a configuration group that is not applied, or whose names are not there"
APPLY, EXCEPT = "apply-groups", "apply-groups-except"
MAX_NESTED = 16
MAX_NODES = 1_000_000
MAX_WORK = 5_000_000
"""Patterns that are compared with names, over the whole file."""

_KEYWORDS = frozenset({APPLY, EXCEPT, "apply-macro", "interface-range", "interface-set", "traceoptions"})
NODES = re.compile(r"\$\{node\}$|node\d$|re\d$")

Sources = list[tuple[str, Node]]
Patterns = list[tuple[re.Pattern[str], Node]]


class TooLargeError(Exception):
    """The groups of a configuration multiply beyond any device."""


class Groups:
    """Applies the groups of a tree within it. ``problems``: lines that cannot be applied, with the reason."""

    def __init__(self, root: Node) -> None:
        self.problems: list[tuple[int, str, Concern]] = []
        self._root = root
        found = root.children.get("groups")
        self.known: dict[str, Node] = dict(found.children) if found is not None else {}
        self._made = 0
        self._work = 0
        self._wild: dict[int, Patterns] = {}

    def apply(self, applied: bool = True) -> None:
        """Inherit everywhere but in the groups themselves; then give the members of interface ranges their settings.

        ``applied``: whether some line of the file applies a group.
        """
        if applied:
            self._apply()
        interfaces = self._root.children.get("interfaces")
        if interfaces is not None:
            spread_ranges(interfaces)

    def problem(self, line: int, reason: str, concern: Concern) -> None:
        """What a group says in line ``line`` cannot be applied as it stands."""
        self.problems.append((line, reason, concern))

    def _apply(self) -> None:
        places = [("", child) for child in self._root.children.values() if child.word != "groups"]
        if not any(APPLY in node.children for _, place in places for node in place.walk()) and (
            APPLY not in self._root.children
        ):
            return
        top = Node("")
        top.children = {w: c for w, c in self._root.children.items() if w != "groups"}
        try:
            self._inherit(top, [], (), 0)
        except TooLargeError:
            self.problem(1, "the groups of this configuration multiply beyond any device", Concern.FILTER)
        for word, child in top.children.items():
            if word not in self._root.children:
                self._root.add(child)

    def _inherit(self, node: Node, sources: Sources, path: tuple[str, ...], nested: int) -> None:
        """Bring what ``sources``, the groups' own nodes for this place, hold into ``node`` and what is below."""
        excepted = {value.word for value in node.values(EXCEPT)}
        sources = [*self._named_here(node, path), *sources]
        seen: set[tuple[str, int]] = set()
        kept: Sources = []
        while sources:
            name, source = sources.pop(0)
            if name in excepted or (name, id(source)) in seen:
                continue
            seen.add((name, id(source)))
            kept.append((name, source))
            below = source.children.get(APPLY)
            if below is not None and len(seen) <= MAX_NESTED * 4 and nested < MAX_NESTED:
                sources = [pair for v in below.children.values() for pair in self._at(v, path)] + sources
        if not kept and not self._below(node):
            return
        self._names(node, kept)
        for word, child in list(node.children.items()):
            if word not in (APPLY, EXCEPT, "apply-macro"):
                lower = [(n, part) for n, source in kept for part in _parts(source, word, self._patterns)]
                self._inherit(child, lower, (*path, word), nested)

    def _below(self, node: Node) -> bool:
        """Whether some group is applied further down."""
        return any(APPLY in part.children for part in node.walk())

    def _names(self, node: Node, sources: Sources) -> None:
        for name, source in sources:
            for word, inherited in source.children.items():
                if word in (APPLY, EXCEPT) or word[:1] == "<":
                    continue
                child = node.children.get(word)
                if child is None:
                    self._made += 1
                    if self._made > MAX_NODES:
                        raise TooLargeError
                    child = node.add(Node(word, group=name))
                if child.group:
                    child.lines += tuple(line for line in inherited.lines if line not in child.lines)
                    child.frames = child.frames or inherited.frames

    def _patterns(self, source: Node) -> Patterns:
        """The children of a group's node that are patterns."""
        known = self._wild.get(id(source))
        self._work += 1 if known is None else len(known)
        if self._work > MAX_WORK:
            raise TooLargeError
        if known is None:
            known = self._wild[id(source)] = [(_compiled(w), c) for w, c in source.children.items() if w[:1] == "<"]
        return known

    def _named_here(self, node: Node, path: tuple[str, ...]) -> Sources:
        return [pair for value in node.values(APPLY) for pair in self._at(value, path)]

    def _at(self, named: Node, path: tuple[str, ...]) -> Sources:
        """The nodes of the group ``named`` that are for the place ``path``."""
        group = self.known.get(named.word)
        if group is None:
            if NODES.match(named.word):
                self._cluster(named)
            elif not named.group:
                reason = Reason('the configuration group "{name}" is not defined in this file', name=named.word)
                self.problem(named.line, reason, Concern.FILTER)
            return []
        here = [group]
        for word in path:
            here = [part for node in here for part in _parts(node, word, self._patterns)]
        return [(named.word, node) for node in here]

    def _cluster(self, named: Node) -> None:
        """``${node}``: each member of a cluster takes its own group. Names and management interfaces matter to none."""
        for name, group in self.known.items():
            if not NODES.match(name):
                continue
            for word, part in group.children.items():
                if word == "interfaces":
                    odd = [c for c in part.children.values() if not c.word.startswith(MANAGEMENT)]
                elif word in ("system", "snmp", "chassis"):
                    odd = []
                else:
                    odd = [part]
                for node in odd:
                    reason = Reason('applies to one member of the cluster only (group "{name}")', name=name)
                    self.problem(node.line, reason, Concern.FILTER)
        named.used = True


def _parts(source: Node, word: str, patterns: Callable[[Node], Patterns]) -> list[Node]:
    """The children of a group's node that are for ``word``: by name, then by pattern."""
    exact = source.children.get(word)
    found = [exact] if exact is not None else []
    if word not in _KEYWORDS:
        found += [child for pattern, child in patterns(source) if pattern.match(word)]
    return found


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern[1:-1] if pattern[-1:] == ">" else pattern[1:]))


def matches(pattern: str, word: str) -> bool:
    """Whether ``<ge-*>`` stands for ``word``."""
    return _compiled(pattern).match(word) is not None
