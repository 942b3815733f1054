"""A moment as auditors write it down: in UTC, and as the clocks in Japan showed it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

JST = timezone(timedelta(hours=9))


def both_clocks(at: datetime, timespec: str) -> dict[str, str]:
    """ISO 8601 under ``utc`` and ``jst``. ``at`` is in UTC, ``timespec`` as ``datetime.isoformat`` has it."""
    return {"utc": at.isoformat(timespec=timespec), "jst": at.astimezone(JST).isoformat(timespec=timespec)}
