"""What rules change besides the packet before them: session marks, and what sets hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.parsers._iptables.scope import Marks
from zoneguard.parsers._nftables.scope import Changes
from zoneguard.parsers._nftables.statements import selectors
from zoneguard.parsers._nftables.tree import Assign, ChangeSet, Elsewhere, Lookup, Selector, Statement, Table

MARK, CT_MARK = Selector(("meta", "mark")), Selector(("ct", "mark"))


def changes(tables: Iterable[Table]) -> Changes:
    """What is known of marks and sets."""
    grows: set[tuple[str, str, str]] = set()
    shrinks: set[tuple[str, str, str]] = set()
    restored = kept = scattered = False
    for table, statement in _statements(tables):
        if isinstance(statement, ChangeSet):
            (shrinks if statement.op == "delete" else grows).add((table.family, table.name, statement.name))
        elif isinstance(statement, Assign):
            kept = kept or statement.target == CT_MARK
            from_session = statement.target == MARK and statement.value == CT_MARK
            restored = restored or from_session
            scattered = scattered or (statement.target == MARK and not from_session and not _is_plain(statement))
        elif isinstance(statement, Elsewhere):
            scattered = scattered or "mark" in statement.name or statement.name in ("queue", "tproxy", "xt")
    return Changes(Marks(restored, restored and kept, scattered, kept), frozenset(grows), frozenset(shrinks))


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
