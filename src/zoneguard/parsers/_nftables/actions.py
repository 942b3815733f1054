"""What the statements of a rule do with a packet, in their order. Source: nft(8) 1.0.6, "STATEMENTS"."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Action, Concern, Continue, Deny, Jump, NatRule, Permit, Return, Rule, SetField
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, In, Match, Unknown, both
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.changes import CT_MARK, MARK
from zoneguard.parsers._nftables.conditions import comparison, sides_of
from zoneguard.parsers._nftables.lookups import entries
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.translations import translate
from zoneguard.parsers._nftables.tree import (
    Assign,
    Binary,
    ChangeSet,
    Compare,
    Condition,
    Effect,
    Elsewhere,
    Expression,
    Lookup,
    Reject,
    Selector,
    Statement,
    Translation,
    Untrack,
    Verdict,
    VerdictMap,
)

Made = Iterator[Rule | NatRule]
_ALL_BITS = (1 << 32) - 1
_HEADERS = frozenset({"ip", "ip6", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "@"})
_HARMLESS_FIELDS = frozenset({"dscp", "ecn", "ttl", "hoplimit", "flowlabel", "checksum", "id", "frag-off", "length",
                              "option"})  # fmt: skip
_FIXED: dict[str, Action] = {"accept": Permit(), "drop": Deny(), "return": Return(), "continue": Continue()}


class RuleMaker:
    """Walks the statements of one rule: conditions gather, actions become rules of the model."""

    def __init__(self, rule: RuleScope) -> None:
        self.rule = rule
        self.conditions: list[Match] = []

    def make(self) -> list[Rule | NatRule]:
        """The rules of the model, at least one."""
        made: list[Rule | NatRule] = []
        for statement in self.rule.tree.statements:
            try:
                made += self._statement(statement)
            except UnreadableError as error:
                if isinstance(statement, Compare):
                    self._require([self.rule.undecided(str(error))])
                else:
                    made += self._open(nft_name(statement), str(error))
        if not made:
            made.append(self._rule(Continue()))
        return made

    def _require(self, matches: list[Match]) -> None:
        self.conditions += [match for match in matches if match not in self.conditions]

    def _rule(self, action: Action, *more: Match) -> Rule:
        match = both(*self.conditions, *more)
        return Rule(match, action, self.rule.span, comment=self.rule.tree.comment)

    def _statement(self, statement: Statement) -> Made:
        rule = self.rule
        match statement:
            case Compare():
                self._require(comparison(rule, statement))
            case Condition(name):
                self._require([rule.unknown(name)])
            case Effect():
                pass
            case ChangeSet():
                guards = [g for side in sides_of(rule, statement.key) for g in side.guards]
                self._require([*guards, rule.unknown(f"{statement.op} to the set {statement.name} works")])
            case Verdict():
                yield self._rule(self._action(statement))
            case VerdictMap(key, data):
                yield from self._verdicts(key, data)
            case Reject():
                yield self._rule(Deny(reject=True))
            case Untrack():
                yield self._untrack()
            case Translation():
                yield from translate(rule, statement, both(*self.conditions))
            case Assign():
                yield from self._assign(statement)
            case Elsewhere(name, reason):
                yield from self._open(name, reason)

    def _action(self, verdict: Verdict) -> Action:
        if verdict.kind in _FIXED:
            return _FIXED[verdict.kind]
        if self.rule.tree.number in self.rule.scope.cut:
            raise UnreadableError("chains call each other in a circle or too deeply")
        target = self.rule.scope.chains.get(verdict.target)
        if target is None:
            raise UnreadableError(f"the chain {verdict.target[:60]!r} is not in this table")
        return Jump(target, goto=verdict.kind == "goto")

    def _verdicts(self, key: Expression, data: object) -> Made:
        guards, found = entries(self.rule, key, data)
        self._require(guards)
        for match, verdict in found:
            if not isinstance(verdict, Verdict):
                raise UnreadableError("a map without verdicts")
            yield self._rule(self._action(verdict), match)

    def _untrack(self) -> Rule:
        if self.rule.scope.place.tracked:
            raise UnreadableError("notrack after connection tracking does nothing that is known here")
        return self._rule(SetField(Field.STATE, ConnState.UNTRACKED, _ALL_BITS))

    def _assign(self, statement: Assign) -> Made:
        target, value = statement.target, statement.value
        if target == MARK:
            yield from self._mark(value)
        elif target.words[0] in _HEADERS and not _HARMLESS_FIELDS.intersection(target.words):
            reason = f"{target} of the packet itself is rewritten, which is not modelled"
            self.rule.report(reason, bounded=False, concern=Concern.NAT)
            yield self._rule(Continue())
        elif isinstance(value, Lookup):
            self._require([self.rule.unknown(f"{nft.shown(value)} finds something")])

    def _mark(self, value: Expression) -> Made:
        """``meta mark set`` a constant, the old mark with bits changed, the session's mark, or what a map gives."""
        if value == CT_MARK:
            if self.rule.scope.changes.marks.new_too:
                return
            new = In(Field.STATE, Intervals.of(ConnState.NEW))
            yield self._rule(SetField(Field.MARK, 0, _ALL_BITS), new)
        elif isinstance(value, Lookup):
            guards, found = entries(self.rule, value.key, value.data)
            self._require(guards)
            for match, data in found:
                yield self._rule(SetField(Field.MARK, read.number(nft.name(data)), _ALL_BITS), match)
            self._require([self.rule.unknown(f"{nft.shown(value)} finds something")])
        elif self.rule.scope.changes.marks.scattered:
            return
        else:
            kept, flipped = _bits(value)
            yield self._rule(SetField(Field.MARK, flipped, _ALL_BITS & ~kept))

    def _open(self, name: str, reason: str) -> Made:
        """The packet may be let through, dropped or handed to the next rule."""
        rule = self.rule
        rule.report(reason, bounded=not rule.scope.place.nat)
        yield self._rule(Permit(), Unknown(f"{name} lets it through ({rule.span.file})", rule.span))
        yield self._rule(Deny(), Unknown(f"{name} drops it ({rule.span.file})", rule.span))


def _bits(value: Expression) -> tuple[int, int]:
    """``(kept, flipped)``: the new mark is ``old & kept ^ flipped``."""
    if isinstance(value, Selector):
        return _ALL_BITS, 0
    if not isinstance(value, Binary):
        return 0, read.number(nft.name(value))
    kept, flipped = _bits(value.left)
    constant = read.number(nft.name(value.right))
    if value.op == "&":
        return kept & constant, flipped & constant
    if value.op == "|":
        return kept & ~constant, flipped | constant
    if value.op == "^":
        return kept, flipped ^ constant
    raise UnreadableError(f"{value.op} on marks is not read here")


def nft_name(statement: Statement) -> str:
    """What a statement is called in an open condition."""
    match statement:
        case Verdict(kind, target):
            return f"{kind} {target}"
        case VerdictMap(key, data):
            return f"{nft.shown(key)} vmap {nft.shown(data)}"
        case Translation(kind):
            return kind
        case Assign(target):
            return f"{target} set"
        case _:
            return type(statement).__name__
