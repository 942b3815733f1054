"""A ruleset as libnftables-json(5) structures it, before any of it gets a meaning: what text and JSON have in common.

Values keep their text (``80``, ``10.0.0.0/8``, ``echo-request``): only the selector they are compared with says what
they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.quick import quick

MAX_NESTING = 24
"""Expressions and blocks nested deeper than this are not read."""


class SyntaxProblemError(Exception):
    """The text or JSON cannot be read as nftables; the message says why."""


@quick
@dataclass(frozen=True, slots=True)
class Literal:
    """A number, address, name or quoted string."""

    text: str


@quick
@dataclass(frozen=True, slots=True)
class Prefix:
    """``address/length``."""

    address: str
    length: int


@dataclass(frozen=True, slots=True)
class Range:
    """``low-high``."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Flags:
    """``a,b``: some of the flags, or (with ``==``) exactly these."""

    names: tuple[str, ...]


@quick
@dataclass(frozen=True, slots=True)
class SetName:
    """``@name``."""

    name: str


@quick
@dataclass(frozen=True, slots=True)
class Selector:
    """What of the packet is looked at: ``("ip", "saddr")``, ``("meta", "mark")``, ``("ct", "reply", "ip saddr")``."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Concat:
    """``a . b``."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """``left op right`` with ``& | ^ << >>``."""

    op: str
    left: Expression
    right: Expression


@quick
@dataclass(frozen=True, slots=True)
class Verdict:
    """``accept``, ``drop``, ``continue``, ``return``, ``jump`` and ``goto`` with their ``target``."""

    kind: str
    target: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Element:
    """A member of a set, or of a map with its ``data``; a key of ``None`` is ``*``, everything else.

    ``lasting``: nothing (a timeout, a rate) may take it away.
    """

    key: Expression | None
    data: Expression | None = None
    lasting: bool = True


@quick
@dataclass(frozen=True, slots=True)
class Elements:
    """``{ ... }``."""

    items: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """``key map data``."""

    key: Expression
    data: SetName | Elements


Expression = Literal | Prefix | Range | Flags | SetName | Selector | Concat | Binary | Verdict | Elements | Lookup


@quick
@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right``; ``op`` is ``== != < > <= >=``, ``in`` (some flag is set) or ``!`` (none is)."""

    left: Expression
    op: str
    right: Expression


@dataclass(frozen=True, slots=True)
class VerdictMap:
    """``key vmap data``."""

    key: Expression
    data: SetName | Elements


@dataclass(frozen=True, slots=True)
class Reject:
    """``reject``; ``kind`` is ``icmp``, ``icmpv6``, ``tcp`` of a reset, or empty: which packets are answered so."""

    kind: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """``kind`` is ``dnat snat masquerade redirect``; ``family`` ``ip``, ``ip6`` or empty; ``flags`` sorted."""

    kind: str
    family: str = ""
    address: Expression | None = None
    port: Expression | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """``target set value``: the packet or its session is changed."""

    target: Selector
    value: Expression


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """``add``, ``update`` or ``delete`` of a member (``key``) of the set ``name`` by the packet."""

    op: str
    name: str
    key: Expression
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds or not by what happened before: ``limit``, ``quota``, ``ct count``, ``flow``, ..."""

    name: str


@quick
@dataclass(frozen=True, slots=True)
class Effect:
    """Does nothing to the packet's way: ``counter``, ``log``, ``dup``, ..."""

    name: str


@dataclass(frozen=True, slots=True)
class Untrack:
    """``notrack``."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something else decides about the packet, or the statement cannot be read; ``reason`` says which."""

    name: str
    reason: str


Statement = (
    Compare
    | Verdict
    | VerdictMap
    | Reject
    | Translation
    | Assign
    | ChangeSet
    | Condition
    | Effect
    | Untrack
    | Elsewhere
)


@quick
@dataclass(frozen=True, slots=True)
class RuleTree:
    """A rule on lines ``first`` to ``last``; ``number`` is unique in the file."""

    number: int
    first: int
    last: int
    statements: tuple[Statement, ...]
    comment: str = ""


@dataclass(slots=True)
class Chain:
    """A chain; of a base chain ``kind`` (``filter``, ``nat``, ``route``), ``hook``, ``priority`` are given.

    ``order`` counts the base chains of a file as they come.
    """

    name: str
    line: int
    kind: str = ""
    hook: str = ""
    priority: int = 0
    policy: str = "accept"
    devices: tuple[str, ...] = ()
    order: int = 0
    rules: list[RuleTree] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)


@dataclass(slots=True)
class NamedSet:
    """A set or map. ``timeout``: its members vanish unless they say otherwise."""

    name: str
    line: int
    timeout: bool = False
    elements: list[Element] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """``family`` is ``ip ip6 inet arp bridge netdev``; ``lines`` are those that are the table's own."""

    family: str
    name: str
    line: int
    dormant: bool = False
    chains: dict[str, Chain] = field(default_factory=dict)
    sets: dict[str, NamedSet] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Ruleset:
    """The tables of a file by family and name."""

    tables: dict[tuple[str, str], Table] = field(default_factory=dict)
