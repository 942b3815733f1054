"""HTTP/2 frames of one direction (RFC 9113) → its messages: header lists, and where in the stream the bodies are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import hpack

from zoneguard.inspection.carving import Track
from zoneguard.inspection.mime.headers import Headers

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, CONTINUATION = 0, 1, 3, 4, 5, 9
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20
FRAME = 9
MAX_STREAMS = 20_000
MAX_FRAMES = 1_000_000
MAX_BLOCK = 100  # frames of one header block
MAX_LIST = 256 << 10
MAX_TABLE = 1 << 20
MAX_LONG = 16 << 10  # a header block
ORDERS = {2: 5, RST_STREAM: 4, SETTINGS: 600, 6: 8, 7: 1024, 8: 4}
"""What orders a connection, and the bytes that it has at most: settings are six each, a farewell may have text."""
MAX_STRANGE, MAX_STRAY = 16 << 10, 256
"""Bytes of padding and long headers, and of frames of no stream or known kind, that are taken for no content."""


@dataclass(frozen=True, slots=True)
class Frame:
    """``start`` to ``end`` is the payload, its padding included; ``cut``: its end is not there."""

    kind: int
    flags: int
    stream: int
    start: int
    end: int
    cut: bool


@dataclass(slots=True)
class Half:
    """What one side said in one stream. ``fields`` in the order sent, trailers behind; ``ended`` by END_STREAM."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    ended: bool = False
    reset: bool = False

    def headers(self) -> Headers:
        """Without the pseudo-header fields."""
        return Headers(tuple((name, value) for name, value in self.fields if not name.startswith(":")), 0)

    def pseudo(self, name: str) -> str:
        """``:method``, ``:path``, ``:authority``, ``:status``, or an empty string."""
        return next((value for key, value in self.fields if key == name), "")


@dataclass(slots=True)
class Side:
    """One direction. ``streams`` in the order in which they began; ``lost``: from where on nothing can be said;
    ``promised``: the requests that a server made up for its pushes; ``strange``: bytes of padding, in long header
    lists; ``stray``: in frames of no stream, of no known kind, longer than theirs are."""

    streams: dict[int, Half] = field(default_factory=dict)
    strange: int = 0
    stray: int = 0
    promised: dict[int, Half] = field(default_factory=dict)
    lost: int | None = None


def frames(track: Track, position: int) -> Iterator[Frame]:
    """Frames from ``position`` on, up to one whose header a gap or a conflict touches."""
    data = track.data
    while position + FRAME <= len(data) and not track.damaged(position, position + FRAME):
        size = int.from_bytes(data[position : position + 3], "big")
        start = position + FRAME
        stream = int.from_bytes(data[position + 5 : start], "big") & 0x7FFFFFFF
        end = min(start + size, len(data))
        yield Frame(data[position + 3], data[position + 4], stream, start, end, end < start + size)
        position = start + size


def read_side(track: Track, position: int) -> Side:
    """Everything that one side said. Header compression has a memory: behind a header block that cannot be read,
    nothing of that side can."""
    side = Side()
    decoder = hpack.Decoder(max_header_list_size=MAX_LIST)
    decoder.max_allowed_table_size = MAX_TABLE
    block: list[tuple[int, int]] = []
    target = Half()
    ends = False
    reached = position
    for count, frame in enumerate(frames(track, position), 1):
        inner = _unpadded(track.data, frame)
        reached = frame.end
        known = frame.stream in side.streams
        side.strange += _strange(frame, inner)
        side.stray += _stray(frame, known)
        if frame.kind == DATA and frame.stream in side.streams:
            half = side.streams[frame.stream]
            if inner[1] > inner[0]:
                half.pieces.append(inner)
            half.ended |= bool(frame.flags & END_STREAM) and not frame.cut
        elif frame.kind == RST_STREAM and frame.stream in side.streams:
            side.streams[frame.stream].reset = True
        elif frame.kind in (HEADERS, PUSH_PROMISE, CONTINUATION):
            if frame.kind == CONTINUATION:
                block.append(inner)
            else:
                target, block, ends = _target(side, track.data, frame, inner), [inner], bool(frame.flags & END_STREAM)
                ends = ends and frame.kind == HEADERS
                if frame.kind == PUSH_PROMISE:
                    block = [(inner[0] + 4, inner[1])]
            if frame.flags & END_HEADERS and not _read(track, decoder, block, target, frame.cut):
                side.lost = block[0][0]
                return side
            target.ended |= ends and bool(frame.flags & END_HEADERS)
        if frame.cut:
            side.lost = None if frame.kind == DATA and known else frame.start - FRAME
            return side
        if count >= MAX_FRAMES or len(side.streams) > MAX_STREAMS or len(block) > MAX_BLOCK:
            break
    if reached < len(track.data):
        side.lost = reached
    return side


def _strange(frame: Frame, inner: tuple[int, int]) -> int:
    """How many bytes of the frame may be anything, though it may have them."""
    size = frame.end - frame.start
    if frame.kind in (HEADERS, PUSH_PROMISE, CONTINUATION):
        return size if size > MAX_LONG else 0
    return frame.end - inner[1] if frame.kind == DATA else 0


def _stray(frame: Frame, known: bool) -> int:
    """How many bytes of the frame are nothing that is said there; ``known``: its stream is."""
    size = frame.end - frame.start
    if frame.kind in (HEADERS, PUSH_PROMISE, CONTINUATION) or (frame.kind == DATA and known):
        return 0
    return size if size > ORDERS.get(frame.kind, 0) else 0


def _target(side: Side, data: bytes, frame: Frame, inner: tuple[int, int]) -> Half:
    if frame.kind == PUSH_PROMISE:
        promised = int.from_bytes(data[inner[0] : inner[0] + 4], "big") & 0x7FFFFFFF
        return side.promised.setdefault(promised, Half())
    return side.streams.setdefault(frame.stream, Half())


def _unpadded(data: bytes, frame: Frame) -> tuple[int, int]:
    """The payload without padding and priority."""
    start, end = frame.start, frame.end
    if frame.kind in (DATA, HEADERS, PUSH_PROMISE) and frame.flags & PADDED and start < end:
        if not frame.cut:
            end -= data[start]
        start += 1
    if frame.kind == HEADERS and frame.flags & PRIORITY:
        start += 5
    return start, max(start, end)


def _read(track: Track, decoder: hpack.Decoder, block: list[tuple[int, int]], into: Half, cut: bool) -> bool:
    """Decode a header block; ``False`` where it is damaged. An interim answer (1xx) is forgotten."""
    if cut or any(track.damaged(a, b) for a, b in block):
        return False
    try:
        fields = [
            (bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1"))
            for name, value in decoder.decode(b"".join(track.data[a:b] for a, b in block), raw=True)
        ]
    except (hpack.HPACKError, ValueError, IndexError):
        return False
    if into.pseudo(":status").startswith("1"):
        into.fields.clear()
    into.fields += fields
    return True
