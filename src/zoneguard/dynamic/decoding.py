"""Frames → rows: ordinary packets by columns, the rest one by one, in one order, with an account of every frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from zoneguard.dynamic._headers import ordinary
from zoneguard.dynamic.columns import COLUMNS, I64, U8, Bool, Frames, Refusal, Rows, from_columns, join
from zoneguard.dynamic.layers import Cursor
from zoneguard.dynamic.network import Dissected, Dissector, Found
from zoneguard.model.text import N_

MAX_CONTEXTS = 1 << 16
MAX_REASONS = 64
LOW = (1 << 64) - 1
CROWDED = str(N_("more different VLANs and tunnels than are told apart"))
OTHER_REASONS = str(N_("other reasons"))

Context = tuple[tuple[int, ...], tuple[str, ...]]
Ordinary = Callable[[Frames, Callable[[tuple[int, ...]], int]], tuple[Bool, Rows]]


class Account:
    """What became of the frames of one file: the three counts add up to all frames once the decoder has finished."""

    def __init__(self) -> None:
        self.decoded = 0
        self.skipped: Counter[str] = Counter()
        self.without_ip: Counter[str] = Counter()

    def skip(self, reason: str, count: int = 1) -> None:
        """Count frames under ``reason``, or under a common one where there are too many different reasons."""
        known = reason in self.skipped or len(self.skipped) < MAX_REASONS
        self.skipped[reason if known else OTHER_REASONS] += count


class Decoder:
    """Feed it batches in time order, then call ``rest``.

    ``contexts`` says what the numbers in ``Rows.context`` mean: VLANs and tunnels, outermost first. ``columnar`` off
    sends every frame through the scalar decoder: same rows, slowly.
    """

    def __init__(self, headers: Ordinary | None = ordinary) -> None:
        self.contexts: list[Context] = [((), ())]
        self._numbers: dict[Context, int] = {((), ()): 0}
        self._accounts: dict[int, Account] = {}
        self._dissector = Dissector()
        self._headers = headers
        self._crowd = -1

    def account(self, file: int) -> Account:
        """The account of the file of that number."""
        return self._accounts.setdefault(file, Account())

    def rows(self, frames: Frames) -> Rows:
        """The packets of a batch in frame order."""
        if self._headers is None:
            _, found, refusals = self._dissect(frames, np.arange(len(frames)))
            return self._crowded(replace(self._rows(found, frames.data), refusals=refusals))
        done, fast = self._headers(frames, lambda vlans: self._context(vlans, ()))
        files = frames.file[done]
        for file in np.unique(files).tolist() if len(files) and (files != files[0]).any() else files[:1].tolist():
            self.account(file).decoded += int((files == file).sum())
        if len(files) == len(frames):
            return self._crowded(fast)
        positions, found, refusals = self._dissect(frames, np.flatnonzero(~done))
        slow = self._rows(found, frames.data)
        order = np.argsort(np.concatenate([np.flatnonzero(done), positions]), kind="stable")
        return self._crowded(replace(join([fast, slow], order, slow.buffers), refusals=refusals))

    def rest(self) -> Rows:
        """What is known of fragments that are still waiting when the captures have ended."""
        found = [packet for late in self._dissector.give_up(None) for packet in self._settle(late)]
        return self._rows(found, np.zeros(0, np.uint8))

    def _dissect(self, frames: Frames, left: I64) -> tuple[I64, list[Found], tuple[Refusal, ...]]:
        """The packets of the frames in ``left``, the position of each one's frame, and what was refused."""
        positions: list[int] = []
        found: list[Found] = []
        refusals: list[Refusal] = []
        columns = (frames.at, frames.caplen, frames.wirelen, frames.time, frames.number, frames.file, frames.link)
        view = frames.data.data
        for position, (at, caplen, wirelen, time, number, file, link) in zip(
            left.tolist(), zip(*(c[left].tolist() for c in columns), strict=True), strict=True
        ):
            outcomes = self._dissector.give_up(time)
            data = bytes(view[at : at + caplen])
            wire = max(caplen, wirelen)
            cursor = Cursor(data, 0, wire, base=at, stamp=(time, number, file), origin=(file,))
            outcomes.append(self._dissector.dissect(link, cursor))
            for outcome in outcomes:
                packets = self._settle(outcome)
                found += packets
                refusals += outcome.refusals
                positions += [position] * len(packets)
        return np.array(positions, np.int64), found, tuple(refusals)

    def _settle(self, outcome: Dissected) -> list[Found]:
        for file in outcome.settled:
            account = self.account(file)
            if outcome.skipped:
                account.skip(outcome.skipped)
            elif outcome.kind:
                account.without_ip[outcome.kind] += 1
            else:
                account.decoded += 1
        return outcome.found

    def _rows(self, found: list[Found], data: U8) -> Rows:
        """Columns out of single packets. Their payload lies in the batch's buffer, or in one of its own behind it."""
        extra = bytearray()
        table: dict[str, list[int]] = {name: [] for name in COLUMNS}
        for packet in found:
            cursor = packet.cursor
            apart = cursor.base < 0
            start = len(extra) if apart else cursor.base + packet.start
            if apart:
                extra += cursor.data[packet.start : packet.stop]
            values = (
                *cursor.stamp, packet.src >> 64, packet.src & LOW, packet.dst >> 64, packet.dst & LOW, packet.v6,
                packet.proto, packet.key_a, packet.key_b, packet.oneway, packet.icmp, packet.size, packet.payload,
                packet.stop - packet.start, start, packet.tcp, packet.seq, packet.ack, cursor.mac,
                self._context(cursor.vlans, cursor.tunnel), cursor.damaged, apart,
            )  # fmt: skip
            for column, value in zip(table.values(), values, strict=True):
                column.append(value)
        columns = {name: np.array(values, COLUMNS[name]) for name, values in table.items()}
        return from_columns(columns, (data, np.frombuffer(bytes(extra), np.uint8)))

    def _context(self, vlans: tuple[int, ...], tunnel: tuple[str, ...]) -> int:
        """The number of these VLANs and tunnels; beyond the bound all share one that says so."""
        context = (vlans, tunnel)
        number = self._numbers.get(context)
        if number is None:
            if len(self.contexts) >= MAX_CONTEXTS:
                return self._crowd
            number = self._numbers[context] = len(self.contexts)
            self.contexts.append(context)
            if number == MAX_CONTEXTS - 2:
                self._crowd = number + 1
                self.contexts.append(((), (CROWDED,)))
        return number

    def _crowded(self, rows: Rows) -> Rows:
        """Frames whose VLANs and tunnels are no longer told apart are not decoded, but skipped."""
        if self._crowd >= 0:
            self.drop(rows, rows.context == self._crowd, CROWDED)
        return rows

    def drop(self, rows: Rows, which: Bool, reason: str) -> None:
        """The frames of these rows were decoded, and yet are not in the result, for ``reason``."""
        frames = np.unique(np.stack([rows.file[which], rows.number[which]]), axis=1)
        for file in frames[0].tolist():
            self.account(file).decoded -= 1
            self.account(file).skip(reason)
