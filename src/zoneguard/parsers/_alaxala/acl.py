"""``ip access-list``, ``ipv6 access-list``, ``mac access-list`` and ``access-list``: entries and what they ask.

Meaning: "フィルタ" of the configuration guides (Vol. 2) and the command references. Lists of all three kinds, standard
ones included, filter packets. Conditions on ports, flags and messages do not meet later fragments.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ACK,
    ALWAYS,
    FIN,
    NEVER,
    PSH,
    RST,
    SYN,
    URG,
    Bits,
    Field,
    In,
    Match,
    Unknown,
    both,
    either,
)
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._alaxala.config import Config
from zoneguard.parsers._alaxala.names import PROTOCOLS, PROTOCOLS6, TCP_PORTS, UDP_PORTS
from zoneguard.parsers._cisco import values
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.lists import AccessList, Entry
from zoneguard.parsers._indented.words import (
    UnreadableError,
    Words,
    address,
    family,
    is_number,
    is_quad,
    mac,
    number,
    ports,
    span_of,
    wildcard,
)
from zoneguard.parsers.accounting import TAKEN_BACK

STEP = 10
_FLAGS = {"ack": ACK, "fin": FIN, "psh": PSH, "rst": RST, "syn": SYN, "urg": URG}
_MARKS = frozenset({"tos", "precedence", "dscp", "traffic-class", "user-priority", "vlan", "ctag-vlan"})
_LOGS = frozenset({"log", "detail"})
_IP, _IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_ETHER = {"ipv4": _IP, "ipv6": _IPV6, "arp": _ARP, "ipx": 0x8137, "xns": 0x0600, "axp": 0x8703, "pppoe": 0x8863}
_STANDARD = (range(1, 100), range(1300, 2000))


def read_list(line: Line, config: Config) -> None:
    """``ip access-list {standard | extended} NAME``, ``ipv6`` and ``mac`` likewise, with the entries under it."""
    words = [word.lower() for word in line.words]
    kind = words[0]
    standard = words[2:3] == ["standard"]
    at = 3 if words[2:3] in (["standard"], ["extended"]) else 2
    if len(line.words) <= at or (len(words) > 2 and words[2] in ("resequence",)):
        raise UnreadableError("an access list without name")
    known = config.lists.setdefault((kind, line.words[at]), AccessList(line.words[at], line.span))
    for child in line.children:
        if child.head in ("remark", "description"):
            config.ignored(Reason("remark"), [child])
        else:
            _add(child, known, child.words, config, "standard" if standard else kind)


def read_numbered(line: Line, config: Config) -> None:
    """``access-list N [SEQUENCE] {permit | deny | remark} …``: an entry of the IPv4 list of that number."""
    if len(line.words) < 3 or not is_number(line.words[1]):
        raise UnreadableError("an access list without number")
    name = line.words[1]
    known = config.lists.setdefault(("ip", name), AccessList(name, line.span))
    if line.words[2].lower() == "remark":
        config.ignored(Reason("remark"), [line])
    else:
        standard = any(int(name) in numbers for numbers in _STANDARD)
        _add(line, known, line.words[2:], config, "standard" if standard else "ip")


def _add(line: Line, known: AccessList, words: tuple[str, ...], config: Config, kind: str) -> None:
    if words[0].lower() == "no":
        config.not_understood(line.number, TAKEN_BACK, Concern.FILTER)
        return
    sequence = (known.highest // STEP + 1) * STEP
    if is_number(words[0]):
        sequence, words = int(words[0]), words[1:]
    config.ledger.understood(line.number)
    for child in line.children:
        config.not_understood(child.number, "this line under an entry is not known", Concern.FILTER)
    action = words[0].lower() if words else ""
    permits = {"permit": True, "deny": False}.get(action)
    condition: tuple[str, ...] = words[1:]
    way: tuple[str, ...] = ()
    lowered = [word.lower() for word in condition]
    if "action" in lowered:
        at = lowered.index("action")
        condition, way = condition[:at], tuple(lowered[at + 1 :])
    match: Match
    try:
        if permits is None:
            raise UnreadableError(Reason("neither permit nor deny: {action}", action=action[:40]))
        match = _condition(Words(condition), kind, line.span)
    except UnreadableError as error:
        config.not_understood(line.number, str(error), Concern.FILTER, bounded=True)
        match = Unknown(
            Reason("entry {sequence} of access list {name} matches", sequence=sequence, name=known.name), line.span
        )
    known.add(Entry(sequence, line.span, permits, match, way if permits else ()))


def _condition(words: Words, kind: str, span: SourceSpan) -> Match:
    if kind == "mac":
        return _frame(words, span)
    v6 = kind == "ipv6"
    version = In(Field.DST, family(v6))
    if kind == "standard":
        source = _side(words, Field.SRC, v6, standard=True)
        _end(words)
        return both(version, source)
    protocol = words.take().lower()
    names = PROTOCOLS6 if v6 else PROTOCOLS
    proto: int | None = None
    if protocol in ("icmp", "icmp6", "icmpv6"):
        proto = 58 if v6 else 1
    elif protocol not in ("ip", "ipv6"):
        proto = names[protocol] if protocol in names else number(protocol, 0, 255)
    known_ports = {6: TCP_PORTS, 17: UDP_PORTS}.get(proto or 0, {})
    ported = proto in (6, 17)
    parts: list[Match] = [version] if proto is None else [version, In(Field.PROTO, Intervals.of(proto))]
    parts.append(_side(words, Field.SRC, v6))
    if ported:
        parts.append(ports(words, Field.SPORT, known_ports))
    parts.append(_side(words, Field.DST, v6))
    if ported:
        parts.append(ports(words, Field.DPORT, known_ports))
    if proto in (1, 58) and (messages := values.icmp(words, v6)) is not None:
        parts.append(In(Field.ICMP, messages))
    return both(*parts, *_options(words, proto, span))


def _options(words: Words, proto: int | None, span: SourceSpan) -> list[Match]:
    """TCP flags; marks of QoS and tags, which the model does not have, are open."""
    parts: list[Match] = []
    while words.peek():
        word = words.take().lower()
        if word in _FLAGS and proto == 6:
            parts.append(Bits(Field.FLAGS, _FLAGS[word], _FLAGS[word]))
        elif word == "established" and proto == 6:
            parts.append(either(Bits(Field.FLAGS, ACK, ACK), Bits(Field.FLAGS, RST, RST)))
        elif word == "fragments":
            parts.append(In(Field.FRAGMENT, Intervals.of(1)))
        elif word in _LOGS:
            continue
        elif word in _MARKS:
            parts.append(
                Unknown(
                    Reason(
                        "the packet has {word} {value} ({span})",
                        word=word,
                        value=words.take().lower()[:40],
                        span=str(span),
                    ),
                    span,
                )
            )
        else:
            raise UnreadableError(Reason("not a condition that is known: {word}", word=word[:40]))
    return parts


def _side(words: Words, field: Field, v6: bool, standard: bool = False) -> Match:
    """``any``, ``host A``, ``A WILDCARD``, ``P/L``, ``range-address A A``; of a standard list ``A`` is a host."""
    word = words.take()
    lowered = word.lower()
    if lowered == "any":
        return ALWAYS
    if lowered == "host":
        word = words.take()
        if word.lower() == "own-address":
            raise UnreadableError("the interface's own address is not known here")
        return In(field, Intervals.of(address(word, v6)))
    if lowered == "range-address":
        low, high = address(words.take(), v6), address(words.take(), v6)
        if low > high:
            raise UnreadableError("a range of addresses from high to low")
        return In(field, Intervals.span(low, high))
    if lowered in ("own", "own-address"):
        raise UnreadableError("the interface's own address is not known here")
    if v6:
        return In(field, span_of(word, v6))
    if standard and not is_quad(words.peek()):
        return In(field, Intervals.of(address(word)))
    return wildcard(field, word, words.take())


def _frame(words: Words, span: SourceSpan) -> Match:
    """Source, destination, Ethernet type. A destination, and types that are no IP, no packet of the model has."""
    parts = [_mac_side(words, span, "source"), _mac_side(words, span, "destination")]
    if words.peek() in _ETHER or words.peek().startswith("0x"):
        text = words.take().lower()
        kind = _ETHER[text] if text in _ETHER else _hex(text)
        if kind in (_IP, _IPV6):
            parts.append(In(Field.DST, family(kind == _IPV6)))
        else:
            parts.append(NEVER)
    return both(*parts, *_options(words, None, span))


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise UnreadableError(Reason("not a type of frames: {text}", text=text[:40])) from None


def _mac_side(words: Words, span: SourceSpan, side: str) -> Match:
    word = words.take().lower()
    if word == "any":
        return ALWAYS
    if word in ("bpdu", "cdp", "lacp", "lldp", "oadp", "pvst-plus-bpdu", "slow-protocol") and side == "destination":
        return NEVER  # frames of the switches among themselves
    ignored = 0
    if word == "host":
        value = mac(words.take())
    else:
        value, ignored = mac(word), mac(words.take())
    if side == "destination":
        return Unknown(Reason("the frame is for that destination ({span})", span=str(span)), span)
    mask = 0xFFFFFFFFFFFF & ~ignored
    return Bits(Field.MAC, value & mask, mask)


def _end(words: Words) -> None:
    if words.peek():
        raise UnreadableError(Reason("not a condition that is known: {word}", word=words.peek()[:40]))
