"""Statements and expressions of libnftables-json(5) as the tree that text gives too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.expressions import JUMPS, VERDICTS, hash_of
from zoneguard.parsers._nftables.statements import DECIDED_ELSEWHERE, TRANSLATIONS
from zoneguard.parsers._nftables.tree import (
    MAX_NESTING,
    Assign,
    Binary,
    ChangeSet,
    Compare,
    Concat,
    Condition,
    Effect,
    Element,
    Elements,
    Elsewhere,
    Expression,
    Flags,
    Literal,
    Lookup,
    Prefix,
    Range,
    Reject,
    Selector,
    SetName,
    Statement,
    SyntaxProblemError,
    Translation,
    Untrack,
    Verdict,
    VerdictMap,
)

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
_BITS = frozenset({"&", "|", "^", "<<", ">>"})
_EFFECTS = frozenset({"counter", "log", "dup", "last", "ct helper", "ct timeout", "ct expectation", "secmark",
                      "reset"})  # fmt: skip
_CONDITIONS = frozenset({"limit", "quota", "ct count", "meter", "flow"})
_RATES = frozenset({"limit", "quota", "ct count"})


def text(value: Json) -> str:
    """A word or number as text writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "exists" if value else "missing"
    if isinstance(value, int) and abs(value) < 1 << 64:
        return str(value)
    raise SyntaxProblemError("a word or number expected")


def _fields(value: Json) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    raise SyntaxProblemError("an object expected")


