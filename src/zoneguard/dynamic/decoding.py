"""Frames → rows: by the fast decoder of a core, what it leaves by the scalar one, with an account of every frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from zoneguard.dynamic import fragments
from zoneguard.dynamic._accounts import AS_DECODED, NONE, Account, Accounts, Fate
from zoneguard.dynamic._headers import DECODED, LEFT, ordinary
from zoneguard.dynamic._pcap import Taker
from zoneguard.dynamic._reassembly import assembled, laid_out, stretches, taken
from zoneguard.dynamic._scalar import Scalar, Values
from zoneguard.dynamic.columns import I64, U16, Bool, Frames, Rows, frame_number, join
from zoneguard.dynamic.containers import Capture
from zoneguard.dynamic.contexts import CROWDED, Context, Contexts
from zoneguard.dynamic.found import Dissected
from zoneguard.dynamic.fragments import Fragments
from zoneguard.dynamic.network import CONTRADICTION, UNFINISHED


class Settled(NamedTuple):
    """Frames of datagrams, by ``columns.frame_number``: of those that were decoded, those given up, those that
    contradict each other. ``shown``: frames that yielded packets while a fragment in them waited, and may still."""

    decoded: I64
    given_up: I64
    contradicting: I64
    shown: I64


NOBODY = Settled(NONE, NONE, NONE, NONE)


@dataclass(frozen=True, slots=True)
class Swift:
    """What came of a batch. ``rows`` are its packets in frame order. ``fate`` of each frame: ``LEFT`` to the scalar
    decoder, which has told of it, ``DECODED``, ``WAITS`` for other fragments, or a key of ``WITHOUT_IP``.
    """

    rows: Rows
    fate: U16
    settled: Settled


class SwiftDecoder(Protocol):
    """The fast decoder of a run; in ``fragments`` it and the scalar one keep what waits."""

    @property
    def fragments(self) -> Fragments: ...

    def decode(self, frames: Frames, scalar: Scalar) -> Swift:
        """The packets of a batch in frame order; what it does not know completely it hands to ``scalar`` in its
        turn."""


@runtime_checkable
class StraightDecoder(SwiftDecoder, Protocol):
    """One that can take the records of a capture in where they lie."""

    def taker(self, file: int, scalar: Scalar) -> Taker:
        """What takes in records of this file, until the batch is ``full``."""

    @property
    def full(self) -> bool: ...

    def end(self) -> tuple[Rows, Settled]:
        """The packets of the batch; their payload lies in the file, ``data_at`` its beginning, or in the second
        buffer. And what was settled, as in ``Swift``. The next batch begins."""

    def told(self) -> list[tuple[int, int]]:
        """How many frames met which fate, in all batches."""


class Columnar:
    """The NumPy core's: ordinary packets, and datagrams whose fragments lie in one batch, by columns."""

    def __init__(self, contexts: Contexts) -> None:
        self._store = fragments.Store()
        self.fragments: Fragments = self._store
        self._contexts = contexts

    def decode(self, frames: Frames, scalar: Scalar) -> Swift:
        told = ordinary(frames, self._contexts)
        fate, levels = told.fate, told.levels
        left = np.flatnonzero(fate == LEFT)
        if len(levels) == 1 and (fate == DECODED).all():
            return Swift(levels[0].rows, fate, NOBODY)
        counts = [fate[level.frame] == DECODED for level in levels]
        whole = assembled(frames, told.places.take(left), told.view, self._contexts)
        found: list[tuple[int, list[Values]]] = []
        for stretch in stretches(left, whole):
            mine = taken(stretch, whole, frames.time, self._store) if whole and stretch.datagrams else None
            if mine is not None:
                fate[mine] = DECODED
            else:
                found += [(position, scalar.frame(position)) for position in left[stretch.begin : stretch.end].tolist()]
        slow = scalar.rows([values for _, packets in found for values in packets], frames.data)
        slow_at = np.array([position for position, packets in found for _ in packets], np.int64)
        if whole:
            levels = [*levels, *whole.levels]
            counts += [fate[level.frame] == DECODED for level in whole.levels]
        at = np.concatenate([*(level.frame for level in levels), slow_at])
        order = np.flatnonzero(np.concatenate([*counts, slow_at >= 0]))
        order = order[np.argsort(at[order], kind="stable")]
        rows = join([*(level.rows for level in levels), slow], order, slow.buffers)
        return Swift(laid_out(rows, slow.buffers[1], whole), fate, NOBODY)


