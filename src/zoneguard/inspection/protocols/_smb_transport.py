"""SMB messages in a stream: direct transport and NetBIOS sessions (MS-SMB2 2.1, RFC 1002 4.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from zoneguard.inspection.carving import Track
from zoneguard.model.spans import CaptureSpan

SMB1, SMB2, ENCRYPTED, COMPRESSED = b"\xffSMB", b"\xfeSMB", b"\xfdSMB", b"\xfcSMB"
MAGIC = re.compile(rb"\x00[\x00-\xff]{3}[\xfc-\xff]SMB")
_SESSION = 72  # the longest message of a NetBIOS session: both names
HEADER = 320  # as much of a message as any header and fixed part needs


class Message(NamedTuple):
    """Bytes ``start`` to ``end`` of the stream, without the length in front. ``head`` is its first bytes; one that is
    not ``whole`` is cut off by the end of the stream."""

    start: int
    end: int
    head: bytes
    track: Track
    whole: bool

    @property
    def at(self) -> CaptureSpan | None:
        """The frame that brought its end."""
        return self.track.arrival(self.end - 1)


class Lost(NamedTuple):
    """Bytes in which a message may have been."""

    start: int
    end: int


def messages(track: Track) -> Iterator[Message | Lost]:
    """Messages in order; behind a gap that hides a length, from the next one that can be told."""
    data, size, position = track.data, len(track.data), 0
    hurt = bool(track.stream.gaps or track.stream.conflicts)
    while position + 4 <= size:
        start = position + 4
        length = int.from_bytes(data[position + 1 : start], "big")
        known = MAGIC.match(data, position)
        other = not known and data[position] in range(0x81, 0x86) and length <= _SESSION
        if not (known or other) or (hurt and track.damaged(position, start + 4)):
            following = MAGIC.search(data, position + 1)
            end = following.start() if following else size
            yield Lost(position, end)
            position = end
            continue
        position = start + length
        if known:
            end = min(position, size)
            yield Message(start, end, data[start : min(end, start + HEADER)], track, end == position)
