"""The next generation capture format: blocks of any kind, several interfaces, several sections.

Layout: the IETF draft draft-ietf-opsawg-pcapng. Name resolution, statistics, secrets, comments and custom blocks are
not packets and are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._window import MAX_RECORD, Window
from zoneguard.dynamic.columns import I64, MAX_BATCH, U32, Frames

SECTION, INTERFACE, PACKET, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
PACKETS = frozenset({PACKET, SIMPLE, ENHANCED})
BYTE_ORDER = 0x1A2B3C4D
UNKNOWN_LINK = -1  # the packet names an interface that the section did not describe
IF_TSRESOL, IF_TSOFFSET = 9, 14
LATEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Interface:
    """``resolution`` is the option's byte: a negative power of ten (of two where bit 7 is set); ``offset`` seconds."""

    link: int
    snaplen: int
    resolution: int = 6
    offset: int = 0

    def nanoseconds(self, ticks: int) -> int:
        """A timestamp of this interface as nanoseconds since 1970 UTC, kept within 64 bits."""
        power = self.resolution & 0x7F
        units = 1 << power if self.resolution & 0x80 else 10**power
        return max(-LATEST, min(LATEST, ticks * 1_000_000_000 // units + self.offset * 1_000_000_000))


class _Section:
    """What is known since the last section header."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.head = struct.Struct(order + "II").unpack_from
        self.interfaces: list[Interface] = []

    def describe(self, block: bytes) -> None:
        """Add the interface of an interface description block (its body)."""
        if len(block) < 8:
            return
        link, _, snaplen = struct.unpack_from(self.order + "HHI", block)
        resolution, offset, at = 6, 0, 8
        while at + 4 <= len(block):
            code, length = struct.unpack_from(self.order + "HH", block, at)
            value = block[at + 4 : at + 4 + length]
            if code == IF_TSRESOL and len(value) == 1:
                resolution = value[0]
            elif code == IF_TSOFFSET and len(value) == 8:
                offset = struct.unpack(self.order + "q", value)[0]
            elif code == 0:
                break
            at += 4 + (length + 3 & ~3)
        self.interfaces.append(Interface(link, snaplen or MAX_RECORD, resolution, offset))


def read(window: Window, file: int) -> Generator[Frames, None, str]:
    """Every packet of every section; returns the reason why the file was not read to its end, or an empty string."""
    section = _Section("<")
    at, number = 0, 1
    pending: list[int] = []
    while True:
        problem = ""
        view = window.view
        while at + 12 <= window.end:
            kind, size = section.head(view, at)
            if kind == SECTION:
                if pending:
                    break
                section = _Section("<" if int.from_bytes(view[at + 8 : at + 12], "little") == BYTE_ORDER else ">")
                size = section.head(view, at)[1]
            if size < 12 or size > MAX_RECORD:
                problem = (
                    f"damaged behind frame {number + len(pending) - 1}: a block of {size} bytes; the rest was not read"
                )
                break
            if at + size > window.end:
                break
            if kind in PACKETS:
                pending.append(at)
                if len(pending) == MAX_BATCH:
                    at += size
                    break
            elif kind == INTERFACE:
                section.describe(bytes(view[at + 8 : at + size - 4]))
            at += size
        if pending:
            yield _columns(window, section, np.array(pending, np.int64), number, file)
            number += len(pending)
            pending = []
        elif problem:
            return problem
        elif not window.slide(at):
            if window.failure:
                return f"damaged after frame {number - 1}: {window.failure}"
            return f"cut behind frame {number - 1}: the last block is not whole" if window.end else ""
        else:
            at = 0


def _columns(window: Window, section: _Section, block: I64, number: int, file: int) -> Frames:
    data = window.data
    word: U32 = np.ndarray((len(data) - 3,), section.order + "u4", data, strides=(1,))

    def field(offset: int) -> I64:
        return word[block + offset].astype(np.int64)

    kind, size = field(0), field(4)
    simple = kind == SIMPLE
    interface = np.where(kind == PACKET, field(8) >> (16 if section.order == ">" else 0) & 0xFFFF, field(8))
    interface[simple] = 0
    known = np.minimum(interface, len(section.interfaces))
    table = [*section.interfaces, Interface(UNKNOWN_LINK, MAX_RECORD)]
    wirelen = np.where(simple, field(8), field(24))
    snaplen = np.array([i.snaplen for i in table], np.int64)[known]
    room = size - np.where(simple, 16, 32)
    caplen = np.maximum(0, np.minimum(room, np.where(simple, np.minimum(wirelen, snaplen), field(20))))
    return Frames(
        data=data,
        at=block + np.where(simple, 12, 28),
        caplen=caplen,
        wirelen=wirelen,
        time=_times(table, known, np.where(simple, 0, field(12)), np.where(simple, 0, field(16))),
        link=np.array([i.link for i in table], np.int32)[known],
        number=np.arange(number, number + len(block), dtype=np.int64),
        file=np.full(len(block), file, np.int32),
        begin=window.begin,
    )


def _times(table: list[Interface], interface: I64, high: I64, low: I64) -> I64:
    """Timestamps in nanoseconds: vectors where the unit is a plain power of ten up to ns, exact integers elsewhere."""
    time = np.zeros(len(high), np.int64)
    for number in np.unique(interface).tolist():
        mine = interface == number
        unit = table[number]
        if unit.resolution <= 9 and unit.offset == 0 and not (high[mine] >> 31).any():
            ticks = high[mine] << 32 | low[mine]
            factor = 10 ** (9 - unit.resolution)
            time[mine] = np.minimum(ticks, LATEST // factor) * factor
        else:
            pairs = zip(high[mine].tolist(), low[mine].tolist(), strict=True)
            time[mine] = [unit.nanoseconds(h << 32 | w) for h, w in pairs]
    return time
