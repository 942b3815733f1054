"""IP sets as ``ipset save`` prints them, ``create`` and ``add`` lines. Source: ipset(8) 7.17."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.match import Match
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.values import UnreadableError

_DIMENSIONS = frozenset({"ip", "net", "port", "mac", "iface", "mark", "set"})
_CREATE_VALUES = frozenset({"family", "hashsize", "maxelem", "bucketsize", "initval", "timeout", "netmask", "markmask",
                            "range", "size", "probes", "resize", "gc"})  # fmt: skip
_CREATE_FLAGS = frozenset({"counters", "comment", "skbinfo", "forceadd"})
_ADD_VALUES = frozenset({"timeout", "packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A member, cut at its commas. ``lasting``: it has no timeout. ``wildcard``: its interface is a prefix."""

    parts: tuple[str, ...]
    nomatch: bool = False
    lasting: bool = True
    wildcard: bool = False


@dataclass(slots=True)
class IpSet:
    """A set. ``dimensions`` as in ``hash:ip,port``; ``grows`` / ``shrinks``: packets or time change what it holds.

    ``matches`` keeps the conditions made of it, by what they depend on besides.
    """

    name: str
    dimensions: tuple[str, ...]
    span: SourceSpan
    v6: bool = False
    netmask: int | None = None
    markmask: int = (1 << 32) - 1
    grows: bool = False
    shrinks: bool = False
    entries: list[Entry] = field(default_factory=list)
    matches: dict[tuple[str, ...], Match] = field(default_factory=dict)


def create(words: list[str], span: SourceSpan) -> IpSet:
    """The set that ``create NAME TYPE ...`` makes; ``words`` are those after ``create``."""
    if len(words) < 2:
        raise UnreadableError("create needs a name and a type")
    method, _, dimensions = words[1].partition(":")
    made = IpSet(words[0], tuple(dimensions.split(",")), span)
    if method not in ("hash", "bitmap", "list") or not _DIMENSIONS.issuperset(made.dimensions):
        raise UnreadableError(Reason("the set type {words} is not known", words=repr(words[1])))
    position = 2
    while position < len(words):
        word = words[position]
        if word not in _CREATE_VALUES | _CREATE_FLAGS or (word in _CREATE_VALUES and position + 1 >= len(words)):
            raise UnreadableError(Reason("the set option {word} is not known", word=repr(word)))
        position += 2 if word in _CREATE_VALUES else 1
        value = words[position - 1]
        if word == "family":
            made.v6 = value == "inet6"
        elif word == "netmask":
            made.netmask = read.number(value, 128)
        elif word == "markmask":
            made.markmask = read.number(value)
        elif word == "timeout":
            made.grows = True
    return made


def entry(words: list[str], members_expire: bool) -> Entry:
    """The member that ``add NAME ENTRY ...`` adds; ``words`` are those after the set's name."""
    if not words:
        raise UnreadableError("add needs an entry")
    nomatch = wildcard = False
    lasting = not members_expire
    position = 1
    while position < len(words):
        word = words[position]
        if word in ("nomatch", "wildcard"):
            nomatch, wildcard = nomatch or word == "nomatch", wildcard or word == "wildcard"
            position += 1
        elif word in _ADD_VALUES and position + 1 < len(words):
            if word == "timeout":
                lasting = words[position + 1] == "0"
            position += 2
        else:
            raise UnreadableError(Reason("the entry option {word} is not known", word=repr(word)))
    return Entry(tuple(words[0].split(",")), nomatch, lasting, wildcard)
