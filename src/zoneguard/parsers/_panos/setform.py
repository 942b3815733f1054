"""PAN-OS ``set`` lines (``set cli config-output-format set``, then ``show``) as a tree of words.

A value with blanks stands in quotes, a list in brackets; a description may run over several lines and hold quotes of
its own. Several settings of a rule, a service or a route may share a line, as administrators write them.
"""

from __future__ import annotations

import re
from typing import TypeGuard

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._panos.tree import UNMARKED, Lines, Node, spans
from zoneguard.parsers._panos.xmlform import PROMPT, SESSION
from zoneguard.parsers.accounting import BLANK, Ledger

MAX_CONTINUED = 100
MAX_WORDS = 100
MAX_MOVED = 2_000_000  # words passed over by move and rename lines that are followed
DELETED = "deleted again by a later line of the file"
_VERBS = frozenset({"set", "delete", "move", "rename"})
_SESSION = re.compile(
    r"set cli |show\b|exit$|quit$|configure$|run |commit\b|\[edit|request |debug |(?:Enter|Exit)ing configuration mode"
)
_WORD = re.compile(r'"(?P<double>.*?)"(?=[\s\]]|$)|\'(?P<single>.*?)\'(?=[\s\]]|$)|(?P<bracket>[\[\]])|[^\s\[\]]+')
_FREE = re.compile(r"\s(?:description|comment|comments|login-banner|message|text)\s+([\"'])(.*)$")
_ENTRIES = frozenset({"rules", "static-route"})
_BOXES = frozenset({
    "tcp", "udp", "sctp", "static-ip", "dynamic-ip", "dynamic-ip-and-port", "destination-translation",
    "dynamic-destination-translation", "interface-address",
})  # fmt: skip
_LEAVES = frozenset({
    "from", "to", "source", "destination", "service", "application", "source-user", "category", "action", "disabled",
    "negate-source", "negate-destination", "rule-type", "nat-type", "to-interface", "log-start", "log-end", "tag",
    "log-setting", "port", "source-port", "protocol", "translated-address", "translated-port", "bi-directional",
    "interface", "ip", "metric", "admin-dist", "hip-profiles", "source-hip", "destination-hip", "schedule",
    "description",
})  # fmt: skip
_NESTED = {"pbf": _LEAVES - {"from", "action"}, "dos": _LEAVES - {"from", "to", "protection"}}
"""Rulebases whose settings of that name hold settings of their own."""

_INSIDE = {
    "nexthop": frozenset({"ip-address", "ipv6-address", "fqdn", "next-vr", "next-lr", "discard"}),
    "profile-setting": frozenset({"group"}),
}
"""Settings of a route or a rule that hold one of these; behind it, more settings of the route or the rule may come."""
_BARE = frozenset({"discard"})
_SETTINGS = _LEAVES | _INSIDE.keys()

Word = str | tuple[str, ...]


