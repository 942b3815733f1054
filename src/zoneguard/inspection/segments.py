"""Which frames carried a stream, in columns: a capture has one segment a packet, and few are ever asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import overload

import numpy as np
import numpy.typing as npt

from zoneguard.model.flows import Segment
from zoneguard.model.spans import CaptureSpan

SPAN: Callable[[Iterable[object]], CaptureSpan] = partial(tuple.__new__, CaptureSpan)  # there is one a packet
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


class Segments(Sequence[Segment]):
    """Segments that do not overlap, in order. ``names`` by file number, ``times`` in seconds since 1970 UTC."""

    __slots__ = ("_bounds", "_files", "_names", "_numbers", "_times", "ends", "starts")

    def __init__(self, starts: I64, ends: I64, files: I64, numbers: I64, times: F64, names: Sequence[str]) -> None:
        self.starts, self.ends = starts, ends
        self._files, self._numbers, self._times, self._names = files, numbers, times, names
        self._bounds: list[tuple[int, int]] | None = None

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> Segments:
        """The same ones in columns."""
        if isinstance(segments, cls):
            return segments
        some = sorted(segments, key=lambda segment: segment.start)
        names = list(dict.fromkeys(segment.at.file for segment in some))
        number = {name: place for place, name in enumerate(names)}
        rows = [(s.start, s.end, number[s.at.file], s.at.frame) for s in some]
        starts, ends, files, numbers = np.array(rows, np.int64).reshape(-1, 4).T
        return cls(starts, ends, files, numbers, np.array([s.at.time for s in some], np.float64), names)

    @classmethod
    def joined(cls, parts: Sequence[Segments]) -> Segments:
        """The segments of all of these, which do not overlap either, in order."""
        names = list(dict.fromkeys(name for part in parts for name in part._names))
        number = {name: place for place, name in enumerate(names)}
        files = [np.array([number[name] for name in part._names], np.int64)[part._files] for part in parts]
        starts = np.concatenate([part.starts for part in parts])
        order = np.argsort(starts, kind="stable")
        ends, numbers = (np.concatenate([getattr(p, name) for p in parts])[order] for name in ("ends", "_numbers"))
        times = np.concatenate([part._times for part in parts])[order]
        return cls(starts[order], ends, np.concatenate(files)[order], numbers, times, names)

    def moved(self, distance: int) -> Segments:
        """The same ones, each so much further on."""
        starts, ends = self.starts + distance, self.ends + distance
        return Segments(starts, ends, self._files, self._numbers, self._times, self._names)

    def part(self, begin: int, end: int) -> Segments:
        """Those of these places."""
        starts, ends, files, numbers = (c[begin:end] for c in (self.starts, self.ends, self._files, self._numbers))
        return Segments(starts, ends, files, numbers, self._times[begin:end], self._names)

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """Where each begins and ends, without its frame."""
        if self._bounds is None:
            self._bounds = list(zip(self.starts.tolist(), self.ends.tolist(), strict=True))
        return self._bounds

    def spans(self, begin: int, end: int) -> list[CaptureSpan]:
        """The frames of these segments, by their places."""
        files, numbers, times = (c[begin:end].tolist() for c in (self._files, self._numbers, self._times))
        return list(map(SPAN, zip(map(self._names.__getitem__, files), numbers, times, strict=True)))

    def straight(self, places: I64 | slice) -> Spans | None:
        """The frames of these segments, where they are of one capture and each comes behind the one before; else
        nothing."""
        files, numbers = self._files[places], self._numbers[places]
        if (files != files[0]).any() or (numbers[1:] <= numbers[:-1]).any():
            return None
        return Spans(self._names[files.item(0)], numbers.copy(), self._times[places].copy())

    def span(self, place: int) -> CaptureSpan:
        """The frame of one of them."""
        return SPAN((self._names[self._files.item(place)], self._numbers.item(place), self._times.item(place)))

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> Segment: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Segment]: ...
    def __getitem__(self, at: int | slice) -> Segment | Sequence[Segment]:
        some = range(len(self))[at]
        if isinstance(some, range):
            return [self[place] for place in some]
        return Segment(self.starts.item(some), self.ends.item(some), self.span(some))

    def __iter__(self) -> Iterator[Segment]:
        return map(Segment, self.starts.tolist(), self.ends.tolist(), self.spans(0, len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


class Spans(Sequence[CaptureSpan]):
    """Frames of one capture, made when they are asked for: of a large content there are thousands. ``times`` as in
    ``Segments``."""

    __slots__ = ("_file", "_numbers", "_times")

    def __init__(self, file: str, numbers: I64, times: F64) -> None:
        self._file, self._numbers, self._times = file, numbers, times

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> CaptureSpan: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[CaptureSpan, ...]: ...
    def __getitem__(self, at: int | slice) -> CaptureSpan | tuple[CaptureSpan, ...]:
        if isinstance(at, slice):
            return tuple(Spans(self._file, self._numbers[at], self._times[at]))
        return CaptureSpan(self._file, self._numbers.item(at), self._times.item(at))

    def __iter__(self) -> Iterator[CaptureSpan]:
        return map(SPAN, zip(repeat(self._file), self._numbers.tolist(), self._times.tolist(), strict=False))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def bounds(segments: Sequence[Segment]) -> Sequence[tuple[int, int]]:
    """Where each segment begins and ends: of a UDP flow, the datagrams of its stream."""
    return segments.bounds if isinstance(segments, Segments) else [(s.start, s.end) for s in segments]
