"""The columnar decoder: the headers of ordinary packets, a whole batch at a time.

It decides for each frame whether it is ordinary: Ethernet with up to two VLAN tags or PPPoE, raw IP or Linux cooked,
then IPv4 without options or IPv6 without extension headers, not a fragment, not cut inside a header, and the same again
in the usual tunnels. All others are left to the scalar decoder, which gives the same rows for the same frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._inside import OPENED, inside
from zoneguard.dynamic._places import PPP_CONTROL, Places, Views, linked, marks
from zoneguard.dynamic.columns import I64, U16, Bool, Frames, Rows
from zoneguard.dynamic.communityid import ICMP, ICMP_ANSWERS, ICMPV6, ICMPV6_ANSWERS
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.layers import IPV4, IPV6
from zoneguard.dynamic.network import AUTHENTICATION, EXTENSIONS, FRAGMENT, HEADER, PORTS, TCP, UDP
from zoneguard.dynamic.tunnels import TUNNEL_PROTOCOLS
from zoneguard.model.match import RST

MAX_INSIDE = 3  # tunnels around one another that are opened by columns
LEFT, DECODED, PPP = 0, 1, 2  # fates of frames, beside the EtherTypes of those without IP
_LEFT = TUNNEL_PROTOCOLS - set(np.flatnonzero(OPENED).tolist()) | {AUTHENTICATION}
ODD = (marks(256, _LEFT), marks(256, _LEFT | EXTENSIONS | {FRAGMENT}))
WITH_PORTS = marks(256, PORTS)
HEADERS = np.array([HEADER.get(proto, 0) for proto in range(256)], np.uint8)
ANSWERS = np.array([[table.get(kind, -1) for kind in range(256)] for table in (ICMP_ANSWERS, ICMPV6_ANSWERS)], np.int64)


def _layout(**fields: tuple[int, str]) -> np.dtype[np.void]:
    """A record of what is read of a packet, as long as the longest two headers of it."""
    names, places = list(fields), [at for at, _ in fields.values()]
    kinds = [kind for _, kind in fields.values()]
    return np.dtype({"names": names, "offsets": places, "formats": kinds, "itemsize": 56})


def _transport(at: int) -> dict[str, tuple[int, str]]:
    """TCP's header, and of UDP's the length."""
    return {
        "sport": (at, ">u2"), "dport": (at + 2, ">u2"), "seq": (at + 4, ">u4"), "length": (at + 4, ">u2"),
        "ack": (at + 8, ">u4"), "offset": (at + 12, "u1"), "flags": (at + 13, "u1"),
    }  # fmt: skip


HEAD = _layout(
    version=(0, "u1"), size=(2, ">u2"), number=(4, ">u2"), placed=(6, ">u2"), proto=(9, "u1"),
    src=(12, ">u4"), dst=(16, ">u4"), **_transport(20),
)  # fmt: skip
HEAD_6 = _layout(
    version=(0, "u1"), length_6=(4, ">u2"), proto=(6, "u1"), src_high=(8, ">u8"), src=(16, ">u8"),
    dst_high=(24, ">u8"), dst=(32, ">u8"), **_transport(40),
)  # fmt: skip


_OVER = {"sport": "u2", "dport": "u2", "seq": "i8", "ack": "i8", "length": "u2", "offset": "u1", "flags": "u1"}


@dataclass(frozen=True, slots=True)
class Level:
    """Packets equally deep in tunnels: a row each, of the frame at the position ``frame``. Frames whose packets, or
    what these hold, were not ordinary have ``failed``: their rows count for nothing."""

    frame: I64
    rows: Rows
    failed: I64


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What the columns tell of a batch: the ``fate`` of each frame, and the packets, outermost first. ``places`` are
    the outermost network layers in ``view``."""

    fate: U16
    levels: list[Level]
    places: Places
    view: Views


def ordinary(frames: Frames, contexts: Contexts) -> Ordinary:
    """Decode a batch."""
    view = Views.of(frames.data)
    places = linked(frames, view, contexts)
    fate = np.full(len(frames), DECODED, np.uint16)
    levels = nested(frames, places, view, contexts)
    for level in levels:
        fate[level.failed] = LEFT
    silent = np.flatnonzero(places.silent())
    fate[silent] = np.where(places.kind[silent] == PPP_CONTROL, PPP, places.kind[silent])
    return Ordinary(fate, levels, places, view)


