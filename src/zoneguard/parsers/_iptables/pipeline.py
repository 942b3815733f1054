"""The hooks and tables in the order in which netfilter asks them of a forwarded packet, as stages of the model.

Order from the kernel's hook priorities: raw -300, mangle -150, destination NAT -100, filter 0, security 50, source
NAT 100; FORWARD comes after routing, POSTROUTING after FORWARD.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Deny, Filter, Jump, Permit, Routing, Rule, RuleList, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ConnState, Field, In, Match, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.ruleset import Table

BEFORE_ROUTING = (("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING"))
AFTER_ROUTING = (
    ("mangle", "FORWARD"),
    ("filter", "FORWARD"),
    ("security", "FORWARD"),
    ("mangle", "POSTROUTING"),
    ("nat", "POSTROUTING"),
)
TO_THE_BOX = (("mangle", "INPUT"), ("filter", "INPUT"), ("security", "INPUT"))

Tables = Mapping[bool, Mapping[str, Table]]
"""Address family (True: IPv6) → table name → table."""

_NOT_TRANSLATED = In(Field.STATE, Intervals.of(ConnState.INVALID, ConnState.UNTRACKED))


def prefix(tables: Tables, v6: bool) -> str:
    """What the names of rule lists begin with: where the file has both families, ``ip6/`` for IPv6."""
    return "ip6/" if v6 and len(tables) > 1 else ""


def stages(tables: Tables, lists: Mapping[bool, Mapping[str, RuleList]], file: str) -> tuple[Stage, ...]:
    """What a forwarded packet runs through."""
    return (
        *_missing_family(tables, file),
        *_run(tables, lists, file, BEFORE_ROUTING),
        Routing(),
        *_run(tables, lists, file, AFTER_ROUTING),
    )


def local_stages(tables: Tables, lists: Mapping[bool, Mapping[str, RuleList]], file: str) -> tuple[Stage, ...]:
    """What a packet to the box itself runs through after the stages before routing."""
    return (*_missing_family(tables, file), *_run(tables, lists, file, TO_THE_BOX))


def _run(
    tables: Tables, lists: Mapping[bool, Mapping[str, RuleList]], file: str, places: Iterable[tuple[str, str]]
) -> Iterable[Stage]:
    for table_name, chain in places:
        for v6 in sorted(tables):
            table = tables[v6].get(table_name)
            base = lists[v6].get(f"{prefix(tables, v6)}{table_name}/{chain}")
            if table is None or base is None or not (table_name == "filter" or _does_something(base)):
                continue
            entry = _entry(table, base, v6, file, table.chains[chain].open)
            if table_name == "nat":
                yield Translate(entry, Field.DST if chain == "PREROUTING" else Field.SRC)
            else:
                yield Filter(entry)


def _does_something(base: RuleList) -> bool:
    return bool(base.rules) or not isinstance(base.default, Permit)


def _entry(table: Table, base: RuleList, v6: bool, file: str, undecided: bool) -> RuleList:
    """The built-in chain for the packets it sees: those of its family, and for NAT those of a session.

    A ``Return`` in the chain comes back here, where the chain's policy decides; it is open where ``undecided``.
    """
    span = SourceSpan(file, table.line, table.line)
    passing: list[Match] = [In(Field.SRC, ALL_V4 if v6 else ALL_V6)]
    if table.name == "nat":
        passing.append(_NOT_TRANSLATED)
    rules = [
        *(Rule(match, Permit(), span, comment="not asked here", implied=True) for match in passing),
        Rule(ALWAYS, Jump(base.name), base.span, implied=True),
    ]
    if undecided:
        drops = Unknown(Reason("the policy of {chain} drops it", chain=base.name), base.span)
        rules.append(Rule(drops, Deny(), base.span, implied=True))
    return RuleList(base.name, tuple(rules), Permit() if undecided else base.default, base.span)


def _missing_family(tables: Tables, file: str) -> Iterable[Stage]:
    """Nothing is known of what the box does with the family whose rules are not in the file."""
    if len(tables) != 1:
        return
    (v6,) = tables
    tool, other = ("iptables", ALL_V4) if v6 else ("ip6tables", ALL_V6)
    span = SourceSpan(file, 1, 1)
    matched = In(Field.SRC, other)
    let_through = Unknown(Reason("what {tool} of {file} lets through (not given)", tool=tool, file=file), span)
    rules = (Rule(both(matched, let_through), Permit(), span, implied=True), Rule(matched, Deny(), span, implied=True))
    yield Filter(RuleList(f"{tool} (not given)", rules, Permit(), span))
