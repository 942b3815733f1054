"""The classic capture format: a 24-byte header, then records one behind the other.

Layout and magic numbers: the pcap-savefile(5) manual; the modified format: libpcap's sf-pcap (Kuznetzov's patch).
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._window import MAX_RECORD, Window
from zoneguard.dynamic.columns import I64, MAX_BATCH, U8, U64, Frames

HEADER = 24
_HALF = np.uint64(32)
# magic as the writing host's integer → (record header length, nanoseconds per unit of the fraction)
MAGIC = {0xA1B2C3D4: (16, 1000), 0xA1B23C4D: (16, 1), 0xA1B2CD34: (24, 1000)}


@dataclass(frozen=True, slots=True)
class PcapFormat:
    """``order`` is ``<`` or ``>``; ``record`` the length of a record's header; ``unit`` nanoseconds."""

    order: str
    record: int
    unit: int


def recognise(head: bytes) -> PcapFormat | None:
    """The variant that the first four bytes announce."""
    for order in "<>":
        if len(head) >= 4 and (known := MAGIC.get(struct.unpack(order + "I", head[:4])[0])):
            return PcapFormat(order, *known)
    return None


def read(window: Window, variant: PcapFormat, file: int) -> Generator[Frames, None, str]:
    """Every whole record; returns the reason why the file was not read to its end, or an empty string."""
    while window.end < HEADER and window.slide(0):
        pass
    if window.end < HEADER:
        return "cut inside the file header"
    link = struct.unpack_from(variant.order + "I", window.view, 20)[0] & 0xFFFF  # above: frame check sequence length
    at = HEADER
    number = 1
    while True:
        starts, claimed = _records(window, variant, at)
        for first in range(0, len(starts), MAX_BATCH):
            batch = np.array(starts[first : first + MAX_BATCH], np.int64) - 8
            yield _columns(window.data, variant, batch, (number, link, file))
            number += len(batch)
        if starts:
            last = starts[-1]
            at = last - 8 + variant.record + struct.unpack_from(variant.order + "I", window.view, last)[0]
        if claimed > MAX_RECORD:
            return f"damaged at frame {number}: it claims to be {claimed} bytes long; the rest was not read"
        if not window.slide(at):
            return _ending(window, number, claimed, variant)
        at = 0


def _ending(window: Window, number: int, claimed: int, variant: PcapFormat) -> str:
    if window.failure:
        return f"damaged after frame {number - 1}: {window.failure}"
    if window.end == 0:
        return ""
    if claimed < 0:
        return f"cut inside the header of frame {number}"
    return f"cut inside frame {number}: {window.end - variant.record} of its {claimed} bytes are there"


def _records(window: Window, variant: PcapFormat, at: int) -> tuple[list[int], int]:
    """Where the whole records have their length field, and the length in the one that is not whole (-1: no header)."""
    unpack = struct.Struct(variant.order + "I").unpack_from
    view = window.view
    starts: list[int] = []
    append = starts.append
    skip = variant.record
    field = at + 8
    try:
        while True:  # the innermost loop of the program: a bounds check of its own would cost a third
            append(field)
            (length,) = unpack(view, field)
            field += skip + length
    except struct.error:
        starts.pop()
    if starts:
        last = starts[-1]
        (length,) = unpack(view, last)
        if last - 8 + skip + length > window.end:
            starts.pop()
            return starts, length
    return starts, -1


def _columns(data: U8, variant: PcapFormat, start: I64, origin: tuple[int, int, int]) -> Frames:
    wide: U64 = np.ndarray((len(data) - 7,), variant.order + "u8", data, strides=(1,))
    when, lengths = wide[start].astype(np.uint64), wide[start + 8].astype(np.uint64)
    if variant.order == "<":  # the first of two fields in the lower half
        when, lengths = (pair >> _HALF | pair << _HALF for pair in (when, lengths))
    number, link, file = origin
    n = len(start)
    return Frames(
        data=data,
        at=start + variant.record,
        caplen=(lengths >> 32).astype(np.int64),
        wirelen=(lengths & 0xFFFFFFFF).astype(np.int64),
        time=(when >> 32).astype(np.int64) * 1_000_000_000 + (when & 0xFFFFFFFF).astype(np.int64) * variant.unit,
        link=np.broadcast_to(np.int32(link), n),
        number=np.arange(number, number + n, dtype=np.int64),
        file=np.broadcast_to(np.int32(file), n),
    )
