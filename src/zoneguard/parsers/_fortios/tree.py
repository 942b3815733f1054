"""FortiOS configuration text → a tree of blocks.

Quoting as the FortiOS CLI does it: in double quotes a backslash escapes a quote or itself, single quotes keep every
character, a quote may span lines. ``append``, ``unset``, ``delete``, ``rename``, ``move`` and ``purge`` take effect
here; ``clone`` is reported.
"""

from __future__ import annotations

import re

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._fortios.blocks import Block, edit_table, plain_words
from zoneguard.parsers.accounting import BLANK, Ledger

MAX_MOVED = 5_000_000  # entries passed over by move and rename lines that are followed; an export has none
SESSION = "prompt or command of a pasted session"
HEADER = "header of the backup file"

_CHANGES = frozenset({"set", "append", "select", "unset", "unselect", "clear"})
_TABLE_EDITS = frozenset({"delete", "rename", "move", "clone", "purge"})
_COMMANDS = frozenset({"show", "get", "diagnose", "diag", "execute", "exec", "exit", "quit", "sudo"})
_VERBS = _CHANGES | _TABLE_EDITS | {"config", "edit", "next", "end", "abort"}
_FAMILIES = frozenset({"firewall", "router", "system", "user", "vpn", "log"})
_EDIT = re.compile(r"""edit (?:"([^"'\\]*)"|([^\s"'\\]+))""")
_VDOM = re.compile(r"current vf=\S{1,40}")
_PROMPT = re.compile(r"[^\s#$]{1,64}(?: \([^()]{0,80}\))? ?[#$](?: |$)")


