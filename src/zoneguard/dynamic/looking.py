"""What flows carried: each conversation goes to the protocol that recognises its bytes.

One process puts the conversations together, in order; what is in them may be read by several. The result is the same:
names, ranges and contents are joined by the one process in the order of the flows, and a conversation of which an
earlier one spoke is read by it again, with the name that it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from zoneguard.collector import collect_new
from zoneguard.dynamic.spreading import ahead
from zoneguard.dynamic.states import TCP, UDP
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import Survey
from zoneguard.dynamic.table import Tracks
from zoneguard.inspection import Conversation, Keep, Protocol
from zoneguard.inspection.joining import Announcements
from zoneguard.inspection.known import Known
from zoneguard.inspection.ranges import RESOURCE, Ranges
from zoneguard.inspection.recognising import PROTOCOLS, Recogniser
from zoneguard.inspection.unread import failed, unrecognised
from zoneguard.model.flows import Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.plugins import of_type

CHUNK, FEW = 1 << 20, 256
"""Bytes, and conversations, that another process is given at once."""
AHEAD = 3
"""Such chunks a process that may wait."""
SWEPT = 32 << 20  # bytes of content after which readers may have left cycles worth looking for
SWEPT_PER_FLOW = 4096


@dataclass(frozen=True, slots=True)
class Asked:
    """How conversations are looked into: contents of addresses in ``touching`` are sketched; ``keep`` is handed each
    carved content; ``protocols`` are the discovered ones unless given; up to ``jobs`` processes read."""

    touching: Intervals
    limits: Limits
    keep: Keep | None
    protocols: tuple[Protocol, ...] | None
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Read:
    """What a protocol read of a conversation (``None``: none recognises it), and contents that somebody asks for."""

    transfers: tuple[Transfer, ...] | None
    kept: tuple[tuple[Transfer, bytes], ...] = ()


Numbered = tuple[int, Conversation]


def inspect(seen: Survey, wanted: Tracks, asked: Asked, left: Callable[[int], None]) -> Iterator[Transfer]:
    """What the wanted flows carried. ``left`` is told the store's number of each flow whose bytes no protocol
    recognises, and of which no session speaks."""
    wanted = wanted.carrying()
    if not wanted:
        return
    reader = _reader(asked.protocols)
    ranges = Ranges(asked.keep, known=reader.known)
    yield from ranges.settled([*_carried(seen, wanted, asked, left, reader, ranges), *ranges.joined()])


def _carried(
    seen: Survey, wanted: Tracks, asked: Asked, left: Callable[[int], None], reader: Reader, ranges: Ranges
) -> Iterator[Transfer]:
    """What each flow carried by itself; ``ranges`` takes up pieces of files."""
    announced = Announcements()
    carries = np.isin(wanted.protocols(), (TCP, UDP))
    for number in wanted.where()[~carries].tolist():
        left(number)
    wanted = wanted.some(np.flatnonzero(carries))
    unswept = 0
    for (number, conversation), read in _looked_into(_conversations(seen, wanted, asked), asked):
        flow = conversation.flow
        unswept += SWEPT_PER_FLOW + sum(flow.payload)
        if unswept > SWEPT:
            unswept = 0
            collect_new()
        told = announced.told(flow)
        name = told.name if told is not None else ""
        transfers: Iterable[Transfer] | None
        if read is None or name:
            piece = told.piece if told is not None else None
            keep = ranges.keep if piece is None else ranges.keep_piece(piece, conversation)
            transfers = reader.look(conversation, keep, name)
        else:
            for transfer, data in read.kept:
                ranges.keep(transfer, data)
            transfers = read.transfers
        if transfers is not None:
            for transfer in transfers:
                announced.learn(transfer)
                yield transfer
        elif announced.mentions(flow):
            yield unrecognised(flow)
        else:
            left(number)


def _conversations(seen: Survey, wanted: Tracks, asked: Asked) -> Iterator[Numbered]:
    """The conversations of these flows, with the store's numbers."""
    for number, conversation in zip(wanted.where().tolist(), reassemble(seen, wanted, asked.limits), strict=True):
        flow = conversation.flow
        touching = asked.touching and (flow.src in asked.touching or flow.dst in asked.touching)
        yield number, replace(conversation, sketched=True) if touching else conversation


def _looked_into(conversations: Iterator[Numbered], asked: Asked) -> Iterator[tuple[Numbered, Read | None]]:
    """Each conversation, with what another process read of it where several are asked for and there is enough."""
    if asked.jobs < 2:
        yield from ((numbered, None) for numbered in conversations)
        return
    work = partial(_read_all, asked.protocols, asked.keep is not None)
    for chunk, found in ahead(work, _chunks(conversations), asked.jobs, AHEAD * asked.jobs):
        reads: Sequence[Read | None] = found or [None] * len(chunk)
        yield from zip(chunk, reads, strict=True)


def _chunks(conversations: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    some: list[Numbered] = []
    size = 0
    for numbered in conversations:
        some.append(numbered)
        size += len(numbered[1].to_responder.data) + len(numbered[1].to_originator.data)
        if size > CHUNK or len(some) >= FEW:
            yield some
            some, size = [], 0
    if some:
        yield some


def _read_all(protocols: tuple[Protocol, ...] | None, everything: bool, chunk: Sequence[Numbered]) -> list[Read]:
    """What is in these conversations; run in a process of its own. Kept are ranges, or ``everything``."""
    reader = _own_reader(protocols)
    return [_read(reader, everything, conversation) for _, conversation in chunk]


def _read(reader: Reader, everything: bool, conversation: Conversation) -> Read:
    kept: list[tuple[Transfer, bytes]] = []

    def keep(transfer: Transfer, data: bytes) -> None:
        if everything or RESOURCE in dict(transfer.facts):
            kept.append((transfer, data))

    transfers = reader.look(conversation, keep)
    return Read(None if transfers is None else tuple(transfers), tuple(kept))


class Reader:
    """Hands conversations to the protocols; contents that were examined are not examined again."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self._recogniser = Recogniser(protocols)
        self.known = Known()

    def look(self, conversation: Conversation, keep: Keep | None = None, name: str = "") -> Iterator[Transfer] | None:
        """What the surest protocol reads; ``None`` where none is sure enough. ``keep`` and ``name`` as in the
        conversation, where it has none."""
        if name and not conversation.name:
            conversation = replace(conversation, name=name)
        best = self._recogniser.recognise(conversation)
        if best is None:
            return None
        return _transfers(replace(conversation, keep=conversation.keep or keep, known=self.known), best)


def _reader(protocols: tuple[Protocol, ...] | None) -> Reader:
    return Reader(of_type(PROTOCOLS, Protocol) if protocols is None else protocols)


_own_reader = lru_cache(maxsize=1)(_reader)  # of a process that is given one chunk behind the other


def _transfers(conversation: Conversation, protocol: Protocol) -> Iterator[Transfer]:
    """What the protocol reads; one that fails, a third party's perhaps, ends neither the run nor silently."""
    try:
        yield from protocol.inspect(conversation)
    except Exception as error:
        yield failed(conversation.flow, protocol.name, error)