class OneByOne:
    """Every frame through the scalar decoder: the same rows, slowly."""

    def __init__(self, _: Contexts) -> None:
        self.fragments: Fragments = fragments.Store()

    def decode(self, frames: Frames, scalar: Scalar) -> Swift:
        values = [row for position in range(len(frames)) for row in scalar.frame(position)]
        return Swift(scalar.rows(values, frames.data), np.zeros(len(frames), np.uint16), NOBODY)


class Decoder:
    """Feed it batches in time order, then call ``rest``.

    ``contexts`` says what the numbers in ``Rows.context`` mean: VLANs and tunnels, outermost first.
    """

    def __init__(self, swift: Callable[[Contexts], SwiftDecoder] = Columnar) -> None:
        self._contexts = Contexts()
        self._accounts = Accounts()
        self._swift = swift(self._contexts)
        self._scalar = Scalar(self._contexts, self._swift.fragments, self._settle)
        self._told: defaultdict[Fate, list[int]] = defaultdict(list)
        self._shown: list[int] = []

    @property
    def contexts(self) -> list[Context]:
        return self._contexts.known

    @property
    def reads(self) -> bool:
        """Whether it reads ``straight`` captures by itself."""
        return isinstance(self._swift, StraightDecoder)

    def account(self, file: int) -> Account:
        """The account of the file of that number."""
        return self._accounts.of(file)

    def rows(self, frames: Frames) -> Rows:
        """The packets of a batch in frame order."""
        self._scalar.begin(frames)
        swift = self._swift.decode(frames, self._scalar)
        self._accounts.count(frames.file, swift.fate)
        return self._result(swift.rows, swift.settled)

    def straight(self, capture: Capture) -> Iterator[tuple[Rows, int]]:
        """The packets of a capture that is read in pieces, and how many frames they are of; only if this ``reads``."""
        swift = self._swift
        assert isinstance(swift, StraightDecoder)
        frames = 0
        for count in chain(capture.pieces(swift.taker(capture.number, self._scalar)), (0,)):
            frames += count
            if swift.full or not count:
                yield self._result(*swift.end()), frames
                frames = 0
        account = self.account(capture.number)
        for fate, count in swift.told():
            account.told(fate, count)

    def rest(self) -> Rows:
        """What is known of fragments that are still waiting when the captures have ended."""
        self._scalar.begin(None)
        values = self._scalar.rest()
        return self._result(self._scalar.rows(values, np.zeros(0, np.uint8)), NOBODY)

    def _settle(self, outcome: Dissected) -> None:
        if outcome.settled:
            self._told[outcome.skipped, outcome.kind] += outcome.settled
        else:
            self._shown += [frame_number(packet.cursor.stamp) for packet in outcome.found]

    def _result(self, rows: Rows, settled: Settled) -> Rows:
        """The rows of a batch; frames whose VLANs and tunnels are no longer told apart are not decoded, but skipped."""
        fates = [(fate, np.array(frames, np.int64)) for fate, frames in self._told.items()]
        fates += zip((AS_DECODED, (str(UNFINISHED), ""), (str(CONTRADICTION), "")), settled, strict=False)
        self._accounts.settle(fates, np.concatenate([settled.shown, np.array(self._shown, np.int64)]))
        self._told.clear()
        self._shown.clear()
        if self._contexts.crowd >= 0:
            self.drop(rows, rows.context == self._contexts.crowd, CROWDED)
        return rows

    def drop(self, rows: Rows, which: Bool, reason: str) -> None:
        """The frames of these rows of the last batch were decoded, and yet are not in the result, for ``reason``. Those
        that have a reason of their own to be skipped keep that, even where it is known only later: where a fragment in
        them waits whose datagram never comes whole."""
        self._accounts.leave_out(rows.frame[which], reason)
