"""Rows → flows: which flow each packet belongs to, and the sums and states of every flow.

A flow is a 5-tuple (for ICMP: type and answer's type) with its VLANs and tunnel path; directions are told apart and
tracked on their own. A SYN with another initial sequence number begins a new flow of the same 5-tuple. Memory grows
with flows, up to a bound; packets of flows beyond it are counted, not kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._grouping import INDEX_BITS, MAX_ROWS, Grouper, Groups, Keys, by_half
from zoneguard.dynamic._index import Index
from zoneguard.dynamic._sequence import Sequences
from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, U8, Bool, Column, Refusal, Rows
from zoneguard.dynamic.states import ANSWERING, EVENTS, FINISH, OPENING, PLAIN, RESET
from zoneguard.model.match import ACK, SYN

TCP = 6
MAX_FLOWS = 4_000_000
MAX_REFUSALS = 1 << 20
MAX_MACS = 16
LOADED = 32  # beside the events of a row: it has payload
_SEQUENCE = (1 << 32) - 1
# rows that say something of a TCP direction's bytes: payload or SYN, and no reset
_TELLING: Bool = np.array(
    [
        not code & RESET and bool(code & (OPENING | ANSWERING) or (code & LOADED and code & (LOADED - 1)))
        for code in range(64)
    ]
)


class Tracked(ABC):
    """Feed it rows in time order; ``store`` then holds the flows, numbered alike for the same rows in the same batches.

    ``refused`` are the packets that unreachable messages quoted; ``macs`` the further source addresses of a direction.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refused: set[Refusal] = set()
        self.macs: dict[int, list[int]] = {}

    def absorb(self, rows: Rows) -> tuple[I64, Bool]:
        """Add the rows; for each its flow's number (-1: beyond the bound) and whether it runs from the second end."""
        flows, sides = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
        for first in range(0, len(rows), MAX_ROWS):
            part = rows if len(rows) <= MAX_ROWS else rows.take(np.arange(first, min(first + MAX_ROWS, len(rows))))
            flow, reverse = self._absorb(part)
            flows.append(flow)
            sides.append(reverse)
        room = MAX_REFUSALS - len(self.refused)
        self.refused.update(rows.refusals[:room])
        return (flows[-1], sides[-1]) if len(flows) <= 2 else (np.concatenate(flows), np.concatenate(sides))

    def remember(self, halves: I64, mac: I64) -> None:
        """Further source addresses of these directions, of each in the order in which they came."""
        for half, address in dict.fromkeys(zip(halves.tolist(), mac.tolist(), strict=True)):
            known = self.macs.setdefault(half, [])
            if address not in known and len(known) < MAX_MACS:
                known.append(address)

    @abstractmethod
    def _absorb(self, rows: Rows) -> tuple[I64, Bool]:
        """``absorb`` for at most ``MAX_ROWS`` rows."""