def _list(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    raise SyntaxProblemError("a list expected")


def statement(value: Json) -> Statement:
    """One member of a rule's ``expr``."""
    fields = _fields(value)
    if len(fields) != 1:
        raise SyntaxProblemError("a statement with one key expected")
    (name, body), = fields.items()  # fmt: skip
    if name in VERDICTS or name in JUMPS:
        return _verdict(name, body)
    if name in _EFFECTS:
        return Effect(name)
    if name in _CONDITIONS:
        return Condition(name)
    if name in TRANSLATIONS:
        return _translation(name, body)
    if name in DECIDED_ELSEWHERE:
        return Elsewhere(name, DECIDED_ELSEWHERE[name])
    build = _STATEMENTS.get(name)
    if build is None:
        raise SyntaxProblemError(Reason("the statement {name} is not known", name=repr(name[:40])))
    return build(body)


def _match(body: Json) -> Statement:
    fields = _fields(body)
    op = text(fields.get("op", "=="))
    if op not in ("==", "!=", "<", ">", "<=", ">=", "in", "!"):
        raise SyntaxProblemError(Reason("the operator {op} is not known", op=repr(op[:10])))
    return Compare(expression(fields.get("left")), op, expression(fields.get("right")))


def _verdict_map(body: Json) -> Statement:
    fields = _fields(body)
    return VerdictMap(expression(fields.get("key")), _data(fields.get("data")))


def _data(value: Json) -> SetName | Elements:
    found = expression(value, map_data=True)
    if isinstance(found, SetName | Elements):
        return found
    raise SyntaxProblemError("a map expected")


def _verdict(name: str, body: Json) -> Verdict:
    return Verdict(name, text(_fields(body).get("target", "")) if name in JUMPS else "")


def _reject(body: Json) -> Statement:
    kind = _fields(body).get("type") if body is not None else None
    return Reject({"tcp reset": "tcp", "icmp": "icmp", "icmpv6": "icmpv6"}.get(text(kind), "") if kind else "")


def _translation(name: str, body: Json) -> Translation:
    fields = _fields(body) if body is not None else {}
    address, port = fields.get("addr"), fields.get("port")
    flags = fields.get("flags", [])
    words = {text(flag) for flag in (flags if isinstance(flags, list) else [flags])} - {"netmap"}
    kinds = fields.get("type_flags", [])
    if "prefix" in (kinds if isinstance(kinds, list) else [kinds]):
        words.add("prefix")
    return Translation(
        name,
        text(fields.get("family", "")),
        None if address is None else expression(address),
        None if port is None else expression(port),
        tuple(sorted(words)),
    )


def _assign(body: Json) -> Statement:
    fields = _fields(body)
    target = expression(fields.get("key"))
    if not isinstance(target, Selector):
        raise SyntaxProblemError("only a field of the packet can be set")
    return Assign(target, expression(fields.get("value")))


def _change_set(body: Json) -> Statement:
    fields = _fields(body)
    member = fields.get("elem")
    written = fields.get("stmt", [])
    rates = any(not _RATES.isdisjoint(_fields(s)) for s in _list(written))
    key = element(member).key
    if key is None:
        raise SyntaxProblemError("every element at once")
    return ChangeSet(text(fields.get("op", "add")), text(fields.get("set", "")).removeprefix("@"), key, rates)


def _change_map(body: Json) -> Statement:
    fields = _fields(body)
    return _change_set({**fields, "set": fields.get("map", fields.get("set", ""))})


_STATEMENTS: Mapping[str, Callable[[Json], Statement]] = {
    "match": _match,
    "vmap": _verdict_map,
    "reject": _reject,
    "mangle": _assign,
    "set": _change_set,
    "map": _change_map,
    "notrack": lambda _body: Untrack(),
}


def element(value: Json, is_map: bool = False, depth: int = 0) -> Element:
    """A member of a set, or (``is_map``) a pair of key and data."""
    data: Expression | None = None
    if is_map and isinstance(value, list) and len(value) == 2:
        value, written = value
        data = expression(written, depth=depth + 1)
    lasting = True
    if isinstance(value, dict) and "elem" in value:
        fields = _fields(value["elem"])
        lasting = not {"timeout", "expires", *_RATES} & fields.keys()
        value = fields.get("val")
    return Element(None if value == "*" else expression(value, depth=depth + 1), data, lasting)


def expression(value: Json, map_data: bool = False, depth: int = 0) -> Expression:
    """An expression; ``map_data``: sets in it are pairs."""
    if depth > MAX_NESTING:
        raise SyntaxProblemError("nested too deeply")
    if isinstance(value, list):
        return Flags(tuple(text(word) for word in value))
    if not isinstance(value, dict):
        word = text(value)
        return SetName(word[1:]) if word[:1] == "@" else Literal(word)
    if len(value) != 1:
        raise SyntaxProblemError("an expression with one key expected")
    (name, body), = value.items()  # fmt: skip
    if name in VERDICTS or name in JUMPS:
        return _verdict(name, body)
    if name in _BITS:
        left, *rest = (expression(part, depth=depth + 1) for part in _list(body))
        for right in rest:
            left = Binary(name, left, right)
        return left
    if name == "set":
        members = _list(body) if isinstance(body, list) else [body]
        return Elements(tuple(element(member, map_data, depth) for member in members))
    if name == "concat":
        return Concat(tuple(expression(part, depth=depth + 1) for part in _list(body)))
    if name == "map":
        fields = _fields(body)
        return Lookup(expression(fields.get("key"), depth=depth + 1), _data(fields.get("data")))
    build = _EXPRESSIONS.get(name)
    if build is None:
        raise SyntaxProblemError(Reason("the expression {name} is not known", name=repr(name[:40])))
    return build(body)


def _prefix(body: Json) -> Expression:
    fields = _fields(body)
    length = fields.get("len")
    if not isinstance(length, int) or isinstance(length, bool) or not 0 <= length <= 128:
        raise SyntaxProblemError("a prefix without a length")
    return Prefix(text(fields.get("addr")), length)


def _range(body: Json) -> Expression:
    ends = _list(body)
    if len(ends) != 2:
        raise SyntaxProblemError("a range has two ends")
    return Range(text(ends[0]), text(ends[1]))


def _payload(body: Json) -> Expression:
    fields = _fields(body)
    if "base" in fields:
        return Selector(("@", ",".join(text(fields.get(key)) for key in ("base", "offset", "len"))))
    return Selector((text(fields.get("protocol")), text(fields.get("field"))))


def _ct(body: Json) -> Expression:
    fields = _fields(body)
    key = text(fields.get("key"))
    return Selector(("ct", text(fields["dir"]), key) if "dir" in fields else ("ct", key))


def _fib(body: Json) -> Expression:
    fields = _fields(body)
    flags = fields.get("flags", [])
    words = [text(flag) for flag in flags] if isinstance(flags, list) else [text(flags)]
    return Selector(("fib", *words, text(fields.get("result"))))


def _numgen(body: Json) -> Expression:
    fields = _fields(body)
    offset = text(fields.get("offset", 0))
    words = ("numgen", text(fields.get("mode")), "mod", text(fields.get("mod")))
    return Selector(words if offset == "0" else (*words, "offset", offset))


def _hash(body: Json) -> Expression:
    fields = _fields(body)
    key = fields.get("expr")
    together = key.get("concat") if isinstance(key, dict) else None
    parts = together if isinstance(together, list) else [key]
    asked = [
        build(part[name]) for part in parts if isinstance(part, dict) for name, build in _OF_HASHES if name in part
    ]
    return Selector(("hash", "mod", text(fields.get("mod")), *hash_of(Concat(tuple(asked)))))


def _option(name: str) -> Callable[[Json], Expression]:
    def build(body: Json) -> Expression:
        fields = _fields(body)
        field = (text(fields["field"]),) if "field" in fields else ()
        return Selector((*name.split(), text(fields.get("name")), *field))

    return build


def _keyed(name: str) -> Callable[[Json], Expression]:
    def build(body: Json) -> Expression:
        fields = _fields(body)
        family = (text(fields["family"]),) if "family" in fields else ()
        return Selector((name, *family, text(fields.get("key"))))

    return build


def _exthdr(body: Json) -> Expression:
    fields = _fields(body)
    return Selector((text(fields["name"]), text(fields["field"])) if "field" in fields and "name" in fields
                    else ("exthdr", text(fields.get("name"))))  # fmt: skip


_OF_HASHES = (("payload", _payload), ("ct", _ct))
_EXPRESSIONS: Mapping[str, Callable[[Json], Expression]] = {
    "prefix": _prefix,
    "range": _range,
    "payload": _payload,
    "meta": _keyed("meta"),
    "ct": _ct,
    "fib": _fib,
    "numgen": _numgen,
    "jhash": _hash,
    "symhash": _hash,
    "rt": _keyed("rt"),
    "socket": _keyed("socket"),
    "osf": _keyed("osf"),
    "ipsec": _keyed("ipsec"),
    "exthdr": _exthdr,
    "tcp option": _option("tcp option"),
    "ip option": _option("ip option"),
    "sctp chunk": _option("sctp chunk"),
}
