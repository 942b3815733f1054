"""What a packet-set engine must do; two independent ones exist and are held against each other by tests."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Protocol, TypeAlias

from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.layout import Group
from zoneguard.model.text import N_, Text

Node: TypeAlias = Hashable
"""An engine's own canonical value: equal sets are equal nodes."""


class TooLarge(Exception):  # noqa: N818 (says what happened)
    """A set outgrew a bound of the engine; the caller says 'undetermined', and ``cause``."""

    def __init__(self, cause: Text) -> None:
        super().__init__(cause)
        self.cause = cause


def too_many_parts(group: Group, bound: int) -> TooLarge:
    """A projection on ``group`` has more than ``bound`` stretches of values."""
    return TooLarge(
        N_(
            "a set of packets falls into more than {bound} parts by its {field}, as by a mask with gaps",
            bound=bound,
            field=group.name,
        )
    )


MAX_SPANS = 1 << 16
"""Parts of a group beyond which a set is refused: a scattered mask makes exponentially many."""


RESULTS = 1 << 16
"""Results of operations that an engine keeps at most, if it bounds them: more do not fit the processor's cache."""
RESULTS_OF_A_NETWORK = 1 << 21
"""The same where a second network, nearly equal to the first, is to find the first one's."""


class Engine(Protocol):
    """Sets of assignments to the groups of ``layout``. Every node given must come from the same engine."""

    name: str
    max_spans: int
    true: Node
    false: Node

    def spans(self, group: Group, values: Intervals) -> Node:
        """Assignments whose ``group`` has one of ``values``."""

    def masked(self, group: Group, value: int, mask: int) -> Node:
        """Assignments with ``group & mask == value``."""

    def offset(self, a: Group, b: Group, delta: int, bits: range) -> Node:
        """Assignments whose ``a`` is ``b + delta``, of both only these bits, modulo their number.

        Both groups are of one block. ``bits`` ends with the last bit of an IPv4 address or of the groups.
        """

    def variable(self, key: str) -> Node:
        """Assignments in which the unknown condition ``key`` holds."""

    def conj(self, a: Node, b: Node) -> Node:
        """Intersection."""

    def disj(self, a: Node, b: Node) -> Node:
        """Union."""

    def neg(self, a: Node) -> Node:
        """Complement."""

    def exists(self, a: Node, groups: Iterable[Group]) -> Node:
        """Assignments that some value of ``groups`` puts into ``a``."""

    def exists_unknown(self, a: Node) -> Node:
        """Assignments that some outcome of the unknown conditions puts into ``a``."""

    def unknowns(self, a: Node) -> tuple[str, ...]:
        """The unknown conditions on which ``a`` depends, in order of their first use."""

    def split(self, a: Node, group: Group) -> dict[Node, Intervals]:
        """What ``a`` asks after ``group``, for each value of it: rest → the values that leave this rest.

        ``a`` must not depend on a group before ``group`` or in its block; every value of the group is in exactly one
        part. Raises ``TooLarge`` past ``max_spans`` stretches of values.
        """

    def pick(self, a: Node) -> dict[str, int]:
        """Some assignment in ``a`` (not empty): group name → value, unasked bits 0. The same each time."""

    def count(self, a: Node) -> int:
        """Number of assignments over the fixed variables; ``a`` must not depend on an unknown condition."""
