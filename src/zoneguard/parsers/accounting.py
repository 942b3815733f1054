"""The ledger in which every line of an input ends up as understood, ignored for a reason, or not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce

from zoneguard.model.device import Concern, LineAccount, Misunderstood
from zoneguard.model.text import Reason, as_reason
from zoneguard.parsers import Source

BLANK = "blank or comment"
SESSION = "console session: prompt, banner or command that only shows"
TAKEN_BACK = "a command that takes another back is not modelled"
_UNTOLD, _LOST = 0, 1


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
        self._fates: list[str | int | None] = [_UNTOLD] * (len(source.lines) + 1)
        self._not_understood: dict[tuple[int, str], Misunderstood] = {}
        self._open: set[int] = set()
        for doubt in source.doubts:
            self.not_understood(*doubt)

    def understood(self, first: int, last: int | None = None) -> None:
        """Lines ``first`` to ``last`` are in the model."""
        self._settle(None, first, last)

    def understood_each(self, lines: Iterable[tuple[int, int]]) -> None:
        """First and last lines of what is in the model, as one call for very many."""
        fates, end = self._fates, len(self._fates)
        for first, last in lines:
            if first == last < end:
                fates[first] = None
            else:
                self._settle(None, first, last)

    def ignored(self, reason: str, first: int, last: int | None = None) -> None:
        """Lines ``first`` to ``last`` cannot affect forwarding, for ``reason``."""
        self._settle(reason, first, last)

    def _settle(self, fate: str | int | None, first: int, last: int | None) -> None:
        end = len(self._fates)
        if last is not None and last != first:
            self._fates[first : last + 1] = [fate] * (min(last + 1, end) - first)
        elif first < end:
            self._fates[first] = fate

    def is_understood(self, line: int) -> bool:
        """Whether line ``line`` is in the model, with or without doubts."""
        return self._fates[line] is None

    def is_modelled(self, line: int) -> bool:
        """Whether line ``line`` is in the model without any doubt."""
        return self._fates[line] is None and line not in self._open

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
        self._open.add(line)
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
        first = self._source.first
        for number, _ in self._not_understood:
            self._settle(_LOST, number, None)
        for number, fate in enumerate(self._fates[first:], first):
            if fate == _UNTOLD:
                if self._source.lines[number - 1].strip():
                    self.not_understood(number, "no rule reads this line", Concern.OTHER)
                    self._fates[number] = _LOST
                else:
                    self._fates[number] = BLANK
        fates = Counter(self._fates[first:])
        return LineAccount(
            file=self._source.file,
            format=self._format,
            total=len(self._source.own),
            understood=fates[None],
            ignored=dict(sorted((fate, lines) for fate, lines in fates.items() if isinstance(fate, str))),
            not_understood=tuple(m for _, m in sorted(self._not_understood.items())),
        )
