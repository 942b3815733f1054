"""Expressions in text form: selectors, values, sets, maps. Source: nft(8) 1.0.6, "EXPRESSIONS"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.lexer import Words
from zoneguard.parsers._nftables.names import LASTS_NOT, OF_PROPERTIES, PROPERTIES
from zoneguard.parsers._nftables.tree import (
    MAX_NESTING,
    Binary,
    Concat,
    Element,
    Elements,
    Expression,
    Flags,
    Literal,
    Lookup,
    Prefix,
    Range,
    Selector,
    SetName,
    SyntaxProblemError,
    Verdict,
)

HEADERS = frozenset({"ip", "ip6", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "igmp", "ether",
                     "vlan", "arp", "ah", "esp", "comp", "gre", "gretap", "vxlan", "geneve", "hbh", "dst", "mh", "rt",
                     "frag", "auth", "srh"})  # fmt: skip
META = frozenset({"iif", "iifname", "iiftype", "iifgroup", "oif", "oifname", "oiftype", "oifgroup", "mark", "skuid",
                  "skgid", "nftrace", "rtclassid", "pkttype", "cpu", "cgroup", "ibrname", "obrname", "ibriport",
                  "obriport", "ibridgename", "obridgename", "l4proto", "nfproto", "protocol", "time", "day", "hour",
                  "priority", "length"})  # fmt: skip
_RANGE = re.compile(r"([0-9][^-]*|\$[^-]*|\*)-([0-9$].*)|([^-]*:[^-]*)-(.*:.*)")
_HEX = re.compile(r"0[xX][0-9A-Fa-f]{1,32}")
_PREFIX = re.compile(r"([0-9A-Fa-f.:]+)/([0-9]{1,3})")
_CT_DIRECTED = frozenset({"saddr", "daddr", "proto-src", "proto-dst", "l3proto", "protocol", "packets", "bytes",
                          "avgpkt", "zone", "id"})  # fmt: skip
VERDICTS = frozenset({"accept", "drop", "continue", "return"})
JUMPS = frozenset({"jump", "goto"})
_MAX_BINARY = 64


@lru_cache(maxsize=8192)
def value(text: str) -> Expression:
    """What a word without blanks says: a range, a prefix, or a literal."""
    if not ("-" in text or "/" in text):
        return Literal(_decimal(text))
    parts = _RANGE.fullmatch(text)
    if parts:
        return Range(_decimal(parts[1] or parts[3]), _decimal(parts[2] or parts[4]))
    prefix = _PREFIX.fullmatch(text)
    return Prefix(prefix[1], int(prefix[2])) if prefix else Literal(text)


def _decimal(text: str) -> str:
    """Hexadecimal numbers as JSON has them."""
    return str(int(text, 16)) if _HEX.fullmatch(text) else text


@lru_cache(maxsize=1024)
def _selector(*words: str) -> Selector:
    return Selector(words)


class Expressions:
    """Reads expressions off ``words``, with what ``define`` gave names to."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._defined: dict[str, Expression] = {}
        self._depth = 0
        self._values = False

    def define(self, name: str) -> None:
        """Give ``name`` to the expression that comes."""
        self._defined[name] = self.value_side()

    def forget(self, name: str) -> None:
        """Take a name back."""
        self._defined.pop(name, None)

    def expression(self) -> Expression:
        """Concatenations of bit operations, then perhaps ``map``."""
        first = self._bits()
        if self.words.word == ".":
            parts = [first]
            while self.words.accept("."):
                parts.append(self._bits())
            first = Concat(tuple(parts))
        if self.words.accept("map"):
            return Lookup(first, self.set_or_name())
        return first

    def value_side(self) -> Expression:
        """What a selector is compared with: ``tcp`` is a value here, not the begin of ``tcp dport``; or ``a,b``."""
        outside, self._values = self._values, True
        try:
            return self._listed()
        finally:
            self._values = outside

    def _listed(self) -> Expression:
        first = self.expression()
        if self.words.word != "," or not isinstance(first, Literal):
            return first
        names = [first.text]
        while self.words.accept(","):
            names.append(self.words.name())
        return Flags(tuple(names))

    def set_or_name(self) -> SetName | Elements:
        """``@name`` or ``{ ... }``; a variable may stand for the latter."""
        found = self._primary()
        if isinstance(found, SetName | Elements):
            return found
        raise SyntaxProblemError("a set expected")

    def _bits(self) -> Expression:
        left = self._primary()
        if self.words.words[self.words.at] not in _BIT_WORDS:
            return left
        for _ in range(_MAX_BINARY):
            op = self.words.word
            if op in ("&", "|", "^", "<<", ">>"):
                self.words.take()
            elif op in ("and", "or", "xor", "lshift", "rshift"):
                self.words.take()
                op = {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}[op]
            else:
                return left
            left = Binary(op, left, self._primary())
        raise SyntaxProblemError("too many operations on bits")

    def _primary(self) -> Expression:
        words = self.words
        word = words.word
        if word == "{":
            return self._elements()
        if word == "(":
            self._enter()
            words.take()
            inner = self.expression()
            words.expect(")")
            self._depth -= 1
            return inner
        if word[:1] == '"':
            words.take()
            return self._hyphenated(Literal(word[1:]))
        if self._values and word[:1].isalnum():
            words.at += 1
            return value(word) if words.words[words.at] != "-" else self._hyphenated(value(word))
        name = words.name()
        if name[0] == "@":
            return Selector(("@", name[1:])) if "," in name else SetName(name[1:])
        if name[0] == "$":
            if name[1:] not in self._defined:
                raise SyntaxProblemError(Reason("{name} is not defined in this file", name=name))
            return self._defined[name[1:]]
        selector = None if self._values else self._selector(name)
        return selector if selector is not None else self._hyphenated(value(name))

    def _hyphenated(self, low: Expression) -> Expression:
        """``"10:00"-"12:00"`` and ``1 - 2``."""
        if self.words.word == "-" and isinstance(low, Literal):
            self.words.take()
            return Range(low.text, self.words.name())
        return low

    def _selector(self, name: str) -> Selector | None:
        words = self.words
        following = words.word
        if name in ("tcp", "ip", "sctp", "dccp") and following in ("option", "chunk"):
            return self._header_option(name)
        if name == "rt" and following in ("classid", "nexthop", "mtu", "ipsec", "ip", "ip6"):
            family = (words.take(),) if following in ("ip", "ip6") else ()
            return Selector(("rt", *family, words.name()))
        if name in HEADERS:
            if not following[:1].isalpha() or following in RESERVED:
                return None
            words.at += 1
            return _selector(name, following)
        if name == "meta":
            return Selector(("meta", words.name()))
        if name in META:
            return _selector("meta", name)
        reader = _SPECIAL.get(name)
        return reader(self) if reader is not None else None

    def _header_option(self, name: str) -> Selector:
        kind = self.words.name()
        option = self.words.name()
        fields = () if self.words.ended or self.words.word in RESERVED else (self.words.name(),)
        return Selector((name, kind, option, *fields))

    def ct(self) -> Selector:
        """What follows ``ct``."""
        words = self.words
        if words.word not in ("original", "reply"):
            return Selector(("ct", words.name()))
        direction = words.name()
        family = f"{words.take()} " if words.word in ("ip", "ip6") else ""
        key = words.name()
        if key not in _CT_DIRECTED:
            raise SyntaxProblemError(Reason("ct {direction} {key} is not known", direction=direction, key=key))
        return Selector(("ct", direction, family + key))

    def fib(self) -> Selector:
        """``fib saddr . iif oif``."""
        flags = [self.words.name()]
        while self.words.accept("."):
            flags.append(self.words.name())
        return Selector(("fib", *flags, self.words.name()))

    def numgen(self) -> Selector:
        """``numgen inc mod 2 offset 0``."""
        found = ["numgen", self.words.name()]
        self.words.expect("mod")
        found += ["mod", self.words.name()]
        if self.words.accept("offset"):
            offset = self.words.name()
            found += ["offset", offset] if offset != "0" else []
        return Selector(tuple(found))

    def hashed(self) -> Selector:
        """What follows ``jhash`` and ``symhash``: only that it is a hash matters, and of what."""
        of = hash_of(self.expression()) if self.words.word != "mod" else ()
        self.words.expect("mod")
        found = ["hash", "mod", self.words.name()]
        while self.words.accept("seed", "offset"):
            self.words.name()
        return Selector((*found, *of))

    def socket(self) -> Selector:
        """``socket transparent``, ``socket cgroupv2 level 1``."""
        key = self.words.name()
        if self.words.accept("level"):
            return Selector(("socket", key, "level", self.words.name()))
        return Selector(("socket", key))

    def named(self, kind: str, *second: str) -> Selector:
        """``kind key``, where ``second`` may stand between: ``ipsec in reqid``, ``osf ttl loose name``."""
        found = [kind]
        while self.words.word in (*second, "spnum", "ttl"):
            found += [self.words.take()] if self.words.word in second else [self.words.take(), self.words.name()]
        found.append(self.words.name())
        if found[-1] in ("ip", "ip6"):
            found.append(self.words.name())
        return Selector(tuple(found))

    def _elements(self) -> Elements:
        self._enter()
        outside, self._values = self._values, True
        words = self.words
        words.expect("{")
        items: list[Element] = []
        words.skip_breaks()
        while not words.accept("}"):
            items.append(self.element())
            words.skip_breaks()
            if not words.accept(","):
                words.expect("}")
                break
            words.skip_breaks()
        self._values = outside
        self._depth -= 1
        return Elements(_flat(items))

    def element(self) -> Element:
        """``key [timeout ...] [counter ...] [comment ...] [: data]``."""
        words = self.words
        if words.word == "*":
            words.take()
            key: Expression | None = None
        else:
            key = self.expression()
        lasting = self._properties()
        if not words.accept(":"):
            return Element(key, None, lasting)
        words.skip_breaks()
        data = self.verdict() or self.expression()
        return Element(key, data, self._properties() and lasting)

    def _properties(self) -> bool:
        """Consume what hangs on an element; whether the element lasts. Raises ``SyntaxProblemError``."""
        words, lasting, begun = self.words, True, False
        while words.word not in (":", ",", "}", "\n", ""):
            word = words.take()
            begun = begun or word in PROPERTIES
            if not begun or not (word in PROPERTIES or word in OF_PROPERTIES or word[0] in '"0123456789'):
                raise SyntaxProblemError(Reason("{word} is not known behind an element", word=repr(word[:40])))
            lasting = lasting and word not in LASTS_NOT
            if word == "comment":
                words.name()
        return lasting

    def verdict(self) -> Verdict | None:
        """A verdict, if one comes next."""
        if self.words.word in VERDICTS:
            return Verdict(self.words.take())
        if self.words.word in JUMPS:
            return Verdict(self.words.take(), self.words.name())
        return None

    def restart(self) -> None:
        """Forget what was open when something could not be read."""
        self._depth, self._values = 0, False

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise SyntaxProblemError("nested too deeply")


