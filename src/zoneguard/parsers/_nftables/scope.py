"""Where a rule stands: its table, the hook by which packets come to it, and what the whole file says elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.model.match import Field, Match, Unknown
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.scope import Hook, Marks
from zoneguard.parsers._nftables.tree import Compare, NamedSet, Reject, RuleTree, Table, Verdict
from zoneguard.parsers.accounting import Ledger

HOOKS = {
    hook.name: hook
    for hook in (
        Hook("forward", True, True),
        Hook("ingress", True, False),
        Hook("prerouting", True, False, Field.DST),
        Hook("input", True, False, Field.SRC),
        Hook("output", False, True, Field.DST),
        Hook("postrouting", True, True, Field.SRC, ingress_since_5_7=True),
        Hook("egress", False, True),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """By what way packets come to a chain. ``tracked``: connection tracking has seen them, ``whole``: where there is
    tracking, it has put fragments together."""

    hook: Hook
    tracked: bool
    nat: bool
    whole: bool = True

    def __str__(self) -> str:
        way = self.hook.name + ("" if self.tracked else " untracked") + (" nat" if self.nat else "")
        return way if self.whole else f"{way} in fragments"


@dataclass(frozen=True, slots=True)
class Changes:
    """What the rules of a file change besides the packet before them: marks, and members of sets.

    ``grows``, ``shrinks``: ``(family, table, set)`` to which packets add members, or from which they take some.
    ``tracked``: the address families (``ip``, ``ip6``) of which the kernel tracks connections because of the file.
    """

    marks: Marks
    grows: frozenset[tuple[str, str, str]]
    shrinks: frozenset[tuple[str, str, str]]
    tracked: frozenset[str]


def families_of(table: Table) -> frozenset[str]:
    """The address families of which a table sees packets."""
    return frozenset((table.family,) if table.family in ("ip", "ip6") else ("ip", "ip6"))


@dataclass(frozen=True, slots=True)
class Scope:
    """A chain's surroundings. ``chains``: the name in the model of each chain of the table; ``cut``: rules whose jump
    would make a circle; ``members``: what sets ask of a packet, by set and what is looked up; ``compared``: the
    conditions of comparisons, as far as known; ``of_fragments``: conditions on later fragments, by which value is
    asked for and what rules share."""

    file: str
    table: Table
    place: Place
    changes: Changes
    chains: Mapping[str, str]
    cut: frozenset[int]
    ledger: Ledger
    members: dict[tuple[str, str], Match] = field(default_factory=dict)
    compared: dict[Compare, list[Match]] = field(default_factory=dict)
    of_fragments: dict[tuple[str, str], Match] = field(default_factory=dict)

    def is_changed(self, name: str, of: frozenset[tuple[str, str, str]]) -> bool:
        """Whether the set ``name`` is among ``of``."""
        return (self.table.family, self.table.name, name) in of

    def named_set(self, name: str) -> NamedSet | None:
        """The table's set of that name."""
        return self.table.sets.get(name)


@quick
@dataclass(frozen=True, slots=True)
class RuleScope:
    """A rule's surroundings."""

    scope: Scope
    tree: RuleTree
    span: SourceSpan

    @property
    def v6(self) -> bool | None:
        """The address family of the table; ``None`` where it has both."""
        return {"ip": False, "ip6": True}.get(self.scope.table.family)

    @property
    def sees_fragments(self) -> bool:
        """Whether fragments of packets come to the rule: nothing has put them together before."""
        place = self.scope.place
        families = families_of(self.scope.table)
        return not (place.nat or (place.whole and families <= self.scope.changes.tracked))

    @property
    def concern(self) -> Concern:
        """What depends on the rule."""
        return Concern.NAT if self.scope.place.nat else Concern.FILTER

    def report(self, reason: str, bounded: bool = True, concern: Concern | None = None) -> None:
        """Note that part of the rule is not understood."""
        for line in range(self.tree.first, self.tree.last + 1):
            self.scope.ledger.not_understood(line, reason, concern or self.concern, bounded)

    def undecided(self, reason: str) -> Match:
        """Part of the rule is not understood: that is reported, and the condition may hold or not."""
        self.report(reason)
        return self.unknown(Reason("a condition that is not understood"))

    def unknown(self, what: str) -> Unknown:
        """``what`` may hold for this packet and rule or not, whatever it does for other rules.

        Rules of one file with the same verdict share it: for each packet the same outcomes stay possible as if each
        rule had its own, and engines meet a handful of unknowns instead of thousands.
        """
        return Unknown(
            Reason("{what} ({file}, {shared})", what=what, file=self.span.file, shared=self.shared), self.span
        )

    @property
    def shared(self) -> str:
        """The verdict by which rules share what is unknown of a packet; of any other rule its own number."""
        last = self.tree.statements[-1] if self.tree.statements else None
        if isinstance(last, Verdict) and not last.target:
            return last.kind
        return "reject" if isinstance(last, Reject) else f"rule {self.tree.number}"

    def about_packet(self, what: str) -> Unknown:
        """``what`` depends on the packet alone: the same for every rule that asks it."""
        return Unknown(what[:200], self.span)
