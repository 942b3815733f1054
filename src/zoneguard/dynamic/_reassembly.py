"""Datagrams whose fragments all lie in one batch, put together and decoded by columns.

Which fragments belong together depends on the order of all of them: on what waits, what was given up, and what was
whole already. So this is done only for stretches of fragments that leave nothing behind that waits, and only where they
leave alone what did before. All others go to the scalar decoder, in their turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from zoneguard.dynamic import fragments
from zoneguard.dynamic._finished import Key, Part
from zoneguard.dynamic._headers import Level, nested
from zoneguard.dynamic._pieces import Pieces, pieces, wholes
from zoneguard.dynamic._places import Places, Views
from zoneguard.dynamic.columns import I64, PADDING, U8, U64, Frames, Rows, parts
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.layers import IPV4, IPV6

FEW = 32  # fragments of a batch that are not worth it
TOGETHER = 1024  # datagrams of a stretch: when the next comes, older ones may be forgotten
APART = 2  # the buffer of these datagrams, until all payload that lies in no frame is laid out in one
_V6, _V4_HEADER, _V6_HEADER = 1 << 8, 20, 40


@dataclass(frozen=True, slots=True)
class Assembled:
    """Datagrams in the order of their last pieces, which lie in the frames ``last``: ``found`` are the pieces of one
    behind those of the other, ``begins`` where each one's begin. ``buffer`` holds each as a packet, from ``at`` on,
    with ``total`` bytes behind its header; ``levels`` is what was decoded of it."""

    found: Pieces
    begins: I64
    last: I64
    hashes: U64
    buffer: U8
    at: I64
    total: I64
    levels: list[Level]

    def part(self, begin: int, end: int) -> Part:
        """The datagrams of these numbers as they are kept: nothing of it holds the batch."""
        some = slice(begin, end)
        hashes, total = self.hashes[some].copy(), self.total[some].copy()
        first = self.found.take(self.begins[some])
        header = np.where(first.kind & _V6, _V6_HEADER, _V4_HEADER)
        start = self.at[some] + header
        offset = int(start[0])
        data = bytes(self.buffer[offset : int(start[-1] + total[-1])])

        def made(place: int) -> tuple[Key, bytes]:
            words, kind = first.key[place].tolist(), int(first.kind[place])
            v6 = bool(kind & _V6)
            ends = words[0] << 64 | words[1], words[2] << 64 | words[3]
            key = Key(v6, *ends, words[4], 0 if v6 else kind & 0xFF, kind >> 16)
            at = int(start[place]) - offset
            return key, data[at : at + int(total[place])]

        return Part(hashes, total, made)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames that were left, by their places among these: to the scalar decoder, or, with the numbers of their
    datagrams, to be taken as they were assembled."""

    begin: int
    end: int
    datagrams: tuple[int, int] | None


def assembled(frames: Frames, places: Places, view: Views, contexts: Contexts) -> Assembled | None:
    """What the fragments among these packets, the ones left of a batch, make among themselves."""
    if len(places.at) < FEW:
        return None
    found = pieces(places, view)
    order, begins = wholes(found)
    if len(order) < FEW:
        return None
    ends = np.append(begins[1:], len(order))
    put = np.argsort(found.frame[order[ends - 1]])
    counts = (ends - begins)[put]
    ends = np.cumsum(counts)
    begins_now = ends - counts
    found = found.take(order[np.repeat(begins[put] - begins_now, counts) + np.arange(len(order))])
    return _decoded(frames, found, begins_now, ends - 1, view, contexts)


def _decoded(frames: Frames, found: Pieces, begins: I64, last: I64, view: Views, contexts: Contexts) -> Assembled:
    total, v6 = found.end[last], found.kind[begins] & _V6 > 0
    header = np.where(v6, _V6_HEADER, _V4_HEADER)
    at = np.cumsum(header + total) - header - total
    buffer = np.zeros(int((header + total).sum()) + PADDING, np.uint8)
    to = np.repeat(at + header, np.diff(begins, append=len(found))) + found.start
    _copy(view.u8, found.at, buffer, to, found.end - found.start)
    for six, width in ((False, _V4_HEADER), (True, _V6_HEADER)):
        some = np.flatnonzero(v6 == six)
        headers = _headers(found.take(begins[some]), total[some], six, width)
        parts(buffer, width)[at[some]] = headers.view(f"V{width}").ravel()
    places = Places(
        found.frame[last], at, at + header + total, np.where(v6, IPV6, IPV4), found.mac[begins], found.context[begins]
    )
    levels = nested(frames, places, Views.of(buffer), contexts)
    levels[0].rows.size[:] = found.head[begins] + total
    there = np.broadcast_to(np.uint8(APART), len(found))
    levels = [replace(level, rows=replace(level.rows, buffer=there[: len(level.rows)])) for level in levels]
    return Assembled(found, begins, found.frame[last], found.hashes[begins], buffer, at, total, levels)


