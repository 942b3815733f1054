"""Both ways of writing a configuration, and pasted sessions, → one tree.

``set``, ``delete``, ``deactivate``, ``activate``, ``insert``, ``rename``, ``copy`` and ``edit`` do in order what they
do on a device. ``show`` in the log of a session says to what level the braces after it belong.
"""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers._junos.words import (
    BANNER,
    EDIT_BANNER,
    PROMPT,
    USER_PROMPT,
    listed,
    plain,
    plain_command,
    plain_statement,
    tokens,
    without_comments,
)
from zoneguard.parsers.accounting import BLANK

SESSION = "console session: prompt, banner or command that only shows"
DEACTIVATED = "deactivated"
DELETED = "deleted again further on"
GOES_ON = "a statement that goes on in the next line"
OMITTED = "a command on statements that are not in this file"
MAX_DEPTH = 200
"""Words of a path, in braces and on a line together."""
MAX_QUOTED_LINES = 500
MAX_HEADS = 10_000

Statement = tuple[list[list[str]], str]
"""Paths of words, several where there is a list, and the tag before them."""

_COMMANDS = frozenset({
    "set", "delete", "deactivate", "activate", "insert", "rename", "copy", "edit", "top", "up", "exit", "quit",
    "annotate", "protect", "unprotect", "replace", "wildcard", "load", "commit", "rollback", "show", "run", "status",
    "configure", "cli", "request", "monitor", "ping", "traceroute", "help", "clear", "file", "save", "update",
    "start", "restart", "test",
})  # fmt: skip
_EDITS = frozenset(
    {"set", "delete", "deactivate", "activate", "insert", "rename", "copy", "replace", "wildcard", "load"}
)
_TAGS = {"inactive:": "inactive", "protect:": "", "replace:": "", "delete:": "delete", "active:": ""}


@dataclass(frozen=True, slots=True)
class _Open:
    """A brace: the node that it opened, where, and at what depth of words."""

    node: Node
    line: int
    depth: int


