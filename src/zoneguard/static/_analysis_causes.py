"""Which rules are the cause that another never acts: as few as tell the story."""

from __future__ import annotations

from collections.abc import Sequence
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
"""Lines that are looked at for those that hide another together; what they leave is only said to be there."""


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

    def with_opposite(self, line: Leaf) -> Causes:
        """These and a line that does the opposite."""
        return Causes((_cause(line, True), *self.lines), self.complete)


def opposite(line: Leaf, decided: Outcome) -> PacketSet:
    """Of what others ``decided``, the packets of which ``line`` says the opposite."""
    own = line.outcome
    if own.permit and not own.deny:
        return decided.deny
    if own.deny and not own.permit:
        return decided.permit
    return decided.deny & own.permit | decided.permit & own.deny


def hiding(
    tree: Tree, number: int, packets: PacketSet, bounds: tuple[int, int], against: PacketSet | None = None
) -> Causes:
    """Why ``packets``, which line ``number`` asks for, are taken by the lines between ``bounds``.

    ``against``: the part of which those lines do the opposite in the end (none if not given). One line that takes all
    packets is cause enough, best one that does the same as line ``number``.
    """
    line = tree.lines[number]
    truly = against if against is not None else tree.space.nothing
    alone = _alone(tree, line, packets, bounds, truly)
    if alone:
        found, differs = alone
        return Causes((_cause(tree.lines[found], differs),), numbers=(found,))
    several = list(islice(tree.meeting(packets, *bounds), COUNTED))
    needed, complete = _needed([taken(tree.lines[n].outcome) for n in several], packets)
    chosen = [several[n] for n in needed]
    lines = tuple(_cause(tree.lines[n], bool(_against(line, tree.lines[n], packets) & truly)) for n in chosen)
    return Causes(lines, complete, tuple(chosen))


def _alone(
    tree: Tree, line: Leaf, packets: PacketSet, bounds: tuple[int, int], truly: PacketSet
) -> tuple[int, bool] | None:
    """The line that takes all of ``packets``, and whether it does the opposite; best one that does not.

    One that would do the opposite, but comes after others that do not, is no cause.
    """
    found = None
    for other in islice(tree.meeting(packets, *bounds), SEARCHED):
        if packets <= taken(tree.lines[other].outcome):
            differs = _against(line, tree.lines[other], packets)
            if not differs:
                return other, False
            if differs & truly:
                found = found or (other, True)
    return found


def _needed(takers: Sequence[PacketSet], packets: PacketSet) -> tuple[list[int], bool]:
    """The places of those without which the rest would not take ``packets``, and whether they take them all."""
    later = [packets.space.nothing]
    for taker in reversed(takers):
        later.append(later[-1] | (taker & packets))
    kept: list[int] = []
    by_kept = packets.space.nothing
    goal = later[-1]
    for place, taker in enumerate(takers):
        if not goal <= by_kept | later[len(takers) - place - 1]:
            kept.append(place)
            by_kept = by_kept | (taker & packets)
    return kept, goal == packets


def _against(line: Leaf, other: Leaf, packets: PacketSet) -> PacketSet:
    """The packets with which ``other`` would do the opposite of ``line``; of translations, another translation."""
    mine, theirs = (tuple(r.rewrites for r in leaf.rules if isinstance(r, NatRule)) for leaf in (line, other))
    if mine or theirs:
        return packets & taken(other.outcome) if mine != theirs else packets.space.nothing
    part = Outcome(other.outcome.permit & packets, other.outcome.deny & packets, other.outcome.back & packets)
    return opposite(line, part)


def _cause(line: Leaf, against: bool) -> Cause:
    return Cause(line.span, line.rules[0].name, against)
