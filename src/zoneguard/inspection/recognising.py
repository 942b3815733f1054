"""Which protocol a conversation speaks, and what is left of one behind an agreement to speak another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from operator import itemgetter

from zoneguard.inspection import SAMPLE, Conversation, Protocol, Signs
from zoneguard.model.flows import Segment, Stream, Transfer
from zoneguard.plugins import of_type

PROTOCOLS = "zoneguard.inspection.protocols"
CERTAIN_ENOUGH = 0.5
DEEPEST = 4  # conversations inside each other


class Recogniser:
    """Asks protocols which of them a conversation speaks, those alone that its first bytes allow."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        numbers = frozenset(number for protocol in protocols for number in protocol.transports)
        self._transports = {n: _Transport([p for p in protocols if n in p.transports]) for n in numbers}

    def recognise(self, conversation: Conversation) -> Protocol | None:
        """The protocol that is surest to know the conversation; of equals the first; ``None``: none is sure enough."""
        transport = self._transports.get(conversation.flow.proto)
        return transport.recognise(conversation) if transport is not None else None


@cache
def recogniser() -> Recogniser:
    """Of all protocols that are installed."""
    return Recogniser(of_type(PROTOCOLS, Protocol))


class _Transport:
    """The protocols over one transport. A set of them is a number, in which bit ``i`` stands for the ``i``-th."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols
        self._always = sum(1 << place for place, protocol in enumerate(protocols) if protocol.signs is None)
        self._beginnings: list[list[tuple[tuple[bytes, ...], int]]] = [[] for _ in range(256)]  # by the first byte
        self._later: list[tuple[int, Signs]] = []
        for place, signs in ((place, protocol.signs) for place, protocol in enumerate(protocols)):
            if signs is not None:
                for first, some in groupby(sorted(map(bytes.lower, signs.begins)), key=itemgetter(0)):
                    self._beginnings[first].append((tuple(some), 1 << place))
                self._later += [(1 << place, signs)] if signs.otherwise else []
        known = [len(beginning) for protocol in protocols if protocol.signs for beginning in protocol.signs.begins]
        self._longest = max(known, default=1)
        lines = b"|".join(line for _, signs in self._later for line in signs.lines) or b"(?!)"
        self._first_line, self._line = re.compile(lines), re.compile(b"\n(?:%s)" % lines)
        self._members: dict[int, tuple[int, ...]] = {}

    def recognise(self, conversation: Conversation) -> Protocol | None:
        """As ``Recogniser.recognise``."""
        sides = conversation.to_responder.data, conversation.to_originator.data
        asked = self._always | self._begun(sides[0]) | self._begun(sides[1])
        best, place = self._surest(asked, conversation)
        later = [(bit, signs) for bit, signs in self._later if signs.otherwise >= best and not bit & asked]
        if later and (told := self._told(later, sides)):
            best, place = max((best, place), self._surest(told, conversation))
        return self._protocols[-place] if best >= CERTAIN_ENOUGH else None

    def _surest(self, asked: int, conversation: Conversation) -> tuple[float, int]:
        """The best confidence of these, and the place of the first that has it, negated."""
        if asked not in self._members:
            self._members[asked] = tuple(place for place in range(len(self._protocols)) if asked >> place & 1)
        best, first = 0.0, 0
        for place in self._members[asked]:
            sure = self._protocols[place].recognise(conversation)
            if sure > best:
                best, first = sure, place
        return best, -first

    def _begun(self, data: bytes) -> int:
        """The protocols that may begin so."""
        found = 0
        if data:
            head = data[: self._longest].lower()
            for beginnings, bit in self._beginnings[head[0]]:
                if head.startswith(beginnings):
                    found |= bit
        return found

    def _told(self, later: Iterable[tuple[int, Signs]], sides: Sequence[bytes]) -> int:
        """Those of which there is a word, and where any has a line, all that have lines."""
        lined = any(self._first_line.match(data) or self._line.search(data, 0, SAMPLE) for data in sides)
        found = 0
        for bit, signs in later:
            if (lined and signs.lines) or any(
                data.find(word, 0, SAMPLE) >= 0 for word in signs.words for data in sides
            ):
                found |= bit
        return found


def behind(conversation: Conversation, to_responder: int, to_originator: int) -> Conversation:
    """What both sides say behind these offsets, as a conversation of its own; what it keeps has keys of its own."""
    keep = conversation.keep
    return replace(
        conversation,
        to_responder=_rest(conversation.to_responder, to_responder),
        to_originator=_rest(conversation.to_originator, to_originator),
        depth=conversation.depth + 1,
        keep=None if keep is None else lambda transfer, data: keep(_inner(transfer), data),
    )


def inner(transfers: Iterable[Transfer]) -> Iterator[Transfer]:
    """The transfers of a conversation inside another, with keys that are no other's."""
    return map(_inner, transfers)


def _inner(transfer: Transfer) -> Transfer:
    parent = f"inner/{transfer.parent}" if transfer.parent else ""
    return replace(transfer, key=f"inner/{transfer.key}", parent=parent)


def _rest(stream: Stream, start: int) -> Stream:
    segments = (Segment(max(s.start, start) - start, s.end - start, s.at) for s in stream.segments if s.end > start)
    gaps, conflicts = (
        tuple((max(a, start) - start, b - start) for a, b in ranges if b > start)
        for ranges in (stream.gaps, stream.conflicts)
    )
    return replace(stream, data=stream.data[start:], segments=tuple(segments), gaps=gaps, conflicts=conflicts)
