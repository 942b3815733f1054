"""What the statements of a rule do with a packet, in their order. Source: nft(8) 1.0.6, "STATEMENTS"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Action, Concern, Continue, Deny, Jump, NatRule, Permit, Return, Rule, SetField
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, All, AnyOf, ConnState, Field, In, Match, Not, Unknown, asks, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables import values as nft
from zoneguard.parsers._nftables.changes import CT_MARK, MARK
from zoneguard.parsers._nftables.conditions import comparison, sides_of
from zoneguard.parsers._nftables.dimensions import FIRST, IS_V4, IS_V6
from zoneguard.parsers._nftables.lookups import entries
from zoneguard.parsers._nftables.scope import RuleScope
from zoneguard.parsers._nftables.statements import selectors
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
MAX_CHANGES = 16
"""How often one rule may change what it asked for."""
CHANGEABLE = frozenset({Field.MARK, Field.STATE})
"""What rules of a filter change of a packet."""
FAMILIES = ("ipv4", "ipv6")
LATER = Not(FIRST)
IS_TCP = In(Field.PROTO, Intervals.of(6))
_FIXED: dict[str, Action] = {"accept": Permit(), "drop": Deny(), "return": Return(), "continue": Continue()}


class RuleMaker:
    """Walks the statements of one rule: conditions gather, actions become rules of the model.

    A statement that changes what an earlier condition asked for (``meta mark 1 meta mark set 2 accept``) goes with all
    that follows into a list of its own, where nothing is asked twice. ``part`` keeps such a list and tells its name;
    where a ``return`` or ``goto`` in it must leave the chain too, the chain's further rules are the list ``onward``.
    """

    def __init__(self, rule: RuleScope, part: Callable[[list[Rule | NatRule]], str], onward: str) -> None:
        self.rule = rule
        self.conditions: list[Match] = []
        self.goes_onward = False
        self._part = part
        self._onward = onward

    def make(self) -> list[Rule | NatRule]:
        """The rules of the model, at least one."""
        return self._make(self.rule.tree.statements, 0) or [self._rule(Continue())]

    def _make(self, statements: tuple[Statement, ...], depth: int) -> list[Rule | NatRule]:
        made: list[Rule | NatRule] = []
        for number, statement in enumerate(statements):
            if depth <= MAX_CHANGES and self._asked_before(statement) and _acts(statements[number + 1 :]):
                return [*made, self._apart(statements[number:], depth)]
            try:
                if depth > MAX_CHANGES:
                    raise UnreadableError("a rule that changes what it asks for too often")
                made += self._statement(statement)
            except UnreadableError as error:
                if isinstance(statement, Compare):
                    self._require([self.rule.undecided(str(error))])
                else:
                    made += self._open(nft_name(statement), str(error))
        return made

    def _asked_before(self, statement: Statement) -> bool:
        """Whether the statement changes something that the conditions so far ask for."""
        changed = Field.STATE if isinstance(statement, Untrack) else Field.MARK
        changes = isinstance(statement, Untrack) or (isinstance(statement, Assign) and statement.target == MARK)
        return changes and any(changed in asks(condition) for condition in self.conditions)

    def _apart(self, statements: tuple[Statement, ...], depth: int) -> Rule:
        """The rule that leads to the list of ``statements``, none of whose conditions is known yet."""
        before, self.conditions = self.conditions, []
        below = self._make(statements, depth + 1)
        self.conditions = before
        leaves = any(
            isinstance(r, Rule) and (isinstance(r.action, Return) or (isinstance(r.action, Jump) and r.action.goto))
            for r in below
        )
        if leaves:
            below.append(Rule(ALWAYS, Jump(self._onward, goto=True), self.rule.span))
            self.goes_onward = True
        return self._rule(Jump(self._part(below), goto=leaves))

    def _require(self, matches: list[Match]) -> None:
        """The last of ``matches`` is what is asked, those before are without which it does not hold."""
        if FIRST in matches and self.rule.sees_fragments:
            *guards, asked = (match for match in matches if match != FIRST)
            matches = [*guards, self._of_fragments(asked)]
        self.conditions += [match for match in matches if match not in self.conditions]

    def _of_fragments(self, asked: Match, which: str = "") -> Match:
        """A condition on ports, flags or ICMP types. nf_tables reads later fragments too, in whose place of a transport
        header is anything, or reads something else of them: which, differs by kernel, family and expression."""
        known, key = self.rule.scope.of_fragments, (which, self.rule.shared)
        later = known.get(key)
        if later is None:
            what = Reason("what stands in a later fragment where ports would be{which}", which=which)
            later = known[key] = All((LATER, self.rule.unknown(what)))
        return AnyOf((All((FIRST, asked)), later))

    def _require_key(self, key: Expression, data: object) -> list[tuple[Match, Expression]]:
        """What the map ``data`` gives, for which packets, of those that have the key."""
        guards, found = entries(self.rule, key, data)
        if FIRST in guards and self.rule.sees_fragments:
            guards = [guard for guard in guards if guard != FIRST]
            found = [(self._of_fragments(m, f", as value {n} of a map"), v) for n, (m, v) in enumerate(found, 1)]
        self._require(guards)
        return found

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
                self._require(
                    [
                        *guards,
                        rule.unknown(Reason("{op} to the set {name} works", op=statement.op, name=statement.name)),
                    ]
                )
            case Verdict():
                yield self._rule(self._action(statement))
            case VerdictMap(key, data):
                yield from self._verdicts(key, data)
            case Reject(kind):
                yield self._rule(Deny(reject=True), *self._answered(statement, kind))
            case Untrack():
                yield self._untrack()
            case Translation():
                yield from translate(rule, statement, both(*self.conditions))
            case Assign():
                yield from self._assign(statement)
            case Elsewhere(name, reason):
                yield from self._open(name, reason)

    def _answered(self, reject: Reject, kind: str) -> list[Match]:
        """What nft adds to a rule for the kind of its answer: that is not listed.

        Before a reset, nft 1.0.6 does not list the address family either, where that is what it asks last but ports.
        """
        both_families = self.rule.v6 is None
        if kind != "tcp":
            families = {"icmp": IS_V4, "icmpv6": IS_V6}
            return [families[kind]] if both_families and kind in families else []
        statements = self.rule.tree.statements
        before = statements[max(0, statements.index(reject) - 1)]
        if not both_families or isinstance(before, Effect) or any(map(_of_one_family, self.conditions)):
            return [IS_TCP]
        unlisted = (
            self.rule.unknown(Reason("an unlisted meta nfproto before the reset is {name}", name=name))
            for name in FAMILIES
        )
        return [IS_TCP, either(*(both(f, u) for f, u in zip((IS_V4, IS_V6), unlisted, strict=True)))]

    def _action(self, verdict: Verdict) -> Action:
        if verdict.kind in _FIXED:
            return _FIXED[verdict.kind]
        if self.rule.tree.number in self.rule.scope.cut:
            raise UnreadableError("chains call each other in a circle or too deeply")
        target = self.rule.scope.chains.get(verdict.target)
        if target is None:
            raise UnreadableError(Reason("the chain {target} is not in this table", target=repr(verdict.target[:60])))
        return Jump(target, goto=verdict.kind == "goto")

    def _verdicts(self, key: Expression, data: object) -> Made:
        found = self._require_key(key, data)
        rules: list[Rule] = []
        for match, verdict in found:
            if not isinstance(verdict, Verdict):
                raise UnreadableError("a map without verdicts")
            rules.append(self._rule(self._action(verdict), match))
        calls = [r for r in rules if isinstance(r.action, Jump) and not r.action.goto]
        if len(calls) < 2 or not any(CHANGEABLE.intersection(asks(match)) for match, _ in found):
            yield from rules
            return
        # What one chain changes is not looked up again when it returns: the list of calls is left by the first.
        yield from (r for r in rules if r not in calls)
        below = [replace(r, action=replace(r.action, goto=True)) for r in calls if isinstance(r.action, Jump)]
        yield self._rule(Jump(self._part([*below])))

    def _untrack(self) -> Rule:
        if self.rule.scope.place.tracked:
            raise UnreadableError("notrack after connection tracking does nothing that is known here")
        return self._rule(SetField(Field.STATE, ConnState.UNTRACKED, _ALL_BITS))

    def _assign(self, statement: Assign) -> Made:
        target, value = statement.target, statement.value
        if not isinstance(value, Lookup):  # a rule ends where there is no value: no session, another protocol
            self._require([g for s in selectors(value) for side in sides_of(self.rule, s) for g in side.guards])
        if target == MARK:
            yield from self._mark(value)
        elif target.words[0] in _HEADERS and not _HARMLESS_FIELDS.intersection(target.words):
            reason = Reason("{target} of the packet itself is rewritten, which is not modelled", target=str(target))
            self.rule.report(reason, bounded=False, concern=Concern.NAT)
            yield self._rule(Continue())
        elif target.words[0] in _HEADERS:
            self._require_header(target)
        elif isinstance(value, Lookup):
            self._require([self.rule.unknown(Reason("{value} finds something", value=nft.shown(value)))])

    def _require_header(self, target: Selector) -> None:
        """A rule that sets a field ends where the packet has no such header; of options, where they cannot be set."""
        family = {"ip": False, "ip6": True}.get(target.words[0])
        if family is not None and self.rule.v6 is not family:
            self._require([IS_V6 if family else IS_V4])
        self._require([guard for side in sides_of(self.rule, target) for guard in side.guards])
        if "option" in target.words:
            self._require([self.rule.unknown(Reason("{target} can be set", target=str(target)))])

    def _mark(self, value: Expression) -> Made:
        """``meta mark set`` a constant, the old mark with bits changed, the session's mark, or what a map gives."""
        if value == CT_MARK:
            if self.rule.scope.changes.marks.new_too:
                return
            new = In(Field.STATE, Intervals.of(ConnState.NEW))
            yield self._rule(SetField(Field.MARK, 0, _ALL_BITS), new)
        elif isinstance(value, Lookup):
            found = self._require_key(value.key, value.data)
            for match, data in found:
                yield self._rule(SetField(Field.MARK, read.number(nft.name(data)), _ALL_BITS), match)
            if self.rule.scope.changes.marks.scattered:
                self._require([self.rule.unknown(Reason("{value} finds something", value=nft.shown(value)))])
            else:  # no map asks for marks, so that the key is still what it was
                self._require([either(*(match for match, _ in found))])
        elif self.rule.scope.changes.marks.scattered:
            return
        else:
            kept, flipped = _bits(value)
            yield self._rule(SetField(Field.MARK, flipped, _ALL_BITS & ~kept))

    def _open(self, name: str, reason: str) -> Made:
        """The packet may be let through, dropped or handed to the next rule."""
        rule = self.rule
        rule.report(reason, bounded=not rule.scope.place.nat)
        yield self._rule(
            Permit(), Unknown(Reason("{name} lets it through ({file})", name=name, file=rule.span.file), rule.span)
        )
        yield self._rule(Deny(), Unknown(Reason("{name} drops it ({file})", name=name, file=rule.span.file), rule.span))


def _of_one_family(condition: Match) -> bool:
    """Whether the condition says by itself that packets are of one address family."""
    asked = condition.values if isinstance(condition, In) and condition.field in (Field.SRC, Field.DST) else None
    return asked is not None and (asked <= ALL_V4 or asked <= ALL_V6)


def _acts(statements: Sequence[Statement]) -> bool:
    """Whether some statement does more than ask and count."""
    return any(not isinstance(s, Compare | Condition | Effect) for s in statements)


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
    raise UnreadableError(Reason("{op} on marks is not read here", op=value.op))


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
