"""Streams → Transfers with hazards. Observation only: whether a transfer is allowed is said by checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zoneguard.model.flows import Flow, Hazard, Stream, Transfer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both directions of one TCP flow, reassembled."""

    flow: Flow
    to_responder: Stream
    to_originator: Stream


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol plugin. ``recognise`` gives a confidence from 0 to 1 from the bytes alone, never from the port;
    ``inspect`` never raises on any bytes: what it cannot read is a transfer that says so."""

    name: str
    title: str
    recognise: Callable[[Conversation], float]
    inspect: Callable[[Conversation], Iterable[Transfer]]


@dataclass(frozen=True, slots=True)
class Content:
    """A whole or partial file: its bytes, the name it was sent under and the media type that was claimed."""

    data: bytes
    name: str = ""
    claimed_type: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Examination:
    """What a content family saw. ``opaque`` says why a part could not be read; ``members`` are contained files."""

    media_type: str = ""
    hazards: tuple[Hazard, ...] = ()
    opaque: str = ""
    members: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentFamily:
    """A content plugin, one file family. ``recognise`` looks at magic bytes first; ``examine`` never raises."""

    name: str
    title: str
    recognise: Callable[[Content], bool]
    examine: Callable[[Content], Examination]