class FlowTracker(Tracked):
    """The NumPy core's: a batch is sorted by flow and direction, then summed up by columns."""

    def __init__(self, max_flows: int = MAX_FLOWS) -> None:
        super().__init__(Store())
        self._index = Index(self.store)
        self._grouper = Grouper()
        self._sequences = Sequences()
        self._max_flows = max_flows
        self._rows = 0

    def _absorb(self, rows: Rows) -> tuple[I64, Bool]:
        keys = Keys.of(rows)
        groups = self._grouper.group(keys)
        ids, new = self._numbers(rows, keys, groups)
        codes = EVENTS[rows.tcp] * (rows.proto == TCP)
        codes |= (rows.payload > 0).view(np.uint8) * np.uint8(LOADED)
        flow = np.empty(len(rows), np.int64)
        flow[groups.order] = groups.spread(ids[groups.flow])
        odd = self._odd_syns(codes, groups, ids, new)
        if len(odd):
            bounds = np.append(groups.halves, len(rows))
            begin, end = (bounds[np.searchsorted(groups.flow, number)].tolist() for number in (odd, odd + 1))
            mine = np.concatenate([groups.order[a:b] for a, b in zip(begin, end, strict=True)])
            self._renew(rows, keys, flow, np.sort(mine))
            groups = by_half(flow, keys.reverse)
        self._sum(rows, codes, flow, groups)
        self._rows += len(rows)
        return flow, keys.reverse

    def _numbers(self, rows: Rows, keys: Keys, groups: Groups) -> tuple[I64, Bool]:
        """The current flow of each group, and which of them are new."""
        table = keys.table(rows, groups.earliest)
        ids = self._index.find(table)
        is_new = ids < 0
        new = np.flatnonzero(is_new)
        room = self._max_flows - self.store.flows
        added = new[_ascending(groups.earliest[new])[:room]]
        if len(added):
            first = self.store.add(len(added))
            ids[added] = first + np.arange(len(added))
            keys_added = self.store.key[first : first + len(added)] = table[added]
            self._index.add(keys_added, first)
        return ids, is_new

    def _odd_syns(self, codes: U8, groups: Groups, ids: I64, new: Bool) -> I64:
        """Groups with a SYN that does not simply begin its flow, or its side of it as the answer."""
        sorted_codes = codes[groups.order]
        syns = np.flatnonzero(sorted_codes & (OPENING | ANSWERING) > 0)
        if not len(syns):
            return syns
        half = groups.spread(np.arange(len(groups.halves)))[syns]
        group = groups.flow[half]
        begins = groups.order[syns] == groups.earliest[group]
        begins &= new[group] & (sorted_codes[syns] & OPENING > 0)
        left = np.flatnonzero(~begins & (ids[group] >= 0))
        half, group, syns = half[left], group[left], syns[left]
        silent = self.store.packets[(ids[group] << 1) + groups.reverse[half]] == 0
        answers = silent & (syns == groups.halves[half]) & (sorted_codes[syns] & ANSWERING > 0)
        return np.unique(group[~answers])

    def _renew(self, rows: Rows, keys: Keys, flow: I64, mine: I64) -> None:
        """Go through these flows' rows and give those behind a new connection's SYN a new flow."""
        now: dict[int, tuple[int, list[_Side]]] = {}
        columns = (flow, rows.tcp, rows.seq, keys.reverse)
        for row, old, flags, seq, side in zip(mine.tolist(), *(c[mine].tolist() for c in columns), strict=True):
            current, sides = now.get(old) or (old, [_Side.of(self.store, old, 0), _Side.of(self.store, old, 1)])
            here, there = sides[side], sides[1 - side]
            if flags & SYN and here.renewed(seq, bool(flags & ACK), there) and self.store.flows < self._max_flows:
                before, current = current, self.store.add(1)
                self.store.key[current] = self.store.key[old]
                self._index.renew(before, current)
                sides = [_Side(), _Side()]
                here = sides[side]
            here.see(seq, flags)
            flow[row] = current
            now[old] = (current, sides)

    def _sum(self, rows: Rows, codes: U8, flow: I64, groups: Groups) -> None:
        """Add the rows to copies of their directions, and put these back."""
        order, starts, counts = groups.order, groups.halves, groups.counts
        half = (flow[order[starts]] << 1) + groups.reverse
        if self.store.flows >= self._max_flows and (half < 0).any():
            known = groups.spread(half >= 0)
            starts = (np.cumsum(known) - 1)[starts[half >= 0]]
            counts, half, order = counts[half >= 0], half[half >= 0], order[known]
            if not len(half):
                return
        ends = starts + counts - 1
        first, last = order[starts], order[ends]
        of = np.arange(len(starts)).repeat(counts)
        here = self.store.take(half)
        fresh = np.flatnonzero(here["packets"] == 0)
        begin = first[fresh]
        here["first_row"][fresh] = self._rows + begin
        for name in ("time", "number", "file"):
            here["first_" + name][fresh] = getattr(rows, name)[begin]
            here["last_" + name] = getattr(rows, name)[last]
        here["last_row"] = self._rows + last
        here["packets"] += counts
        here["bytes"] += _totals(rows.size[order], ends)
        here["mac"][fresh] = rows.mac[begin]
        mac = rows.mac[order]
        strange = np.flatnonzero((mac != here["mac"].repeat(counts)) & (mac >= 0))
        self.remember(half[of[strange]], mac[strange])
        sorted_codes, payload = codes[order], rows.payload[order]
        events = sorted_codes & ~np.uint8(LOADED)
        here["payload"] += _totals(payload * (events == 0), ends)
        here["events"] |= events[starts]
        more = np.flatnonzero(events & ~here["events"].repeat(counts) > 0)
        np.bitwise_or.at(here["events"], of[more], events[more])
        self._begin(here, rows.seq, order, events, starts)
        telling = _TELLING[sorted_codes]
        opening = events[starts[fresh]]
        telling[starts[fresh]] |= (opening > 0) & (opening & RESET == 0)
        which = np.flatnonzero(telling)
        syn = events[which] & (OPENING | ANSWERING) != 0
        start = rows.seq[order[which]] + syn & _SEQUENCE
        self._sequences.track(half, here, of[which], start, payload[which], syn)
        self.store.put(half, here)

    def _begin(self, here: Column, seq: I64, order: I64, events: U8, starts: I64) -> None:
        """Where TCP directions begin: at their first row, unless that is a reset."""
        open_ = np.flatnonzero((here["start"] < 0) & (events[starts] > 0))
        resets = events[starts[open_]] & RESET != 0
        simple = open_[~resets]
        here["start"][simple] = seq[order[starts[simple]]]
        for number in open_[resets].tolist():
            end = starts[number + 1] if number + 1 < len(starts) else len(order)
            later = np.flatnonzero(events[starts[number] : end] & RESET == 0)
            if len(later):
                here["start"][number] = seq[order[starts[number] + later[0]]]


def _totals(values: I64, ends: I64) -> I64:
    """The sums of stretches of values; each begins behind the last of the one before."""
    totals: I64 = np.diff(np.cumsum(values)[ends], prepend=0)
    return totals


def _ascending(values: I64) -> I64:
    """The places of different rows of a batch, the first row's first: a plain sort is three times faster than one of
    places."""
    tagged = values << INDEX_BITS | np.arange(len(values))
    tagged.sort()
    return tagged & MAX_ROWS - 1


@dataclass(slots=True)
class _Side:
    """What decides whether a SYN begins a new connection: the initial or first sequence number, -1 while unknown."""

    isn: int = -1
    start: int = -1
    events: int = 0

    @staticmethod
    def of(store: Store, flow: int, side: int) -> _Side:
        half = 2 * flow + side
        return _Side(int(store.isn[half]), int(store.start[half]), int(store.events[half]))

    def renewed(self, seq: int, answer: bool, other: _Side) -> bool:
        """Whether this side's SYN at ``seq`` belongs to another connection than what was seen so far."""
        if self.isn >= 0:
            return self.isn != seq and (not answer or bool(self.events & PLAIN))
        if self.start >= 0:
            return self.start != seq + 1 & _SEQUENCE
        if answer:
            return False
        unopened = not other.events & (OPENING | ANSWERING)
        return bool(other.events & (FINISH | RESET) or (other.events & PLAIN and unopened))

    def see(self, seq: int, flags: int) -> None:
        event = int(EVENTS[flags])
        self.events |= event
        if flags & SYN and self.isn < 0:
            self.isn = seq
        if self.start < 0 and not event & RESET:
            self.start = seq