def nested(frames: Frames, places: Places, view: Views, contexts: Contexts) -> list[Level]:
    """The packets at these places, then those inside of them, and so on."""
    levels: list[Level] = []
    while True:
        stamps = frames.take(places.frame) if len(places.at) < len(frames) else frames
        rows, ok = _packets(stamps, places, view)
        inner = inside(rows, places, ok, view, contexts)
        failed = places.frame[~ok]
        if len(levels) == MAX_INSIDE:
            failed = np.append(failed, inner.frame)
        levels.append(Level(places.frame, rows, failed))
        if not len(inner.at) or len(levels) > MAX_INSIDE:
            return levels
        places = inner


def _packets(frames: Frames, places: Places, view: Views) -> tuple[Rows, Bool]:
    """A row for each of these places in as many frames, and which of them are ordinary packets."""
    v6 = places.kind == IPV6
    ok = v6 | (places.kind == IPV4)

    at = places.at
    head = view.heads(at, HEAD)
    size, proto, l4 = head["size"].astype(np.int64), head["proto"].copy(), at + 20
    src_low, dst_low = head["src"].astype(np.uint64), head["dst"].astype(np.uint64)
    src_high = dst_high = np.broadcast_to(np.uint64(0), len(at))
    fine = (head["version"] == 0x45) & (head["placed"] & 0x3FFF == 0) & (size >= 20)
    over = {name: head[name].astype(kind) for name, kind in _OVER.items()}
    which = np.flatnonzero(v6)
    if len(which):
        six = head.view(f"V{HEAD.itemsize}")[which].view(HEAD_6)
        length = six["length_6"].astype(np.int64)
        size[which] = 40 + length
        proto[which] = six["proto"]
        fine[which] = (six["version"] >> 4 == 6) & (length > 0) & ~ODD[1][six["proto"]]
        src_high, dst_high = np.zeros(len(at), np.uint64), np.zeros(len(at), np.uint64)
        for column, name in ((src_high, "src_high"), (src_low, "src"), (dst_high, "dst_high"), (dst_low, "dst")):
            column[which] = six[name]
        l4[which] += 20
        for name, column in over.items():
            column[which] = six[name]
    ok &= fine
    ok &= ~ODD[0][proto]

    udp, tcp, ports = proto == UDP, proto == TCP, WITH_PORTS[proto]
    wire, length = at + size, over["length"]
    shorter = np.flatnonzero(udp & (length >= 8))
    wire[shorter] = np.minimum(wire[shorter], l4[shorter] + length[shorter])
    header = HEADERS[proto]
    header += (np.maximum(20, over["offset"] >> 4 << 2) - 20) * tcp  # of TCP the table says 20
    data_at = l4 + header
    stop = np.minimum(wire, places.end)
    ok &= data_at <= stop
    key_a, key_b = over["sport"] * ports, over["dport"] * ports
    flags = over["flags"] * tcp
    payload = wire - data_at
    reset = np.flatnonzero(flags & RST > 0)
    payload[reset] = 0
    stop[reset] = data_at[reset]

    none = np.broadcast_to(np.uint8(0), len(at))
    icmp, oneway = np.zeros(len(at), np.uint16), np.zeros(len(at), np.bool_)
    which = np.flatnonzero(((proto == ICMP) | (proto == ICMPV6)) & ok)
    if len(which):
        kind = view.u16[l4[which]].astype(np.int64)
        six = proto[which] == ICMPV6
        answer = ANSWERS[six.astype(np.int64), kind >> 8]
        icmp[which], key_a[which], oneway[which] = kind, kind >> 8, answer < 0
        key_b[which] = np.where(answer < 0, kind & 0xFF, answer)
        ok[which] &= kind >> 8 != np.where(six, 1, 3)  # unreachable: it quotes a packet

    rows = Rows(
        time=frames.time, number=frames.number, file=frames.file, src_high=src_high, src_low=src_low,
        dst_high=dst_high, dst_low=dst_low, v6=v6, proto=proto, key_a=key_a, key_b=key_b, oneway=oneway, icmp=icmp,
        size=size, payload=payload, kept=stop - data_at, data_at=data_at, tcp=flags,
        seq=over["seq"] * tcp, ack=over["ack"] * tcp, mac=places.mac,
        context=places.context, damaged=none.view(np.bool_), buffer=none, buffers=(frames.data,),
    )  # fmt: skip
    return rows, ok
