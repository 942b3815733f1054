"""What stands between the braces of a table: chains with their rules, sets and maps, named objects."""

from __future__ import annotations

import re

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.expressions import Expressions
from zoneguard.parsers._nftables.lexer import END, Words
from zoneguard.parsers._nftables.priorities import priority
from zoneguard.parsers._nftables.statements import Statements
from zoneguard.parsers._nftables.tree import (
    Chain,
    Element,
    Elements,
    Elsewhere,
    NamedSet,
    RuleTree,
    SyntaxProblemError,
    Table,
)
from zoneguard.parsers.accounting import Ledger

_UNSHOWN = re.compile(r"# ?(xt_|match|-m |target|CT0|`)")
_OBJECTS = frozenset({"counter", "quota", "limit", "ct", "secmark", "synproxy", "flowtable", "tunnel"})
_WORD = r"[a-z_][\w-]*"
_SPAN = r"(?:\d+(?:ms|[wdhms]))+|\d+"
_IN_SETS = {
    key: re.compile(pattern)
    for key, pattern in {
        "type": rf"{_WORD}(?: \. {_WORD})*(?: : {_WORD}(?: \. {_WORD})*)?",
        "flags": r"\w+(?: , \w+)*",
        "size": r"\d+",
        "policy": "performance|memory",
        "auto-merge": "",
        "gc-interval": _SPAN,
        "timeout": _SPAN,
        "counter": r"(?:packets \d+ bytes \d+)?",
        "comment": '".*',
        "typeof": ".*",
        "last": ".*",
        "limit": ".*",
        "quota": ".*",
    }.items()
}
"""What may follow in a set, by the first word; of some whatever may."""


