"""The ledger in which every line of an input ends up as understood, ignored for a reason, or not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce

from zoneguard.model.device import Concern, LineAccount, Misunderstood
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers import Source

BLANK = "blank or comment"


def _matters(entry: Misunderstood) -> bool:
    """Whether the entry can change what is forwarded beyond the model's bounds."""
    return entry.concern is not Concern.OTHER and not entry.bounded


def endless(circle: bool, limit: int) -> Reason:
    """What is wrong with a group that is not followed any further: a member of itself, or below ``limit`` others."""
    return Reason("contains itself") if circle else Reason("is nested deeper than {count} groups", count=limit)


def joined(reasons: Sequence[str]) -> Reason:
    """Several reasons, at least one, as one."""
    return reduce(lambda one, other: Reason("{name}; {other}", name=one, other=other), map(as_reason, reasons))


class Ledger:
    """Collects the fate of each line; a later entry for a line that is already not understood does not hide it."""

    def __init__(self, source: Source, format_name: str) -> None:
        self._source = source
        self._format = format_name
        self._fate: dict[int, str | None] = {}
        self._not_understood: dict[tuple[int, str], Misunderstood] = {}
        for doubt in source.doubts:
            self.not_understood(*doubt)

    def understood(self, first: int, last: int | None = None) -> None:
        """Lines ``first`` to ``last`` are in the model."""
        for line in range(first, (last or first) + 1):
            self._fate[line] = None

    def ignored(self, reason: str, first: int, last: int | None = None) -> None:
        """Lines ``first`` to ``last`` cannot affect forwarding, for ``reason``."""
        for line in range(first, (last or first) + 1):
            self._fate[line] = reason

    def not_understood(
        self, line: int, reason: str, concern: Concern, bounded: bool = False, about: str = ""
    ) -> Misunderstood:
        """Line ``line`` may matter (``concern``) and is not in the model, or only as an ``Unknown`` (``bounded``).

        ``about`` names the object, shown in place of the line's text, where many objects may share a line: each has
        an entry of its own. Returns the entry as ``Device.uncertain`` holds it.
        """
        line = max(line, self._source.first)
        text = self._source.lines[line - 1].strip()[:200] if 0 < line <= len(self._source.lines) else ""
        entry = Misunderstood(self._source.span(line), about[:200] or text, reason, concern, bounded)
        known = self._not_understood.get((line, about))
        if known is None or (_matters(entry) and not _matters(known)):
            self._not_understood[line, about] = entry
        return entry

    @property
    def uncertain(self) -> tuple[Misunderstood, ...]:
        """Everything not understood that can change what is forwarded beyond the model's bounds, in order of lines."""
        return tuple(m for _, m in sorted(self._not_understood.items()) if _matters(m))

    def close(self) -> LineAccount:
        """The account; a line that no one spoke of is not understood (blank ones are ignored)."""
        lost = {number for number, _ in self._not_understood}
        first = self._source.first
        for number, line in enumerate(self._source.own, first):
            if number not in self._fate and number not in lost:
                if line.strip():
                    self.not_understood(number, "no rule reads this line", Concern.OTHER)
                else:
                    self._fate[number] = BLANK
        fates = [fate for number, fate in self._fate.items() if number >= first and number not in lost]
        return LineAccount(
            file=self._source.file,
            format=self._format,
            total=len(self._source.own),
            understood=sum(fate is None for fate in fates),
            ignored=dict(sorted(Counter(fate for fate in fates if fate is not None).items())),
            not_understood=tuple(m for _, m in sorted(self._not_understood.items())),
        )
