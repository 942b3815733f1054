"""A FortiOS configuration as blocks: ``config`` tables, their ``edit`` entries, and the words of ``set`` lines."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_RENAMES = 1000
WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')


class Doubt(NamedTuple):
    """A line on which a result depends and that the file alone does not decide."""

    line: int
    reason: str


def plain_words(text: str) -> list[str]:
    """The words of a text that has no backslash, no single quote and no open quote."""
    if '"' not in text:
        return text.split()
    if text[0] == text[-1] == '"' and text.count('"') == 2 * text.count('" "') + 2:
        return text[1:-1].split('" "')
    return [word.replace('"', "") for word in WORD.findall(text)]


Setting = tuple[str | list[str], int, int]
"""What follows the name in a ``set`` line (a text, or its words where they are not plain), its first and last line.

A plain tuple: a large file has a hundred thousand, and the garbage collector passes over these.
"""

_NO_SETTINGS: dict[str, Setting] = {}
_NO_BLOCKS: dict[str, Block] = {}
_NO_RENAMES: dict[str, tuple[str, int]] = {}


class Block:
    """A ``config`` table or an ``edit`` entry. ``spans``: first and last line of each place where it is written;
    ``before``: what an entry was set to when it was last opened again.

    A large file has tens of thousands: what most of them lack is shared until it is needed.
    """

    __slots__ = ("before", "blocks", "entries", "name", "renamed", "settings", "spans")

    def __init__(self, name: str) -> None:
        self.name = name
        self.spans: list[tuple[int, int]] = []
        self.settings: dict[str, Setting] = {}
        self.before: dict[str, Setting] = _NO_SETTINGS
        self.entries = _NO_BLOCKS
        self.blocks = _NO_BLOCKS
        self.renamed = _NO_RENAMES

    def entry(self, key: str) -> Block:
        """The entry ``key``, new where there is none."""
        if self.entries is _NO_BLOCKS:
            self.entries = {}
        found = self.entries.get(key)
        if found is None:
            found = self.entries[key] = Block(key)
        elif found.settings:
            found.before = dict(found.settings)
        return found

    def nested(self, path: str) -> Block:
        """The block ``path`` inside, new where there is none."""
        if self.blocks is _NO_BLOCKS:
            self.blocks = {}
        found = self.blocks.get(path)
        if found is None:
            found = self.blocks[path] = Block(path)
        return found

    @property
    def first(self) -> int:
        """The line where it is first opened."""
        return self.spans[0][0]

    @property
    def last(self) -> int:
        """The line that closes it for the first time."""
        return self.spans[0][1]

    def values(self, name: str) -> tuple[str, ...]:
        """The words of the setting, without their quotes; none where it is not set."""
        setting = self.settings.get(name)
        if setting is None:
            return ()
        return tuple(plain_words(setting[0]) if isinstance(setting[0], str) else setting[0])

    def word(self, name: str, default: str = "") -> str:
        """The first word of the setting."""
        setting = self.settings.get(name)
        if setting is None:
            return default
        text = setting[0]
        if isinstance(text, str):
            text = [text] if text.isalnum() else plain_words(text)
        return text[0] if text else default

    def enabled(self, name: str, default: bool = False) -> bool:
        """Whether the setting is ``enable``."""
        word = self.word(name)
        return word == "enable" if word else default

    def line(self, name: str) -> int:
        """The line of the setting, or of the block where it is not set."""
        setting = self.settings.get(name)
        return setting[1] if setting is not None else self.first

    def table(self, path: str) -> dict[str, Block]:
        """The entries of the table ``path`` inside this block."""
        block = self.blocks.get(path)
        return block.entries if block is not None else {}

    def current_name(self, name: str, line: int) -> str:
        """The present name of the entry that line ``line`` called ``name``."""
        if not self.renamed:
            return name
        seen = 0
        while name not in self.entries and name in self.renamed and self.renamed[name][1] > line and seen < MAX_RENAMES:
            name, line = self.renamed[name]
            seen += 1
        return name


def edit_table(table: Block, words: list[str], number: int) -> bool:
    """Do a ``delete``, ``rename``, ``move`` or ``purge``; ``False`` where it names what is not there."""
    entries = table.entries
    if words[0] == "purge" and len(words) == 1:
        table.entries = {}
        return True
    if len(words) < 2 or words[1] not in entries:
        return False
    name = words[1]
    if words[0] == "delete" and len(words) == 2:
        del entries[name]
        return True
    if len(words) != 4:
        return False
    verb, relation, other = words[0], words[2], words[3]
    if verb == "move" and relation in ("before", "after") and other in entries and other != name:
        moved = entries.pop(name)
        order = list(entries)
        order.insert(order.index(other) + (relation == "after"), name)
        entries[name] = moved
        table.entries = {key: entries[key] for key in order}
        return True
    if relation != "to" or other in entries:
        return False
    if verb == "rename":
        table.entries = {other if key == name else key: block for key, block in entries.items()}
        table.entries[other].name = other
        if table.renamed is _NO_RENAMES:
            table.renamed = {}
        table.renamed[name] = (other, number)
        return True
    return False
