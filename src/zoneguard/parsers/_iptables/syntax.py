"""The grammar of one rule of ``iptables-save``: words, then options grouped by the extension that owns them.

Nothing here knows what an option means. As in iptables itself (``getopt_long``), an option belongs to the extension
loaded last that has it, may be shortened as far as it stays unique, and ``-p tcp`` loads ``tcp`` on demand.
Source: iptables(8), iptables-extensions(8) 1.8.9, and what ``iptables-restore`` accepts.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from zoneguard.model.quick import quick
from zoneguard.model.text import Reason

MAX_WORDS = 1000
"""More words in one rule are not read: iptables itself takes 255."""

Arity = Mapping[str, tuple[str, int]]
"""Option as written (without dashes) → its one name and its number of values."""


@quick
@dataclass(frozen=True, slots=True)
class Option:
    """``! --dport 22`` is ``Option("dport", ("22",), True)``."""

    name: str
    values: tuple[str, ...]
    negated: bool

    def __str__(self) -> str:
        return " ".join((*(("!",) if self.negated else ()), f"--{self.name}", *self.values))


@quick
@dataclass(frozen=True, slots=True)
class Extension:
    """A match (``-m``) with its options in order."""

    name: str
    options: tuple[Option, ...]

    def __str__(self) -> str:
        return " ".join((f"-m {self.name}", *map(str, self.options)))


@quick
@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule, taken apart. ``problems`` says what could not be: the rule then asks more than is listed here."""

    line: int
    core: tuple[Option, ...]
    matches: tuple[Extension, ...]
    target: str = ""
    goto: bool = False
    target_options: tuple[Option, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """The texts of ``-m comment``."""
        return " ".join(o.values[0] for m in self.matches if m.name == "comment" for o in m.options if o.values)


def _options(text: str) -> Arity:
    """``"sport|source-port:1 syn"`` as a table; the first of alternatives is the name, ``:n`` the number of values."""
    table: dict[str, tuple[str, int]] = {}
    for entry in text.split():
        names, _, arity = entry.partition(":")
        alternatives = names.split("|")
        table |= {name: (alternatives[0], int(arity or 0)) for name in alternatives}
    return table


CORE = _options(
    "s|source|src:1 d|destination|dst:1 p|protocol:1 i|in-interface:1 o|out-interface:1 f|fragment|fragments "
    "m|match:1 j|jump:1 g|goto:1 c|set-counters:2 4|ipv4 6|ipv6 n|numeric v|verbose w|wait"
)
_PORTS = "sport|source-port|source-ports:1 dport|destination-port|destination-ports:1 "
MATCH_OPTIONS: dict[str, Arity] = {
    "tcp": _options(_PORTS + "syn tcp-flags:2 tcp-option:1"),
    "udp": _options(_PORTS),
    "udplite": _options(_PORTS),
    "sctp": _options(_PORTS + "chunk-types:2"),
    "dccp": _options(_PORTS + "dccp-types:1 dccp-option:1"),
    "icmp": _options("icmp-type:1"),
    "icmp6": _options("icmpv6-type|icmp6-type:1"),
    "multiport": _options("sports|source-ports:1 dports|destination-ports:1 ports:1"),
    "iprange": _options("src-range:1 dst-range:1"),
    "set": _options(
        "match-set|set:2 return-nomatch update-counters update-subcounters packets-eq:1 packets-lt:1 packets-gt:1 "
        "bytes-eq:1 bytes-lt:1 bytes-gt:1"
    ),
    "state": _options("state:1"),
    "conntrack": _options(
        "ctstate:1 ctproto:1 ctorigsrc:1 ctorigdst:1 ctreplsrc:1 ctrepldst:1 ctorigsrcport:1 ctorigdstport:1 "
        "ctreplsrcport:1 ctrepldstport:1 ctstatus:1 ctexpire:1 ctdir:1"
    ),
    "addrtype": _options("src-type:1 dst-type:1 limit-iface-in limit-iface-out"),
    "mac": _options("mac-source:1"),
    "mark": _options("mark:1"),
    "connmark": _options("mark:1"),
    "comment": _options("comment:1"),
    "recent": _options(
        "set rcheck update remove seconds:1 reap hitcount:1 rttl name:1 mask:1 rsource rdest"
    ),
    "string": _options("algo:1 from:1 to:1 string:1 hex-string:1 icase"),
}  # fmt: skip
"""Matches whose options are known one by one; those of any other are read as words up to the next option."""

_NAT = "random random-fully persistent "
TARGET_OPTIONS: dict[str, Arity] = {
    "ACCEPT": {}, "DROP": {}, "RETURN": {}, "NOTRACK": {},
    "REJECT": _options("reject-with:1"),
    "LOG": _options("log-level:1 log-prefix:1 log-tcp-sequence log-tcp-options log-ip-options log-uid log-macdecode"),
    "NFLOG": _options("nflog-group:1 nflog-prefix:1 nflog-range:1 nflog-size:1 nflog-threshold:1"),
    "ULOG": _options("ulog-nlgroup:1 ulog-prefix:1 ulog-cprange:1 ulog-qthreshold:1"),
    "MARK": _options("set-xmark:1 set-mark:1 and-mark:1 or-mark:1 xor-mark:1"),
    "CONNMARK": _options(
        "set-xmark:1 set-mark:1 and-mark:1 or-mark:1 xor-mark:1 save-mark restore-mark nfmask:1 ctmask:1 mask:1 "
        "left-shift-mark:1 right-shift-mark:1"
    ),
    "CT": _options("notrack helper:1 ctevents:1 expevents:1 zone:1 zone-orig:1 zone-reply:1 timeout:1"),
    "DNAT": _options(_NAT + "to-destination:1"),
    "SNAT": _options(_NAT + "to-source:1"),
    "MASQUERADE": _options(_NAT + "to-ports:1"),
    "REDIRECT": _options(_NAT + "to-ports:1"),
    "NETMAP": _options(_NAT + "to:1"),
}  # fmt: skip
_LITERAL = frozenset({"comment", "log-prefix", "nflog-prefix", "ulog-prefix", "string", "hex-string"})
_ON_DEMAND = {
    "6": "tcp", "17": "udp", "1": "icmp", "icmpv6": "icmp6", "ipv6-icmp": "icmp6", "58": "icmp6", "132": "sctp",
    "33": "dccp", "136": "udplite",
}  # fmt: skip


def split_words(line: str) -> list[str]:
    """The words as ``iptables-restore`` cuts them: a double quote opens and ends a word, a backslash escapes in it."""
    if '"' not in line:
        return line.split()
    parts = line.split('"')
    words: list[str] = []
    if len(parts) % 2 and "\\" not in line:
        for before, inside in zip(parts[::2], parts[1::2], strict=False):
            plain = before.split()
            head = plain.pop() if before and not before[-1].isspace() else ""
            words += (*plain, head + inside)
        return [*words, *parts[-1].split()]
    word: list[str] = []
    quoted = escaped = False
    for char in line:
        if quoted and escaped:
            word.append(char)
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            if quoted:
                words.append("".join(word))
                word = []
            quoted = not quoted
        elif quoted or not char.isspace():
            word.append(char)
        elif word:
            words.append("".join(word))
            word = []
    return [*words, "".join(word)] if word else words


@dataclass(slots=True)
class _Reading:
    """A rule half read. ``loaded`` are the option tables in the order in which their extensions came."""

    words: list[str]
    chains: Container[str]
    position: int = 0
    core: list[Option] = field(default_factory=list)
    core_names: set[str] = field(default_factory=set)
    matches: list[tuple[str, list[Option]]] = field(default_factory=list)
    target: str = ""
    goto: bool = False
    target_options: list[Option] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    loaded: list[tuple[Arity | None, list[Option]]] = field(default_factory=list)

    def load(self, name: str) -> None:
        """``-m name``."""
        options: list[Option] = []
        self.matches.append((name, options))
        self.loaded.append((MATCH_OPTIONS.get(name), options))

    def owner(self, name: str) -> tuple[str, int, list[Option]] | None:
        """The full name of an option, its number of values (-1: up to the next option) and whose it is."""
        for table, options in reversed(self.loaded):
            if table is None:
                return name, -1, options
            if name in table:
                return *table[name], options
        found: dict[str, tuple[str, int, list[Option]]] = {}
        for table, options in ((CORE, self.core), *self.loaded):
            found |= {full: (full, arity, options) for word, (full, arity) in (table or {}).items()
                      if word.startswith(name)}  # fmt: skip
        return next(iter(found.values())) if len(found) == 1 else None

    def load_on_demand(self) -> bool:
        """Load the match named as the protocol is, unless it is; whether there was one."""
        protocol = next((o.values[0].lower() for o in self.core if o.name == "p" and o.values), "")
        name = _ON_DEMAND.get(protocol, protocol)
        if name not in MATCH_OPTIONS or any(m == name for m, _ in self.matches):
            return False
        self.load(name)
        return True

    def values(self, name: str, arity: int) -> tuple[tuple[str, ...], bool]:
        """The values from here on, and whether a ``!`` stood before them (as iptables before 1.4.3 wrote it)."""
        words, start = self.words, self.position
        negated = arity != 0 and name not in _LITERAL and start < len(words) - 1 and words[start] == "!"
        negated = negated and not (arity < 0 and words[start + 1].startswith("-"))
        start += negated
        if arity < 0:
            end = start
            while end < len(words) and words[end] != "!" and not words[end].startswith("-"):
                end += 1
        else:
            end = min(start + arity, len(words))
        self.position = end
        return tuple(words[start:end]), negated


def read_rule(line: int, words: list[str], chains: Container[str]) -> RuleText:
    """The rule that ``words`` (those after ``-A chain``) state; ``chains`` are targets that take no options."""
    reading = _Reading(words[:MAX_WORDS], chains)
    if len(words) > MAX_WORDS:
        reading.problems.append(Reason("more than {count} words", count=MAX_WORDS))
    while reading.position < len(reading.words):
        _read_option(reading)
    return RuleText(
        line,
        tuple(reading.core),
        tuple(Extension(name, tuple(options)) for name, options in reading.matches),
        reading.target,
        reading.goto,
        tuple(reading.target_options),
        tuple(reading.problems),
    )


def _read_option(reading: _Reading) -> None:
    words = reading.words
    word = words[reading.position]
    reading.position += 1
    negated = word == "!"
    if negated and reading.position < len(words):
        word = words[reading.position]
        reading.position += 1
    if len(word) < 2 or word[0] != "-":
        reading.problems.append(Reason("unexpected word {word}", word=repr(word)))
        return
    if word[1] != "-":
        if len(word) > 2:
            words.insert(reading.position, word[2:])
        found = (*CORE[word[1]], reading.core) if word[1] in CORE else None
    else:
        name, equals, value = word[2:].partition("=")
        if equals:
            words.insert(reading.position, value)
        found = (*CORE[name], reading.core) if len(name) > 1 and name in CORE else reading.owner(name)
        if found is None and reading.load_on_demand():
            found = reading.owner(name)
    if found is None:
        reading.problems.append(Reason("unknown option {word}", word=word))
        return
    name, arity, owner = found
    values, before_value = reading.values(name, arity)
    if len(values) < arity:
        reading.problems.append(Reason("{word} lacks a value", word=word))
        return
    _place(reading, Option(name, values, negated != before_value), owner)


def _place(reading: _Reading, option: Option, owner: list[Option]) -> None:
    if owner is not reading.core:
        owner.append(option)
    elif option.name not in ("m", "j", "g"):
        if option.name in reading.core_names:
            reading.problems.append(Reason("a second -{option}", option=option.name))
            owner[:] = [o for o in owner if o.name != option.name]
        else:
            owner.append(option)
        reading.core_names.add(option.name)
    elif option.negated:
        reading.problems.append(Reason("-{option} cannot be negated", option=option.name))
    elif option.name == "m":
        reading.load(option.values[0])
    elif reading.target:
        reading.problems.append(Reason("a second target"))
    else:
        reading.target, reading.goto = option.values[0], option.name == "g"
        known = {} if reading.target in reading.chains else TARGET_OPTIONS.get(reading.target)
        reading.loaded.append((known, reading.target_options))
