"""Frames → rows: by the fast decoder of a core, what it leaves by the scalar one, with an account of every frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, runtime_checkable

import numpy as np

from zoneguard.dynamic import fragments
from zoneguard.dynamic._headers import DECODED, LEFT, PPP, ordinary
from zoneguard.dynamic._pcap import Taker
from zoneguard.dynamic._reassembly import assembled, laid_out, stretches, taken
from zoneguard.dynamic._scalar import Scalar, Values
from zoneguard.dynamic.columns import I32, I64, U16, Bool, Column, Frames, Rows, join
from zoneguard.dynamic.containers import Capture
from zoneguard.dynamic.contexts import CROWDED, Context, Contexts
from zoneguard.dynamic.fragments import Fragments
from zoneguard.dynamic.framing import NOT_IP
from zoneguard.dynamic.network import CONTRADICTION, UNFINISHED, Dissected
from zoneguard.model.text import N_

MAX_REASONS = 64
OTHER_REASONS = str(N_("other reasons"))
ALWAYS = frozenset({str(UNFINISHED), str(CONTRADICTION), CROWDED, OTHER_REASONS})  # told apart whenever they come

WAITS = 3
WITHOUT_IP = {**NOT_IP, PPP: "PPP control"}
NOBODY = np.zeros((3, 0), np.int64)
_NUMBER = 40  # bits of a frame's number


@dataclass(frozen=True, slots=True)
class Swift:
    """What came of a batch. ``rows`` are its packets in frame order. ``fate`` of each frame: ``LEFT`` to the scalar
    decoder, which has told of it, ``DECODED``, ``WAITS`` for other fragments, or a key of ``WITHOUT_IP``. ``settled``
    counts frames of datagrams by file: those that were decoded, those given up, those that contradict each other.
    """

    rows: Rows
    fate: U16
    settled: I64


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

    def end(self) -> tuple[Rows, I64]:
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


class Account:
    """What became of the frames of one file: the three counts add up to all frames once the decoder has finished."""

    def __init__(self) -> None:
        self.decoded = 0
        self.skipped: Counter[str] = Counter()
        self.without_ip: Counter[str] = Counter()

    def skip(self, reason: str, count: int = 1) -> None:
        """Count frames under ``reason``, or under a common one where there are too many different reasons."""
        known = reason in self.skipped or reason in ALWAYS or len(self.skipped.keys() - ALWAYS) < MAX_REASONS
        self.skipped[reason if known else OTHER_REASONS] += count


class Decoder:
    """Feed it batches in time order, then call ``rest``.

    ``contexts`` says what the numbers in ``Rows.context`` mean: VLANs and tunnels, outermost first.
    """

    def __init__(self, swift: Callable[[Contexts], SwiftDecoder] = Columnar) -> None:
        self._contexts = Contexts()
        self._accounts: dict[int, Account] = {}
        self._swift = swift(self._contexts)
        self._scalar = Scalar(self._contexts, self._swift.fragments, self._settle)
        self._out: I64 = np.zeros(0, np.int64)

    @property
    def contexts(self) -> list[Context]:
        return self._contexts.known

    @property
    def reads(self) -> bool:
        """Whether it reads ``straight`` captures by itself."""
        return isinstance(self._swift, StraightDecoder)

    def account(self, file: int) -> Account:
        """The account of the file of that number."""
        known = self._accounts.get(file)
        if known is None:
            known = self._accounts[file] = Account()
        return known

    def rows(self, frames: Frames) -> Rows:
        """The packets of a batch in frame order."""
        self._scalar.begin(frames)
        swift = self._swift.decode(frames, self._scalar)
        self._count(frames.file, swift.fate)
        self._settled(swift.settled)
        return self._result(swift.rows, self._scalar.skipped)

    def straight(self, capture: Capture) -> Iterator[tuple[Rows, int]]:
        """The packets of a capture that is read in pieces, and how many frames they are of; only if this ``reads``."""
        swift = self._swift
        assert isinstance(swift, StraightDecoder)
        frames = 0
        for count in chain(capture.pieces(swift.taker(capture.number, self._scalar)), (0,)):
            frames += count
            if swift.full or not count:
                skipped = self._scalar.skipped
                rows, settled = swift.end()
                self._settled(settled)
                yield self._result(rows, skipped), frames
                frames = 0
        account = self.account(capture.number)
        for fate, count in swift.told():
            self._add(account, fate, count)

    def _settled(self, settled: I64) -> None:
        for file in np.flatnonzero(settled.any(axis=0)).tolist():
            account = self.account(file)
            decoded, given_up, contradicting = settled[:, file].tolist()
            account.decoded += decoded
            for reason, count in ((UNFINISHED, given_up), (CONTRADICTION, contradicting)):
                if count:
                    account.skip(str(reason), count)

    def _count(self, files: I32, fate: U16) -> None:
        """Account for the frames that the core has decoded."""
        alone = not len(files) or not files.strides[0] or not (files != files[0]).any()
        for file in files[:1].tolist() if alone else np.unique(files).tolist():
            account, mine = self.account(file), fate if alone else fate[files == file]
            others = mine[mine != DECODED]
            account.decoded += len(mine) - len(others)
            for kind, count in Counter(others.tolist()).items():
                self._add(account, kind, count)

    @staticmethod
    def _add(account: Account, fate: int, count: int) -> None:
        if fate == DECODED:
            account.decoded += count
        elif fate not in (LEFT, WAITS):
            account.without_ip[WITHOUT_IP[fate]] += count

    def rest(self) -> Rows:
        """What is known of fragments that are still waiting when the captures have ended."""
        self._scalar.begin(None)
        values = self._scalar.rest()
        return self._result(self._scalar.rows(values, np.zeros(0, np.uint8)), self._scalar.skipped)

    def _settle(self, outcome: Dissected) -> None:
        for file, count in Counter(outcome.settled).items():
            account = self.account(file)
            if outcome.skipped:
                account.skip(outcome.skipped, count)
            elif outcome.kind:
                account.without_ip[outcome.kind] += count
            else:
                account.decoded += count

    def _result(self, rows: Rows, skipped: set[tuple[int, int]]) -> Rows:
        """The rows of a batch; frames whose VLANs and tunnels are no longer told apart are not decoded, but skipped."""
        self._out = _frames(*np.array(sorted(skipped), np.int64).reshape(-1, 2).T)
        if self._contexts.crowd >= 0:
            self.drop(rows, rows.context == self._contexts.crowd, CROWDED)
        return rows

    def drop(self, rows: Rows, which: Bool, reason: str) -> None:
        """The frames of these rows of the last batch were decoded, and yet are not in the result, for ``reason``; those
        that count as skipped already, for this or another reason, stay where they are. Of a frame that yielded a packet
        and a fragment that waits it is too early to know: where the fragment's datagram never comes whole it counts as
        skipped for both."""
        frames = np.setdiff1d(_frames(rows.file[which], rows.number[which]), self._out)
        self._out = np.concatenate([self._out, frames])
        for file, count in Counter((frames >> _NUMBER).tolist()).items():
            self.account(file).decoded -= count
            self.account(file).skip(reason, count)


def _frames(files: Column, numbers: I64) -> I64:
    """One number for each frame."""
    return files.astype(np.int64) << _NUMBER | numbers
