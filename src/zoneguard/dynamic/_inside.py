"""The usual tunnels by columns: which packets hold another one, and where that begins.

``tunnels`` says the same of one packet at a time. What the columns do not tell is left: the whole frame then goes to
the scalar decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._mixing import mixed
from zoneguard.dynamic._places import SILENT, Places, Views, bridged, marks, versions
from zoneguard.dynamic.columns import I32, I64, U64, Bool, Rows
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.layers import IPV4, IPV6, TRANSPARENT_ETHERNET
from zoneguard.dynamic.network import UDP
from zoneguard.dynamic.tunnels import (
    EITHER_PORT,
    ERSPAN_1_2,
    GRE,
    GROUP,
    GROUP_BITS,
    IP_IN_IP,
    IPV6_IN_IP,
    KINDS,
    NEXT,
    NHRP,
    TEREDO_PREFIX,
    TO_PORT,
    VXLAN,
    VXLAN_NEXT,
    numbered,
)  # fmt: skip

NONE, LEFT = 0, -1
OPENED = marks(256, (GRE, IP_IN_IP, IPV6_IN_IP))
AIMED_AT, SENT_FROM = marks(1 << 16, (*TO_PORT, *EITHER_PORT)), marks(1 << 16, EITHER_PORT)
_CONTENT = marks(1 << 16, (IPV4, IPV6, TRANSPARENT_ETHERNET))
_KIND = {name: number for number, name in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Outer:
    """Payload of packets that may be tunnels, from ``at`` to ``wire`` as sent; ``end`` is where captured bytes end."""

    at: I64
    wire: I64
    end: I64


@dataclass(frozen=True, slots=True)
class Opened:
    """What is in them: EtherType (``TRANSPARENT_ETHERNET``: a frame; or ``NONE``, ``LEFT``) and where it begins, and of
    the tunnel its kind and number, as ``tunnels.numbered`` takes them."""

    content: I64
    at: I64
    kind: I64
    number: I64


def inside(rows: Rows, places: Places, ok: Bool, view: Views, contexts: Contexts) -> Places:
    """The network layers in these packets, one a place; ``ok`` becomes false where that is not known."""
    parts = [part for part in (*_over_ip(rows, ok), *_over_udp(rows, ok, view)) if len(part[0])]
    if not parts:
        return places.take(np.zeros(0, np.int64))
    found = []
    for which, opener in parts:
        at = rows.data_at[which]
        found.append(opener(Outer(at, at + rows.payload[which], places.end[which]), view))
    which = np.concatenate([part for part, _ in parts])
    opened = Opened(*(np.concatenate([getattr(one, name) for one in found]) for name in Opened.__slots__))
    left = (opened.content == LEFT) | (opened.content != NONE) & (opened.at > places.end[which])
    ok[which[left]] = False
    some = np.flatnonzero((opened.content != NONE) & ~left)
    some = some[np.argsort(which[some], kind="stable")]
    inner = places.take(which[some])
    inner.at, inner.kind, inner.mac = opened.at[some], opened.content[some], np.full(len(some), -1, np.int64)
    inner.context = _entered(rows.take(which[some]), opened.kind[some], opened.number[some], contexts)
    frames = np.flatnonzero(inner.kind == TRANSPARENT_ETHERNET)
    if len(frames):
        header = inner.take(frames)
        bridged(header, view, contexts)
        for name in ("at", "kind", "mac", "context"):
            getattr(inner, name)[frames] = getattr(header, name)
    return inner.take(np.flatnonzero(~inner.silent()))


def _entered(rows: Rows, kind: I64, number: I64, contexts: Contexts) -> I32:
    """The contexts inside of tunnels with these outer packets."""
    turned = (rows.src_high > rows.dst_high) | (rows.src_high == rows.dst_high) & (rows.src_low > rows.dst_low)
    ends = [rows.src_high, rows.src_low, rows.dst_high, rows.dst_low]
    low_first = [np.where(turned, ends[i ^ 2], ends[i]) for i in range(4)]
    what = rows.context.astype(np.int64) << 40 | rows.v6.astype(np.int64) << 39 | kind << 32 | number & 0xFFFFFFFF
    table = np.stack([*low_first, what.view(np.uint64)], axis=1)
    first, same = _distinct(table)
    numbers = []
    for row, known, name in zip(table[first].tolist(), first.tolist(), number[first].tolist(), strict=True):
        vlans, tunnel = contexts.known[int(rows.context[known])]
        named = numbered(int(kind[known]), bool(rows.v6[known]), row[0] << 64 | row[1], row[2] << 64 | row[3], name)
        numbers.append(contexts.number(vlans, (*tunnel, named)))
    return np.array(numbers, np.int32)[same]


def _distinct(table: U64) -> tuple[I64, I64]:
    """A row of each sort, and which of these every row is like: by a keyed hash, and if that collides by sorting."""
    _, first, same = np.unique(mixed(*table.T), return_index=True, return_inverse=True)
    if (table[first[same]] != table).any():
        _, first, same = np.unique(table, axis=0, return_index=True, return_inverse=True)
        same = same.reshape(-1)
    return first, same


Opener = Callable[[Outer, Views], Opened]


def _over_ip(rows: Rows, ok: Bool) -> list[tuple[I64, Opener]]:
    """Which packets are tunnels by their protocol."""
    held = np.flatnonzero(OPENED[rows.proto] & ok)
    held = held[rows.payload[held] > 0]
    proto, v6 = rows.proto[held], rows.v6[held]
    return (
        [
            (held[proto == GRE], _gre),
            *(
                (held[(proto == number) & (v6 == outer)], _plain(kind, inner * 10 + (6 if outer else 4)))
                for number, kind, inner in ((IP_IN_IP, IPV4, 4), (IPV6_IN_IP, IPV6, 6))
                for outer in (False, True)
            ),
        ]
        if len(held)
        else []
    )


def _over_udp(rows: Rows, ok: Bool, view: Views) -> list[tuple[I64, Opener]]:
    """Which datagrams are tunnels by a port, or may be Teredo on any other."""
    held = np.flatnonzero((rows.proto == UDP) & (rows.kept > 0) & ok)
    to, by = rows.key_b[held], rows.key_a[held]
    known = AIMED_AT[to] | SENT_FROM[by]
    like = held[~known & (rows.payload[held] >= 40)]
    like = like[view.u8[rows.data_at[like]] >> 4 == 6]
    openers: list[tuple[I64, Opener]] = [(like, _teredo)]
    if known.any():
        held, to = held[known], to[known]
        vxlan, geneve, gtp = (to == 4789) | (to == 8472), to == 6081, (to == 2152) | ~AIMED_AT[to] & (by[known] == 2152)
        openers += [(held[vxlan], _vxlan), (held[geneve], _geneve), (held[gtp], _gtp)]
        openers.append((held[~(vxlan | geneve | gtp)], _left))
    return openers


def _made(content: I64, at: I64, kind: I64 | int, number: I64 | int = -1) -> Opened:
    return Opened(content, at, *(np.broadcast_to(np.int64(value), len(at)) for value in (kind, number)))


def _left(outer: Outer, _: Views) -> Opened:
    return _made(np.full(len(outer.at), LEFT), outer.at, 0)


def _plain(content: int, kind: int) -> Opener:
    """Of tunnels without a header."""
    return lambda outer, _: _made(np.full(len(outer.at), content), outer.at, kind)


def _gre(outer: Outer, view: Views) -> Opened:
    flags, content = view.half(outer.at), view.half(outer.at + 2)
    summed, keyed, counted = (flags >> bit & 1 for bit in (15, 13, 12))
    at = outer.at + 4 * (1 + summed + keyed + counted)
    span = content == ERSPAN_1_2
    at += np.where(span, 8 * counted, 0)
    with_key = (keyed > 0) & (content == TRANSPARENT_ETHERNET)
    number = np.where(with_key, view.word(outer.at + 4 + 4 * summed) >> 8, -1)
    kind = np.where(span, _KIND["erspan"], np.where(with_key, _KIND["nvgre"], _KIND["gre"]))
    content[span] = TRANSPARENT_ETHERNET
    known = _CONTENT[content]
    none = SILENT[content] | (content == 0) | (content == NHRP)
    content = np.where(known, content, np.where(none, NONE, LEFT))
    content[(flags & 0x4007 != 0) | (at > outer.end)] = LEFT
    return Opened(content, at, kind, number)


def _vxlan(outer: Outer, view: Views) -> Opened:
    flags, number = view.word(outer.at), view.word(outer.at + 4)
    named = (flags == VXLAN) | (flags & GROUP_BITS == GROUP) | (flags == VXLAN_NEXT)
    others = np.where(flags >> 24 == NEXT, LEFT, NONE)
    content = np.where(named & (number & 0xFF == 0), TRANSPARENT_ETHERNET, others)
    content[outer.at + 8 > outer.end] = LEFT
    return _made(content, outer.at + 8, _KIND["vxlan"], number >> 8)


def _geneve(outer: Outer, view: Views) -> Opened:
    first, content, number = view.half(outer.at), view.half(outer.at + 2), view.word(outer.at + 4)
    fits = (first & 0xC03F == 0) & (number & 0xFF == 0) & _CONTENT[content]
    content = np.where(fits, content, NONE)
    content[outer.at + 8 > outer.end] = LEFT
    return _made(content, outer.at + 8 + (first >> 8 & 0x3F) * 4, _KIND["geneve"], number >> 8)


def _gtp(outer: Outer, view: Views) -> Opened:
    flags, length = view.half(outer.at), view.half(outer.at + 2)
    at = outer.at + np.where(flags & 0x700, 12, 8)
    data = (flags & 0xF0FF == 0x30FF) & (length + 8 == outer.wire - outer.at)
    held = versions(at, view)
    content = np.where(data & (at < outer.wire), np.where(held > 0, held, LEFT), NONE)
    extended = (flags & 0x400 > 0) & (view.u8[outer.at + 11] > 0)
    content[(at >= outer.end) | data & extended] = LEFT
    return _made(content, at, _KIND["gtp"])


def _teredo(outer: Outer, view: Views) -> Opened:
    named = (view.u32[outer.at + 8] == TEREDO_PREFIX) | (view.u32[outer.at + 24] == TEREDO_PREFIX)
    whole = outer.at + 40 + view.half(outer.at + 4) <= outer.wire
    content = np.where(named, np.where(whole, IPV6, LEFT), NONE)
    content[outer.at + 28 > outer.end] = LEFT
    return _made(content, outer.at, _KIND["teredo"])
