"""Which rules are the cause that another never acts: as few as tell the story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zoneguard.model.device import NatRule
from zoneguard.model.packets import PacketSet
from zoneguard.model.spans import SourceSpan
from zoneguard.static._analysis_tree import Leaf, Tree, taken
from zoneguard.static.lists import Outcome

SEARCHED = 64
"""Lines that are tried for one that hides another alone."""
COUNTED = 64
"""Lines that hide another together, beyond which the rest is only said to be there."""
PRUNED = 16
"""Lines of which each is tried whether the others do without it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A line that takes packets before another line can, or would take them after it.

    ``opposite``: it does the opposite of what the other line says. ``default``: it is the end of the list.
    """

    span: SourceSpan
    name: str = ""
    opposite: bool = False
    default: bool = False


@dataclass(frozen=True, slots=True)
class Causes:
    """``lines`` in the order of the list, and their ``numbers`` in it. ``complete``: there are no others."""

    lines: tuple[Cause, ...] = ()
    complete: bool = True
    numbers: tuple[int, ...] = ()

    @property
    def opposite(self) -> bool:
        """Whether some line does the opposite."""
        return any(cause.opposite for cause in self.lines)


def opposite(line: Leaf, decided: Outcome) -> PacketSet:
    """Of what others ``decided``, the packets of which ``line`` says the opposite."""
    own = line.outcome
    if own.permit and not own.deny:
        return decided.deny
    if own.deny and not own.permit:
        return decided.permit
    return decided.deny & own.permit | decided.permit & own.deny


def hiding(tree: Tree, number: int, packets: PacketSet, low: int, high: int) -> Causes:
    """Why ``packets``, which line ``number`` asks for, are taken by the lines ``low`` up to ``high``.

    One line that takes them all is cause enough, best one that does the same as line ``number``.
    """
    line = tree.lines[number]
    alone = _alone(tree, line, packets, low, high)
    if alone:
        found, against = alone
        return Causes((_cause(tree.lines[found], against),), numbers=(found,))
    several = list(islice(tree.deciding(packets, low, high), COUNTED + 1))
    complete = len(several) <= COUNTED
    if len(several) <= PRUNED:
        several = list(_needed(tree, several, packets))
    shown = several[:COUNTED]
    lines = tuple(_cause(tree.lines[n], _differs(line, tree.lines[n], part)) for n, part in shown)
    return Causes(lines, complete, tuple(n for n, _ in shown))


def _alone(tree: Tree, line: Leaf, packets: PacketSet, low: int, high: int) -> tuple[int, bool] | None:
    """The line that takes all of ``packets``, and whether it does the opposite; best one that does not."""
    found = None
    for other in islice(tree.meeting(packets, low, high), SEARCHED):
        if packets <= taken(tree.lines[other].outcome):
            against = _against(line, tree.lines[other], packets)
            found = found or (other, against)
            if not against:
                return other, against
    return found


def _needed(tree: Tree, several: list[tuple[int, Outcome]], packets: PacketSet) -> Iterator[tuple[int, Outcome]]:
    """Those without which the others would not take all of ``packets``."""
    kept = [number for number, _ in several]
    space = packets.space
    for number, _ in several:
        others = space.union(*(taken(tree.lines[n].outcome) for n in kept if n != number))
        if packets <= others:
            kept.remove(number)
    return ((number, part) for number, part in several if number in kept)


def _against(line: Leaf, other: Leaf, packets: PacketSet) -> bool:
    part = Outcome(other.outcome.permit & packets, other.outcome.deny & packets, other.outcome.back & packets)
    return _differs(line, other, part)


def _differs(line: Leaf, other: Leaf, part: Outcome) -> bool:
    """Whether ``other`` does the opposite of ``line`` with its ``part``; of translations, another translation."""
    mine, theirs = (tuple(r.rewrites for r in leaf.rules if isinstance(r, NatRule)) for leaf in (line, other))
    if mine or theirs:
        return mine != theirs
    return bool(opposite(line, part))


def _cause(line: Leaf, against: bool) -> Cause:
    return Cause(line.span, line.rules[0].name, against)
