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
    return [word.replace('"', "") for word in WORD.findall(text)]


class Setting:
    """The words of one ``set`` line (or several lines, where a quote spans them)."""

    __slots__ = ("_raw", "_values", "first", "last")

    def __init__(self, raw: str, values: tuple[str, ...] | None, first: int, last: int) -> None:
        self._raw = raw
        self._values = values
        self.first = first
        self.last = last

    @property
    def values(self) -> tuple[str, ...]:
        """The words after the name, without their quotes."""
        if self._values is None:
            self._values = tuple(plain_words(self._raw))
        return self._values


class Block:
    """A ``config`` table or an ``edit`` entry. ``spans``: first and last line of each place where it is written."""

    __slots__ = ("blocks", "entries", "name", "renamed", "settings", "spans")

    def __init__(self, name: str) -> None:
        self.name = name
        self.spans: list[tuple[int, int]] = []
        self.settings: dict[str, Setting] = {}
        self.entries: dict[str, Block] = {}
        self.blocks: dict[str, Block] = {}
        self.renamed: dict[str, tuple[str, int]] = {}

    @property
    def first(self) -> int:
        """The line where it is first opened."""
        return self.spans[0][0]

    @property
    def last(self) -> int:
        """The line that closes it for the first time."""
        return self.spans[0][1]

    def values(self, name: str) -> tuple[str, ...]:
        """The words of the setting; none where it is not set."""
        setting = self.settings.get(name)
        return setting.values if setting is not None else ()

    def word(self, name: str, default: str = "") -> str:
        """The first word of the setting."""
        values = self.values(name)
        return values[0] if values else default

    def enabled(self, name: str, default: bool = False) -> bool:
        """Whether the setting is ``enable``."""
        word = self.word(name)
        return word == "enable" if word else default

    def line(self, name: str) -> int:
        """The line of the setting, or of the block where it is not set."""
        setting = self.settings.get(name)
        return setting.first if setting is not None else self.first

    def table(self, path: str) -> dict[str, Block]:
        """The entries of the table ``path`` inside this block."""
        block = self.blocks.get(path)
        return block.entries if block is not None else {}

    def current_name(self, name: str, line: int) -> str:
        """The present name of the entry that line ``line`` called ``name``."""
        seen = 0
        while name not in self.entries and name in self.renamed and self.renamed[name][1] > line and seen < MAX_RENAMES:
            name, line = self.renamed[name]
            seen += 1
        return name


def edit_table(table: Block, words: list[str], number: int) -> bool:
    """Do a ``delete``, ``rename``, ``move``, ``clone`` or ``purge``; ``False`` where it names what is not there."""
    entries = table.entries
    if words[0] == "purge" and len(words) == 1:
        entries.clear()
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
        reordered = {key: entries[key] for key in order}
        entries.clear()
        entries.update(reordered)
        return True
    if relation != "to" or other in entries:
        return False
    if verb == "rename":
        renamed = {other if key == name else key: block for key, block in entries.items()}
        renamed[other].name = other
        entries.clear()
        entries.update(renamed)
        table.renamed[name] = (other, number)
        return True
    if verb == "clone":
        copy = Block(other)
        original = entries[name]
        copy.spans = [(number, number)]
        copy.settings = dict(original.settings)
        copy.entries = dict(original.entries)
        copy.blocks = dict(original.blocks)
        entries[other] = copy
        return True
    return False
