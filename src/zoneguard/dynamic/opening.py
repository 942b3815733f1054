"""How a tunnel is opened: what all kinds of them share."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.dynamic.layers import IPV4, Aggregate, Cursor, NoIp, Skipped, TooDeep

Opened = tuple[int, Cursor] | None
"""What is inside: ``IPV4`` or ``IPV6`` and a cursor on it. ``None``: nothing to follow."""
Name = Callable[[str], str]
"""The name of a tunnel of that kind between these ends."""
Opener = Callable[[Cursor, Name], Opened]


def entered(inner: Cursor, reader: Callable[[Cursor], int]) -> Opened:
    """The cursor moved on to the IP header by ``reader``; ``None`` where the tunnel holds something else."""
    try:
        return reader(inner), inner
    except NoIp:
        return None


def if_plausible(attempt: Callable[[], Opened], exact: bool = False) -> Opened:
    """For headers that any bytes could be: what cannot be followed to a whole IP packet is not taken for a tunnel.

    ``exact``: nothing may follow the packet."""
    try:
        opened = attempt()
    except TooDeep:
        raise
    except (Skipped, Aggregate):
        return None
    if opened is None:
        return None
    kind, inner = opened
    size, there = inner.u16(2) if kind == IPV4 else 40 + inner.u16(4), inner.wire - inner.at
    fits = inner.u8() >> 4 == (4 if kind == IPV4 else 6) and 20 <= size <= there and (size == there or not exact)
    return opened if fits else None
