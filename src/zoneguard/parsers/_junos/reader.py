"""Both ways of writing a configuration, and pasted sessions, → one tree."""

from __future__ import annotations

from typing import NamedTuple

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._junos.commands import DELETED, MAX_DEPTH, VERBS, Commands
from zoneguard.parsers._junos.fragments import settle
from zoneguard.parsers._junos.tree import Node, down
from zoneguard.parsers._junos.words import (
    BANNER,
    EDIT_BANNER,
    PROMPT,
    USER_PROMPT,
    listed,
    plain_command,
    plain_statement,
    tokens,
    without_comments,
)
from zoneguard.parsers.accounting import BLANK, SESSION

DEACTIVATED = Reason("deactivated")
GOES_ON = "a statement that goes on in the next line"
QUOTED = "part of a text in quotes that begins further up"
MAX_QUOTED_LINES = 500

Statement = tuple[list[list[str]], str]
"""Paths of words, several where there is a list, and the tag before them."""

_TAGS = {"inactive:": "inactive", "protect:": "", "replace:": "", "delete:": "delete", "active:": ""}


class _Open(NamedTuple):
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
        self._commands = Commands(self.root)
        self.asides = self._commands.asides
        self.problems = self._commands.problems
        self.effective = self._commands.effective
        self._source = source
        self._braced = False
        self._open: list[_Open] = []
        self._words: list[str] = []
        self._began = 0
        self._comment = 0
        self._inactive: list[tuple[Node, list[str]]] = []

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
            elif '"' in line and line.count('"') % 2 and self._quote_goes_on(number, line):
                quote, quote_from = line, number
            else:
                self._line(number, line, number)
        for opened in self._open:
            self._commands.problem(
                opened.line, Reason('the brace of "{name}" is not closed', name=opened.node.word), Concern.FILTER
            )
        if self._words:
            self._commands.problem(self._began, "this statement has no end", Concern.FILTER)
        if self._comment:
            self._commands.problem(self._comment, "this comment has no end", Concern.FILTER)
        self._set_inactive_apart()
        settle(self.root)
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
            self.asides[inner] = QUOTED
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            self.asides[number] = BLANK
            return
        if stripped.startswith("set ") and not (self._commands.edit or self._open) and plain_command(stripped):
            self._commands.set_plain(number, stripped)
            return
        if self._open and not self._words and plain_statement(stripped):
            self._plain(number, stripped)
            return
        first = stripped.split(None, 1)[0]
        if first in VERBS and stripped[-1] not in "{;}" and not self._words:
            self._commands.follow(number, stripped)
            return
        if not self._open and not self._words and self._session(number, stripped):
            return
        self._braces(number, stripped)

    def _plain(self, number: int, text: str) -> None:
        """One statement of bare words, or the end of one, inside of braces."""
        if text == "}":
            self._leave(number)
            return
        words = text[:-1].split()
        if text[-1] == "{":
            self._enter(number, ([words], ""))
        elif len(words) > MAX_DEPTH:
            self._end(number, ([words], ""))
        else:
            down(self._open[-1].node, words).lines += (number,)

    def _session(self, number: int, stripped: str) -> bool:
        """A line that a terminal added: its prompt, with or without a command, and what Junos says beside."""
        banner = EDIT_BANNER.match(stripped)
        if banner is not None:
            self._commands.edit = banner["path"].split()[:MAX_DEPTH]
            self._commands.base = list(self._commands.edit)
        elif not BANNER.match(stripped):
            prompt = USER_PROMPT.match(stripped) or (PROMPT.match(stripped) if stripped[-1] in ">#%" else None)
            if prompt is None:
                return False
            if prompt["command"].strip():
                self._commands.follow(number, prompt["command"].strip())
                return True
        self.asides[number] = SESSION
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
                self._commands.problem(number, "a quote is not closed", Concern.FILTER)
                self._words = []
                return
            else:
                if not self._words:
                    self._began = number
                self._words.append(part)
        if self._words and not self._open and not self._braced and not self._goes_on(number):
            self._commands.problem(number, "this line is no statement", Concern.FILTER)
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
        return self._open[-1].node if self._open else down(self.root, self._commands.base)

    def _enter(self, number: int, statement: Statement | None) -> None:
        self._braced = True
        depth = self._open[-1].depth if self._open else len(self._commands.base)
        if statement is None or len(statement[0]) != 1 or depth + len(statement[0][0]) > MAX_DEPTH:
            self._commands.problem(number, "braces without a name, or nested too deeply", Concern.FILTER)
            self._open.append(_Open(Node("?"), number, depth))
            return
        ((words,), tag) = statement
        place = self._place()
        node = down(place, words)
        node.frames += (number,)
        if tag:
            self._tagged(place, words, tag)
        self._open.append(_Open(node, number, depth + len(words)))

    def _end(self, number: int, statement: Statement | None) -> None:
        if statement is None or any(len(words) > MAX_DEPTH for words in statement[0]):
            self._commands.problem(number, "brackets out of place, or too many words", Concern.FILTER)
            return
        place = self._place()
        if not self._open:
            self._braced = True
        for words in statement[0]:
            node = down(place, words)
            node.lines += tuple(range(self._began, number + 1))
            if statement[1]:
                self._tagged(place, words, statement[1])

    def _leave(self, number: int) -> None:
        if self._words:
            self._commands.problem(number, "a statement without its semicolon", Concern.FILTER)
            self._words = []
        if not self._open:
            self._commands.problem(number, "a closing brace too many", Concern.FILTER)
            return
        self._open.pop().node.frames += (number,)

    def _tagged(self, place: Node, words: list[str], tag: str) -> None:
        if tag == "inactive" and words:
            self._inactive.append((place, words))
        elif tag == "delete" and words:
            parent = place.get(*words[:-1]) if len(words) > 1 else place
            if parent is not None and words[-1] in parent.children:
                self._commands.drop(parent.children.pop(words[-1]), DELETED)

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
        stack = [self.root] if self._inactive or self._commands.switched_off else []
        while stack:
            node = stack.pop()
            for word in [w for w, c in node.children.items() if c.inactive]:
                self._commands.drop(node.children.pop(word), DEACTIVATED)
            stack.extend(node.children.values())
