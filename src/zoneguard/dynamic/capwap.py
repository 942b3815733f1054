"""CAPWAP: what access points and their controller send one another on the data channel.

RFC 5415, 3.1 and 4.1 to 4.4, and RFC 5416 for what is particular to 802.11. A frame inside is one of Ethernet, or one
of 802.11 without its check sequence, of which Cisco's devices swap the two bytes of the frame control, as Wireshark
knows them; some leave the binding's number 0. Over IPv6 the channel may be UDP-Lite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from zoneguard.dynamic.framing import ethernet
from zoneguard.dynamic.layers import Cursor, Skipped, Torn
from zoneguard.dynamic.opening import Name, Opened, entered, if_plausible
from zoneguard.dynamic.wireless import data_frame
from zoneguard.model.text import N_

PORT = 5247
NATIVE, FRAGMENT, LAST, WIRELESS, RADIO_MAC, KEEP_ALIVE = 0x100, 0x80, 0x40, 0x20, 0x10, 0x08
UNUSED = 7  # bits that are zero, in both words of the header
BINDINGS = range(4)
DTLS_RECORDS, DTLS_VERSIONS = range(20, 26), (0xFEFF, 0xFEFD, 0x0100)
DATA = 8  # version, type and the lower bits of the subtype, as they stand in the first byte
ETHERNET_FRAME, WIRELESS_FRAME = 256, 257  # beside the protocols of IP


def data_channel(payload: Cursor, name: Name) -> Opened:
    """The packet inside a message of the data channel. Raises ``Skipped`` where it is encrypted, ``Torn`` where it is
    one of several pieces."""
    if payload.u32() == 0x01000000:
        if payload.u8(4) in DTLS_RECORDS and payload.u16(5) in DTLS_VERSIONS:
            raise Skipped(N_("CAPWAP data is encrypted"))
        return None
    first, second = payload.u32(), payload.u32(4)
    length = _length(payload, first)
    if first >> 24 or (first | second) & UNUSED or first >> 9 & 31 not in BINDINGS or not length:
        return None
    content = WIRELESS_FRAME if first & NATIVE else ETHERNET_FRAME
    if first & KEEP_ALIVE or payload.at + length >= payload.wire:
        return None
    inner = payload.enter_tunnel(name("capwap"), length)
    if first & FRAGMENT:
        ports = payload.u16(-8) ^ payload.u16(-6)  # one of them is known
        raise Torn(inner, second & 0xFFFF0000 | ports, (second >> 3 & 0x1FFF) * 8, not first & LAST, content)
    return CONTENTS[content](inner)


def _length(payload: Cursor, first: int) -> int:
    """How long the header is; 0 where it has no room for what it announces."""
    length, needed = (first >> 19 & 31) * 4, 8
    for option in (RADIO_MAC, WIRELESS):
        if first & option:
            needed += payload.u8(needed) + 4 & ~3  # its length, what it holds, and zeros to a multiple of four
    return length if length >= needed else 0


def _bridged(inner: Cursor) -> Opened:
    return entered(inner, ethernet)


def _native(inner: Cursor) -> Opened:
    """Data to or from a distribution system looks like nothing else in the other order, for there the version would not
    be 0. What could be a message of management as well is data only where it leads to a whole packet."""
    pair = inner.u8(), inner.u8(1)
    readers = [partial(data_frame, swapped=swapped) for swapped in (False, True)]
    for reader, (control, flags) in zip(readers, (pair, pair[::-1]), strict=True):
        if control & 15 == DATA and flags & 3:
            return entered(inner, reader)
    attempts = (if_plausible(partial(entered, replace(inner), reader)) for reader in readers)
    return next((opened for opened in attempts if opened), None)


CONTENTS: dict[int, Callable[[Cursor], Opened]] = {ETHERNET_FRAME: _bridged, WIRELESS_FRAME: _native}
