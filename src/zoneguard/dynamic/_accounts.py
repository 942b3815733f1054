"""What became of every frame: each counts once, under one reason, in whatever order its fate is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from zoneguard.dynamic._headers import DECODED, LEFT, PPP
from zoneguard.dynamic.columns import FILE, I32, I64, U16
from zoneguard.dynamic.contexts import CROWDED
from zoneguard.dynamic.framing import NOT_IP
from zoneguard.dynamic.network import CONTRADICTION, UNFINISHED
from zoneguard.model.text import N_

MAX_REASONS = 64
OTHER_REASONS = str(N_("other reasons"))
ALWAYS = frozenset({str(UNFINISHED), str(CONTRADICTION), CROWDED, OTHER_REASONS})  # told apart whenever they come

WAITS = 3
WITHOUT_IP = {**NOT_IP, PPP: "PPP control"}

Fate = tuple[str, str]  # why a frame was skipped, and what it was instead of IP; both empty: decoded
AS_DECODED: Fate = ("", "")
NONE = np.zeros(0, np.int64)


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

    def count(self, fate: Fate, count: int) -> None:
        """Count frames of this fate."""
        skipped, kind = fate
        if skipped:
            self.skip(skipped, count)
        elif kind:
            self.without_ip[kind] += count
        else:
            self.decoded += count

    def told(self, fate: int, count: int) -> None:
        """Count frames of a fate that a core tells; ``LEFT`` ones and those that wait are told in their turn."""
        if fate not in (LEFT, WAITS):
            self.count(AS_DECODED if fate == DECODED else ("", WITHOUT_IP[fate]), count)


class Accounts:
    """The accounts of all files. Frames are numbered by ``columns.frame_number``.

    A frame of which a packet is left out moves from the decoded ones to a reason, unless it has one of its own. While a
    fragment in it waits, nobody knows whether it will: then the move is put off, of no more frames than fragments wait.
    """

    def __init__(self) -> None:
        self._files: dict[int, Account] = {}
        self._put_off: dict[int, str] = {}
        self._settled = [NONE]  # of the last batch, as are these: frames whose fate was told; that are skipped; shown
        self._skipped = self._shown = NONE

    def of(self, file: int) -> Account:
        """The account of the file of that number."""
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = Account()
        return known

    def count(self, files: I32, fate: U16) -> None:
        """Account for the frames that a core has decoded."""
        alone = not len(files) or not files.strides[0] or not (files != files[0]).any()
        for file in files[:1].tolist() if alone else np.unique(files).tolist():
            account, mine = self.of(file), fate if alone else fate[files == file]
            others = mine[mine != DECODED]
            account.decoded += len(mine) - len(others)
            for kind, count in Counter(others.tolist()).items():
                account.told(kind, count)

    def settle(self, fates: Sequence[tuple[Fate, I64]], shown: I64) -> None:
        """End a batch in which these frames, which no core accounts for, met these fates; ``shown`` are those that
        yielded packets in it while a fragment in them waited."""
        moved: list[int] = []
        for fate, frames in fates:
            files = np.bincount(frames >> FILE)
            for file in np.flatnonzero(files).tolist():
                self.of(file).count(fate, int(files[file]))
            for frame in frames.tolist() if self._put_off else ():
                reason = self._put_off.pop(frame, "")
                if reason and fate == AS_DECODED:
                    self._move(frame >> FILE, reason, 1)
                    moved.append(frame)
        self._settled, self._shown = [NONE, *(frames for _, frames in fates)], shown
        skipped = [frames for (reason, _), frames in fates if reason]
        self._skipped = np.concatenate([np.array(moved, np.int64), *skipped])

    def leave_out(self, frames: I64, reason: str) -> None:
        """Packets of these frames of the last batch are not in the result, for ``reason``."""
        frames = np.setdiff1d(frames, self._skipped)
        self._skipped = np.concatenate([self._skipped, frames])
        waiting = np.setdiff1d(np.intersect1d(frames, self._shown), np.concatenate(self._settled))
        for frame in waiting.tolist():
            self._put_off.setdefault(frame, reason)
        for file, count in Counter((np.setdiff1d(frames, waiting) >> FILE).tolist()).items():
            self._move(file, reason, count)

    def _move(self, file: int, reason: str, count: int) -> None:
        account = self.of(file)
        account.decoded -= count
        account.skip(reason, count)
