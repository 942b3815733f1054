"""L2TP: PPP in version 2 (RFC 2661), frames of any kind in version 3 (RFC 3931), over UDP or IP.

Of version 3 only the two ends of a session know how long the cookie in front of a frame is, whether a sublayer follows,
and what kind of frame comes then: none of it is in the packet. So every length is tried, with Ethernet (RFC 4719) and
with IP at once, and what is found is taken where it is one packet.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import partial
from itertools import product

from zoneguard.dynamic.framing import NOT_IP, VLAN_TAGS, ethernet, llc, ppp, raw
from zoneguard.dynamic.layers import Cursor, NoIp, Skipped
from zoneguard.dynamic.opening import Name, Opened, entered, if_plausible
from zoneguard.model.text import N_

L2TP, PORT = 115, 1701
BEFORE_FRAME = (0, 4, 8, 12)  # a cookie of 0, 4 or 8 bytes, a sublayer of 0 or 4
SHORTEST = 60  # of Ethernet frames: shorter ones are padded
LONGEST, MIN_LLC = 1500, 3  # a greater number than the first is an EtherType


def over_udp(payload: Cursor, name: Name) -> Opened:
    """The packet inside a data message over UDP."""
    flags = payload.u16()
    if flags & 0xB4FF == 0x0002:
        return _version_2(payload, name, flags)
    if flags == 0x0003 and payload.u16(2) == 0:
        return _version_3(payload, name, 8)
    return None


def over_ip(cursor: Cursor, name: Name) -> Opened:
    """The packet inside a data message of version 3 over IP."""
    return _version_3(cursor, name, 4)


def _version_2(payload: Cursor, name: Name, flags: int) -> Opened:
    at = 2 + 2 * bool(flags & 0x4000) + 4 + 4 * bool(flags & 0x0800)
    if flags & 0x0200:
        at += 2 + payload.u16(at)
    return entered(payload.enter_tunnel(name("l2tp"), at), ppp)


def _version_3(cursor: Cursor, name: Name, header: int) -> Opened:
    """``header``: as far as the number of the session, which is 0 in control messages."""
    if cursor.u32(header - 4) == 0:
        return None
    frames = [cursor.enter_tunnel(name("l2tpv3"), header + length) for length in BEFORE_FRAME]
    found: dict[int, Opened] = {}
    short = False
    for frame, reader in product(frames, (ethernet, raw)):
        try:
            opened = if_plausible(partial(entered, replace(frame), reader), exact=reader is raw)
        except (struct.error, IndexError):
            short, opened = True, None
        if opened:
            found.setdefault(opened[1].at, opened)  # the same packet: behind more tags, or more of a header
    if len(found) == 1:
        return found.popitem()[1]
    if not found and any(map(_silent, frames)):
        return None
    if not found and short and cursor.end < cursor.wire:
        raise IndexError
    raise Skipped(N_("L2TPv3 with a content that cannot be told"))


def _silent(frame: Cursor) -> bool:
    """Whether an Ethernet frame without IP stands here, by its type, or by its length and what then comes."""
    at = 12
    try:
        while (kind := frame.u16(at)) in VLAN_TAGS:
            at += 4
        at += 2
        if kind > LONGEST:
            return kind in NOT_IP
        rest = frame.wire - frame.at - at
        if MIN_LLC <= kind <= rest and (kind == rest or rest <= SHORTEST - at):
            llc(replace(frame, at=frame.at + at))
    except NoIp:
        return True
    except (Skipped, struct.error, IndexError):
        return False
    return False