class Blocks:
    """Reads the contents of tables off ``words`` and puts them into a ``Table``."""

    def __init__(self, words: Words, ledger: Ledger) -> None:
        self.words = words
        self.ledger = ledger
        self.statements = Statements(words)
        self._rules = 0
        self._base_chains = 0

    @property
    def _expressions(self) -> Expressions:
        return self.statements.expressions

    def skip(self, first: int, reason: str, concern: Concern = Concern.FILTER) -> None:
        """Leave out the rest of the statement; every line of it is not understood."""
        self._expressions.restart()
        self.words.skip_statement()
        last = self.words.lines[max(self.words.at - 1, 0)]
        for line in range(first, max(first, last) + 1):
            self.ledger.not_understood(line, reason, concern)
        if self.words.word == "}":
            self.words.take()

    def table(self, table: Table) -> None:
        """Up to the closing brace."""
        words = self.words
        begin = words.line
        words.skip_lines()
        while not words.accept("}"):
            if words.word == END:
                self.ledger.not_understood(begin, "the table has no end: the file may be cut short", Concern.FILTER)
                break
            at, first = words.at, words.line
            try:
                self._in_table(table)
            except SyntaxProblemError as problem:
                words.at = max(words.at, at + 1)
                self.skip(first, str(problem))
            words.skip_lines()
        table.lines.update(range(begin, words.lines[words.at - 1] + 1))

    def _in_table(self, table: Table) -> None:
        words, first = self.words, self.words.line
        kind = words.name()
        if kind == "chain":
            self.declare_chain(table, words.name(), first)
        elif kind in ("set", "map", "meter"):
            self.declare_set(table, words.name(), first)
        elif kind in _OBJECTS:
            if kind == "ct":
                words.name()
            self.declare_object(table, words.name(), first)
        elif kind == "flags":
            table.dormant = "dormant" in self._rest()
        elif kind == "comment":
            words.name()
        else:
            raise SyntaxProblemError(Reason("{kind} is not known in a table", kind=repr(kind[:40])))
        self.ledger.understood(first, words.lines[words.at - 1])

    def _rest(self) -> list[str]:
        begin = self.words.at
        self.words.skip_statement()
        return self.words.words[begin : self.words.at]

    def declare_object(self, _table: Table, _name: str, _first: int) -> None:
        """A named counter, limit, helper, ...: nothing of it changes the way of a packet by itself."""
        self.words.skip_statement()

    def chain(self, table: Table, name: str, line: int) -> Chain:
        """The chain of that name; declared by its first use."""
        return table.chains.setdefault(name, Chain(name, line))

    def declare_chain(self, table: Table, name: str, first: int) -> None:
        """``chain name { [type ...; policy ...;] rules }``."""
        words = self.words
        chain = self.chain(table, name, first)
        if not words.accept("{"):
            return
        words.skip_lines()
        while not words.accept("}"):
            if words.word == END:
                self.ledger.not_understood(first, "the chain has no end: the file may be cut short", Concern.FILTER)
                return
            line = words.line
            if words.word == "type" and not chain.rules:
                self._hook(table, chain)
            elif words.word == "policy":
                words.take()
                self._policy(chain)
            elif words.word == "comment":
                words.take()
                words.name()
            elif words.word == "flags":
                self._rest()
            else:
                self.rule(chain, table)
            self.ledger.understood(line, words.lines[words.at - 1])
            words.skip_lines()

    def _hook(self, table: Table, chain: Chain) -> None:
        """``type filter hook forward [device "x" | devices = { ... }] priority filter + 10``."""
        words = self.words
        words.expect("type")
        kind = words.name()
        words.expect("hook")
        hook = words.name()
        devices: tuple[str, ...] = ()
        if words.accept("device"):
            devices = (words.name(),)
        elif words.accept("devices"):
            words.expect("=")
            named = self._expressions.set_or_name()
            items = named.items if isinstance(named, Elements) else ()
            devices = tuple(getattr(item.key, "text", "") for item in items)
        words.expect("priority")
        text = [self._word_of_priority()]
        while not words.ended:
            text.append(self._word_of_priority())
        chain.kind, chain.hook, chain.devices = kind, hook, devices
        chain.priority = priority(" ".join(text), table.family)
        self._base_chains += 1
        chain.order = self._base_chains

    def _word_of_priority(self) -> str:
        if self.words.word[:1] == "$":
            return str(getattr(self._expressions.expression(), "text", ""))
        return self.words.take().removeprefix('"')

    def _policy(self, chain: Chain) -> None:
        policy = self._word_of_priority()
        if policy not in ("accept", "drop"):
            raise SyntaxProblemError(Reason("{policy} is no policy", policy=repr(policy[:40])))
        chain.policy = policy

    def rule(self, chain: Chain, table: Table, command: str = "add") -> None:
        """One rule, put behind those of the chain, or before them (``insert``)."""
        words = self.words
        if words.word in ("index", "position", "handle"):
            raise SyntaxProblemError("a rule at a place given by number")
        first = words.line
        statements, comment = self.statements.rule()
        last = words.lines[max(words.at - 1, 0)]
        hint = words.comments.get(last, "")
        if hint and _UNSHOWN.match(hint):
            statements = (*statements, Elsewhere(hint[:80], "a part made by iptables that nft does not show"))
        self._rules += 1
        tree = RuleTree(self._rules, first, max(first, last), statements, comment)
        if command == "insert":
            chain.rules.insert(0, tree)
        else:
            chain.rules.append(tree)
        table.lines.update(range(first, tree.last + 1))

    def declare_set(self, table: Table, name: str, first: int) -> None:
        """``set name { type ...; flags ...; elements = { ... } }``."""
        words = self.words
        named = table.sets.setdefault(name, NamedSet(name, first))
        words.expect("{")
        words.skip_lines()
        while not words.accept("}"):
            if words.word == END:
                raise SyntaxProblemError("the set has no end")
            line, key = words.line, words.name()
            if key == "elements":
                words.expect("=")
                named.elements += self._members()
            elif key not in _IN_SETS:
                raise SyntaxProblemError(Reason("{key} is not known in a set", key=repr(key[:40])))
            else:
                named.timeout = named.timeout or key in ("timeout", "limit", "quota")
                rest = " ".join(self._rest())
                if not _IN_SETS[key].fullmatch(rest):
                    reason = Reason("{rest} is not known behind {key}", rest=repr(rest[:40]), key=key)
                    self.ledger.not_understood(line, reason, Concern.FILTER)
            words.skip_lines()

    def _members(self) -> tuple[Element, ...]:
        found = self._expressions.set_or_name()
        if not isinstance(found, Elements):
            raise SyntaxProblemError("elements expected")
        return found.items

    def add_elements(self, table: Table, name: str, first: int) -> None:
        """``add element table set { ... }``."""
        table.sets.setdefault(name, NamedSet(name, first)).elements += self._members()