class TreeReader:
    """Reads a source once; structure that makes no sense goes to the ledger with its line."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._lines = source.lines
        self._ledger = ledger
        self._root = Block("")
        self._root.spans.append((1, len(source.lines)))
        self._stack: list[tuple[Block, int, bool]] = [(self._root, 1, False)]  # block, line of opening, is an entry
        self._moved = 0
        self.asides: list[tuple[str, int]] = []
        """Lines that are no configuration, and why: to be accounted for after everything else."""

    def read(self) -> Block:
        """The whole text as one block."""
        stack, done = self._stack, 0
        for number, line in enumerate(self._lines, 1):
            if number <= done:
                continue  # inside the quotes of a line before
            text = line.strip()
            if text[:4] == "set " and "\\" not in text and "'" not in text and not text.count('"') & 1:
                parts = text.split(None, 2)  # nine lines of ten
                stack[-1][0].settings[parts[1]] = (parts[2] if len(parts) > 2 else "", number, number)
            else:
                done = self._line(number, text)
        if len(self._stack) > 1:
            last = max((n for n, line in enumerate(self._lines, 1) if line.strip()), default=1)
            if not all(_PROMPT.match(self._lines[opened - 1].strip()) for _, opened, _ in self._stack[1:]):
                reason = Reason(
                    "the file ends inside the block opened at line {line}: it may be cut short", line=self._stack[-1][1]
                )
                self._ledger.not_understood(last, reason, Concern.FILTER)
            while len(self._stack) > 1:
                self._close(last)
        return self._root

    def _line(self, number: int, text: str) -> int:
        """Read the line, and those over which its quotes extend; returns the last one."""
        if text == "next":
            self._next(number)
            return number
        entry = _EDIT.fullmatch(text)
        if entry is not None:
            self._edit(entry[1] or entry[2] or "", number)
            return number
        if not text or text[0] == "#":
            self.asides.append((HEADER if text.startswith(("#conf", "#build", "#global")) else BLANK, number))
            return number
        verb = text.split(None, 1)[0]
        if verb not in _VERBS:
            prompt = _PROMPT.match(text)
            rest = text[prompt.end() :].strip() if prompt else text
            verb = rest.split(None, 1)[0] if rest else ""
            if verb not in _VERBS:
                if prompt or verb in _COMMANDS or _VDOM.fullmatch(text):
                    self.asides.append((SESSION, number))
                else:
                    self._ledger.not_understood(number, "not a line of FortiOS configuration", Concern.FILTER)
                return number
            text = rest
        if verb in _CHANGES:
            return self._change(verb, text, number)
        if verb not in ("next", "end"):
            return self._open_or_edit(verb, text, number)
        if verb == "next":
            self._next(number)
        else:
            self._end(number)
        if text != verb:
            self._ledger.not_understood(number, "words behind the end of a block", Concern.FILTER)
        return number

    def _change(self, verb: str, text: str, number: int) -> int:
        parts = text.split(None, 2)
        if len(parts) < 2:
            self._ledger.not_understood(number, Reason('"{verb}" names no setting', verb=verb), Concern.FILTER)
            return number
        name, last = parts[1], number
        raw = parts[2] if len(parts) > 2 else ""
        words: str | list[str] = raw
        if "\\" in raw or "'" in raw or raw.count('"') & 1:
            quoted = self._quoted(number, text)
            if quoted is None:
                self._ledger.not_understood(number, "a quote is opened and never closed", Concern.FILTER)
                return number
            words, last = quoted[0][2:], quoted[1]
        block = self._stack[-1][0]
        if verb in ("set", "select"):
            block.settings[name] = (words, number, last)
        elif verb in ("unset", "clear"):
            block.settings.pop(name, None)
            if raw:
                self._ledger.not_understood(number, "words behind the name of a setting", Concern.FILTER)
        else:
            more = plain_words(words) if isinstance(words, str) else words
            before = block.settings.get(name, ("", 0, 0))[0]
            old = plain_words(before) if isinstance(before, str) else before
            if verb == "append":
                old += more
            else:
                gone = frozenset(more)
                old = [word for word in old if word not in gone]
            block.settings[name] = (old, number, last)
        return last

    def _open_or_edit(self, verb: str, text: str, number: int) -> int:
        quoted = self._quoted(number, text)
        if quoted is None:
            self._ledger.not_understood(number, "a quote is opened and never closed", Concern.FILTER)
            return number
        words, last = quoted
        if verb == "config" and len(words) > 1:
            self._config(" ".join(words[1:]), number)
        elif verb == "edit" and len(words) == 2:
            self._edit(words[1], number)
        elif verb in _TABLE_EDITS:
            self._table_edit(words, number)
        else:
            self._ledger.not_understood(number, Reason('"{verb}" is not followed here', verb=verb), Concern.FILTER)
        return last

    def _config(self, path: str, number: int) -> None:
        family = path.split(" ", 1)[0]
        if family in _FAMILIES and " " in path and self._scope_depth() < len(self._stack):
            self._ledger.not_understood(number, "the block before this line is not closed", Concern.FILTER)
            while self._scope_depth() < len(self._stack):
                self._close(number - 1)
        self._stack.append((self._stack[-1][0].nested(path), number, False))

    def _scope_depth(self) -> int:
        """How many open blocks are scopes in which whole tables stand: the file, ``config global``, a VDOM."""
        if len(self._stack) > 1:
            name = self._stack[1][0].name
            if name == "global":
                return 2
            if name == "vdom":
                return 3
        return 1

    def _edit(self, key: str, number: int) -> None:
        if self._stack[-1][2]:
            self._ledger.not_understood(number, "the entry before this line is not closed by next", Concern.FILTER)
            self._close(number - 1)
        if len(self._stack) == 1:
            self._ledger.not_understood(number, "edit outside a config block", Concern.FILTER)
            return
        self._stack.append((self._stack[-1][0].entry(key), number, True))

    def _next(self, number: int) -> None:
        if self._stack[-1][2]:
            self._close(number)
        else:
            self._ledger.not_understood(number, "next without edit", Concern.FILTER)

    def _end(self, number: int) -> None:
        if self._stack[-1][2]:
            self._close(number)
        if len(self._stack) > 1:
            self._close(number)
        else:
            self.asides.append((SESSION, number))

    def _close(self, number: int) -> None:
        block, opened, _ = self._stack.pop()
        block.spans.append((opened, max(number, opened)))

    def _table_edit(self, words: list[str], number: int) -> None:
        table = self._stack[-1][0]
        self._moved += len(table.entries) if words[0] in ("move", "rename") else 0
        if self._stack[-1][2] or self._moved > MAX_MOVED or not edit_table(table, words, number):
            self._ledger.not_understood(number, "this change of a table cannot be followed", Concern.FILTER)

    def _quoted(self, number: int, text: str) -> tuple[list[str], int] | None:
        """The words from ``text`` on, over the lines its quotes span, and the last line; ``None``: never closed."""
        if "\\" not in text and "'" not in text and not text.count('"') & 1:
            return plain_words(text), number
        words: list[str] = []
        word: list[str] | None = None  # None: between words; quotes alone make an empty word
        quote = ""
        position = 0
        while position < len(text) or quote:
            if position == len(text):
                if number == len(self._lines):
                    return None
                assert word is not None
                word.append("\n")
                text, position = self._lines[number], 0
                number += 1
                continue
            char, position = text[position], position + 1
            if char == quote:
                quote = ""
            elif not quote and char in "\"'":
                quote, word = char, word if word is not None else []
            elif char == "\\" and quote != "'" and position < len(text):
                escaped, position = text[position], position + 1
                word = word if word is not None else []
                word.append(escaped if not quote or escaped in "\"'\\" else char + escaped)
            elif char == "\\" and not quote and number < len(self._lines):
                text, position = self._lines[number], 0
                number += 1
            elif quote or not char.isspace():
                word = word if word is not None else []
                word.append(char)
            elif word is not None:
                words.append("".join(word))
                word = None
        if word is not None:
            words.append("".join(word))
        return words, number
