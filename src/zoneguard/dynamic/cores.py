"""The two cores that read ordinary packets: columns in NumPy, and, where it was built, the compiled one.

Both give the same rows and the same flows. All that is rare (tunnels, fragments, odd links, holes in a stream) is
outside of them and the same code for both.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np

from zoneguard.dynamic import _headers
from zoneguard.dynamic._grouping import FOLD
from zoneguard.dynamic._headers import Context, ordinary
from zoneguard.dynamic._pcap import Finder, PcapFormat, Records, by_columns
from zoneguard.dynamic._sequence import Sequences
from zoneguard.dynamic._store import Store
from zoneguard.dynamic._window import Window
from zoneguard.dynamic.columns import COLUMNS, I64, MAX_BATCH, U8, Bool, Frames, Rows, from_columns
from zoneguard.dynamic.flows import FlowTracker, Tracked
from zoneguard.dynamic.states import EVENTS

_ABSORBED = (
    "time", "number", "file", "src_high", "src_low", "dst_high", "dst_low", "v6", "proto", "key_a", "key_b", "oneway",
    "size", "payload", "tcp", "seq", "mac", "context",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Core:
    """``find`` finds the records of a classic capture; ``headers`` says which frames are ordinary, with one row for
    each; ``tracker`` makes a tracker of so many flows.

    ``name`` is shown in the account of every capture.
    """

    name: str
    find: Finder
    headers: Callable[[Frames, Context], tuple[Bool, Rows]]
    tracker: Callable[[int], Tracked]


NUMPY = Core("numpy", by_columns, ordinary, FlowTracker)


@cache
def compiled() -> Core | None:
    """The compiled core, where the installation has it."""
    try:
        core = import_module("zoneguard.dynamic._core")
    except ImportError:
        return None
    flags = [table.view(np.uint8) for table in (_headers.TAGS, *_headers.ODD, _headers.WITH_PORTS)]
    ports = [table.view(np.uint8) for table in (_headers.AIMED_AT, _headers.SENT_FROM)]
    decoder = core.Headers(flags[0], (flags[1], flags[2]), flags[3], _headers.HEADERS, *ports, _headers.ANSWERS)

    def headers(frames: Frames, context: Context) -> tuple[Bool, Rows]:
        columns = (np.ascontiguousarray(column) for column in (frames.at, frames.caplen, frames.link))
        ok, vlans, found = decoder.decode(frames.data, *columns)
        tagged = np.flatnonzero(vlans >= 0)
        numbers = np.zeros(len(frames), np.int32)
        if len(tagged):
            numbers[tagged] = _headers.contexts(vlans[tagged], context)
        kept = slice(None) if ok.all() else np.flatnonzero(ok)
        found.update(time=frames.time[kept], number=frames.number[kept], file=frames.file[kept], context=numbers[kept])
        none = np.zeros(len(found["proto"]), np.uint8)
        return ok, from_columns({**found, "damaged": none.view(np.bool_), "buffer": none}, (frames.data,))

    def find(window: Window, variant: PcapFormat, at: int) -> tuple[Records, int, int]:
        columns = [np.empty(MAX_BATCH, np.int64) for _ in range(4)]
        big = variant.order == ">"
        count, after, claimed = core.pcap_records(
            window.data, window.end, at, big, variant.record, variant.unit, *columns
        )
        return Records(*(column[:count] for column in columns)), after, claimed

    return Core("compiled", find, headers, _CompiledTracker)


def best() -> Core:
    """The compiled core where there is one."""
    return compiled() or NUMPY


class _CompiledTracker(Tracked):
    """``flows.FlowTracker``, row by row."""

    def __init__(self, max_flows: int) -> None:
        super().__init__(Store())
        self._sequences = Sequences(self.store)
        aggregator = import_module("zoneguard.dynamic._core").Aggregator
        self._aggregator = aggregator(
            self.store, self._sequences.each, EVENTS, max_flows, int(FOLD), secrets.randbits(64) | 1
        )

    def _absorb(self, rows: Rows) -> tuple[I64, Bool]:
        columns = (np.ascontiguousarray(getattr(rows, name), COLUMNS[name]) for name in _ABSORBED)
        flow, reverse, strangers = self._aggregator.absorb(*(_plain(column) for column in columns))
        if strangers:
            some = np.array(strangers, np.int64)
            self.remember(flow[some] << 1 | reverse[some], rows.mac[some])
        return flow, reverse


def _plain(column: U8) -> U8:
    return column.view(np.uint8) if column.dtype == np.bool_ else column
