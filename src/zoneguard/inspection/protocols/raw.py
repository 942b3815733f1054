"""A bare file: a conversation in which one side sends a file and nothing else, and the other nothing or only counts.

So go FTP data, DCC (whose receiver counts in four bytes) and hand-made transfers. Asserted only for a whole stream;
what is known by no magic and not whole is not taken for a file.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from zoneguard.inspection import Content, Conversation, Protocol
from zoneguard.inspection.carving import Track
from zoneguard.inspection.examining import has_magic
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Stream, Transfer

_COUNT = 4
_SAMPLE = 64 << 10


def recognise(conversation: Conversation) -> float:
    """Less sure than any protocol that speaks: by the magic of a file, or a whole stream with a silent other side; sure
    where another conversation announced a file."""
    streams = _sender(conversation)
    if streams is None:
        return 0.0
    if conversation.name:
        return 1.0
    sender, other = streams
    if has_magic(sender.data[:_SAMPLE]):
        return 0.55
    counted = not other.data or int.from_bytes(other.data[-_COUNT:], "big") == len(sender.data)
    return 0.5 if sender.complete and other.complete and counted else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The file, with no name of its own."""
    sender, _ = _sender(conversation) or (conversation.to_responder, conversation.to_originator)
    track = Track(sender)
    carved = track.carve((0, len(sender.data)))
    recorder = Recorder(conversation, "raw")
    carriage = Carriage(sender.to_responder, carved.frames(), sender.complete, carved.damaged())
    recorder.file("file", Content(carved.data, conversation.name), carriage)
    return recorder.transfers


def _sender(conversation: Conversation) -> tuple[Stream, Stream] | None:
    """The side that sends the file and the other one; ``None`` where both speak."""
    up, down = conversation.to_responder, conversation.to_originator
    for sender, other in ((up, down), (down, up)):
        if sender.data and _silent(other.data, len(sender.data)):
            return sender, other
    return None


def _silent(data: bytes, sent: int) -> bool:
    """Nothing, or running counts of four bytes that end at no more than what was sent."""
    if len(data) % _COUNT or len(data) > sent:
        return False
    first, last = (int.from_bytes(count, "big") for count in (data[:_COUNT], data[-_COUNT:]))
    if data and not 0 < first <= last <= sent:
        return False
    counts = np.frombuffer(data, ">u4")
    return bool((counts[1:] >= counts[:-1]).all())


PLUGIN = Protocol("raw", "A bare file", recognise, inspect)