RESERVED = frozenset({"map", "vmap", "set", "and", "or", "xor", "eq", "ne", "lt", "gt", "le", "ge", "exists",
                        "missing"})  # fmt: skip
_BIT_WORDS = frozenset({"&", "|", "^", "<<", ">>", "and", "or", "xor", "lshift", "rshift"})
GOES_ON = _BIT_WORDS | {".", ",", "-", "/", "map", ":"}
_SPECIAL: Mapping[str, Callable[[Expressions], Selector]] = {
    "ct": Expressions.ct,
    "fib": Expressions.fib,
    "numgen": Expressions.numgen,
    "jhash": Expressions.hashed,
    "symhash": Expressions.hashed,
    "socket": Expressions.socket,
    "osf": lambda self: self.named("osf"),
    "ipsec": lambda self: self.named("ipsec", "in", "out"),
    "exthdr": lambda self: self.named("exthdr"),
}


def _flat(items: list[Element]) -> tuple[Element, ...]:
    """A set in a set (a variable among elements) gives its members."""
    flat: list[Element] = []
    for item in items:
        if isinstance(item.key, Elements) and item.data is None:
            flat += item.key.items
        else:
            flat.append(item)
    return tuple(flat)


def hash_of(key: Expression) -> tuple[str, ...]:
    """``of ip saddr tcp dport``, the end of a hash's words: a packet that lacks one of these has no hash."""
    parts = key.parts if isinstance(key, Concat) else (key,)
    asked = [part.words for part in parts if isinstance(part, Selector) and part.words[0] in HEADERS | {"ct"}]
    return ("of", *(word for words in asked for word in words)) if asked else ()
