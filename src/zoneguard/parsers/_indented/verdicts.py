"""Commands that no reader takes: for what reason they cannot affect forwarding, or what they may change."""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.model.device import Concern
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers.accounting import TAKEN_BACK, Ledger

Verdict = str | tuple[Concern, str]
Table = Mapping[tuple[str, ...], Verdict]


def rows(text: str, verdict: Verdict) -> dict[tuple[str, ...], Verdict]:
    """One row for each beginning of a command in ``text``, separated by commas."""
    return {tuple(row.split()): verdict for row in text.split(",")}


class Verdicts:
    """A table by the words that a command begins with: the longest row that fits decides, or else ``default``."""

    def __init__(self, table: Table, default: Verdict) -> None:
        self._table = table
        self._default = default
        self._longest = max(map(len, table))

    def of(self, words: tuple[str, ...]) -> Verdict:
        """What becomes of a command of these words. ``no`` of what cannot affect forwarding cannot either."""
        lowered = tuple(word.lower() for word in words[: self._longest + 1])
        for length in range(min(len(lowered), self._longest), 0, -1):
            if lowered[:length] in self._table:
                return self._table[lowered[:length]]
        if lowered[0] != "no" or len(lowered) == 1:
            return self._default
        found = self.of(lowered[1:])
        return found if isinstance(found, str) else (found[0], TAKEN_BACK)

    def judge(self, line: Line, ledger: Ledger) -> None:
        """Account for ``line`` and everything under it."""
        found = self.of(line.words)
        for each in line.subtree():
            if isinstance(found, str):
                ledger.ignored(found, each.number)
            else:
                ledger.understood(each.number)
        if not isinstance(found, str):
            ledger.not_understood(line.number, found[1], found[0])
