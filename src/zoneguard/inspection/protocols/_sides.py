"""Which side of a conversation asks, by what it says: a flow whose beginning was missed may be the wrong way round."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.inspection import SAMPLE, Conversation
from zoneguard.model.flows import Stream

Score = Callable[[bytes, bytes], float]


def likeness(conversation: Conversation, score: Score) -> float:
    """The better score of the two ways round; ``score`` takes the first bytes of the asking and the answering side."""
    up, down = conversation.to_responder.data[:SAMPLE], conversation.to_originator.data[:SAMPLE]
    one, other = score(up, down), score(down, up)
    return one if one >= other else other


def sides(conversation: Conversation, score: Score) -> tuple[Stream, Stream]:
    """The asking and the answering stream."""
    up, down = conversation.to_responder, conversation.to_originator
    turned = score(down.data[:SAMPLE], up.data[:SAMPLE]) > score(up.data[:SAMPLE], down.data[:SAMPLE])
    return (down, up) if turned else (up, down)
