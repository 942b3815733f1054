"""The whole forms of commands: a second look at lines that were understood, so that no word of them is passed over.

A form is written as manuals write a syntax: words as they are, ``<name>`` one word, ``<ip>`` an IPv4 address, ``<v6>``
one of IPv6, ``<prefix>`` an address with its length, ``<range>`` an IPv4 address or two with a hyphen, ``<mac>`` a MAC
address, ``<number>``, ``<1-4094>`` a number in that range, ``<unit>`` what begins with a digit, ``<port>`` an interface
with its number, ``<transport>`` as ``udp/514``, ``<words>`` one word or more, ``<text>`` all that follows, if anything,
``key=`` a word that begins so; ``[…]`` may be left out, ``(a|b)`` is one of them, ``{a|b}`` any of them in any order. A
command is held against the forms whose words before the first choice are its own; where there are such forms and none
fits, the command has a word, or a number, that nobody has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._commands import Command
from zoneguard.parsers.accounting import Ledger

_TOKEN = re.compile(r"<[^>]+>|[\[\](){}|]|[^\s\[\](){}|<>]+")
_RANGE = re.compile(r"<(\d+)-(\d+)>")
_WORD = "[^\0]+\0"
_PLACES = {
    "<name>": _WORD,
    "<number>": r"\d{1,10}\0",
    "<unit>": r"\d[^\0]*\0",
    "<port>": r"(?:[A-Za-z][\w:/.-]*\d[\w:/.-]*|null)\0",
    "<ip>": r"\d{1,3}(?:\.\d{1,3}){3}\0",
    "<v6>": r"[0-9a-fA-F.]*:[0-9a-fA-F.:]*(?:%[\w./]+)?\0",
    "<prefix>": r"[0-9a-fA-F.:]+/\d{1,3}\0",
    "<range>": r"\d{1,3}(?:\.\d{1,3}){3}(?:-\d{1,3}(?:\.\d{1,3}){3})?\0",
    "<mac>": r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\0",
    "<transport>": r"(?:tcp|udp|6|17)(?:/\d{1,5})?\0",
    "<words>": f"(?:{_WORD})+",
    "<text>": f"(?:{_WORD})*",
}
_MARKS = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "{": "(?:", "}": ")*", "|": "|"}


Asked = tuple[str, int, Sequence[str]]
"""A command: the first word of the one that it stands below (``""``: at the left margin), its line, its words."""


def each(lines: Iterable[Command], block: str = "") -> Iterator[Asked]:
    """Every command of a tree."""
    for line in lines:
        yield block, line.number, line.words
        if line.children:
            yield from each(line.children, line.words[0].lower())


class _Form:
    def __init__(self, text: str) -> None:
        tokens = _TOKEN.findall(text)
        plain = next((n for n, token in enumerate(tokens) if token[0] in "<[({"), len(tokens))
        self.lead = tuple(token.lower() for token in tokens[:plain])
        self._ranges = [(int(low), int(high)) for low, high in _RANGE.findall(text)]
        self._pattern = re.compile("".join(map(_pattern, tokens)), re.IGNORECASE)

    def fits(self, text: str) -> bool:
        """Whether the words, each followed by NUL, are of this form."""
        found = self._pattern.fullmatch(text)
        if found is None or not self._ranges:
            return found is not None
        pairs = zip(found.groups(), self._ranges, strict=True)
        return all(given is None or low <= int(given) <= high for given, (low, high) in pairs)


def _pattern(token: str) -> str:
    if token in _MARKS:
        return _MARKS[token]
    if _RANGE.fullmatch(token):
        return r"(\d{1,10})\0"
    if token in _PLACES:
        return _PLACES[token]
    return re.escape(token) + (_WORD if token.endswith("=") else "\0")


class Forms:
    """Forms of commands, by the first word of the command that they stand below (``""``: at the left margin)."""

    def __init__(self, *tables: tuple[str, Concern, str]) -> None:
        """Each table: the block, what its commands may change, and a form a line."""
        self._known: dict[tuple[str, str], list[tuple[_Form, Concern]]] = {}
        self._depths: dict[tuple[str, str], int] = {}
        for blocks, concern, text in tables:
            for line in filter(None, map(str.strip, text.splitlines())):
                form = _Form(line)
                for block in blocks.split("|"):
                    key = (block, form.lead[0])
                    self._known.setdefault(key, []).append((form, concern))
                    self._depths[key] = max(len(form.lead), self._depths.get(key, 0))

    def odd(self, block: str, words: Sequence[str]) -> Concern | None:
        """What the command may change if no form fits that begins as it does; ``None``: some does, or none is known."""
        near = self._near(block, words)
        return None if not near or _fits(near, words) else near[0][1]

    def _near(self, block: str, words: Sequence[str]) -> list[tuple[_Form, Concern]]:
        key = (block, words[0].lower())
        known = self._known.get(key, [])
        if not known or self._depths[key] == 1:
            return known
        given = tuple(map(str.lower, words[: self._depths[key]]))
        return [(form, concern) for form, concern in known if form.lead == given[: len(form.lead)]]

    def strange(self, block: str, words: Sequence[str]) -> str:
        """The word without which an odd command fits a form; else all behind the words that led to its forms."""
        near = self._near(block, words)
        for at in range(len(words) - 1, 0, -1):
            if _fits(near, [*words[:at], *words[at + 1 :]]):
                return words[at]
        return " ".join(words[max(len(form.lead) for form, _ in near) :]) or words[-1]

    def check(self, commands: Iterable[Asked], ledger: Ledger) -> None:
        """Say of each command that it was not wholly read where it was taken as understood."""
        for block, number, words in commands:
            concern = self.odd(block, words) if words else None
            if concern is not None and ledger.is_modelled(number):
                ledger.not_understood(number, not_whole(self.strange(block, words)[:60]), concern)


def not_whole(words: str) -> Reason:
    """That ``words`` of a command are those that nobody has read."""
    return Reason("not known in this command, so that what it changes is open: {words}", words=words)


def _fits(near: Iterable[tuple[_Form, Concern]], words: Sequence[str]) -> bool:
    text = "\0".join(words) + "\0"
    return any(form.fits(text) for form, _ in near)
