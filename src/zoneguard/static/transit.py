"""Contexts that filter and route by destination only: how what comes in passes them, source for source alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zoneguard.model.packets import PacketSet
from zoneguard.static.fib import Way

Gate = Callable[[], PacketSet]
"""The packets that some filters let pass, compiled when they are first asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """``ways`` out for what comes in by one entrance to ``classes`` of destinations: the packets in the ``gate``.

    No gate: all of them.
    """

    ways: tuple[Way, ...]
    classes: int
    gate: Gate | None


@dataclass(frozen=True, slots=True, eq=False)
class Transit:
    """What comes in by one entrance and passes the ``gate``, if there is one, takes the ``passages``.

    Packets to the classes ``own`` are for the context itself.
    """

    gate: Gate | None
    own: int
    passages: tuple[Passage, ...]
