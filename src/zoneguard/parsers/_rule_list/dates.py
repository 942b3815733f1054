"""Days as cells write them: 2027/3/31, 令和9年3月31日, R9.3.31, 2027年3月."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from zoneguard.parsers._rule_list.values import plain, word_set

ENDLESS = word_set("- ― ー なし 無し 無 無期限 期限なし 恒久 恒久的 永続 継続 常設 未定 none never")
_DAY = re.compile(
    r"(?:(?P<era>令和|r|平成|h)\s*)?(?P<year>\d{4}|\d{1,2}|元)\s*[/.年-]\s*(?P<month>\d{1,2})"
    r"(?:\s*[/.月-]\s*(?P<day>\d{1,2})(?!\d))?",
    re.IGNORECASE,
)
_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988}


def days(cell: str) -> list[date] | None:
    """Every day that the cell names, in order; a month without a day is its last day. ``None``: something else."""
    text = plain(cell)
    found: list[date] = []
    for match in _DAY.finditer(text):
        era = (match["era"] or "").lower()
        year = 1 if match["year"] == "元" else int(match["year"])
        year += _ERAS.get(era, 0)
        try:
            last = monthrange(year, int(match["month"]))[1]
            found.append(date(year, int(match["month"]), int(match["day"] or last)))
        except ValueError:
            return None
        if year < 1989:
            return None
    return found or None
