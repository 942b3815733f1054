"""What readers of command lines have in common: a command, and those of the mode that it enters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Words = tuple[str, ...]


class Command(Protocol):
    """A command of a tree, of whichever reader."""

    @property
    def number(self) -> int:
        """Its line, 1-based."""

    @property
    def words(self) -> Words:
        """As written."""

    @property
    def children(self) -> Sequence[Command]:
        """The commands of the mode that it enters, in order."""
