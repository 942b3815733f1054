"""Statements of a rule in text form. Source: nft(8) 1.0.6, "STATEMENTS"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.expressions import GOES_ON, HEADERS, META, RESERVED, Expressions, value
from zoneguard.parsers._nftables.lexer import END, Words
from zoneguard.parsers._nftables.tree import (
    Assign,
    Binary,
    ChangeSet,
    Compare,
    Concat,
    Condition,
    Effect,
    Elements,
    Elsewhere,
    Expression,
    Flags,
    Literal,
    Lookup,
    Reject,
    Selector,
    SetName,
    Statement,
    SyntaxProblemError,
    Translation,
    Untrack,
    VerdictMap,
)

_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "==": "==", "!=": "!=", "<": "<",
              ">": ">", "<=": "<=", ">=": ">=", "!": "!"}  # fmt: skip
_SHORT = frozenset({("ct", "state"), ("meta", "l4proto"), ("meta", "mark"), ("meta", "nfproto"), ("meta", "protocol")})
FLAG_SELECTORS = frozenset({("ct", "state"), ("ct", "status"), ("ct", "event"), ("ct", "label"), ("tcp", "flags")})
"""Without an operator these ask whether some flag is set."""
TRANSLATIONS = frozenset({"dnat", "snat", "masquerade", "redirect"})
DECIDED_ELSEWHERE = {
    "queue": "a program decides", "synproxy": "the box answers first itself",
    "tproxy": "a program on the box takes the packet", "fwd": "the packet leaves by another interface at once",
    "xt": "a part made by iptables that nft does not show",
}  # fmt: skip
_RATE_WORDS = frozenset({"/", "burst", "bytes", "kbytes", "mbytes", "packets", "second", "minute", "hour", "day",
                         "week"})  # fmt: skip
_NAT_FLAGS = frozenset({"random", "fully-random", "persistent"})


def implied(left: Expression, right: Expression) -> str:
    """The operator that stands for none."""
    flags = isinstance(left, Selector) and left.words in FLAG_SELECTORS
    return "in" if flags and not isinstance(right, Elements | SetName) else "=="


@lru_cache(maxsize=16384)
def _short(left: tuple[str, ...], op: str, right: str) -> Compare:
    selector, of = Selector(left), Literal(right[1:]) if right[0] == '"' else value(right)
    return Compare(selector, op or implied(selector, of), of)


class Statements:
    """Reads the statements of a rule off ``words``."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.expressions = Expressions(words)

    def rule(self) -> tuple[tuple[Statement, ...], str]:
        """The statements and the comment. What cannot be read ends it as ``Elsewhere``."""
        found: list[Statement] = []
        comment = ""
        words = self.words
        while not words.ended:
            begin = words.at
            try:
                if words.accept("comment"):
                    comment = words.name()
                else:
                    found.append(self._statement())
            except SyntaxProblemError as problem:
                words.at = begin
                self.expressions.restart()
                words.skip_statement()
                name = " ".join(word.lstrip('"') for word in words.words[begin : words.at])
                found.append(Elsewhere(name[:80], str(problem)))
        return tuple(found), comment

    def _statement(self) -> Statement:
        words = self.words
        verdict = self.expressions.verdict()
        if verdict is not None:
            return verdict
        word = words.word
        if word in ("ct", "tcp", "set", "reset", "delete"):
            special = self._by_second_word(word)
            if special is not None:
                return special
        reader = _READERS.get(word)
        if reader is not None:
            words.take()
            return reader(self)
        if word in TRANSLATIONS:
            return self._translation(words.take())
        if word in DECIDED_ELSEWHERE:
            words.skip_statement()
            return Elsewhere(word, DECIDED_ELSEWHERE[word])
        return self._comparison()

    def _by_second_word(self, word: str) -> Statement | None:
        words = self.words
        second = words.words[words.at + 1]
        if word == "ct" and second == "count":
            words.take()
            words.take()
            words.accept("over")
            words.name()
            return Condition("ct count")
        if word == "reset":
            words.take()
            self.expressions.expression()
            return Effect("reset")
        if word in ("set", "delete") and second in ("add", "update", "delete", "@"):
            words.take()
            return self._change_set(words.take())
        return None

    def _short_comparison(self) -> Compare | None:
        """``tcp dport 80``, ``iifname "eth0"``: what rules mostly are made of. ``None`` for the rest."""
        words, at = self.words.words, self.words.at
        first, second = words[at], words[at + 1]
        if first in META:
            left, at = ("meta", first), at + 1
        elif (first in HEADERS and first != "rt" and second not in ("option", "chunk")) or (first, second) in _SHORT:
            left, at = (first, second), at + 2
        else:
            return None
        op = words[at] if at < len(words) else END
        at += op in ("==", "!=")
        if at + 1 >= len(words):
            return None
        right = words[at]
        if not (right[:1].isalnum() or right[:1] == '"') or right in RESERVED or words[at + 1] in GOES_ON:
            return None
        self.words.at = at + 1
        return _short(left, op if op in ("==", "!=") else "", right)

    def _comparison(self) -> Statement:
        short = self._short_comparison()
        if short is not None:
            return short
        words = self.words
        left = self.expressions.expression()
        if isinstance(left, Literal | Elements | SetName):
            raise SyntaxProblemError(Reason("{words} is no statement", words=repr(words.words[words.at - 1])))
        if words.accept("vmap"):
            return VerdictMap(left, self.expressions.set_or_name())
        if words.accept("set"):
            if not isinstance(left, Selector):
                raise SyntaxProblemError("only a field of the packet can be set")
            value = self.expressions.expression()
            if isinstance(value, Literal) and words.accept(":"):  # a class of traffic, 1:2
                value = Literal(f"{value.text}:{words.name()}")
            return Assign(left, value)
        op = words.take() if words.word in _OPERATORS else ""
        right = self.expressions.value_side()
        if words.accept("/"):
            mask = self.expressions.value_side()
            return Compare(Binary("&", left, mask), _OPERATORS.get(op, "=="), right)
        return Compare(left, _OPERATORS.get(op) or implied(left, right), right)

    def _translation(self, kind: str) -> Translation:
        words = self.words
        family = words.take() if words.word in ("ip", "ip6") else ""
        flags: list[str] = []
        while words.word in ("prefix", "interval", "addr"):
            word = words.take()
            flags += [word] if word == "prefix" else []
            if words.accept("."):
                words.expect("port")
        address: Expression | None = None
        port: Expression | None = None
        if words.accept("to"):
            if words.word != ":":
                address = self._address()
            if words.accept(":"):
                port = self.expressions.expression()
        while words.word in _NAT_FLAGS or words.word == ",":
            word = words.take()
            flags += [word] if word != "," else []
        return Translation(kind, family, address, port, tuple(sorted(flags)))

    def _address(self) -> Expression:
        if not self.words.accept("["):
            return self.expressions.expression()
        inner = self.expressions.expression()
        self.words.expect("]")
        if self.words.word == "-" and isinstance(inner, Literal):
            raise SyntaxProblemError("a range of bracketed addresses")
        return inner

    def _reject(self) -> Reject:
        if not self.words.accept("with"):
            return Reject()
        kind = self.words.name()
        self.words.accept("type")
        if kind not in ("icmp", "icmpv6", "icmpx", "tcp"):
            raise SyntaxProblemError(Reason("reject with {kind} is not known", kind=kind))
        self.words.name()
        return Reject("" if kind == "icmpx" else kind)

    def _change_set(self, op: str) -> ChangeSet:
        """``add @s { key [timeout t] [limit ...] [: data] }`` and the older ``set add key @s``."""
        words = self.words
        if words.word[:1] != "@":
            key = self.expressions.expression()
            return ChangeSet(op, words.name().removeprefix("@"), key)
        name = words.name()[1:]
        words.expect("{")
        key = self.expressions.expression()
        begin = words.at
        while words.word not in ("}", END, "\n"):
            words.take()
        conditional = not {"limit", "quota", "ct"}.isdisjoint(words.words[begin : words.at])
        words.expect("}")
        return ChangeSet(op, name, key, conditional)

    def _counter(self) -> Statement:
        words = self.words
        if words.accept("name"):
            return self._named_object("counter")
        while words.accept("packets", "bytes"):
            words.name()
        return Effect("counter")

    def _limit(self) -> Statement:
        words = self.words
        if words.accept("name"):
            return self._named_object("limit")
        words.expect("rate")
        words.accept("over", "until")
        words.name()
        while words.word in _RATE_WORDS or words.word[:1].isdigit() or "bytes/" in words.word:
            words.take()
        return Condition("limit")

    def _quota(self) -> Statement:
        words = self.words
        if words.accept("name"):
            return self._named_object("quota")
        words.accept("over", "until")
        words.name()
        words.name()
        if words.accept("used"):
            words.name()
            words.name()
        return Condition("quota")

    def _named_object(self, kind: str) -> Statement:
        self.expressions.expression()
        return Effect(kind) if kind == "counter" else Condition(kind)

    def _log(self) -> Effect:
        words = self.words
        while words.accept("prefix", "group", "snaplen", "queue-threshold", "level", "flags"):
            if words.name() in ("tcp", "ip", "skuid"):
                words.accept("sequence", "options")
            while words.accept(","):
                words.name()
        return Effect("log")

    def _flow(self) -> Condition:
        """The kernel goes on only where the session is one that it can hand over, a new one never."""
        words = self.words
        if not words.accept("add", "offload"):
            raise SyntaxProblemError("flow without add")
        words.name()
        return Condition("flow")

    def _dup(self) -> Effect:
        words = self.words
        if words.accept("to"):
            self.expressions.expression()
        if words.accept("device"):
            self.expressions.expression()
        return Effect("dup")

    def _last(self) -> Effect:
        if self.words.accept("used"):
            self.words.name()
            self.words.accept("ago")
        return Effect("last")

    def _meter(self) -> Statement:
        """``meter name { key limit ... }``: a dynamic set of its own."""
        self.words.name()
        if self.words.accept("size"):
            self.words.name()
        self.words.expect("{")
        while self.words.word not in ("}", END, "\n"):
            self.words.take()
        self.words.expect("}")
        return Condition("meter")


