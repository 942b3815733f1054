"""Content lifted out of a stream, with the way back from each of its bytes to the frames that carried it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np

from zoneguard.inspection.segments import Segments, Spans
from zoneguard.model.flows import Stream
from zoneguard.model.spans import CaptureSpan

MANY = 16  # frames that are not made before somebody asks for them


class Track:
    """One direction of a conversation, indexed so that ranges find their frames and damage in logarithmic time."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.data = stream.data
        self._segments = Segments.of(stream.segments)
        self._starts, self._ends = self._segments.starts.tolist(), self._segments.ends.tolist()
        self._damage = _merged((*stream.gaps, *stream.conflicts))
        self._damage_ends = [end for _, end in self._damage]

    def frames(self, start: int, end: int) -> list[CaptureSpan]:
        """The frames that carried the bytes ``start`` to ``end`` (exclusive), in stream order."""
        return self._segments.spans(*self._places(start, end))

    def straight(self, ranges: Iterable[tuple[int, int]]) -> Spans | None:
        """The frames that carried these bytes, each once, if they are many and each comes behind the one before."""
        places = [self._places(start, end) for start, end in ranges]
        if sum(end - begin for begin, end in places) < MANY:
            return None
        if len(places) == 1:
            return self._segments.straight(slice(*places[0]))
        segments = np.concatenate([np.arange(begin, end) for begin, end in places])
        return self._segments.straight(segments[np.append(True, segments[1:] != segments[:-1])])

    def _places(self, start: int, end: int) -> tuple[int, int]:
        """The segments, from one to another, that hold these bytes."""
        return bisect_right(self._ends, start), bisect_left(self._starts, end)

    def ends(self, start: int, end: int) -> tuple[CaptureSpan, ...]:
        """The first and the last of the frames that carried these bytes; one where that is the same, or none."""
        frames = self.frames(start, end)
        return tuple(dict.fromkeys((*frames[:1], *frames[-1:])))

    def damaged(self, start: int, end: int) -> bool:
        """Whether a gap or a conflict touches the bytes ``start`` to ``end`` (exclusive)."""
        index = bisect_right(self._damage_ends, start)
        return index < len(self._damage) and self._damage[index][0] < end

    def damage(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The damaged ranges that touch ``start`` to ``end``, in order."""
        for a, b in self._damage[bisect_right(self._damage_ends, start) :]:
            if a >= end:
                return
            yield max(a, start), min(b, end)

    @property
    def missing_end(self) -> int:
        """How many bytes are known to have followed ``data``."""
        return sum(end - max(start, len(self.data)) for start, end in self._damage if end > len(self.data))

    def arrival(self, offset: int) -> CaptureSpan | None:
        """The frame that carried the byte at ``offset``."""
        place = bisect_right(self._ends, offset)
        found = place < len(self._starts) and self._starts[place] <= offset
        return self._segments.span(place) if found else None

    def carve(self, *pieces: tuple[int, int]) -> Carved:
        """The bytes of ``pieces``, stream ranges in the order in which they make up the content."""
        return Carved(self, pieces)


def session_ends(*tracks: Track) -> tuple[CaptureSpan, ...]:
    """The first and the last frame that carried anything on ``tracks``: where an unread session begins and ends."""
    frames = [frame for t in tracks for frame in (*t.frames(0, 1), *t.frames(len(t.data) - 1, len(t.data)))]
    ordered = sorted(frames, key=lambda f: (f.time, f.frame))
    return tuple(dict.fromkeys((ordered[0], ordered[-1]))) if ordered else ()


class Carved:
    """Content made of pieces of one stream; offsets below are those of the content."""

    def __init__(self, track: Track, pieces: Iterable[tuple[int, int]]) -> None:
        self.track = track
        self._pieces = [(start, end) for start, end in pieces if end > start]
        self._offsets = [0, *accumulate(end - start for start, end in self._pieces)]
        self.data = b"".join(track.data[start:end] for start, end in self._pieces)

    def __len__(self) -> int:
        return self._offsets[-1]

    def ranges(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """The stream ranges that hold the bytes ``start`` to ``end``."""
        end = len(self) if end is None else end
        index = max(0, bisect_right(self._offsets, start) - 1)
        while index < len(self._pieces) and self._offsets[index] < end:
            base = self._pieces[index][0] - self._offsets[index]
            yield max(start, self._offsets[index]) + base, min(end, self._offsets[index + 1]) + base
            index += 1

    def frames(self, start: int = 0, end: int | None = None) -> Sequence[CaptureSpan]:
        """The frames that carried the bytes ``start`` to ``end``, each once."""
        runs = self._runs(start, end)
        return self.track.straight(runs) or tuple(dict.fromkeys(f for a, b in runs for f in self.track.frames(a, b)))

    def damaged(self, start: int = 0, end: int | None = None) -> bool:
        """Whether a gap or a conflict touches the bytes ``start`` to ``end``."""
        return any(self.track.damaged(a, b) for a, b in self._runs(start, end))

    def _runs(self, start: int, end: int | None) -> list[tuple[int, int]]:
        """``ranges`` with neighbours joined that are at most one byte apart (a dot that was unstuffed)."""
        ranges = list(self.ranges(start, end))
        cuts = [0, *(i for i, (a, b) in enumerate(pairwise(ranges), 1) if not 0 <= b[0] - a[1] <= 1), len(ranges)]
        return [(ranges[i][0], ranges[j - 1][1]) for i, j in pairwise(cuts) if j > i]


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif end > start:
            out.append((start, end))
    return out
