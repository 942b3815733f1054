"""SMB messages in a stream: direct transport and NetBIOS sessions (MS-SMB2 2.1, RFC 1002 4.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.inspection.carving import Track
from zoneguard.model.spans import CaptureSpan

SMB1, SMB2, ENCRYPTED, COMPRESSED = b"\xffSMB", b"\xfeSMB", b"\xfdSMB", b"\xfcSMB"
MAGIC = re.compile(rb"\x00[\x00-\xff]{3}[\xfc-\xff]SMB")
_SESSION = 72  # the longest message of a NetBIOS session: both names
HEADER = 320  # as much of a message as any header and fixed part needs


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes ``start`` to ``end`` of the stream, without the length in front. ``head`` is its first bytes; ``at`` the
    frame that brought its end; not ``whole``: the stream stops in it."""

    start: int
    end: int
    head: bytes
    at: CaptureSpan | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes in which a message may have been."""

    start: int
    end: int


def messages(track: Track) -> Iterator[Message | Lost]:
    """Messages in order; behind a gap that hides a length, from the next one that can be told."""
    data, position = track.data, 0
    while position + 4 <= len(data):
        kind, length = data[position], int.from_bytes(data[position + 1 : position + 4], "big")
        start = position + 4
        known = kind == 0 and data[start : start + 4] in (SMB1, SMB2, ENCRYPTED, COMPRESSED)
        if track.damaged(position, start + 4) or not (known or (kind in range(0x81, 0x86) and length <= _SESSION)):
            following = MAGIC.search(data, position + 1)
            end = following.start() if following else len(data)
            yield Lost(position, end)
            position = end
            continue
        end = min(start + length, len(data))
        if known:
            at = track.arrival(end - 1)
            yield Message(start, end, data[start : min(end, start + HEADER)], at, end == start + length)
        position = start + length