_READERS: Mapping[str, Callable[[Statements], Statement]] = {
    "counter": Statements._counter,
    "limit": Statements._limit,
    "quota": Statements._quota,
    "log": Statements._log,
    "reject": Statements._reject,
    "notrack": lambda _: Untrack(),
    "flow": Statements._flow,
    "dup": Statements._dup,
    "last": Statements._last,
    "meter": Statements._meter,
    "add": lambda self: self._change_set("add"),
    "update": lambda self: self._change_set("update"),
    "delete": lambda self: self._change_set("delete"),
}


def selectors(expression: Expression) -> tuple[Selector, ...]:
    """Every selector in ``expression``, from left to right."""
    if isinstance(expression, Selector):
        return (expression,)
    if isinstance(expression, Concat):
        return tuple(s for part in expression.parts for s in selectors(part))
    if isinstance(expression, Binary):
        return (*selectors(expression.left), *selectors(expression.right))
    return selectors(expression.key) if isinstance(expression, Lookup) else ()


def literal_flags(expression: Expression) -> tuple[str, ...] | None:
    """The names of ``a``, ``a,b`` or ``a | b``; ``None`` for anything else."""
    if isinstance(expression, Literal):
        return (expression.text,)
    if isinstance(expression, Flags):
        return expression.names
    if isinstance(expression, Binary) and expression.op == "|":
        left, right = literal_flags(expression.left), literal_flags(expression.right)
        return None if left is None or right is None else left + right
    return None
