"""What a long run is at, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zoneguard.model.text import Text


@dataclass(frozen=True, slots=True)
class Step:
    """``done`` of ``total`` pieces of work; ``total`` is 0 where nobody can know it beforehand."""

    doing: Text
    done: int = 0
    total: int = 0


Progress = Callable[[Step], None]


def silent(_: Step) -> None:
    """Tells nobody."""
