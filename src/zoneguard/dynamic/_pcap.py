"""The classic capture format: a 24-byte header, then records one behind the other.

Layout and magic numbers: the pcap-savefile(5) manual; the modified format: libpcap's sf-pcap (Kuznetzov's patch).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._walking import walked
from zoneguard.dynamic._window import MAX_RECORD, Window
from zoneguard.dynamic.columns import I64, MAX_BATCH, U8, Frames, parts

HEADER = 24
BATCH = MAX_BATCH - (MAX_BATCH >> 3)  # records that are read at a time: a few longer ones make no second batch
NO_HEADER, FULL = -1, -2
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


@dataclass(frozen=True, slots=True)
class Records:
    """Whole records in file order: where each frame's bytes begin, its captured and its real length, and its time."""

    at: I64
    caplen: I64
    wirelen: I64
    time: I64


# the whole records of a window from a place on, at most MAX_BATCH; where the next begins; and the length that it claims
# (NO_HEADER: its header is not there; FULL: nothing is known of it)
Finder = Callable[[Window, PcapFormat, int], tuple[Records, int, int]]


# as a finder, but it takes the records in, the first of which has this number, on this link; tells only how many
Taker = Callable[[Window, PcapFormat, int, int, int], tuple[int, int, int]]


def read(window: Window, variant: PcapFormat, file: int, find: Finder | None = None) -> Generator[Frames, None, str]:
    """Every whole record; returns the reason why the file was not read to its end, or an empty string."""
    find = find or by_columns
    found: list[Frames] = []
    files = np.array([file], np.int32)

    def take(window: Window, variant: PcapFormat, at: int, number: int, link: int) -> tuple[int, int, int]:
        begin = at
        records, at, claimed = find(window, variant, at)
        count = len(records.at)
        window.suit(BATCH * (at - begin) // max(1, count))
        found[:] = [
            Frames(
                window.data, records.at, records.caplen, records.wirelen, records.time,
                link=np.ndarray((count,), np.int32, np.array([link], np.int32), strides=(0,)),
                number=np.arange(number, number + count, dtype=np.int64),
                file=np.ndarray((count,), np.int32, files, strides=(0,)),
                begin=window.begin,
            )
        ]  # fmt: skip
        return count, at, claimed

    walk = through(window, variant, take)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return str(end.value)
        yield found.pop()


def through(window: Window, variant: PcapFormat, take: Taker) -> Generator[int, None, str]:
    """How many records ``take`` took in, each time; returns as ``read``."""
    while window.end < HEADER and window.slide(0):
        pass
    if window.end < HEADER:
        return "cut inside the file header"
    link = struct.unpack_from(variant.order + "I", window.view, 20)[0] & 0xFFFF  # above: frame check sequence length
    at = HEADER
    number = 1
    while True:
        count, at, claimed = take(window, variant, at, number, link)
        if count:
            yield count
            number += count
        if claimed == FULL:
            continue
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


def by_columns(window: Window, variant: PcapFormat, at: int) -> tuple[Records, int, int]:
    """The finder of the NumPy core: lengths in many walks at once or one by one, all else by columns."""
    known, at = walked(window.data, window.end, variant.order, variant.record, variant.unit, at)
    if len(known) >= MAX_BATCH:
        after = int(known[MAX_BATCH]) if len(known) > MAX_BATCH else at
        return _columns(window.data, variant, known[:MAX_BATCH]), after, FULL
    unpack = struct.Struct(variant.order + "I").unpack_from
    view = window.view
    fields: list[int] = []
    append = fields.append
    skip = variant.record
    field = at + 8
    claimed = FULL
    try:
        for _ in range(MAX_BATCH - len(known)):  # a bounds check of its own would cost a third
            append(field)
            (length,) = unpack(view, field)
            field += skip + length
    except struct.error:
        fields.pop()
        claimed = NO_HEADER
    if fields and field - 8 > window.end:
        field = fields.pop()
        (claimed,) = unpack(view, field)
    return _columns(window.data, variant, np.append(known, np.array(fields, np.int64) - 8)), field - 8, claimed


def _columns(data: U8, variant: PcapFormat, start: I64) -> Records:
    heads = parts(data, 16)[start].view(variant.order + "u4").reshape(-1, 4)
    seconds, fraction, caplen, wirelen = heads.T.astype(np.int64)
    seconds *= 1_000_000_000
    fraction *= variant.unit
    seconds += fraction
    return Records(start + variant.record, caplen, wirelen, seconds)
