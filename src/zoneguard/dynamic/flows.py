"""Rows → flows: which flow each packet belongs to, and the sums and states of every flow.

A flow is a 5-tuple (for ICMP: type and answer's type) with its VLANs and tunnel path; directions are told apart and
tracked on their own. A SYN with another initial sequence number begins a new flow of the same 5-tuple. Memory grows
with flows, up to a bound; packets of flows beyond it are counted, not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._grouping import MAX_ROWS, Grouper, Groups, Keys, by_half
from zoneguard.dynamic._sequence import Sequences
from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, Bool, Column, Refusal, Rows
from zoneguard.dynamic.states import ANSWERING, EVENTS, FINISH, OPENING, PLAIN, RESET
from zoneguard.model.match import ACK, RST, SYN

TCP = 6
MAX_FLOWS = 4_000_000
MAX_REFUSALS = 1 << 20
MAX_MACS = 16
KEY_BYTES = 48
_SEQUENCE = (1 << 32) - 1


class FlowTracker:
    """Feed it rows in time order; ``store`` then holds the flows, numbered alike for the same rows in the same batches.

    ``refused`` are the packets that unreachable messages quoted; ``macs`` the further source addresses of a direction.
    """

    def __init__(self, max_flows: int = MAX_FLOWS) -> None:
        self.store = Store()
        self.refused: set[Refusal] = set()
        self.macs: dict[int, list[int]] = {}
        self._current: dict[bytes, int] = {}
        self._grouper = Grouper()
        self._sequences = Sequences(self.store)
        self._max_flows = max_flows
        self._rows = 0

    def absorb(self, rows: Rows) -> tuple[I64, Bool]:
        """Add the rows; for each its flow's number (-1: beyond the bound) and whether it runs from the second end."""
        flows, sides = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
        for first in range(0, len(rows), MAX_ROWS):
            part = rows if len(rows) <= MAX_ROWS else rows.take(np.arange(first, min(first + MAX_ROWS, len(rows))))
            keys = Keys.of(part)
            flows.append(self._absorb(part, keys))
            sides.append(keys.reverse)
        room = MAX_REFUSALS - len(self.refused)
        self.refused.update(rows.refusals[:room])
        return np.concatenate(flows), np.concatenate(sides)

    def _absorb(self, rows: Rows, keys: Keys) -> I64:
        groups = self._grouper.group(keys)
        ids, new = self._numbers(keys, groups)
        group = np.empty(len(rows), np.int64)
        group[groups.order] = np.repeat(np.arange(len(ids)), np.diff(groups.flows, append=len(rows)))
        flow = ids[group]
        odd = self._odd_syns(rows, keys.reverse, groups, flow, new)
        if len(odd):
            for number in np.unique(group[odd]).tolist():
                end = groups.flows[number + 1] if number + 1 < len(groups.flows) else len(rows)
                self._renew(rows, keys, flow, np.sort(groups.order[groups.flows[number] : end]))
            groups = by_half(flow, keys.reverse)
        self._sum(rows, flow, groups)
        self._rows += len(rows)
        return flow

    def _numbers(self, keys: Keys, groups: Groups) -> tuple[I64, Bool]:
        """The current flow of each group, and which of them are new."""
        some = groups.order[groups.flows]
        table = np.stack([column[some] for column in keys.columns], axis=1)
        raw = table.tobytes()
        names = [raw[i : i + KEY_BYTES] for i in range(0, len(raw), KEY_BYTES)]
        ids = np.array([self._current.get(name, -1) for name in names], np.int64)
        new = np.flatnonzero(ids < 0)
        room = self._max_flows - self.store.flows
        added = new[np.argsort(groups.earliest[new])][:room]
        if len(added):
            ids[added] = first = self.store.add(len(added))
            ids[added] += np.arange(len(added))
            self.store.key[first : first + len(added)] = table[added]
            self._current.update(zip([names[i] for i in added.tolist()], ids[added].tolist(), strict=True))
        is_new = np.zeros(len(ids), np.bool_)
        is_new[new] = True
        return ids, is_new

    def _odd_syns(self, rows: Rows, reverse: Bool, groups: Groups, flow: I64, new: Bool) -> I64:
        """Rows with SYN that do not simply begin their flow, or their side of it as its answer."""
        syns = np.flatnonzero(rows.tcp & SYN)
        if not len(syns):
            return syns
        first = groups.order[groups.halves]
        begins_half = np.zeros(len(rows), np.bool_)
        begins_half[first] = True
        begins_flow = np.zeros(len(rows), np.bool_)
        begins_flow[groups.earliest[new]] = True
        silent = self.store.packets[(flow[syns] << 1) + reverse[syns]] == 0
        answer = rows.tcp[syns] & ACK != 0
        plain = np.where(answer, begins_half[syns] & silent, begins_flow[syns])
        return syns[~plain & (flow[syns] >= 0)]

    def _renew(self, rows: Rows, keys: Keys, flow: I64, mine: I64) -> None:
        """Go through one flow's rows and give those behind a new connection's SYN a new flow."""
        current = int(flow[mine[0]])
        name = keys_of(keys, int(mine[0]))
        sides = [_Side.of(self.store, current, 0), _Side.of(self.store, current, 1)]
        columns = (rows.tcp, rows.seq, keys.reverse)
        for row, flags, seq, side in zip(mine.tolist(), *(c[mine].tolist() for c in columns), strict=True):
            here, there = sides[side], sides[1 - side]
            if flags & SYN and here.renewed(seq, bool(flags & ACK), there) and self.store.flows < self._max_flows:
                number = self.store.add(1)
                self.store.key[number] = self.store.key[current]
                self._current[name] = current = number
                sides = [_Side(), _Side()]
                here = sides[side]
            here.see(seq, flags)
            flow[row] = current

    def _sum(self, rows: Rows, flow: I64, groups: Groups) -> None:
        store, order, starts = self.store, groups.order, groups.halves
        counts = np.diff(starts, append=len(order))
        first, last = order[starts], order[starts + counts - 1]
        half = (flow[first] << 1) + groups.reverse
        tcp = rows.proto == TCP
        payload = np.where(tcp, 0, rows.payload)
        columns: tuple[Column, ...] = (
            counts, np.add.reduceat(rows.size[order], starts), np.add.reduceat(payload[order], starts),
            np.bitwise_or.reduceat(np.where(tcp, EVENTS[rows.tcp], 0)[order], starts),
        )  # fmt: skip
        kept = np.flatnonzero(half >= 0)
        if len(kept) < len(half):
            first, last = first[kept], last[kept]
            columns = tuple(column[kept] for column in columns)
        known = half[kept]
        fresh = np.flatnonzero(store.packets[known] == 0)
        begun, opening = known[fresh], first[fresh]
        store.first_row[begun] = self._rows + opening
        store.first_time[begun], store.first_number[begun] = rows.time[opening], rows.number[opening]
        store.first_file[begun], store.mac[begun] = rows.file[opening], rows.mac[opening]
        store.last_time[known], store.last_number[known] = rows.time[last], rows.number[last]
        store.last_row[known], store.last_file[known] = self._rows + last, rows.file[last]
        store.packets[known] += columns[0]
        store.bytes[known] += columns[1]
        store.payload[known] += columns[2]
        store.events[known] |= columns[3]
        halves = np.repeat(half, counts)
        self._more_macs(halves, rows.mac[order])
        self._follow(rows, order, halves, tcp)

    def _more_macs(self, halves: I64, mac: I64) -> None:
        other = np.flatnonzero((mac != self.store.mac[halves]) & (mac >= 0) & (halves >= 0))
        for half, address in dict.fromkeys(zip(halves[other].tolist(), mac[other].tolist(), strict=True)):
            known = self.macs.setdefault(half, [])
            if address not in known and len(known) < MAX_MACS:
                known.append(address)

    def _follow(self, rows: Rows, order: I64, halves: I64, tcp: Bool) -> None:
        """Payload of TCP by sequence numbers."""
        syn = rows.tcp & SYN != 0
        telling = (tcp & (rows.tcp & RST == 0))[order] & (halves >= 0)
        telling &= ((rows.payload > 0) | syn)[order] | (self.store.next[halves] < 0)
        which = np.flatnonzero(telling)
        mine, source = halves[which], order[which]
        begins = np.diff(mine, prepend=-1) != 0
        syn = syn[source]
        self._sequences.track(mine, begins, rows.seq[source] + syn & _SEQUENCE, rows.payload[source], syn)


