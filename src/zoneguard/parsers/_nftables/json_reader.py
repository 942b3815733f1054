"""``nft -j list ruleset`` as a ``Ruleset``. Source: libnftables-json(5).

The objects of the list stand on lines of their own in a pretty-printed file, and all on one line as nft writes them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._nftables.json_tree import Json, element, statement, text
from zoneguard.parsers._nftables.priorities import priority
from zoneguard.parsers._nftables.tree import (
    Chain,
    Elsewhere,
    NamedSet,
    Ruleset,
    RuleTree,
    Statement,
    SyntaxProblemError,
    Table,
)
from zoneguard.parsers.accounting import Ledger

_BEGIN = re.compile(r'\{\s*"nftables"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_META = "about the export itself"
_OBJECTS = frozenset({"counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "secmark", "synproxy",
                      "flowtable", "tunnel"})  # fmt: skip
_COMMANDS = frozenset({"add", "create", "insert"})


class JsonReader:
    """Reads a whole file; what is wrong is in the ledger."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self.text = "\n".join(source.lines)
        self.ledger = ledger
        self.ruleset = Ruleset()
        self._ends = [match.end() for match in re.finditer("\n", self.text)]
        self._lines = len(source.lines)
        self._rules = 0
        self._base_chains = 0

    def read(self) -> Ruleset:
        """Every object of the list."""
        for first, last, value in self._objects():
            try:
                self._object(value, first, last)
            except SyntaxProblemError as problem:
                self._lost(first, last, str(problem))
        return self.ruleset

    def _line(self, at: int) -> int:
        return bisect_right(self._ends, at) + 1

    def _lost(self, first: int, last: int, reason: str) -> None:
        for line in range(first, min(last, self._lines) + 1):
            self.ledger.not_understood(line, reason, Concern.FILTER)

    def _objects(self) -> Iterator[tuple[int, int, Json]]:
        """Each object with its lines; what comes after something that is no JSON is not understood."""
        begin = _BEGIN.search(self.text)
        if begin is None:
            return
        self.ledger.understood(1, self._line(begin.end() - 1))
        decoder, at = json.JSONDecoder(), begin.end()
        while True:
            between = _BETWEEN.match(self.text, at)
            at = between.end() if between else at
            if self.text[at : at + 1] == "]":
                self.ledger.understood(self._line(at), self._lines)
                return
            try:
                value, end = decoder.raw_decode(self.text, at)
            except (ValueError, RecursionError):
                reason = "the JSON ends or is broken here: the file may be cut short"
                self._lost(self._line(min(at, max(len(self.text) - 1, 0))), self._lines, reason)
                return
            yield self._line(at), self._line(end - 1), value
            at = end

    def _object(self, value: Json, first: int, last: int) -> None:
        kind, body = _only(value)
        command = "add"
        if kind in _COMMANDS:
            command = kind
            kind, body = _only(body)
        if kind == "metainfo":
            self.ledger.ignored(_META, first, last)
            return
        if not isinstance(body, dict):
            raise SyntaxProblemError(Reason("{kind} without contents", kind=repr(kind[:40])))
        if kind == "flush" or kind not in _OBJECTS | {"table", "chain", "rule", "set", "map", "element"}:
            raise SyntaxProblemError(Reason("the object {kind} is not known", kind=repr(kind[:40])))
        family = text(body.get("family", "ip"))
        key = family, text(body["name"] if kind == "table" and "name" in body else body.get("table", ""))
        table = self.ruleset.tables.setdefault(key, Table(*key, first))
        table.lines.update(range(first, last + 1))
        self.ledger.understood(first, last)
        if kind == "table":
            table.dormant = "dormant" in _words(body.get("flags"))
        elif kind == "chain":
            self._chain(table, body, first)
        elif kind == "rule":
            self._rule(table, body, command, first, last)
        elif kind in ("set", "map", "element"):
            self._set(table, body, first)

    def _chain(self, table: Table, body: dict[str, Json], line: int) -> None:
        name = text(body.get("name", ""))
        chain = table.chains.setdefault(name, Chain(name, line))
        if "hook" not in body:
            return
        chain.kind, chain.hook = text(body.get("type", "")), text(body["hook"])
        chain.policy = text(body.get("policy", "accept"))
        if chain.policy not in ("accept", "drop"):
            raise SyntaxProblemError(Reason("{policy} is no policy", policy=repr(chain.policy[:40])))
        chain.priority = priority(text(body.get("prio", 0)), table.family)
        chain.devices = _words(body.get("dev"))
        self._base_chains += 1
        chain.order = self._base_chains

    def _rule(self, table: Table, body: dict[str, Json], command: str, first: int, last: int) -> None:
        if "index" in body or (command == "insert" and "handle" in body):
            raise SyntaxProblemError("a rule at a place given by number")
        name = text(body.get("chain", ""))
        chain = table.chains.setdefault(name, Chain(name, first))
        written = body.get("expr")
        if not isinstance(written, list):
            raise SyntaxProblemError("a rule without expressions")
        self._rules += 1
        comment = text(body.get("comment", ""))
        tree = RuleTree(self._rules, first, last, tuple(_statements(written)), comment)
        if command == "insert":
            chain.rules.insert(0, tree)
        else:
            chain.rules.append(tree)

    def _set(self, table: Table, body: dict[str, Json], line: int) -> None:
        name = text(body.get("name", ""))
        named = table.sets.setdefault(name, NamedSet(name, line))
        statements = body.get("stmt")
        rates = any(isinstance(s, dict) and ("limit" in s or "quota" in s) for s in statements or () if statements) \
            if isinstance(statements, list) else False  # fmt: skip
        named.timeout = named.timeout or "timeout" in body or rates
        members = body.get("elem", [])
        if not isinstance(members, list):
            raise SyntaxProblemError("elements expected")
        named.elements += (element(member, "map" in body) for member in members)


def _statements(written: list[Json]) -> Iterator[Statement]:
    """Those that can be read; the first that cannot ends the rule, as in text."""
    for one in written:
        try:
            yield statement(one)
        except SyntaxProblemError as problem:
            yield Elsewhere(json.dumps(one)[:80], str(problem))
            return


def _only(value: Json) -> tuple[str, Json]:
    if not isinstance(value, dict) or len(value) != 1:
        raise SyntaxProblemError("an object with one key expected")
    return next(iter(value.items()))


def _words(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(text(word) for word in value) if isinstance(value, list) else (text(value),)
