"""Commands that build and change the tree: ``set``, ``delete``, ``deactivate``, ``insert`` and their kin, in order.

They do what they do on a device. ``edit``, ``top``, ``up`` and ``exit`` change the level at which they act; ``show`` in
the log of a session says to what level the braces after it belong.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._junos.tree import Node, down
from zoneguard.parsers._junos.words import listed, plain, tokens
from zoneguard.parsers.accounting import SESSION

DELETED = "deleted again further on"
OMITTED = "a command on statements that are not in this file"
MAX_DEPTH = 200
"""Words of a path, in braces and on a line together."""
MAX_HEADS = 10_000
MAX_MOVED, MAX_COPIED = 20_000_000, 500_000
"""Statements that all commands of a file together may move past each other, and copy."""

_EDITS = frozenset({
    "set", "delete", "deactivate", "activate", "insert", "rename", "copy", "replace", "wildcard", "load",
})  # fmt: skip
_SHOWS = frozenset({
    "edit", "top", "up", "exit", "quit", "annotate", "protect", "unprotect", "commit", "rollback", "show", "run",
    "status", "configure", "cli", "request", "monitor", "ping", "traceroute", "help", "clear", "file", "save", "update",
    "start", "restart", "test",
})  # fmt: skip
VERBS = _EDITS | _SHOWS


class Commands:
    """Follows commands on the tree ``root``.

    ``asides`` are lines without effect, ``problems`` those that make no sense, ``effective`` commands that changed
    other statements. ``base`` is the level that braces belong to, ``edit`` that of commands.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.asides: dict[int, str] = {}
        self.problems: list[tuple[int, str, Concern]] = []
        self.effective: list[int] = []
        self.base: list[str] = []
        self.edit: list[str] = []
        self.switched_off = False
        self._heads: dict[str, Node] = {}
        self._moved = self._copied = 0

    def problem(self, line: int, reason: str, concern: Concern) -> None:
        """Line ``line`` makes no sense, or cannot be followed."""
        self.problems.append((line, reason, concern))

    def set_plain(self, number: int, text: str) -> None:
        """A ``set`` command of bare words. Lines that differ in their last words share the way down to them."""
        head, *tail = text.rsplit(None, 3)
        node = self._heads.get(head)
        if node is None:
            path = head.split()[1:]
            if len(path) + len(tail) > MAX_DEPTH:
                self.problem(number, "too many words", Concern.FILTER)
                return
            node = down(self.root, path)
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            self._heads[head] = node
        down(node, tail).lines += (number,)

    def follow(self, number: int, text: str) -> None:
        """Any command."""
        found = tokens(text)
        if found and found[-1].startswith("#"):
            found.pop()
        verb, rest = found[0] if found else "", found[1:]
        if verb not in VERBS:
            self.problem(number, "this line is no statement", Concern.FILTER)
        elif verb in _SHOWS:
            self._move(verb, [plain(token) for token in rest])
            self.asides[number] = SESSION
        elif not rest:
            self.asides[number] = SESSION
        else:
            paths = listed(rest)
            if paths is None or '"' in rest or verb in ("replace", "wildcard", "load"):
                self.problem(number, "this command cannot be followed", Concern.FILTER)
            else:
                for path in paths:
                    self._edited(number, verb, self.edit + path)

    def drop(self, node: Node, reason: str) -> None:
        """Account for the lines of a statement that is taken out of the tree."""
        for part in node.walk():
            for line in (*part.lines, *part.frames):
                self.asides[line] = reason

    def _move(self, verb: str, words: list[str]) -> None:
        """Commands that only show, or change the level at which one is."""
        if "|" in words:
            words = words[: words.index("|")]
        if verb == "edit":
            self.edit = (self.edit + words)[:MAX_DEPTH]
        elif verb in ("top", "exit"):
            self.edit = []
        elif verb == "up":
            steps = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 4 else 1
            self.edit = self.edit[: max(0, len(self.edit) - steps)]
        elif verb in ("show", "run"):
            shown = words[words.index("show") + 1 :] if "show" in words else words
            whole = shown[:1] == ["configuration"]
            self.base = (shown[1:] if whole else self.edit + shown)[:MAX_DEPTH]

    def _edited(self, number: int, verb: str, path: list[str]) -> None:
        if len(path) > MAX_DEPTH:
            self.problem(number, "too many words", Concern.FILTER)
            return
        if verb == "set":
            down(self.root, path).lines += (number,)
            return
        self._heads.clear()
        moves = verb in ("insert", "rename", "copy")
        if self._rearranged(number, verb, path) if moves else self._switched(verb, path):
            self.effective.append(number)
        elif verb == "delete":
            self.asides[number] = OMITTED
        else:
            concern = Concern.FILTER if moves else Concern.OTHER
            self.problem(number, "what this command is about is not in this file, or too much", concern)

    def _switched(self, verb: str, path: list[str]) -> bool:
        node, parent = self.root.get(*path), self.root.get(*path[:-1])
        if node is None or parent is None or not path:
            return False
        if verb == "delete":
            self.drop(parent.children.pop(path[-1]), DELETED)
        else:
            node.inactive = verb == "deactivate"
            self.switched_off = True
        return True

    def _rearranged(self, number: int, verb: str, path: list[str]) -> bool:
        """``insert a b before b c``, ``rename a b to c``, ``copy a b to b c``: the last words after the preposition."""
        at = next((i for i in range(len(path) - 2, 0, -1) if path[i] in ("before", "after", "to")), 0)
        node, parent = self.root.get(*path[:at]), self.root.get(*path[: at - 1])
        if not at or node is None or parent is None or self._moved > MAX_MOVED or self._copied > MAX_COPIED:
            return False
        self._moved += len(parent.children)
        target = path[-1]
        words = list(parent.children)
        if verb == "insert":
            if target not in parent.children or target == node.word:
                return False
            words.remove(node.word)
            words.insert(words.index(target) + (path[at] == "after"), node.word)
        elif verb == "rename":
            moved = parent.children.pop(node.word)
            words[words.index(moved.word)] = target
            moved.word = target
            parent.add(moved)
        else:
            self._copied += _copy(node, parent.child(target), number, MAX_COPIED + 1 - self._copied)
            return self._copied <= MAX_COPIED
        parent.children = {word: parent.children[word] for word in dict.fromkeys(words)}
        return True


def _copy(source: Node, target: Node, number: int, limit: int) -> int:
    """Copy what is below ``source``; the number of statements that took, at most ``limit``."""
    stack = [(source, target)]
    made = 0
    while stack and made < limit:
        old, new = stack.pop()
        made += 1
        if old.lines:
            new.lines += (number,)
        stack += [(child, new.child(word)) for word, child in old.children.items() if child is not target]
    return made
