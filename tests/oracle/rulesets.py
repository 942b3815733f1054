"""A ruleset that can be loaded, read back by the parsers and made smaller, whatever the tool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from tests.oracle.netns import Lab
from zoneguard.parsers import Parsed


class Ruleset(Protocol):
    """Rules of one box."""

    @property
    def tracks(self) -> bool:
        """Whether the kernel tracks connections for them (and so puts fragments together first)."""

    @property
    def open(self) -> bool:
        """Whether they ask for something that no input decides, as a rate."""

    def load(self, lab: Lab, box: str) -> None:
        """Replace all rules of the box. Raises ``RuntimeError`` where the tool refuses."""

    def parsed(self, lab: Lab, box: str, exported: bool) -> Parsed:
        """What the parser makes of the rules as written, or as the tool exports what is loaded."""

    def smaller(self) -> Iterator[Self]:
        """The same without one rule, or without one condition of a rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``-A chain`` or a statement in a chain, cut into what may be left out (``parts``) and what may not (``end``)."""

    table: str
    chain: str
    parts: tuple[str, ...]
    end: str = ""

    def __str__(self) -> str:
        return " ".join([*self.parts, *([self.end] if self.end else [])])

    def smaller(self) -> Iterator[Rule]:
        """The rule without one part."""
        for n in range(len(self.parts) if self.end or len(self.parts) > 1 else 0):
            yield replace(self, parts=self.parts[:n] + self.parts[n + 1 :])


def smaller_rules(rules: Sequence[Rule]) -> Iterator[tuple[Rule, ...]]:
    """Rules without one of them, then with one of them smaller."""
    rules = tuple(rules)
    for n in range(len(rules)):
        yield rules[:n] + rules[n + 1 :]
    for n, rule in enumerate(rules):
        for less in rule.smaller():
            yield (*rules[:n], less, *rules[n + 1 :])
