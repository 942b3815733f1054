"""Batches of packets as columns: what readers hand to decoders, and what decoders hand to the flow table.

This is the seam at which a compiled core can take over: ``Frames`` → ``Rows`` → flow numbers, nothing else crosses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]
U16 = npt.NDArray[np.uint16]
U8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]

MAX_BATCH = 1 << 16  # frames of one batch: an index fits in 16 bits
STRETCHES = 64  # of rows that follow each other are as quickly copied one by one
FILE = 40  # bits of a frame's number in its file; with the file's above them it is one among all frames
PADDING = 256  # zero bytes behind a buffer, so that a fixed header can be gathered before its length is checked


def frame_number(stamp: tuple[int, int, int]) -> int:
    """A frame's number among all frames, from its time, number and file."""
    return stamp[2] << FILE | stamp[1]


def parts(data: U8, size: int) -> Column:
    """So many bytes from each place of ``data`` on, as one value each; a view."""
    return np.ndarray((max(0, len(data) - size + 1),), f"V{size}", data, strides=(1,))


@dataclass(frozen=True, slots=True)
class Frames:
    """At most ``MAX_BATCH`` captured frames in file order; ``data`` ends in ``PADDING`` zero bytes.

    ``at`` and ``caplen`` bound a frame in ``data``; ``wirelen`` is its length before the capture cut it; ``time`` is
    nanoseconds since 1970 UTC; ``link`` the link type; ``number`` the 1-based frame number in file number ``file``.
    ``begin`` is where in its file ``data`` begins, -1 where it lies so in no file.
    """

    data: U8
    at: I64
    caplen: I64
    wirelen: I64
    time: I64
    link: I32
    number: I64
    file: I32
    begin: int = -1

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: I64 | slice) -> Frames:
        """The frames at these positions, of the same buffer."""
        return Frames(
            self.data, self.at[which], self.caplen[which], self.wirelen[which], self.time[which],
            self.link[which], self.number[which], self.file[which], self.begin,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a packet: a frame gives several where tunnels are opened (outer first), none where it holds no IP.

    Addresses are 128 bits in two halves (an IPv4 address in the low one) and ``v6`` tells the family. ``key_a`` and
    ``key_b`` are the ports by which the flow is told apart: of ICMP its type and its answer's type (or code, and then
    ``oneway``). ``size`` is the length of the IP datagram, ``payload`` the bytes above the transport header as sent,
    ``kept`` how many of these were captured, from ``data_at`` of ``buffers[buffer]``. ``tcp`` is the flags. ``mac`` is
    -1 where there is none; ``context`` numbers the VLANs and tunnel path. ``damaged``: reassembled from fragments that
    contradict each other. ``records``: the same as records of ``ROW``, where the columns are views of such.
    """

    time: I64
    number: I64
    src_high: U64
    src_low: U64
    dst_high: U64
    dst_low: U64
    size: I64
    payload: I64
    kept: I64
    data_at: I64
    seq: I64
    ack: I64
    mac: I64
    file: I32
    context: I32
    key_a: U16
    key_b: U16
    icmp: U16
    v6: Bool
    proto: U8
    oneway: Bool
    tcp: U8
    damaged: Bool
    buffer: U8
    buffers: tuple[U8, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    records: Column | None = None

    def __len__(self) -> int:
        return len(self.time)

    @property
    def frame(self) -> I64:
        """Of each row its frame's number among all frames, as ``frame_number``."""
        frame: I64 = self.file.astype(np.int64) << FILE | self.number
        return frame

    def packed(self) -> Column:
        """The columns as records of ``ROW``."""
        if self.records is not None:
            return self.records
        records = np.empty(len(self), ROW)
        for name in COLUMNS:
            records[name] = getattr(self, name)
        return records

    def take(self, which: I64) -> Rows:
        """The rows at these positions; refusals go along."""
        columns = {name: getattr(self, name)[which] for name in COLUMNS}
        return from_columns(columns, self.buffers, self.refusals)


class Refusal(NamedTuple):
    """An ICMP unreachable message quoted a packet of this flow: addresses are plain integers."""

    v6: bool
    src: int
    dst: int
    proto: int
    sport: int
    dport: int
    tunnel: tuple[str, ...]


COLUMNS: dict[str, type[np.generic]] = {
    "time": np.int64, "number": np.int64, "src_high": np.uint64, "src_low": np.uint64, "dst_high": np.uint64,
    "dst_low": np.uint64, "size": np.int64, "payload": np.int64, "kept": np.int64, "data_at": np.int64,
    "seq": np.int64, "ack": np.int64, "mac": np.int64, "file": np.int32, "context": np.int32, "key_a": np.uint16,
    "key_b": np.uint16, "icmp": np.uint16, "v6": np.bool_, "proto": np.uint8, "oneway": np.bool_, "tcp": np.uint8,
    "damaged": np.bool_, "buffer": np.uint8,
}  # fmt: skip
ROW = np.dtype(list(COLUMNS.items()), align=True)  # 128 bytes, two lines of the processor's cache; see ``_row.pxd``


def pairs(some: Column, others: Column) -> I64:
    """Two columns of numbers from 0 to 2^31 as one, without copies in between."""
    paired: I64 = some.astype(np.int64)
    paired <<= 32
    paired |= others
    return paired


def from_records(records: Column, buffers: tuple[U8, ...], refusals: tuple[Refusal, ...]) -> Rows:
    """Rows out of records of ``ROW``."""
    columns = {name: records[name] for name in COLUMNS}
    return Rows(**columns, buffers=buffers, refusals=refusals, records=records)


def from_columns(columns: Mapping[str, Column], buffers: tuple[U8, ...], refusals: tuple[Refusal, ...] = ()) -> Rows:
    """Rows out of the arrays named in ``COLUMNS``."""
    return Rows(buffers=buffers, refusals=refusals, **columns)


def join(parts: Sequence[Rows], order: I64, buffers: tuple[U8, ...]) -> Rows:
    """Rows of one batch that were decoded apart, put in ``order``; their buffers are numbered alike."""
    begins = np.cumsum([0, *map(len, parts)])
    fresh = np.diff(order, prepend=-2) != 1
    for begin in begins[1:-1]:
        fresh |= order == begin
    cuts = np.flatnonzero(fresh)
    if 0 < len(cuts) <= STRETCHES:
        part = np.searchsorted(begins, order[cuts], side="right") - 1
        at, length = order[cuts] - begins[part], np.diff(cuts, append=len(order))
        stretches = [(parts[p], slice(a, b)) for p, a, b in np.stack([part, at, at + length], axis=1).tolist()]
        columns = {name: np.concatenate([getattr(rows, name)[some] for rows, some in stretches]) for name in COLUMNS}
    else:
        columns = {name: np.concatenate([getattr(rows, name) for rows in parts]).take(order) for name in COLUMNS}
    return from_columns(columns, buffers, tuple(r for rows in parts for r in rows.refusals))
