"""The packet that an ICMP message quotes: whose refusal it tells of (RFC 792, RFC 4443)."""

from __future__ import annotations

import struct
from collections.abc import Container

from zoneguard.dynamic.columns import Refusal
from zoneguard.dynamic.layers import Cursor


def quoted(cursor: Cursor, with_ports: Container[int]) -> list[Refusal]:
    """The refusal of the packet at the cursor; none where the quotation is too short to say whose packet it was."""
    try:
        v6 = cursor.u8() >> 4 == 6
        width, at = (16, 8) if v6 else (4, 12)
        header = 40 if v6 else (cursor.u8() & 15) * 4
        src, dst = (int.from_bytes(cursor.data[cursor.at + at + i : cursor.at + at + i + width]) for i in (0, width))
        proto = cursor.u8(6 if v6 else 9)
        ports = (cursor.u16(header), cursor.u16(header + 2)) if proto in with_ports else (0, 0)
    except (struct.error, IndexError):
        return []
    return [Refusal(v6, src, dst, proto, *ports, cursor.tunnel)]
