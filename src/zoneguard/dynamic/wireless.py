"""802.11: what radiotap puts in front of a frame, the frame's own header, and several packets in one frame.

IEEE 802.11-2020, 9.2 and 9.3.2.2 (A-MSDU); radiotap: its own specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from struct import unpack_from

from zoneguard.dynamic.framing import llc
from zoneguard.dynamic.layers import Aggregate, Cursor, NoIp, Skipped
from zoneguard.model.text import N_

ADDRESSES, MIN_LLC = 14, 3


def radiotap(cursor: Cursor) -> int:
    """Radiotap, then 802.11. Only the flag that pads the 802.11 header matters here."""
    length = int.from_bytes(cursor.data[cursor.at + 2 : cursor.at + 4], "little")
    present = int.from_bytes(cursor.data[cursor.at + 4 : cursor.at + 8], "little")
    at, word = cursor.at + 8, present
    while word & 0x80000000:
        word = unpack_from("<I", cursor.data, at)[0]
        at += 4
    padded = False
    if present & 2:
        if present & 1:
            at = cursor.at + ((at - cursor.at + 7) & ~7) + 8
        padded = bool(cursor.data[at] & 0x20)
    if length < 8:
        raise Skipped(N_("radiotap header shorter than it can be"))
    cursor.skip(length)
    return data_frame(cursor, padded)


def data_frame(cursor: Cursor, padded: bool = False, swapped: bool = False) -> int:
    """An 802.11 header; only unencrypted data frames can hold IP. Raises ``Aggregate`` where it holds several.

    ``swapped``: the two bytes of its frame control are."""
    control, flags = cursor.u8(swapped), cursor.u8(not swapped)
    if control >> 2 & 3 != 2:
        raise NoIp("802.11 management or control")
    if control & 0x40:
        raise NoIp("802.11 null data")
    if flags & 0x40:
        raise Skipped(N_("802.11 data is encrypted"))
    both = flags & 3 == 3
    source = 24 if both else 16 if flags & 2 else 10
    header = 30 if both else 24
    aggregate = False
    if control & 0x80:
        aggregate = bool(cursor.u8(header) & 0x80)
        header += 6 if flags & 0x80 else 2
    cursor.mac = int.from_bytes(cursor.data[cursor.at + source : cursor.at + source + 6])
    cursor.skip((header + 3) & ~3 if padded else header)
    if aggregate:
        raise Aggregate(_parts(cursor))
    return llc(cursor)


def _parts(cursor: Cursor) -> Iterator[Cursor]:
    """The frames of an A-MSDU: two addresses, a length and an LLC frame, padded to four bytes but for the last. A check
    sequence may follow."""
    while cursor.wire - cursor.at >= ADDRESSES:
        length = cursor.u16(12)
        if not MIN_LLC <= length <= cursor.wire - cursor.at - ADDRESSES:
            raise Skipped(N_("802.11 aggregate whose parts are not as long as it says"))
        source = int.from_bytes(cursor.data[cursor.at + 6 : cursor.at + 12])
        part = replace(cursor, wire=cursor.at + ADDRESSES + length, mac=source, part=True)
        part.skip(ADDRESSES)
        yield part
        cursor.at += (ADDRESSES + length + 3) & ~3
