"""Frames → rows: ordinary packets by columns, the rest one by one, in one order, with an account of every frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from zoneguard.dynamic._headers import Context as Number
from zoneguard.dynamic._headers import ordinary
from zoneguard.dynamic.columns import COLUMNS, I32, I64, U8, Bool, Frames, Refusal, Rows, from_columns, join
from zoneguard.dynamic.framing import NOT_IP
from zoneguard.dynamic.layers import Cursor
from zoneguard.dynamic.network import Dissected, Dissector, Found
from zoneguard.model.text import N_

MAX_CONTEXTS = 1 << 16
MAX_REASONS = 64
LOW = (1 << 64) - 1
CROWDED = str(N_("more different VLANs and tunnels than are told apart"))
OTHER_REASONS = str(N_("other reasons"))

Context = tuple[tuple[int, ...], tuple[str, ...]]
LEFT, DECODED, PPP_CONTROL = 0, 1, 2
WITHOUT_IP = {**NOT_IP, PPP_CONTROL: "PPP control"}


@dataclass(frozen=True, slots=True)
class Swift:
    """What a core decoded of a batch. ``fate`` of each frame: ``LEFT`` to the scalar decoder, ``DECODED``, or a
    key of ``WITHOUT_IP``. ``rows`` are the packets in frame order, ``position`` each one's frame."""

    fate: I64
    rows: Rows
    position: I64


SwiftDecoder = Callable[[Frames], Swift]


def by_columns(number: Number) -> SwiftDecoder:
    """The NumPy core's: ordinary packets only. ``number`` numbers VLANs and tunnels."""

    def decode(frames: Frames) -> Swift:
        done, rows = ordinary(frames, number)
        return Swift(done.astype(np.int64), rows, np.flatnonzero(done))

    return decode


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

    ``contexts`` says what the numbers in ``Rows.context`` mean: VLANs and tunnels, outermost first. Without ``swift``
    every frame goes through the scalar decoder: same rows, slowly.
    """

    def __init__(self, swift: Callable[[Number], SwiftDecoder] | None = by_columns) -> None:
        self.contexts: list[Context] = [((), ())]
        self._numbers: dict[Context, int] = {((), ()): 0}
        self._accounts: dict[int, Account] = {}
        self._dissector = Dissector()
        self._swift = swift(self._context) if swift else None
        self._crowd = -1

    def account(self, file: int) -> Account:
        """The account of the file of that number."""
        return self._accounts.setdefault(file, Account())

    def rows(self, frames: Frames) -> Rows:
        """The packets of a batch in frame order."""
        if self._swift is None:
            _, found, refusals = self._dissect(frames, np.arange(len(frames)))
            return self._crowded(replace(self._rows(found, frames.data), refusals=refusals))
        swift = self._swift(frames)
        self._count(frames.file, swift.fate)
        left = np.flatnonzero(swift.fate == LEFT)
        if not len(left):
            return self._crowded(swift.rows)
        positions, found, refusals = self._dissect(frames, left)
        slow = self._rows(found, frames.data)
        order = np.argsort(np.concatenate([swift.position, positions]), kind="stable")
        return self._crowded(replace(join([swift.rows, slow], order, slow.buffers), refusals=refusals))

    def _count(self, files: I32, fate: I64) -> None:
        """Account for the frames that the core has decoded."""
        for file in np.unique(files).tolist() if len(files) and (files != files[0]).any() else files[:1].tolist():
            account, mine = self.account(file), fate[files == file]
            account.decoded += int((mine == DECODED).sum())
            kinds, counts = np.unique(mine[mine > DECODED], return_counts=True)
            for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
                account.without_ip[WITHOUT_IP[kind]] += count

    def rest(self) -> Rows:
        """What is known of fragments that are still waiting when the captures have ended."""
        found = [packet for late in self._dissector.rest() for packet in self._settle(late)]
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
            data = bytes(view[at : at + caplen])
            wire = max(caplen, wirelen)
            cursor = Cursor(data, 0, wire, base=at, stamp=(time, number, file), origin=(file,))
            last = self._dissector.dissect(link, cursor)
            for outcome in (*self._dissector.late(), last):
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

    def _context(self, vlans: tuple[int, ...], tunnel: tuple[str, ...] = ()) -> int:
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