class SetReader:
    """Reads a source once. ``asides``: lines that are no configuration, with the reason."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._lines = source.lines
        self._ledger = ledger
        self._root = Node("", 1, max(1, len(source.lines)), UNMARKED)
        self._moved = 0
        self._head = ""  # the words of the line before but for its last two, and the word that they end at
        self._base = self._root
        self.asides: list[tuple[str, int]] = []

    def read(self) -> Node:
        """The whole text as one tree."""
        number = 1
        while number <= len(self._lines):
            number = self._line(number) + 1
        return self._root

    def _line(self, number: int) -> int:
        """Read the line, and those over which its quotes extend; returns the last one."""
        text = self._lines[number - 1].strip()
        if not text or text[0] in "#!":
            self.asides.append((BLANK, number))
            return number
        if text[:4] == "set " and text[4:8] != "cli ":  # nearly every line
            verb = "set"
        else:
            verb = text.split(None, 1)[0] if not _SESSION.match(text) else ""
        if verb not in _VERBS:
            prompt = PROMPT.match(text)
            rest = text[prompt.end() :].strip() if prompt else text
            verb = rest.split(None, 1)[0] if rest else ""
            if verb not in _VERBS or _SESSION.match(rest):
                if prompt or _SESSION.match(rest):
                    self.asides.append((SESSION, number))
                else:
                    self._ledger.not_understood(number, "not a line of PAN-OS configuration", Concern.FILTER)
                return number
            text = rest
        last = number
        if '"' not in text and "'" not in text:
            if verb == "set" and self._follows(text, number):
                return number
            words = _plain_words(text)
        else:
            text, last = self._whole(text, number)
            words = _words(text)
        lines = (number, last)
        self._head = ""
        if verb == "set":
            self._set(words, lines)
        elif verb == "delete":
            self._delete(words, lines)
        elif not self._rearrange(words, lines):
            self._ledger.not_understood(number, Reason("this {verb} cannot be followed", verb=verb), Concern.FILTER)
        return last

    def _follows(self, text: str, number: int) -> bool:
        """Enter a line that differs from the one before in its last setting only, as most do."""
        if text[-1] == "]":
            rest, bracket, listed = text[:-1].partition(" [ ")
            members = listed.split()
            if not bracket or "[" in listed or "]" in listed or not members:
                return False
        else:
            rest, _, value = text.rpartition(" ")
            members = [value]
        head, _, key = rest.rpartition(" ")
        if not head or head != self._head or not key:
            return False
        self._base.last = number
        node = self._base.child(key, number)
        for member in members:
            node.ends(member, number)
        return True

    def _whole(self, text: str, number: int) -> tuple[str, int]:
        """A line with those that a quoted value goes on over, and the last of them."""
        free = _FREE.search(text)
        if free is None:
            quote = next((q for q in "\"'" if text.count(q) & 1 and re.search(rf"\s{q}[^{q}]*$", text)), "")
            if not quote:
                return text, number
        else:
            quote = free[1]
            if free[2].endswith(quote):
                return text[: free.start(1)] + quote + free[2][:-1].replace(quote, " ") + quote, number
        for last in range(number + 1, min(number + MAX_CONTINUED, len(self._lines)) + 1):
            if self._lines[last - 1].rstrip().endswith(quote):
                start = free.start(1) if free is not None else text.rindex(quote)
                more = [text[start + 1 :], *self._lines[number : last - 1], self._lines[last - 1].rstrip()[:-1]]
                return text[:start] + quote + " ".join(more).replace(quote, " ") + quote, last
        self._ledger.not_understood(number, "a quote is opened and never closed", Concern.FILTER)
        return text.replace(quote, " "), number

    def _set(self, words: list[Word], lines: Lines) -> None:
        """Enter the words, one below the other; after the value of a setting that takes one, more settings may come."""
        if len(words) > MAX_WORDS:
            self._ledger.not_understood(lines[0], "this line has more words than any setting", Concern.FILTER)
            return
        line = lines[0]
        if _are_nested(words):
            self._nest(words, lines)
            return
        node = above = self._root
        parent = name = ""
        holder: tuple[Node, str, str] | None = None  # what the setting belongs to whose value comes next
        entered = False
        nested = True
        leaves = _LEAVES
        box, entry = "", (node, "", "")  # one of ``_INSIDE`` that is open, and what it belongs to
        for word in words[1:]:
            if isinstance(word, tuple):
                nested = False
                for member in word:
                    node.child(member, line).mark(lines)
                entered = bool(word)
                if entered:
                    node, parent, name = holder or (above, "", parent)
                holder = None
                continue
            if box and holder is None and name in (box, *_BARE) and word not in _INSIDE[box]:
                if entered:
                    node, parent, name = entry
                    nested = False
                box = ""
            child = node.children.get(word)
            if child is None or line > child.last:
                child = node.child(word, line)
            if holder is not None:
                child.mark(lines)
                node, parent, name = holder
                nested = nested and word is words[-1]
                holder, entered = None, True
                continue
            if word == "rules":
                leaves = _NESTED.get(name, _LEAVES)
            elif word in leaves and (parent in _ENTRIES or name in _BOXES):
                holder = (node, parent, name)
            elif word in _INSIDE and parent in _ENTRIES:
                box, entry = word, (node, parent, name)
            elif box and word in _INSIDE[box] - _BARE:
                holder = (node, parent, name)
            above, node, parent, name = node, child, name, word
            entered = bool(box) and word in _BARE
            if entered:
                child.mark(lines)
        if not entered:
            node.mark(lines)
        if nested and len(words) > 3:
            path = [str(word) for word in words[:-2]]
            self._head, self._base = " ".join(path), self._root.at(*path[1:]) or self._root

    def _nest(self, words: list[str], lines: Lines) -> None:
        """Enter the words, each below the one before, the last as the value of a setting."""
        line = lines[0]
        node = self._root
        for word in words[1:-2]:
            child = node.children.get(word)
            node = child if child is not None and line <= child.last else node.child(word, line)
        if len(words) > 3:
            self._head, self._base = " ".join(words[:-2]), node
        node.child(words[-2], line).child(words[-1], line).mark(lines)

    def _find(self, words: list[Word]) -> tuple[Node, str] | None:
        """The node around what ``words`` name, and its name there."""
        if len(words) < 2 or not all(isinstance(word, str) for word in words):
            return None
        path = [str(word) for word in words[1:]]
        around = self._root.at(*path[:-1])
        return (around, path[-1]) if around is not None and path[-1] in around.children else None

    def _delete(self, words: list[Word], lines: Lines) -> None:
        found = self._find(words)
        if found is None:
            self._ledger.not_understood(lines[0], "what this line deletes is not there", Concern.FILTER)
            return
        around, name = found
        gone = around.children.pop(name)
        self.asides += [(DELETED, n) for first, last in spans(gone) for n in range(first, last + 1)]
        self._ledger.understood(*lines)

    def _rearrange(self, words: list[Word], lines: Lines) -> bool:
        """Do a ``move … before|after|top|bottom`` or ``rename … to``; ``False`` where it names what is not there."""
        plain = [word for word in words if isinstance(word, str)]
        relation = plain[-1] if plain[-1] in ("top", "bottom") else plain[-2] if len(plain) > 3 else ""
        path = plain[: -1 if plain[-1] in ("top", "bottom") else -2]
        found = self._find(list(path))
        if len(plain) != len(words) or found is None:
            return False
        around, name = found
        self._moved += len(around.children)
        if self._moved > MAX_MOVED:
            return False
        order = [word for word in around.children if word != name]
        other = plain[-1]
        if words[0] == "rename":
            if relation != "to" or other in around.children:
                return False
            around.children[name].name = other
            around.children = {(other if word == name else word): n for word, n in around.children.items()}
        elif relation in ("top", "bottom"):
            order.insert(0 if relation == "top" else len(order), name)
            around.children = {word: around.children[word] for word in order}
        elif relation in ("before", "after") and other in order:
            order.insert(order.index(other) + (relation == "after"), name)
            around.children = {word: around.children[word] for word in order}
        else:
            return False
        self._ledger.understood(*lines)
        return True


def _are_nested(words: list[Word]) -> TypeGuard[list[str]]:
    """Whether each word surely lies below the one before: no list, and no more settings behind a value."""
    if len(words) < 3 or tuple in map(type, words) or words[-2] in _INSIDE:
        return False
    return _SETTINGS.isdisjoint(words[1:-2]) or (_ENTRIES.isdisjoint(words) and _BOXES.isdisjoint(words[1:-3]))


def _plain_words(text: str) -> list[Word]:
    """The words of a line without quotes; those in brackets together."""
    if "[" not in text:
        return list(text.split())
    before, _, rest = text.partition("[")
    listed, closed, after = rest.partition("]")
    if closed and "[" not in after and "[" not in listed and "]" not in after:
        return [*before.split(), tuple(listed.split()), *after.split()]
    return _words(text)


def _words(text: str) -> list[Word]:
    """The words of a line; those in brackets together."""
    words: list[Word] = []
    bracket: list[str] | None = None
    for match in _WORD.finditer(text):
        found = match.groupdict()
        if found["bracket"] == "[" and bracket is None:
            bracket = []
        elif found["bracket"] == "]" and bracket is not None:
            words.append(tuple(bracket))
            bracket = None
        elif not found["bracket"]:
            word = next((found[kind] for kind in ("double", "single") if found[kind] is not None), match[0])
            if bracket is None:
                words.append(word)
            else:
                bracket.append(word)
    return words if bracket is None else [*words, tuple(bracket)]
