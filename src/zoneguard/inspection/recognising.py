"""Which protocol a conversation speaks, and what is left of one behind an agreement to speak another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from zoneguard.inspection import Conversation, Protocol
from zoneguard.model.flows import Segment, Stream, Transfer

PROTOCOLS = "zoneguard.inspection.protocols"
CERTAIN_ENOUGH = 0.5
DEEPEST = 4  # conversations inside each other


def recognised(conversation: Conversation, protocols: Sequence[Protocol]) -> Protocol | None:
    """The protocol that is surest to know the conversation; of equals the first; ``None``: none is sure enough."""
    best, most = None, 0.0
    for protocol in protocols:
        if conversation.flow.proto in protocol.transports and (sure := protocol.recognise(conversation)) > most:
            best, most = protocol, sure
    return best if most >= CERTAIN_ENOUGH else None


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
