"""What the virtual channels of an RDP session carried (MS-RDPBCGR 2.2.6 and 3.1.5.2, T.125): how much by each static
channel and, where nothing encrypts it, the messages, also those of dynamic channels (MS-RDPEDYC 2.2).

Under RDP's own security the packets that carry channels are in clear, whatever encrypts what is in them. Between them
go packets of the fast path, which carry screen and keys alone.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zoneguard.inspection.carving import Carved, Track
from zoneguard.model.spans import CaptureSpan

TO_SERVER, TO_CLIENT = 0x64, 0x68  # PER choices of SendDataRequest and SendDataIndication
NONE, LOW = 0, 1
"""Levels of encryption of the server (MS-RDPBCGR 5.3.1): nothing is encrypted; nothing that the server sends."""
_CONFERENCE = frozenset((0x04, 0x20, 0x28, 0x2C, 0x38, 0x3C, 0x7C))
"""Domain, disconnection, attaching users, joining channels; connecting, which begins with 0x7F."""
_TPKT, _DATA = 3, b"\x02\xf0\x80"
_FIRST, _LAST, _COMPRESSED = 0x1, 0x2, 0x200000
_ENCRYPTED = 0x8
_CREATE, _BEGIN, _GO_ON, _BEGIN_COMPRESSED, _GO_ON_COMPRESSED = 1, 2, 3, 6, 7
_PACKETS, _CHUNKS = 1 << 20, 100_000
"""How many packets of a direction are looked at, and how many of them may carry a channel."""
_Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one packet carries of a channel: the user data at ``start`` to ``end`` of the stream."""

    channel: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Carried:
    """Chunks of one direction in order, by channel. ``read``: up to where its packets were followed; ``stray``: bytes
    of packets that are neither of a channel nor of the screen; ``whole``: the direction was read from its beginning to
    its end."""

    chunks: Mapping[int, Sequence[Chunk]]
    read: int
    stray: int
    whole: bool

    def size(self, channel: int) -> int:
        """The bytes that went by a channel, with the headers of its protocol."""
        return sum(chunk.end - chunk.start for chunk in self.chunks.get(channel, ()))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel; ``up``: to the server."""

    up: bool
    carved: Carved


@dataclass(slots=True)
class Dynamic:
    """A dynamic channel that the server opened: what went by it, ``unread`` messages being those that are compressed or
    not whole; ``declined`` by the client."""

    name: str
    declined: bool = False
    unread: int = 0
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    messages: list[Message] = field(default_factory=list)
    begun: dict[bool, tuple[int, list[_Range]]] = field(default_factory=dict)
    """Of messages that are not whole yet: how many bytes lack, and what is there."""

    @property
    def told(self) -> str:
        """The name, and the bytes to the server and back where there are any."""
        return f"{self.name} {self.sizes[0]}/{self.sizes[1]}" if any(self.sizes) else self.name


def carried(track: Track, position: int, kind: int, channels: Collection[int], own: Collection[int]) -> Carried:
    """What the packets behind ``position`` carry of ``channels`` (``own``: those of the screen), up to the first damage
    or what is no packet. One that the end of the capture cuts off counts as far as it goes."""
    data, left = track.data, _CHUNKS
    found: dict[int, list[Chunk]] = {channel: [] for channel in channels}
    end = next((start for start, _ in track.damage(position, len(data))), len(data))
    last = behind = position
    stray = 0
    for _ in range(_PACKETS):
        size = _packet_size(data, position)
        following = min(position + size, end)
        if not size or not left or (position + size > end and end < len(data)):
            break
        chunk = _chunk(data, position, following, kind)
        if chunk is not None and chunk.channel in found:
            found[chunk.channel].append(chunk)
            left -= 1
        elif (chunk is None and not _orders(data, position)) or (chunk is not None and chunk.channel not in own):
            stray += following - position
        last, behind, position = position, position + size, following
    if track.stream.complete and behind > len(data):
        position = last  # the end of the direction is there, that of its last packet is not
    return Carried(found, position, stray, track.stream.complete and position == len(data))


def _packet_size(data: bytes, position: int) -> int:
    """The size of the packet at ``position``, 0 where there is none."""
    head = data[position : position + 4]
    if len(head) < 3:
        return 0
    if head[0] == _TPKT:
        size = int.from_bytes(head[2:4], "big")
        return size if head[1] == 0 and size >= 7 else 0
    if head[0] & 3:
        return 0
    size = (head[1] & 0x7F) << 8 | head[2] if head[1] & 0x80 else head[1]
    return size if size >= 3 else 0


def _orders(data: bytes, start: int) -> bool:
    """Whether the packet carries the screen by the fast path, or orders the conference (T.125, 7)."""
    if data[start] != _TPKT:
        return True
    return data[start + 4 : start + 7] == _DATA and (data[start + 7 : start + 8] or b"\0")[0] & 0xFC in _CONFERENCE


def _chunk(data: bytes, start: int, end: int, kind: int) -> Chunk | None:
    """What the packet carries of a channel, if it is one that carries something."""
    body = start + 7
    if data[start] != _TPKT or data[start + 4 : body] != _DATA or end < body + 7 or data[body] & 0xFC != kind:
        return None
    long = data[body + 6] & 0x80
    return Chunk(int.from_bytes(data[body + 3 : body + 5], "big"), min(end, body + (8 if long else 7)), end)


def messages(track: Track, chunks: Iterable[Chunk], level: int | None, *, up: bool) -> tuple[list[Message], int]:
    """The messages of one channel and direction, and how many there are besides that cannot be read: encrypted,
    compressed, or not all there. ``level``: of encryption, ``None``: not known."""
    found: list[Message] = []
    pieces: list[_Range] = []
    unread, begun = 0, False
    for chunk in chunks:
        start = _behind_security(track.data, chunk, level, up=up)
        if start is None or chunk.end - start < 8:
            unread, begun = unread + 1, False
            continue
        _, flags = struct.unpack_from("<II", track.data, start)
        if flags & _COMPRESSED or not (begun or flags & _FIRST):
            unread, begun = unread + 1, False
            continue
        unread += begun and bool(flags & _FIRST)
        pieces = [] if flags & _FIRST else pieces
        pieces.append((start + 8, chunk.end))
        begun = not flags & _LAST
        if not begun:
            found.append(Message(up, track.carve(*pieces)))
    return found, unread + begun


def _behind_security(data: bytes, chunk: Chunk, level: int | None, *, up: bool) -> int | None:
    """Where a chunk begins that is in clear: there is a header of security unless nothing is encrypted."""
    if level == NONE:
        return chunk.start
    if level != LOW or up or chunk.end - chunk.start < 4 or data[chunk.start] & _ENCRYPTED:
        return None
    return chunk.start + 4


def in_order(sent: Sequence[Message], received: Sequence[Message]) -> list[Message]:
    """The messages of both directions as they came: by the frames that ended them, each direction in its own order."""
    timed = []
    for some in (sent, received):
        latest = (0.0, 0)
        for message in some:
            frame = _end(message)
            latest = max(latest, (frame.time, frame.frame)) if frame is not None else latest
            timed.append((latest, message))
    return [message for _, message in sorted(timed, key=lambda pair: pair[0])]


def _end(message: Message) -> CaptureSpan | None:
    last = max((end for _, end in message.carved.ranges()), default=0)
    return message.carved.track.arrival(last - 1)


def dynamic(talk: Iterable[Message]) -> list[Dynamic]:
    """The dynamic channels that the server opens by the messages of their static one."""
    opened: list[Dynamic] = []
    by_number: dict[int, Dynamic] = {}
    for message in talk:
        data = message.carved.data
        kind = data[0] >> 4 if data else 0
        body = 1 + (1 << (data[0] & 3)) if data else 0
        number = int.from_bytes(data[1:body], "little")
        if kind == _CREATE and not message.up:
            by_number[number] = Dynamic(data[body:].partition(b"\0")[0].decode("latin-1")[:100])
            opened.append(by_number[number])
        elif kind == _CREATE and number in by_number:
            by_number[number].declined = bool(data[body + 3 : body + 4] >= b"\x80")  # a negative HRESULT
        elif kind in (_BEGIN, _GO_ON, _BEGIN_COMPRESSED, _GO_ON_COMPRESSED):
            if number not in by_number:
                by_number[number] = Dynamic(f"channel {number}")
                opened.append(by_number[number])
            _take(by_number[number], message, kind, body)
    for channel in opened:
        channel.unread += len(channel.begun)
    return opened


def _take(channel: Dynamic, message: Message, kind: int, body: int) -> None:
    """One packet of data: a message, or a piece of one."""
    data, up = message.carved.data, message.up
    size = 1 << (data[0] >> 2 & 3) if kind in (_BEGIN, _BEGIN_COMPRESSED) else 0
    start = body + size
    channel.sizes[not up] += max(0, len(data) - start)
    if kind in (_BEGIN_COMPRESSED, _GO_ON_COMPRESSED):
        channel.unread += 1
        return
    ranges = list(message.carved.ranges(start))
    left, pieces = channel.begun.pop(up, (0, []))
    if kind == _BEGIN:
        channel.unread += bool(pieces)
        left, pieces = int.from_bytes(data[body:start], "little"), []
    left -= len(data) - start
    pieces += ranges
    if left > 0:
        channel.begun[up] = left, pieces
    else:
        channel.messages.append(Message(up, message.carved.track.carve(*pieces)))
