"""Packets that name their last destination behind their header: IPv4 source routes and IPv6 routing headers."""

from __future__ import annotations

from zoneguard.dynamic.layers import Cursor

SOURCE_ROUTES = frozenset({131, 137})


def source_routed(cursor: Cursor, header: int, dst: int) -> int:
    """The last address of an IPv4 source route that is not yet used up, else ``dst``."""
    at, end = 20, header
    while at + 3 <= end and (option := cursor.u8(at)) != 0:
        if option == 1:
            at += 1
            continue
        length = cursor.u8(at + 1)
        if option in SOURCE_ROUTES and length >= 7 and cursor.u8(at + 2) <= length - 3 and at + length <= end:
            return cursor.u32(at + 3 + (length - 3) // 4 * 4 - 4)
        at += max(length, 2)
    return dst


def routed(cursor: Cursor, dst: int) -> int:
    """The final destination of an IPv6 routing header with segments left, else ``dst``."""
    kind, left, count = cursor.u8(2), cursor.u8(3), cursor.u8(1) // 2
    if left == 0 or count == 0 or kind not in (0, 2, 4):
        return dst
    place = cursor.at + 8 + (0 if kind == 4 else 16 * (count - 1))
    address = cursor.data[place : place + 16]
    return int.from_bytes(address) if len(address) == 16 else dst
