"""The two cores that read ordinary packets: columns in NumPy, and, where it was built, the compiled one.

Both give the same rows and the same flows. What a core leaves (damage, odd links, and of NumPy rarer tunnels and
odd fragments) is read by the same scalar decoder for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from zoneguard.dynamic import _headers, _inside, _pcap, _places, fragments
from zoneguard.dynamic._grouping import FOLD
from zoneguard.dynamic._pcap import FULL, Finder, PcapFormat, Records, Taker
from zoneguard.dynamic._places import marks
from zoneguard.dynamic._scalar import Scalar
from zoneguard.dynamic._scattering import Scatter, by_joining
from zoneguard.dynamic._secret import secret
from zoneguard.dynamic._store import Store
from zoneguard.dynamic._window import Window
from zoneguard.dynamic.columns import I64, MAX_BATCH, Bool, Column, Frames, Rows, from_records
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.decoding import Columnar, Settled, Swift, SwiftDecoder
from zoneguard.dynamic.flows import FlowTracker, Tracked
from zoneguard.dynamic.fragments import Fragments
from zoneguard.dynamic.network import AUTHENTICATION, EXTENSIONS, FRAGMENT
from zoneguard.dynamic.states import EVENTS
from zoneguard.dynamic.tunnels import TUNNEL_PROTOCOLS, numbered

TOGETHER = 1 << 13  # packets of a batch that is decoded as it is read
_NOTHING = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Core:
    """``find`` finds the records of a classic capture; ``swift`` makes a decoder of a run; ``tracker`` makes a tracker
    of so many flows; ``scatter`` copies pieces of a buffer to their places.

    ``name`` is shown in the account of every capture.
    """

    name: str
    find: Finder
    swift: Callable[[Contexts], SwiftDecoder]
    tracker: Callable[[int], Tracked]
    scatter: Scatter = by_joining


NUMPY = Core("numpy", _pcap.by_columns, Columnar, FlowTracker)


@cache
def compiled() -> Core | None:
    """The compiled core, where the installation has it."""
    try:
        core = import_module("zoneguard.dynamic._core")
        packets = import_module("zoneguard.dynamic._packets").Packets
    except ImportError:
        return None

    def swift(contexts: Contexts) -> SwiftDecoder:
        return _Compiled(contexts, packets)

    scratch = np.empty((4, 0), np.int64)

    def find(window: Window, variant: PcapFormat, at: int) -> tuple[Records, int, int]:
        nonlocal scratch
        if scratch.shape[1] != MAX_BATCH:
            scratch = np.empty((4, MAX_BATCH), np.int64)
        big = variant.order == ">"
        count, after, claimed = core.pcap_records(
            window.data, window.end, at, big, variant.record, variant.unit, *scratch
        )
        return Records(*scratch[:, :count].copy()), after, claimed

    return Core("compiled", find, swift, _CompiledTracker, _compiled_scatter())


def _compiled_scatter() -> Scatter:
    """The compiled one, where the installation has it: each part of the core is built by itself."""
    try:
        scatter: Scatter = import_module("zoneguard.dynamic._scatter").scatter
    except ImportError:
        return by_joining
    return scatter


class _Compiled:
    """The compiled core's decoder."""

    def __init__(self, contexts: Contexts, packets: Callable[..., Any]) -> None:
        self.fragments: Fragments = import_module("zoneguard.dynamic._fragments").Fragments(
            fragments.MAX_DATAGRAMS, fragments.MAX_BYTES, fragments.TIMEOUT, fragments.PIECE
        )
        self._packets = packets(_tables(), contexts.number, numbered, self.fragments)
        self.full = False

    def decode(self, frames: Frames, scalar: Scalar) -> Swift:
        columns = (
            frames.at, frames.caplen, frames.wirelen, frames.link, frames.time, frames.number, frames.file
        )  # fmt: skip
        fate, found, settled = self._packets.decode(frames.data, *map(np.ascontiguousarray, columns), scalar)
        return Swift(from_records(found, scalar.buffers(frames.data), tuple(scalar.refusals)), fate, Settled(*settled))

    def taker(self, file: int, scalar: Scalar) -> Taker:
        self._scalar = scalar
        self._begin(scalar)

        def take(window: Window, variant: PcapFormat, at: int, number: int, link: int) -> tuple[int, int, int]:
            kind = variant.order == ">", variant.record, variant.unit
            taken: tuple[int, int, int] = self._packets.piece(
                window.data, window.end, at, window.begin, *kind, link, number, file, TOGETHER
            )
            self.full = taken[2] == FULL
            return taken

        return take

    def end(self) -> tuple[Rows, Settled]:
        scalar = self._scalar
        found, settled = self._packets.end()
        rows = from_records(found, scalar.buffers(_NOTHING), tuple(scalar.refusals))
        self._begin(scalar)
        return rows, Settled(*settled)

    def _begin(self, scalar: Scalar) -> None:
        scalar.begin(None)
        self._packets.begin(TOGETHER, scalar)
        self.full = False

    def told(self) -> list[tuple[int, int]]:
        told: list[tuple[int, int]] = self._packets.told()
        return told


def _tables() -> tuple[Column, ...]:
    """What the compiled decoder is told: EtherTypes (1: a tag, 2: not IP), protocols, ports."""
    kinds = _places.TAGS.astype(np.uint8)
    kinds[_places.SILENT] = 2
    odd = [
        marks(256, TUNNEL_PROTOCOLS | {AUTHENTICATION} | more) for more in (frozenset[int](), EXTENSIONS | {FRAGMENT})
    ]
    tables = (*odd, marks(256, EXTENSIONS), _headers.WITH_PORTS, _inside.AIMED_AT, _inside.SENT_FROM)
    return (kinds, *(table.view(np.uint8) for table in tables), _headers.HEADERS.astype(np.int64), _headers.ANSWERS)


def best() -> Core:
    """The compiled core where there is one."""
    return compiled() or NUMPY


class _CompiledTracker(Tracked):
    """``flows.FlowTracker``, row by row."""

    def __init__(self, max_flows: int) -> None:
        super().__init__(Store())
        aggregator = import_module("zoneguard.dynamic._core").Aggregator
        self._aggregator = aggregator(self.store, EVENTS, max_flows, int(FOLD), secret())

    def _absorb(self, rows: Rows) -> tuple[I64, Bool]:
        flow, reverse, strangers = self._aggregator.absorb(rows.packed())
        if strangers:
            some = np.array(strangers, np.int64)
            self.remember(flow[some] << 1 | reverse[some], rows.mac[some])
        return flow, reverse
