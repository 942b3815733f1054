"""The pass over captures taken at one point: every flow, an account of every frame, and the packets of those
worth a second look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._accounts import Account
from zoneguard.dynamic._feeding import Packets
from zoneguard.dynamic.columns import I64, Bool, Rows
from zoneguard.dynamic.containers import Capture, Stamp, find_captures, stamp
from zoneguard.dynamic.contexts import Context
from zoneguard.dynamic.cores import Core, best
from zoneguard.dynamic.decoding import Decoder
from zoneguard.dynamic.flows import MAX_FLOWS
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.merging import Merged
from zoneguard.dynamic.remembering import CHANGED, Interesting, Remembered, everything
from zoneguard.dynamic.table import Tracks
from zoneguard.model.errors import InputError
from zoneguard.model.flows import CaptureAccount, FlowTable
from zoneguard.model.text import N_

BEYOND = str(N_("packets of flows beyond the flow table's bound"))

Progress = Callable[[int], None]  # told the number of frames read since the last call


@dataclass(frozen=True, slots=True)
class Survey:
    """What captures hold. ``tracks`` are the flows in order of their first packet; ``files`` as they were read, in the
    state ``stamps``, and ``names`` as evidence shows them."""

    files: tuple[str, ...]
    names: tuple[str, ...]
    tracks: Tracks
    accounts: tuple[CaptureAccount, ...]
    stamps: tuple[Stamp, ...]
    remembered: Remembered | None

    @property
    def table(self) -> FlowTable:
        """The flow table of the model."""
        return FlowTable(Flows((self.tracks,)), self.accounts)

    def packets(self, conversations: Sequence[tuple[int, int]]) -> Iterator[Packets]:
        """The packets of these pairs of directions, of flows that were interesting, some at a time. Raises
        ``InputError`` where a capture is not what it was."""
        for file, was in zip(self.files, self.stamps, strict=True):
            if stamp(file) != was:
                raise InputError(CHANGED, file)
        if self.remembered is None:
            raise ValueError("no flow was of interest when the captures were read")
        return self.remembered.packets(conversations, self.files, self.names)


def survey(
    paths: Sequence[str],
    *,
    digest: bool = True,
    progress: Progress | None = None,
    name: Callable[[str], str] = str,
    interesting: Interesting | None = everything,
) -> Survey:
    """Read files, directories and ``-`` as one capture in time order. Raises ``InputError``.

    ``digest`` off leaves out the SHA-256 of the files; ``name`` makes of a path what evidence shows; the packets of
    ``interesting`` flows are remembered.
    """
    run = Run([file for path in paths for file in find_captures(path)], digest, interesting=interesting)
    for _ in run.batches(progress):
        pass
    return run.survey(name)


class Run:
    """The pass: the batches of rows with the flow of each row. The same captures give the same flow numbers again."""

    def __init__(
        self,
        files: Sequence[str],
        digest: bool = False,
        max_flows: int = MAX_FLOWS,
        core: Core | None = None,
        interesting: Interesting | None = None,
    ) -> None:
        keep_pages()
        self.files = tuple(files)
        self._stamps = tuple(map(stamp, self.files))
        self._core = core or best()
        self._remembered = Remembered(interesting, self._core.scatter) if interesting else None
        self.tracker = self._core.tracker(max_flows)
        self._merged = Merged(self.files, digest, self._core.find)
        self._decoder = Decoder(self._core.swift)

    @property
    def contexts(self) -> Sequence[Context]:
        """What context numbers mean."""
        return self._decoder.contexts

    def batches(self, progress: Progress | None = None) -> Iterator[tuple[Rows, I64, Bool]]:
        """Rows, the number of each one's flow (-1: beyond the bound), and whether it runs from the second end."""
        for rows, begin, count in self._decoded():
            yield self._absorb(rows, begin)
            if progress is not None:
                progress(count)
        yield self._absorb(self._decoder.rest())

    def _decoded(self) -> Iterator[tuple[Rows, int, int]]:
        """Rows, where in its file that begins from which they are counted, and how many frames they are of."""
        if self._decoder.reads and (capture := self._merged.straight()):
            for rows, count in self._decoder.straight(capture):
                yield rows, 0, count
        else:
            for frames in self._merged.frames():
                yield self._decoder.rows(frames), frames.begin, len(frames)

    def _absorb(self, rows: Rows, begin: int = -1) -> tuple[Rows, I64, Bool]:
        flow, reverse = self.tracker.absorb(rows)
        if (flow < 0).any():
            self._decoder.drop(rows, flow < 0, BEYOND)
        if self._remembered is not None:
            self._remembered.add(rows, flow, reverse, self.tracker.store, begin)
        return rows, flow, reverse

    def survey(self, name: Callable[[str], str] = str) -> Survey:
        """The result, once ``batches`` has run out; nothing can be added then."""
        self.tracker.store.settle()
        names = tuple(map(name, self.files))
        accounts = [(capture, self._decoder.account(capture.number)) for capture in self._merged.captures]
        return Survey(
            self.files,
            names,
            Tracks(self.tracker, self._decoder.contexts, names),
            tuple(self._account(name(capture.file), capture, account) for capture, account in accounts),
            self._stamps,
            self._remembered,
        )

    def _account(self, name: str, capture: Capture, account: Account) -> CaptureAccount:
        return CaptureAccount(
            file=name,
            sha256=capture.sha256,
            frames=capture.frames,
            decoded=account.decoded,
            skipped=dict(sorted(account.skipped.items())),
            truncated=capture.truncated,
            core=self._core.name,
            without_ip=dict(sorted(account.without_ip.items())),
        )


def keep_pages() -> None:
    """Make the C library keep the memory of columns for the next batch, where it would give large ones back each time:
    glibc raises that bound to the size of what it has seen freed, up to 32 MB."""
    np.empty(31 << 20, np.uint8)
