"""Where a rule stands: its table, the hook by which packets come to it, and what the whole file says elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.model.match import PORT_PROTOCOLS, Field, Match, Unknown
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.ipset import IpSet
from zoneguard.parsers.accounting import Ledger


@dataclass(frozen=True, slots=True)
class Hook:
    """A built-in chain. ``ingress`` / ``egress``: whether the interface is known there.

    ``ingress_since_5_7``: kernels before 5.7 do not know the incoming interface there and take it as empty.
    ``rewrites``: the address that NAT changes there.
    """

    name: str
    ingress: bool
    egress: bool
    rewrites: Field | None = None
    ingress_since_5_7: bool = False


HOOKS = {
    hook.name: hook
    for hook in (
        Hook("FORWARD", True, True),
        Hook("PREROUTING", True, False, Field.DST),
        Hook("POSTROUTING", True, True, Field.SRC, ingress_since_5_7=True),
        Hook("INPUT", True, False, Field.SRC),
        Hook("OUTPUT", False, True, Field.DST),
    )
}


_VERDICTS = frozenset({"ACCEPT", "DROP", "REJECT", "RETURN"})


@dataclass(frozen=True, slots=True)
class Marks:
    """What the file does to marks other than by MARK.

    ``restored``: marks of sessions are put back on packets, so those of established sessions are not known;
    ``new_too``: nor those of new ones. ``scattered``: something else sets marks to what no one can say.
    ``kept``: something gives sessions a mark.
    """

    restored: bool = False
    new_too: bool = False
    scattered: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """A chain's surroundings. ``chains``: the name in the model of each chain of the table; ``cut``: see ``Calls``.

    ``loose_fragments``: fragments come as they are, and nf_tables may run the rules; ``of_fragments``: conditions on
    those, by what is open.
    """

    table: str
    hook: Hook
    v6: bool
    loose_fragments: bool
    sets: Mapping[str, IpSet]
    marks: Marks
    chains: Mapping[str, str]
    cut: frozenset[int]
    ledger: Ledger
    of_fragments: dict[str, Match] = field(default_factory=dict)


@quick
@dataclass(frozen=True, slots=True)
class RuleScope:
    """A rule's surroundings; ``protocol`` is what ``-p`` names, ``None`` where it names none or excludes one."""

    scope: Scope
    span: SourceSpan
    protocol: int | None
    target: str

    @property
    def has_ports(self) -> bool:
        """Whether ``-p`` alone says that matching packets have ports."""
        return self.protocol is not None and self.protocol in PORT_PROTOCOLS

    def undecided(self, reason: str) -> Match:
        """Part of the rule is not understood: that is reported, and the condition may hold or not."""
        concern = Concern.NAT if self.scope.table == "nat" else Concern.FILTER
        self.scope.ledger.not_understood(self.span.first, reason, concern, bounded=True)
        return self.unknown(Reason("a condition that is not understood"))

    def unknown(self, what: str) -> Unknown:
        """``what`` may hold for this packet and rule or not, whatever it does for other rules.

        Rules of one file with the same verdict share it: for each packet the same outcomes stay possible as if each
        rule had its own, and engines meet a handful of unknowns instead of thousands.
        """
        shared = self.target in _VERDICTS
        where = f"{self.span.file}, {self.target}" if shared else str(self.span)
        return Unknown(Reason("{what} ({where})", what=what, where=where), self.span)
