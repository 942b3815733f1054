"""What rules change besides the packet before them: session marks, and what sets hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.parsers._iptables.scope import Marks
from zoneguard.parsers._nftables.scope import Changes, families_of
from zoneguard.parsers._nftables.statements import selectors
from zoneguard.parsers._nftables.tree import (
    Assign,
    ChangeSet,
    Compare,
    Elsewhere,
    Lookup,
    Selector,
    Statement,
    Table,
    Translation,
    Untrack,
    VerdictMap,
)

TRACKING = frozenset({"ip", "ip6", "inet"})
"""Families of tables whose rules make the kernel track connections of their packets."""
MARK, CT_MARK = Selector(("meta", "mark")), Selector(("ct", "mark"))


def changes(tables: Iterable[Table]) -> Changes:
    """What is known of marks and sets."""
    grows: set[tuple[str, str, str]] = set()
    shrinks: set[tuple[str, str, str]] = set()
    tracked: set[str] = set()
    restored = kept = scattered = False
    known = tuple(tables)
    for table in known:
        if table.family in TRACKING and any(chain.hook and chain.kind == "nat" for chain in table.chains.values()):
            tracked |= families_of(table)
    for table, statement in _statements(known):
        if table.family in TRACKING and _needs_tracking(statement):
            tracked |= families_of(table)
        if isinstance(statement, ChangeSet):
            (shrinks if statement.op == "delete" else grows).add((table.family, table.name, statement.name))
        elif isinstance(statement, Assign):
            kept = kept or statement.target == CT_MARK
            from_session = statement.target == MARK and statement.value == CT_MARK
            restored = restored or from_session
            scattered = scattered or (statement.target == MARK and not from_session and not _is_plain(statement))
        elif isinstance(statement, Elsewhere):
            scattered = scattered or "mark" in statement.name or statement.name in ("queue", "tproxy", "xt")
    marks = Marks(restored, restored and kept, scattered, kept)
    return Changes(marks, frozenset(grows), frozenset(shrinks), frozenset(tracked))


def _needs_tracking(statement: Statement) -> bool:
    """Whether the kernel tracks connections once a rule with the statement is there (``nft_ct_get_init``)."""
    asked: tuple[Selector, ...] = ()
    match statement:
        case Compare(left):
            asked = selectors(left)
        case VerdictMap(key):
            asked = selectors(key)
        case Assign(target, value):
            asked = (target, *selectors(value))
        case ChangeSet():
            asked = selectors(statement.key)
    return isinstance(statement, Translation | Untrack) or any(s.words[0] == "ct" for s in asked)


def _is_plain(statement: Assign) -> bool:
    """Whether the mark is made of constants, the old mark and maps that do not ask for marks."""
    asked = selectors(statement.value)
    if isinstance(statement.value, Lookup):
        return MARK not in asked and CT_MARK not in asked
    return set(asked) <= {MARK}


def _statements(tables: Iterable[Table]) -> Iterator[tuple[Table, Statement]]:
    for table in tables:
        for chain in table.chains.values():
            for rule in chain.rules:
                for statement in rule.statements:
                    yield table, statement
