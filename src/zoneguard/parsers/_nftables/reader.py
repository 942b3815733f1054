"""Text of ``nft list ruleset``, or a script for ``nft -f``, as a ``Ruleset``; says of each line what became of it.

``include`` is not followed. Of a script's commands, those that add are done, and ``flush`` and ``delete`` of tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._nftables.blocks import Blocks
from zoneguard.parsers._nftables.lexer import END, Words
from zoneguard.parsers._nftables.tree import Ruleset, SyntaxProblemError, Table
from zoneguard.parsers._shell import is_shown
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

FAMILIES = frozenset({"ip", "ip6", "inet", "arp", "bridge", "netdev"})
_ADDING = frozenset({"add", "create", "insert"})
_REMOVING = frozenset({"delete", "destroy", "flush"})
_HARMLESS = frozenset({"list", "reset", "monitor", "describe", "export"})


class Reader:
    """Reads a whole file; what is wrong is in the ledger."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        shown = [is_shown(line) for line in source.lines]
        self.words = Words("\n".join("" if shows else line for line, shows in zip(source.lines, shown, strict=True)))
        self.ledger = ledger
        for number, shows in enumerate(shown, 1):
            if shows:
                ledger.ignored(SESSION, number)
        self.ruleset = Ruleset()
        self.blocks = Blocks(self.words, ledger)

    def read(self) -> Ruleset:
        """Every command of the file."""
        words = self.words
        for line in words.comments:
            self.ledger.ignored(BLANK, line)
        words.skip_lines()
        while words.word != END:
            begin, first = words.at, words.line
            try:
                self._command()
                if not words.ended:
                    raise SyntaxProblemError(Reason("{words} is not expected here", words=repr(words.word[:40])))
            except SyntaxProblemError as problem:
                words.at = max(words.at, begin + 1)
                self.blocks.skip(first, str(problem))
            words.skip_lines()
        return self.ruleset

    def _command(self) -> None:
        words, first = self.words, self.words.line
        command = words.name()
        if command == "table":
            self._table()
        elif command in ("define", "redefine"):
            name = words.name()
            words.expect("=")
            self.blocks.statements.expressions.define(name)
        elif command == "undefine":
            self.blocks.statements.expressions.forget(words.name())
        elif command == "include":
            words.name()
            self.ledger.not_understood(first, "included files are not read", Concern.FILTER)
            return
        elif command in _ADDING:
            self._add(command)
        elif command in _REMOVING:
            self._remove(command)
        elif command in _HARMLESS:
            words.skip_statement()
        else:
            raise SyntaxProblemError(
                Reason("{command} is no command of nft that is read here", command=repr(command[:40]))
            )
        self.ledger.understood(first, words.lines[words.at - 1])

    def _family(self) -> str:
        return self.words.take() if self.words.word in FAMILIES else "ip"

    def _at_table(self) -> Table:
        """``[family] table``, which may be declared by this."""
        line = self.words.line
        key = self._family(), self.words.name()
        return self.ruleset.tables.setdefault(key, Table(*key, line))

    def _table(self) -> None:
        table = self._at_table()
        if self.words.accept("{"):
            self.blocks.table(table)

    def _add(self, command: str) -> None:
        words = self.words
        kind = words.name()
        if kind == "table":
            self._table()
            return
        table = self._at_table()
        first = words.line
        if kind == "rule":
            self.blocks.rule(self.blocks.chain(table, words.name(), first), table, command)
        elif kind in _MEMBERS:
            _MEMBERS[kind](self.blocks, table, words.name(), first)
        else:
            raise SyntaxProblemError(Reason("{command} {kind} is not read", command=command, kind=kind[:40]))
        table.lines.update(range(first, words.line + 1))

    def _remove(self, command: str) -> None:
        words = self.words
        kind = words.name()
        tables = self.ruleset.tables
        if kind == "ruleset" and command == "flush":
            family = words.take() if words.word in FAMILIES else ""
            for key in [key for key in tables if family in ("", key[0])]:
                del tables[key]
        elif kind == "table" and words.word != "handle":
            key = self._family(), words.name()
            if command == "flush":
                for chain in tables[key].chains.values() if key in tables else ():
                    chain.rules.clear()
            else:
                tables.pop(key, None)
        else:
            raise SyntaxProblemError(Reason("{command} {kind} is not done", command=command, kind=kind[:40]))


_MEMBERS: Mapping[str, Callable[[Blocks, Table, str, int], None]] = {
    "chain": Blocks.declare_chain,
    "set": Blocks.declare_set,
    "map": Blocks.declare_set,
    "element": Blocks.add_elements,
    **dict.fromkeys(("counter", "quota", "limit", "secmark", "synproxy", "flowtable"), Blocks.declare_object),
}
