"""Who sent frames: the MAC addresses of flows in columns, with the addresses they came with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoneguard.collector import give_back
from zoneguard.dynamic.columns import I32, I64, Bool, Column, pairs
from zoneguard.dynamic.traffic import Traffic

MULTICAST = 1 << 40


class Wire:
    """A row for each MAC address of a side of a flow, in order of the flows, the originator's side first.

    ``at`` is the flow's position, ``address`` the side's own (a number of ``traffic.table``), ``zone`` that one's zone,
    ``file`` and ``wire`` the numbers of the capture and of the capture and its VLANs.
    """

    def __init__(self, traffic: Traffic) -> None:
        give_back()
        self.traffic = traffic
        self.at, self.side, self.mac = traffic.macs()
        self.address: I32 = np.where(self.side > 0, traffic.dst[self.at], traffic.src[self.at])
        self.zone: Column = np.where(self.side > 0, traffic.target[self.at], traffic.source[self.at])
        self.file: I32 = traffic.file[self.at]
        self.wire: I32 = traffic.wires[self.at]
        self._number: I32 = np.searchsorted(np.unique(self.mac), self.mac).astype(np.int32)

    @property
    def hosts(self) -> Bool:
        """Rows of single hosts: neither empty nor multicast."""
        hosts: Bool = (self.mac != 0) & (self.mac & MULTICAST == 0)
        return hosts

    def mixed(self, rows: Bool, places: I32) -> Bool:
        """Rows whose MAC address shows, among ``rows``, addresses of several zones in one of the places."""
        place = pairs(self._number, places)
        known = np.unique(place)
        number = np.searchsorted(known, place).astype(np.int32)
        del place
        shown = np.unique(pairs(number[rows], self.zone[rows] + 1)) >> 32
        several: Bool = (np.bincount(shown, minlength=len(known)) > 1)[number]
        return several

    def of_some(self, rows: Bool) -> Bool:
        """Rows of the MAC addresses that ``rows`` have."""
        return np.isin(self._number, np.unique(self._number[rows]))

    def first(self, rows: Bool, what: Column) -> I64:
        """Of each MAC address and each value of ``what`` the first of ``rows``, in order of both."""
        which = np.flatnonzero(rows)
        first: I64 = which[np.unique(pairs(self._number[which], what[which]), return_index=True)[1]]
        return first

    def senders(self, wanted: Bool) -> Iterator[tuple[int, int, I64]]:
        """By whom wanted flows were opened: address, MAC address (0: none is known), and the flows, in order."""
        rows = np.flatnonzero(wanted[self.at] & (self.side == 0))
        without = np.flatnonzero(wanted & ~self.traffic.at(self.at[self.side == 0]))
        at = np.concatenate([self.at[rows], without])
        mac = np.concatenate([self.mac[rows], np.zeros(len(without), np.int64)])
        macs, number = np.unique(mac, return_inverse=True)
        keys = number.astype(np.int64) << 32 | self.traffic.src[at]
        order = np.lexsort((at, keys))
        bounds = np.flatnonzero(np.diff(keys[order], prepend=-1))
        for part in sorted(np.split(order, bounds[1:]), key=lambda part: int(at[part[0]])) if len(order) else ():
            yield int(self.traffic.src[at[part[0]]]), int(macs[number[part[0]]]), at[part]

    def addresses(self, mac: int, file: int) -> int:
        """How many addresses the frames of a MAC address have in a capture."""
        return len(np.unique(self.address[(self.mac == mac) & (self.file == file)]))
