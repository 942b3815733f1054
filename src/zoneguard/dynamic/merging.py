"""Several capture files as one: rotated files one behind the other, parallel ones interleaved by time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from zoneguard.dynamic._pcap import Finder
from zoneguard.dynamic.columns import I64, MAX_BATCH, PADDING, Frames
from zoneguard.dynamic.containers import Capture, open_capture

EARLIEST = int(np.iinfo(np.int64).min)


class _Feed:
    """A capture file of the merge, opened when its time has come.

    ``keys`` is the running maximum of time, so that merging never changes the order of one file; a file
    that is ``alone`` needs none.
    """

    def __init__(self, path: str, number: int, digest: bool, begins: int, find: Finder | None, alone: bool) -> None:
        self.begins = begins
        self.number = number
        self.capture: Capture | None = None
        self.frames: Frames | None = None
        self.keys: I64 = np.zeros(0, np.int64)
        self._path = path
        self._digest = digest
        self._find = find
        self._alone = alone
        self._latest = EARLIEST

    def only(self) -> Capture:
        """The capture, open, of which nothing was read yet."""
        self.capture = open_capture(self._path, self.number, self._digest, self._find)
        return self.capture

    def open(self) -> None:
        self.capture = self.capture or self.only()
        self._batches = self.capture.batches()
        self.advance()

    def advance(self) -> None:
        """Put the next frames at hand, if any are left."""
        self.frames = next(self._batches, None)
        if self.frames is not None and not self._alone:
            self.keys = np.maximum(np.maximum.accumulate(self.frames.time), self._latest)
            self._latest = int(self.keys[-1])

    def split(self, horizon: int) -> tuple[I64, Frames]:
        """The frames at hand up to ``horizon`` and their keys, removed from here."""
        assert self.frames is not None
        count = int(np.searchsorted(self.keys, horizon, side="right"))
        taken = self.keys[:count], self.frames.take(slice(0, count))
        if count == len(self.frames):
            self.advance()
        else:
            self.frames, self.keys = self.frames.take(slice(count, None)), self.keys[count:]
        return taken


class Merged:
    """The frames of all files in one order: by time between files, as written within a file, ties by file.

    ``captures`` holds what became of each file, in the order given, once ``frames`` has run out. Raises ``InputError``
    where a file cannot be opened.
    """

    def __init__(self, files: Sequence[str], digest: bool = True, find: Finder | None = None) -> None:
        alone = len(files) == 1
        self._feeds = [
            _Feed(path, number, digest, EARLIEST if alone else _first_time(path), find, alone)
            for number, path in enumerate(files)
        ]

    @property
    def captures(self) -> list[Capture]:
        return [feed.capture for feed in self._feeds if feed.capture is not None]

    def straight(self) -> Capture | None:
        """The only file, if it can be read in ``pieces``."""
        capture = self._feeds[0].only() if len(self._feeds) == 1 else None
        return capture if capture and capture.straight else None

    def frames(self) -> Iterator[Frames]:
        """At most ``MAX_BATCH`` frames at a time; ``Frames.file`` counts the files from 0 in the order given."""
        waiting = sorted(self._feeds, key=lambda f: (f.begins, f.number))
        active: list[_Feed] = []
        while waiting or active:
            while waiting and (not active or waiting[0].begins <= min(int(f.keys[-1]) for f in active)):
                waiting[0].open()
                active.append(waiting.pop(0))
                active = [f for f in active if f.frames is not None]
            if len(active) == 1:
                assert active[0].frames is not None
                yield active[0].frames
                active[0].advance()
            elif active:
                horizon = min(int(f.keys[-1]) for f in active)
                active.sort(key=lambda f: f.number)
                yield from _interleave([f.split(horizon) for f in active])
            active = [f for f in active if f.frames is not None]


def _first_time(path: str) -> int:
    capture = open_capture(path, digest=False)
    frames = next(capture.batches(), None)
    capture.close()
    return EARLIEST if frames is None else int(frames.time[0])


def _interleave(feeds: list[tuple[I64, Frames]]) -> Iterator[Frames]:
    """One buffer and one order out of several."""
    feeds = [(keys, frames) for keys, frames in feeds if len(frames)]
    parts = [frames for _, frames in feeds]
    end = 0
    shifts, pieces = [], []
    for part in parts:
        low, high = int(part.at.min()), int((part.at + part.caplen).max())
        pieces.append(part.data[low:high])
        shifts.append(end - low)
        end += high - low
    order = np.argsort(np.concatenate([keys for keys, _ in feeds]), kind="stable")
    whole = Frames(
        data=np.concatenate([*pieces, np.zeros(PADDING, np.uint8)]),
        at=np.concatenate([p.at + s for p, s in zip(parts, shifts, strict=True)]),
        caplen=np.concatenate([p.caplen for p in parts]),
        wirelen=np.concatenate([p.wirelen for p in parts]),
        time=np.concatenate([p.time for p in parts]),
        link=np.concatenate([p.link for p in parts]),
        number=np.concatenate([p.number for p in parts]),
        file=np.concatenate([p.file for p in parts]),
    )
    for first in range(0, len(order), MAX_BATCH):
        yield whole.take(order[first : first + MAX_BATCH])