class TreeReader:
    """Reads a source.

    ``asides`` are lines without a statement that counts, ``problems`` those that make no sense, ``effective`` commands
    that changed other statements.
    """

    def __init__(self, source: Source) -> None:
        self.root = Node("")
        self.asides: dict[int, str] = {}
        self.problems: list[tuple[int, str, Concern]] = []
        self.effective: list[int] = []
        self.braces = False
        self._source = source
        self._base: list[str] = []  # the level that braces belong to
        self._edit: list[str] = []
        self._open: list[_Open] = []
        self._words: list[str] = []
        self._began = 0
        self._comment = 0
        self._inactive: list[tuple[Node, list[str]]] = []
        self._switched_off = False
        self._heads: dict[str, Node] = {}

    def read(self) -> Node:
        """The tree of the whole source, deactivated statements left out."""
        quote, quote_from = "", 0
        for number, line in enumerate(self._source.lines, 1):
            if quote:
                quote += "\n" + line
                if '"' not in line and number - quote_from < MAX_QUOTED_LINES:
                    continue
                self._line(quote_from, quote, number)
                quote = ""
            elif self._comment:
                self._in_comment(number, line)
            elif line.count('"') % 2 and self._quote_goes_on(number, line):
                quote, quote_from = line, number
            else:
                self._line(number, line, number)
        for opened in self._open:
            self.problems.append((opened.line, f'the brace of "{opened.node.word}" is not closed', Concern.FILTER))
        if self._words:
            self.problems.append((self._began, "this statement has no end", Concern.FILTER))
        if self._comment:
            self.problems.append((self._comment, "this comment has no end", Concern.FILTER))
        self._set_inactive_apart()
        return self.root

    def _quote_goes_on(self, number: int, line: str) -> bool:
        """Whether an odd quote is closed in a later line, and not just forgotten."""
        if line.lstrip().startswith(("#", "/*")):
            return False
        following = self._source.lines[number : number + MAX_QUOTED_LINES]
        closing = next((text for text in following if '"' in text), "")
        return closing.count('"') % 2 == 1 and '";' in closing

    def _in_comment(self, number: int, line: str) -> None:
        _, end, rest = line.partition("*/")
        if not end:
            self.asides[number] = BLANK
            return
        self._comment = 0
        if rest.strip():
            self._line(number, rest, number)
        else:
            self.asides[number] = BLANK

    def _line(self, number: int, line: str, last: int) -> None:
        for inner in range(number + 1, last + 1):
            self.asides[inner] = "part of a text in quotes that begins further up"
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            self.asides[number] = BLANK
            return
        if stripped.startswith("set ") and not self._edit and not self._open and plain_command(stripped):
            self._set(number, stripped)
            return
        if self._open and not self._words and plain_statement(stripped):
            self._plain(number, stripped)
            return
        first = stripped.split(None, 1)[0]
        if first in _COMMANDS and stripped[-1] not in "{;}" and not self._words:
            self._command(number, stripped)
            return
        if not self._open and not self._words and self._session(number, stripped):
            return
        self._braces(number, stripped)

    def _set(self, number: int, text: str) -> None:
        """A ``set`` command of bare words. Lines that differ in their last words share the way down to them."""
        head, *tail = text.rsplit(None, 3)
        node = self._heads.get(head)
        if node is None:
            path = head.split()[1:]
            if len(path) + len(tail) > MAX_DEPTH:
                self.problems.append((number, "too many words", Concern.FILTER))
                return
            node = _down(self.root, path)
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            self._heads[head] = node
        node = _down(node, tail)
        node.lines += (number,)

    def _plain(self, number: int, text: str) -> None:
        """One statement of bare words, or the end of one, inside of braces."""
        if text == "}":
            self._leave(number)
            return
        words = text[:-1].split()
        if text[-1] == "{":
            self._enter(number, ([words], ""))
        else:
            self._began = number
            self._end(number, ([words], ""))

    def _session(self, number: int, stripped: str) -> bool:
        """A line that a terminal added: its prompt, with or without a command, and what Junos says beside."""
        banner = EDIT_BANNER.match(stripped)
        if banner is not None:
            self._edit = banner["path"].split()
            self._base = list(self._edit)
        elif not BANNER.match(stripped):
            prompt = USER_PROMPT.match(stripped) or (PROMPT.match(stripped) if stripped[-1] in ">#%" else None)
            if prompt is None:
                return False
            if prompt["command"].strip():
                self._command(number, prompt["command"].strip())
                return True
        self.asides[number] = SESSION
        return True

    def _command(self, number: int, text: str) -> None:
        found = tokens(text)
        if found and found[-1].startswith("#"):
            found.pop()
        verb, rest = found[0], found[1:]
        if verb not in _COMMANDS:
            self.problems.append((number, "this line is no statement", Concern.FILTER))
            return
        if verb not in _EDITS:
            self._move(verb, rest)
            self.asides[number] = SESSION
            return
        paths = listed(rest)
        if paths is None or '"' in rest or verb in ("replace", "wildcard", "load") or (verb == "set" and not rest):
            if rest:
                self.problems.append((number, "this command cannot be followed", Concern.FILTER))
            else:
                self.asides[number] = SESSION
            return
        for path in paths:
            self._edited(number, verb, self._edit + path)

    def _move(self, verb: str, rest: list[str]) -> None:
        """Commands that only show, or change the level at which one is."""
        words = [plain(t) for t in rest]
        if "|" in words:
            words = words[: words.index("|")]
        if verb == "edit":
            self._edit = (self._edit + words)[:MAX_DEPTH]
        elif verb == "top":
            self._edit = []
        elif verb == "up":
            steps = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 4 else 1
            self._edit = self._edit[: max(0, len(self._edit) - steps)]
        elif verb == "exit":
            self._edit = []
        elif verb in ("show", "run"):
            while words and words[0] in ("show", "configuration"):
                words.pop(0)
            self._base = (words if "configuration" in rest else self._edit + words)[:MAX_DEPTH]

    def _edited(self, number: int, verb: str, path: list[str]) -> None:
        if len(path) > MAX_DEPTH:
            self.problems.append((number, "too many words", Concern.FILTER))
            return
        if verb == "set":
            _down(self.root, path).lines += (number,)
            return
        self._heads.clear()
        self.effective.append(number)
        if verb in ("insert", "rename", "copy"):
            done = self._rearranged(number, verb, path)
        else:
            done = self._switched(verb, path)
        if not done and verb == "delete":
            self.effective.pop()
            self.asides[number] = OMITTED
        elif not done:
            self.problems.append(
                (number, "the statement that this command is about is not in this file", Concern.OTHER)
            )

    def _switched(self, verb: str, path: list[str]) -> bool:
        node = self.root.get(*path)
        if node is None or not path:
            return False
        if verb == "delete":
            parent = self.root.get(*path[:-1])
            assert parent is not None
            self._drop(parent.children.pop(path[-1]), DELETED)
        else:
            node.inactive = verb == "deactivate"
            self._switched_off = True
        return True

    def _drop(self, node: Node, reason: str) -> None:
        for part in node.walk():
            for line in (*part.lines, *part.frames):
                self.asides[line] = reason

    def _rearranged(self, number: int, verb: str, path: list[str]) -> bool:
        """``insert a b before b c``, ``rename a b to c``, ``copy a b to b c``: the last words after the preposition."""
        at = next((i for i in range(len(path) - 2, 0, -1) if path[i] in ("before", "after", "to")), 0)
        node, parent = self.root.get(*path[:at]), self.root.get(*path[: at - 1])
        if not at or node is None or parent is None:
            return False
        target = path[-1]
        if verb == "insert":
            if target not in parent.children or target == node.word:
                return False
            words = [w for w in parent.children if w != node.word]
            words.insert(words.index(target) + (path[at] == "after"), node.word)
        elif verb == "rename":
            words = list(parent.children)
            moved = parent.children.pop(node.word)
            words[words.index(moved.word)] = target
            moved.word = target
            parent.children[target] = moved
            words = list(dict.fromkeys(words))
        else:
            _copy(node, parent.child(target), number)
            return True
        parent.children = {word: parent.children[word] for word in words}
        return True

    def _braces(self, number: int, text: str) -> None:
        """Braces: statements end with ``;`` or hold more between ``{`` and ``}``."""
        text, goes_on = without_comments(text)
        if goes_on:
            self._comment = number
        stands = False
        for part in tokens(text):
            if part[0] == "#":
                break
            if part in "{;}":
                stands = True
                if part == "}":
                    self._leave(number)
                elif part == "{":
                    self._enter(number, self._statement())
                elif self._words:
                    self._end(number, self._statement())
            elif part == '"':
                self.problems.append((number, "a quote is not closed", Concern.FILTER))
                self._words = []
                return
            else:
                if not self._words:
                    self._began = number
                self._words.append(part)
        if self._words and not self._open and not self.braces and not self._goes_on(number):
            self.problems.append((number, "this line is no statement", Concern.FILTER))
            self._words = []
        elif not stands:
            self.asides[number] = GOES_ON if self._words else BLANK

    def _goes_on(self, number: int) -> bool:
        """Whether a statement that this line begins may end in the next ones."""
        return any(t in line for line in self._source.lines[number : number + 3] for t in "{;")

    def _statement(self) -> Statement | None:
        """The words since the last statement as paths, and its tag; ``None`` where they cannot be read."""
        words, self._words = self._words, []
        tag = ""
        while words and words[0] in _TAGS:
            tag = _TAGS[words.pop(0)] or tag
        paths = listed(words)
        if paths is None:
            return None
        return paths, tag

    def _place(self) -> Node:
        return self._open[-1].node if self._open else _down(self.root, self._base)

    def _enter(self, number: int, statement: Statement | None) -> None:
        self.braces = True
        depth = self._open[-1].depth if self._open else len(self._base)
        if statement is None or len(statement[0]) != 1 or depth + len(statement[0][0]) > MAX_DEPTH:
            self.problems.append((number, "braces without a name, or nested too deeply", Concern.FILTER))
            self._open.append(_Open(Node("?"), number, depth))
            return
        ((words,), tag) = statement
        place = self._place()
        node = _down(place, words)
        node.frames += (number,)
        if tag:
            self._tagged(place, words, tag)
        self._open.append(_Open(node, number, depth + len(words)))

    def _end(self, number: int, statement: Statement | None) -> None:
        if statement is None or any(len(words) > MAX_DEPTH for words in statement[0]):
            self.problems.append((number, "brackets out of place, or too many words", Concern.FILTER))
            return
        place = self._place()
        if not self._open:
            self.braces = True
        for words in statement[0]:
            node = _down(place, words)
            node.lines += tuple(range(self._began, number + 1))
            if statement[1]:
                self._tagged(place, words, statement[1])

    def _leave(self, number: int) -> None:
        if self._words:
            self.problems.append((number, "a statement without its semicolon", Concern.FILTER))
            self._words = []
        if not self._open:
            self.problems.append((number, "a closing brace too many", Concern.FILTER))
            return
        self._open.pop().node.frames += (number,)

    def _tagged(self, place: Node, words: list[str], tag: str) -> None:
        if tag == "inactive" and words:
            self._inactive.append((place, words))
        elif tag == "delete" and words:
            parent = place.get(*words[:-1]) if len(words) > 1 else place
            if parent is not None and words[-1] in parent.children:
                self._drop(parent.children.pop(words[-1]), DELETED)

    def _set_inactive_apart(self) -> None:
        for place, words in self._inactive:
            nodes = [place]
            for word in words:
                below = nodes[-1].children.get(word)
                if below is None:
                    break
                nodes.append(below)
            else:
                nodes[-1].inactive = True
                for node in reversed(nodes[1:-1]):
                    if node.lines or node.frames or not all(c.inactive for c in node.children.values()):
                        break
                    node.inactive = True
        stack = [self.root] if self._inactive or self._switched_off else []
        while stack:
            node = stack.pop()
            for word in [w for w, c in node.children.items() if c.inactive]:
                self._drop(node.children.pop(word), DEACTIVATED)
            stack.extend(node.children.values())


def _down(node: Node, words: list[str]) -> Node:
    """The node at the end of a path, made where it is not there."""
    for word in words:
        below = node.children.get(word)
        if below is None:
            below = node.children[word] = Node(word)
        node = below
    return node


def _copy(source: Node, target: Node, number: int) -> None:
    stack = [(source, target)]
    while stack:
        old, new = stack.pop()
        if old.lines:
            new.lines += (number,)
        stack += [(child, new.child(word)) for word, child in old.children.items() if child is not target]