def keys_of(keys: Keys, row: int) -> bytes:
    """The dictionary key of a row's flow."""
    return np.array([column[row] for column in keys.columns], np.uint64).tobytes()


@dataclass(slots=True)
class _Side:
    """What decides whether a SYN begins a new connection: the initial or lowest sequence number, -1 while unknown."""

    isn: int = -1
    low: int = -1
    events: int = 0

    @staticmethod
    def of(store: Store, flow: int, side: int) -> _Side:
        half = 2 * flow + side
        low = int(store.floor[half])
        return _Side(int(store.isn[half]), low if low < 0 else low & _SEQUENCE, int(store.events[half]))

    def renewed(self, seq: int, answer: bool, other: _Side) -> bool:
        """Whether this side's SYN at ``seq`` belongs to another connection than what was seen so far."""
        if self.isn >= 0:
            return self.isn != seq and (not answer or bool(self.events & PLAIN))
        if self.low >= 0:
            return self.low != seq + 1 & _SEQUENCE
        if answer:
            return False
        unopened = not other.events & (OPENING | ANSWERING)
        return bool(other.events & (FINISH | RESET) or (other.events & PLAIN and unopened))

    def see(self, seq: int, flags: int) -> None:
        self.events |= int(EVENTS[flags])
        if flags & SYN and self.isn < 0:
            self.isn = seq
        if self.low < 0 and not flags & RST:
            self.low = seq
