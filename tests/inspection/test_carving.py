"""The frames of carved content are those of the segments that its bytes lie in, however many there are."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.talk import flow
from zoneguard.inspection.carving import MANY, Track
from zoneguard.inspection.segments import Spans
from zoneguard.model.flows import Segment, Stream
from zoneguard.model.spans import CaptureSpan

FLOW = flow()
SIZE = 4
frame_numbers = st.one_of(
    st.integers(0, 200).map(lambda count: list(range(1, count + 1))),
    st.lists(st.integers(1, 150), max_size=100),
)


def track(numbers: list[int], second: int = -1) -> Track:
    """A stream of segments of ``SIZE`` bytes in these frames, from one of them on in a second capture."""
    segments = [
        Segment(SIZE * place, SIZE * (place + 1), CaptureSpan("b" if 0 <= second <= place else "a", number, number / 8))
        for place, number in enumerate(numbers)
    ]
    return Track(Stream(FLOW, True, bytes(SIZE * len(numbers)), segments))


@given(frame_numbers, st.integers(-1, 150), st.lists(st.tuples(st.integers(0, 800), st.integers(0, 400)), max_size=5))
def test_each_frame_once_in_order(numbers: list[int], second: int, ranges: list[tuple[int, int]]) -> None:
    carried = track(numbers, second)
    end = len(carried.data)
    pieces = [(min(start, end), min(start + size, end)) for start, size in ranges]
    expected = dict.fromkeys(
        frame for start, stop in pieces if stop > start for frame in carried.stream.frames(start, stop)
    )
    assert tuple(carried.carve(*pieces).frames()) == tuple(expected)


def test_many_frames_are_made_when_they_are_asked_for() -> None:
    numbers = list(range(5, 5 + 2 * MANY))
    frames = track(numbers).carve((0, SIZE * len(numbers))).frames()
    made = tuple(CaptureSpan("a", number, number / 8) for number in numbers)
    assert isinstance(frames, Spans)
    assert frames == made and made == frames and len(frames) == len(made) and hash(frames) == hash(made)
    assert repr(frames) == repr(made)
    assert (frames[0], frames[-1], frames[3:5]) == (made[0], made[-1], made[3:5])
    assert pickle.loads(pickle.dumps(frames)) == made
    assert frames != made[1:]
    assert frames != 5


def test_pieces_in_one_segment_have_one_frame() -> None:
    numbers = list(range(1, 2 * MANY))
    pieces = [(at, at + 1) for at in range(0, SIZE * len(numbers), 3)]
    frames = track(numbers).carve(*pieces).frames()
    assert [frame.frame for frame in frames] == numbers
