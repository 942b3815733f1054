"""Lines of ``ip route``. Source: ip-route(8) and what iproute2 6.1 prints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from zoneguard.model.addresses import V6, parse_address, prefix_of
from zoneguard.model.device import Route, RouteKind
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason

KINDS = frozenset({
    "unicast", "local", "broadcast", "multicast", "anycast", "blackhole", "unreachable", "prohibit", "throw",
})  # fmt: skip
_NUMBERED = {"6": "blackhole", "7": "unreachable", "8": "prohibit", "9": "throw"}  # ip -N
DISCARDING = frozenset({"blackhole", "unreachable", "prohibit", "throw"})
_FLAGS = frozenset({
    "onlink", "dead", "linkdown", "pervasive", "offload", "offload_failed", "notify", "trap", "rt_offload",
    "rt_trap", "rt_offload_failed", "unresolved", "cache",
})  # fmt: skip
_HARMLESS = frozenset({
    "scope", "pref", "expires", "mtu", "advmss", "window", "rtt", "rttvar", "reordering", "hoplimit", "initcwnd",
    "initrwnd", "ssthresh", "realm", "realms", "error", "uid", "nhid", "weight", "features", "quickack", "congctl",
    "rto_min", "fastopen_no_cookie", "age", "users", "used", "hits", "cwnd", "lock", "ttl-propagate",
})  # fmt: skip
_SELECTIVE = frozenset({"tos", "dsfield", "from", "encap", "mark"})
_TABLES = {"254": "main", "255": "local", "253": "default", "0": "unspec"}


class UnreadableError(Exception):
    """The line is no route, or says something that the model has no place for; the message says what."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One way: ``via`` a neighbour (``None``: the destination is on the link) out of ``device``."""

    via: int | None = None
    device: str = ""
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A route. ``family`` is ``None`` for a ``default`` that says neither; ``selects``: it asks for more than a
    destination. ``kernel``: the kernel made it for an address of the interface, ``source`` is that address."""

    kind: str
    prefix: tuple[int, int]
    v6: bool | None
    hops: tuple[Hop, ...]
    span: SourceSpan
    table: str = ""
    metric: int = 0
    source: int | None = None
    kernel: bool = False
    selects: str = ""

    @property
    def routes(self) -> tuple[Route, ...]:
        """The entry as routes of the model, a dead way left out. The metric alone ranks routes of one prefix."""
        network, length = self.prefix
        if self.kind in DISCARDING:
            return (Route(network, length, self.span, RouteKind.BLACKHOLE, distance=0, metric=self.metric),)
        connected = self.kernel and all(hop.via is None for hop in self.hops)
        kind = RouteKind.CONNECTED if connected else RouteKind.EXPORTED
        return tuple(
            Route(network, length, self.span, kind, hop.via, hop.device, 0, self.metric)
            for hop in self.hops
            if not hop.dead
        )

    def of_family(self, v6: bool) -> Entry:
        """The same route, a default now one of the family."""
        if self.v6 is not None:
            return self
        return replace(self, v6=v6, prefix=(V6 if v6 else 0, 0))


def table_name(text: str) -> str:
    """``main`` for ``254`` and so on."""
    return _TABLES.get(text, text)


@dataclass(slots=True)
class _Words:
    words: list[str]
    position: int = 0

    def next(self) -> str:
        """The next word. Raises ``UnreadableError`` at the end."""
        if self.position >= len(self.words):
            raise UnreadableError("the line ends too early")
        self.position += 1
        return self.words[self.position - 1]

    @property
    def left(self) -> bool:
        """Whether there are more."""
        return self.position < len(self.words)


@dataclass(slots=True)
class _Draft:
    """A route half read; ``hop`` is the one to which ``via`` and ``dev`` belong."""

    hop: Hop = field(default_factory=Hop)
    hops: list[Hop] = field(default_factory=list)
    table: str = ""
    metric: int = 0
    source: int | None = None
    kernel: bool = False
    pref: bool = False
    selects: list[str] = field(default_factory=list)


def read_route(text: str, span: SourceSpan) -> Entry:
    """One route of one line; next hops of ``ip -o`` may follow in it."""
    words = _Words(text.replace("\\", " ").split())
    first = words.next()
    kind = _NUMBERED.get(first, first) if words.left and words.words[1] not in ("via", "dev") else first
    if kind in KINDS:
        first = words.next()
    else:
        kind = "unicast"
    prefix, v6 = _prefix(first)
    draft = _Draft()
    while words.left:
        _attribute(words, draft)
    if draft.hop != Hop():
        draft.hops.append(draft.hop)
    via_v6 = {hop.via >= V6 for hop in draft.hops if hop.via is not None}
    if v6 is None and (draft.pref or via_v6 == {True}):
        v6 = True
    elif v6 is None and (via_v6 == {False} or (draft.source is not None and draft.source < V6)):
        v6 = False
    entry = Entry(kind, prefix, None, tuple(draft.hops), span, draft.table, draft.metric, draft.source, draft.kernel,
                  " ".join(draft.selects))  # fmt: skip
    return replace(entry, v6=v6) if v6 is None or first != "default" else entry.of_family(v6)


def read_next_hop(text: str) -> tuple[Hop, ...]:
    """The ``nexthop`` line that continues a route."""
    words, draft = _Words(text.replace("\\", " ").split()), _Draft()
    while words.left:
        _attribute(words, draft)
    return (*draft.hops, draft.hop)


def _prefix(text: str) -> tuple[tuple[int, int], bool | None]:
    if text == "default":
        return (0, 0), None
    try:
        prefix = prefix_of(text)
    except ValueError:
        raise UnreadableError(Reason("{text} is no destination", text=repr(text))) from None
    return prefix, prefix[0] >= V6


def _address(text: str) -> int:
    try:
        return parse_address(text)
    except ValueError:
        raise UnreadableError(Reason("{text} is no address", text=repr(text))) from None


def _attribute(words: _Words, draft: _Draft) -> None:
    word = words.next()
    if word == "nexthop":
        if draft.hop != Hop():
            draft.hops.append(draft.hop)
        draft.hop = Hop()
    elif word == "via":
        value = words.next()
        draft.hop = replace(draft.hop, via=_address(words.next() if value in ("inet", "inet6") else value))
    elif word in ("dev", "oif"):
        draft.hop = replace(draft.hop, device=words.next())
    elif word == "src":
        draft.source = _address(words.next())
    elif word in ("metric", "preference", "priority"):
        draft.metric = _number(words.next())
    elif word == "table":
        draft.table = table_name(words.next())
    elif word in ("proto", "protocol"):
        draft.kernel = words.next() in ("kernel", "2")
    elif word in _SELECTIVE:
        draft.selects.append(f"{word} {words.next()}")
    elif word in _FLAGS:
        draft.hop = replace(draft.hop, dead=draft.hop.dead or word == "dead")
    elif word in _HARMLESS:
        draft.pref = draft.pref or word == "pref"
        if words.next() == "lock":
            words.next()
    elif not (draft.selects and draft.selects[-1].startswith("encap")):
        raise UnreadableError(Reason("{word} is not known in a route", word=repr(word)))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise UnreadableError(Reason("{text} is not a number", text=repr(text)))
    return int(text)
