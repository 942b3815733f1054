"""The sessions that captures show, as a set of packets to hold against rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.traffic import Traffic

MOST = 1 << 14
"""Pairs of hosts with a service that are held against rules: a set of more takes gigabytes and minutes."""
Session = tuple[int, int, int, int]  # from and to which host, protocol, port


@dataclass(frozen=True, slots=True)
class Seen:
    """``packets`` open the sessions, from any source port. ``more``: how many other pairs of hosts and services some
    rule lets pass, and were left out because they are so many."""

    packets: PacketSet
    more: int = 0


def seen_sessions(case: Case) -> Seen:
    """What opens the answered flows that rules let pass between zones; both ways where the opener is not known."""
    traffic = case.traffic
    assert traffic is not None
    count, sessions = _sessions(traffic, case.possible_forms.forget(Field.SPORT))
    conversations = (
        case.space.conversation(traffic.address(src), traffic.address(dst), proto, 0, port).forget(Field.SPORT)
        for src, dst, proto, port in sessions
    )
    return Seen(case.space.union(*conversations), count - len(sessions))


def _sessions(traffic: Traffic, permitted: PacketSet) -> tuple[int, list[Session]]:
    """How many sessions are among the permitted, each counted once, and ``MOST`` of them; hosts are numbers of the
    traffic's table."""
    import numpy as np  # noqa: PLC0415 (as above)

    from zoneguard.checks._holding import Ends, holding  # noqa: PLC0415 (as above)

    found = []
    for turned in (False, True):
        which = np.flatnonzero(traffic.answered & ~traffic.known if turned else traffic.answered)
        ends = Ends(traffic, which, turned)
        held = holding(permitted, ends)
        columns = [ends.values[name][held].astype(np.int64) for name in ("src", "dst", "proto", "dport")]
        found.append(np.column_stack(columns))
    sessions = np.unique(np.concatenate(found), axis=0)
    return len(sessions), [(src, dst, proto, port) for src, dst, proto, port in sessions[:MOST].tolist()]
