"""PAN-OS braces (what ``show`` prints by default, and what rancid and oxidized keep) as a tree of words."""

from __future__ import annotations

import re

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers._panos.xmlform import MAX_DEPTH, PROMPT, SESSION
from zoneguard.parsers.accounting import BLANK, Ledger

MAX_CONTINUED = 100
MAX_WORDS = 100_000
_TOKEN = re.compile(r'"(?P<text>[^"]*)"|(?P<sign>[{};\[\]])|[^\s{};\[\]"]+|"')


class BraceReader:
    """Reads a source once. ``asides``: lines that are no configuration, with the reason."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._lines = source.lines
        self._ledger = ledger
        self._root = Node("", 1, max(1, len(source.lines)))
        self._stack = [self._root]
        self._words: list[tuple[str, int]] = []
        self._too_deep = 0
        self.asides: list[tuple[str, int]] = []

    def read(self) -> Node:
        """The whole text as one tree."""
        number = 1
        while number <= len(self._lines):
            number = self._line(number) + 1
        last = max((n for n, line in enumerate(self._lines, 1) if line.strip()), default=1)
        if len(self._stack) > 1 or self._words:
            reason = Reason(
                "the file ends inside the block opened at line {line}: it may be cut short",
                line=self._stack[-1].first,
            )
            self._ledger.not_understood(last, reason, Concern.FILTER)
        for node in self._stack[1:]:
            node.last = max(node.first, last)
        return self._root

    def _line(self, number: int) -> int:
        text = self._lines[number - 1].strip()
        if not text or text[0] in "#!":
            self.asides.append((BLANK, number))
            return number
        if not self._words and self._simple(text, number):
            return number
        if PROMPT.match(text):
            self.asides.append((SESSION, number))
            return number
        last = number
        while text.count('"') & 1 and last < min(len(self._lines), number + MAX_CONTINUED):
            last += 1
            text += " " + self._lines[last - 1].strip()
        if text.count('"') & 1:
            self._ledger.not_understood(number, "a quote is opened and never closed", Concern.FILTER)
            last, text = number, self._lines[number - 1].strip()
        for match in _TOKEN.finditer(text):
            sign = match["sign"]
            if sign == "{":
                self._open(number)
            elif sign == "}":
                self._close(last)
            elif sign == ";":
                self._end(last)
            elif sign is None and len(self._words) < MAX_WORDS:
                self._words.append((match[0] if match["text"] is None else match["text"], number))
            elif sign is None:
                self._ledger.not_understood(number, "a setting has more words than any configuration", Concern.FILTER)
        return last

    def _simple(self, text: str, number: int) -> bool:
        """Read the line if it is one setting, or opens or closes one block, without quotes or lists, as most do."""
        if text == "}":
            self._close(number)
            return True
        rest, last = text[:-1], text[-1]
        if last not in ";{" or '"' in rest or "[" in rest or "{" in rest or "}" in rest or ";" in rest or "]" in rest:
            return False
        words = rest.split()
        if last == ";" and len(words) > 2:
            self._path(words, number)
            return True
        self._words += ((word, number) for word in words)
        if last == ";":
            self._end(number)
        else:
            self._open(number)
        return True

    def _path(self, words: list[str], number: int) -> None:
        """``name value more;`` without the brackets of a list: each word lies below the one before."""
        node = self._stack[-1]
        for word in () if self._too_deep else words:
            node = node.child(word, number)
            node.last = max(node.last, number)

    def _open(self, number: int) -> None:
        if len(self._stack) > MAX_DEPTH or not self._words:
            reason = "a block without a name" if not self._words else "blocks nest beyond all configurations"
            self._ledger.not_understood(number, reason, Concern.FILTER)
            self._too_deep += 1
            self._words.clear()
            return
        node = self._stack[-1]
        for word, line in self._words:
            node = node.child(word, line)
        self._words.clear()
        self._stack.append(node)

    def _close(self, number: int) -> None:
        if self._words:
            self._end(number)
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._stack) > 1:
            self._stack.pop().last = number
        else:
            self._ledger.not_understood(number, "a brace closes a block that was never opened", Concern.FILTER)

    def _end(self, number: int) -> None:
        """``name;``, ``name value;`` or ``name [ values ];``: the values lie below the name."""
        if self._words and not self._too_deep:
            name, line = self._words[0]
            node = self._stack[-1].child(name, line)
            for word, at in self._words[1:]:
                node.child(word, at).last = number
            node.last = max(node.last, number)
        self._words.clear()
