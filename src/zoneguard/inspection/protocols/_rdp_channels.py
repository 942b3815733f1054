"""What the static virtual channels of an RDP session carried (MS-RDPBCGR 2.2.6, T.125): how much, and, where nothing
encrypts it, which devices the client offers (MS-RDPEFS 2.2.2.9) and which dynamic channels the server opens (MS-RDPEDYC
2.2.2.1).

Under RDP's own security the packets that carry channels are in clear, whatever encrypts what is in them. Between them
go packets of the fast path, which carry screen and keys alone.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zoneguard.inspection.carving import Track

TO_SERVER, TO_CLIENT = 0x64, 0x68  # PER choices of SendDataRequest and SendDataIndication
_TPKT, _DATA = 3, b"\x02\xf0\x80"
_FIRST, _LAST, _COMPRESSED = 0x1, 0x2, 0x200000
_ANNOUNCE = struct.pack("<HH", 0x4472, 0x4441)
_CREATE = 1
_DEVICES = {1: "port", 2: "port", 4: "printer", 8: "drive", 0x20: "smart card"}
_MESSAGE = 1 << 20
"""The largest message of a channel that is put together; those that offer devices are small."""
_PACKETS, _CHUNKS = 1 << 20, 100_000
"""How many packets of a direction are looked at, and how many of them may carry a channel."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one packet carries of a channel: the user data at ``start`` to ``end`` of the stream."""

    channel: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Carried:
    """Chunks of one direction in order, by channel. ``whole``: the direction was read from its beginning to its end."""

    chunks: Mapping[int, Sequence[Chunk]]
    whole: bool

    def size(self, channel: int) -> int:
        """The bytes that went by a channel, with the headers of its protocol."""
        return sum(chunk.end - chunk.start for chunk in self.chunks.get(channel, ()))


def carried(track: Track, position: int, kind: int, channels: Collection[int]) -> Carried:
    """What the packets behind ``position`` carry of ``channels``, up to the first damage or what is no packet. One that
    the end of the direction cuts off counts as far as it goes."""
    data, left = track.data, _CHUNKS
    found: dict[int, list[Chunk]] = {channel: [] for channel in channels}
    end = next((start for start, _ in track.damage(position, len(data))), len(data))
    for _ in range(_PACKETS):
        size = _packet_size(data, position)
        following = min(position + size, end)
        if not size or not left or (position + size > end and end < len(data)):
            break
        chunk = _chunk(data, position, following, kind)
        if chunk is not None and chunk.channel in found:
            found[chunk.channel].append(chunk)
            left -= 1
        position = following
    return Carried(found, track.stream.complete and position == len(data))


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


def _chunk(data: bytes, start: int, end: int, kind: int) -> Chunk | None:
    """What the packet carries of a channel, if it is one that carries something."""
    body = start + 7
    if data[start] != _TPKT or data[start + 4 : body] != _DATA or end < body + 7 or data[body] & 0xFC != kind:
        return None
    long = data[body + 6] & 0x80
    return Chunk(int.from_bytes(data[body + 3 : body + 5], "big"), min(end, body + (8 if long else 7)), end)


def devices(track: Track, sent: Carried, channel: int) -> list[str] | None:
    """The kinds of devices that the client offers by the channel; ``None`` where a message of it cannot be read. Only
    where nothing encrypts what the client sends."""
    kinds: list[str] = []
    for message in _messages(track.data, sent.chunks.get(channel, ())):
        if message is None:
            return None
        if message.startswith(_ANNOUNCE):
            kinds += _offered(message)
    return kinds


def dynamic(track: Track, received: Carried, channel: int) -> list[str] | None:
    """The names of the dynamic channels that the server opens by the channel; ``None`` where a message of it cannot be
    read. Only where nothing encrypts what the server sends."""
    names: list[str] = []
    for message in _messages(track.data, received.chunks.get(channel, ())):
        if message is None:
            return None
        if message and message[0] >> 4 == _CREATE:
            names.append(message[1 + (1 << (message[0] & 3)) :].partition(b"\0")[0].decode("latin-1")[:100])
    return names


def _messages(data: bytes, chunks: Iterable[Chunk]) -> Iterator[bytes | None]:
    """Messages of one channel out of their chunks; ``None`` for what is compressed, too large, or not all there."""
    message = bytearray()
    begun = False
    for chunk in chunks:
        if chunk.end - chunk.start < 8:
            yield None
            continue
        size, flags = struct.unpack_from("<II", data, chunk.start)
        if flags & _COMPRESSED or size > _MESSAGE or not (begun or flags & _FIRST):
            yield None
            begun = False
            continue
        message = bytearray() if flags & _FIRST else message
        message += data[chunk.start + 8 : chunk.end]
        begun = not flags & _LAST
        if not begun:
            yield bytes(message)
    if begun:
        yield None


def _offered(message: bytes) -> Iterator[str]:
    position, left = 8, int.from_bytes(message[4:8], "little")
    while left and position + 20 <= len(message):
        (kind,) = struct.unpack_from("<I", message, position)
        yield _DEVICES.get(kind, f"device of type {kind}")
        position += 20 + int.from_bytes(message[position + 16 : position + 20], "little")
        left -= 1
