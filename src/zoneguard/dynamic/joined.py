"""The flows of several capture points as one table, in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from operator import eq
from typing import overload

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, Bool
from zoneguard.dynamic.oriented import Oriented, more_macs
from zoneguard.dynamic.placing import NOWHERE, Addresses
from zoneguard.dynamic.table import CHUNK, TOGETHER, Tracks
from zoneguard.model.flows import Flow


class Flows(Sequence[Flow]):
    """The flows of several points in order of time, or of one in order of their first packets; made when asked for."""

    def __init__(self, parts: Sequence[Tracks], by_time: bool = False) -> None:
        self._parts = parts
        sizes = [len(part) for part in parts]
        self._part: I32 = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
        self._at: I32 = np.concatenate([np.zeros(0, np.int32), *(np.arange(size, dtype=np.int32) for size in sizes)])
        if by_time and parts:
            times = np.concatenate([part.times() for part in parts])
            if (times[1:] < times[:-1]).any():
                order = np.argsort(times, kind="stable")
                self._part, self._at = self._part[order], self._at[order]

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, at: int) -> Flow: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Flow, ...]: ...
    def __getitem__(self, at: int | slice) -> Flow | tuple[Flow, ...]:
        if isinstance(at, slice):
            return tuple(self.some(np.arange(len(self))[at]))
        return self._parts[int(self._part[at])][int(self._at[at])].flow

    def __iter__(self) -> Iterator[Flow]:
        for begin in range(0, len(self), CHUNK):
            part, at = self._part[begin : begin + CHUNK], self._at[begin : begin + CHUNK]
            made = {number: iter(self._parts[number].some(at[part == number])) for number in np.unique(part).tolist()}
            for number in part.tolist():
                yield next(made[number]).flow

    def in_order(self, columns: Sequence[Bool]) -> Bool:
        """One column out of those of the parts, in the order of the flows."""
        column: Bool = np.concatenate([np.zeros(0, np.bool_), *columns])[self._where()]
        return column

    def _where(self) -> I64:
        """Where each flow stands, counted through all parts."""
        starts: I64 = np.cumsum([0, *(len(part) for part in self._parts)], dtype=np.int64)
        return starts[self._part] + self._at

    def some(self, which: I64) -> Flows:
        """The flows at these positions, of the same columns."""
        part = copy(self)
        part._part, part._at = self._part[which], self._at[which]
        return part

    @property
    def stacks(self) -> tuple[tuple[int, ...], ...]:
        """The stacks of VLANs by their numbers in the columns; an empty one: no tag."""
        return tuple(dict.fromkeys(stack for part in self._parts for stack in part.vlans))

    def oriented(self) -> tuple[Oriented, tuple[str, ...]]:
        """The flows in columns, and the captures by their numbers there."""
        files = [file for part in self._parts for file in part.files]
        before = np.cumsum([0, *(len(part.files) for part in self._parts)]).tolist()
        stacks = {stack: number for number, stack in enumerate(self.stacks)}

        def columns() -> Iterator[Oriented]:
            for number, part in enumerate(self._parts):
                names = np.arange(before[number], before[number + 1], dtype=np.int32)
                at = self._at if alone else np.arange(len(part))
                for first in range(0, len(at), TOGETHER):
                    yield part.some(at[first : first + TOGETHER].astype(np.int64)).oriented(names, stacks)

        alone = len(self._parts) == 1
        if alone:
            return Oriented.gather(len(self), columns()), tuple(files)
        size = sum(map(len, self._parts))
        return Oriented.gather(size, columns()).take(self._where()), tuple(files)

    def begins(self, flows: Oriented, which: I64) -> I64:
        """The sequence numbers at which both sides of some flows begin, the originator's first; -1: none is known."""
        begins = np.full((len(which), 2), -1, np.int64)
        for number, part in enumerate(self._parts):
            own = np.flatnonzero(self._part[which] == number)
            for side, halves in enumerate((flows.near, flows.far)):
                begins[own, side] = part.begins(halves[which[own]])
        return begins

    def packets(self, flows: Oriented, which: I64) -> I64:
        """How many packets of both sides of some flows were captured, the originator's first."""
        packets = np.zeros((len(which), 2), np.int64)
        for number, part in enumerate(self._parts):
            own = np.flatnonzero(self._part[which] == number)
            for side, halves in enumerate((flows.near, flows.far)):
                packets[own, side] = part.packets(halves[which[own]])
        return packets

    def macs(self, flows: Oriented) -> tuple[I32, U8, I64]:
        """Every source address of the flows in columns: position, side (0: originator) and address, in that order."""
        found = [(np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.int64))]
        for number, part in enumerate(self._parts):
            own = np.flatnonzero(self._part == number).astype(np.int32)
            near, far = flows.near[own], flows.far[own]
            for side, halves in enumerate((near, far)):
                first = part.first_macs(halves)
                known = np.flatnonzero(first >= 0)
                found.append((own[known], np.full(len(known), side, np.uint8), first[known]))
            at, sides, more = more_macs(near, far, part.more_macs)
            found.append((own[at], sides, more))
        positions, sides, macs = (np.concatenate(column) for column in zip(*found, strict=True))
        found.clear()
        order = np.argsort(positions << 1 | sides, kind="stable").astype(np.int32)
        return positions[order], sides[order], macs[order]

    def ends(self) -> tuple[Addresses, Addresses]:
        """Both addresses of each flow, in no order."""
        where = self._where()
        sides = zip(*(part.ends() for part in self._parts), strict=True)
        a, b = (Addresses.join(side).take(where) for side in sides) if len(self._parts) else (NOWHERE, NOWHERE)
        return a, b

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]