def _copy(source: U8, at: I64, into: U8, to: I64, length: I64) -> None:
    """Copy stretches of bytes to places in ascending order, eight bytes at a time: up to seven more behind each one, of
    which those behind the last stay."""
    words = length + 7 >> 3
    target = np.repeat(to - 8 * (np.cumsum(words) - words), words)
    target += 8 * np.arange(len(target))
    parts(into, 8)[target] = parts(source, 8)[target + np.repeat(at - to, words)]


def _headers(first: Pieces, total: I64, v6: bool, width: int) -> U8:
    """A header for each datagram that says what it needs to be decoded: its length, protocol and addresses."""
    out = np.zeros((len(first), width), np.uint8)
    out[:, 0] = 0x60 if v6 else 0x45
    out[:, 6 if v6 else 9] = first.proto
    size, at = (total, 4) if v6 else (total + width, 2)
    out[:, at], out[:, at + 1] = size >> 8 & 0xFF, size & 0xFF
    if v6:
        out[:, 8:] = first.key[:, :4].astype(">u8", order="C").view(np.uint8).reshape(-1, 32)
    else:
        out[:, 12:] = first.key[:, (1, 3)].astype(">u4", order="C").view(np.uint8).reshape(-1, 8)
    return out


def stretches(left: I64, whole: Assembled | None) -> Iterator[Stretch]:
    """All frames that were left, in order. What a stretch of fragments begins it ends, and no other frame is in it."""
    if whole is None:
        yield Stretch(0, len(left), None)
        return
    counts = np.diff(whole.begins, append=len(whole.found))
    failed = np.isin(whole.last, np.concatenate([level.failed for level in whole.levels]))
    place = np.searchsorted(left, whole.found.frame)
    fits, waiting = np.zeros(len(left), np.bool_), np.zeros(len(left), np.int64)
    fits[place[np.repeat(~failed, counts)]] = True
    waiting[place[whole.begins[~failed]]] = 1
    waiting[place[(whole.begins + counts - 1)[~failed]]] -= 1
    segment = np.append(0, np.cumsum(np.cumsum(waiting) == 0)[:-1])
    starts = np.flatnonzero(np.diff(segment, prepend=-1))
    fits = np.logical_and.reduceat(fits, starts)
    fits &= np.append(False, fits[:-1])  # at the first fragments of all the scalar decoder gives up what is too old
    sort = np.where(fits, 1 + np.searchsorted(whole.last, left[starts]) // TOGETHER, 0)
    edges = np.append(starts[np.flatnonzero(np.diff(sort, prepend=-1))], len(left)).tolist()
    for begin, end in pairwise(edges):
        first, behind = np.searchsorted(whole.last, (left[begin], left[end - 1] + 1)).tolist()
        yield Stretch(begin, end, (first, behind) if sort[segment[begin]] else None)


def taken(stretch: Stretch, whole: Assembled, times: I64, store: fragments.Store) -> I64 | None:
    """The frames of the stretch, if its datagrams came whole whatever was before; they are then kept. ``times`` are
    those of all frames of the batch."""
    assert stretch.datagrams is not None
    begin, end = stretch.datagrams
    frame = whole.found.frame[whole.begins[begin] : np.append(whole.begins, len(whole.found))[end]]
    when = times[np.sort(frame)]
    lasted = times[whole.last[begin:end]] - times[whole.found.frame[whole.begins[begin:end]]]
    if not (when[1:] >= when[:-1]).all():
        lasted = when.max() - when
    if end - begin < FEW // 4 or lasted.max() > fragments.TIMEOUT:
        return None
    mine = whole.hashes[begin:end]
    held = int(whole.total[begin:end].sum()) + fragments.PIECE * len(frame)
    if len(np.unique(mine)) < len(mine) or not store.undisturbed(mine, int(when.max()), held):
        return None
    if store.finished.any(mine):
        return None
    store.finished.keep_all(whole.part(begin, end))
    return frame


def laid_out(rows: Rows, extra: U8, whole: Assembled | None) -> Rows:
    """The same rows, with the payload that lies in no frame in one buffer, in their order. It lay in ``extra``, and in
    that of ``whole`` for rows that are ``APART``."""
    if whole is None:
        return rows
    mine = np.flatnonzero(rows.buffer)
    source = np.concatenate([extra, whole.buffer])
    start = rows.data_at[mine] + np.where(rows.buffer[mine] == APART, len(extra), 0)
    kept = rows.kept[mine]
    at = np.cumsum(kept) - kept
    buffer, data_at = rows.buffer > 0, rows.data_at.copy()
    data_at[mine] = at
    total = int(kept.sum())
    payload = np.empty(total + 8, np.uint8)
    _copy(source, start, payload, at, kept)
    return replace(rows, buffer=buffer.view(np.uint8), data_at=data_at, buffers=(rows.buffers[0], payload[:total]))
