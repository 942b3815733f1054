"""Hardware access lists: IPv4 (named, 3000-3699), MAC (4000-4699) and IPv6, and where they are applied.

Meaning: "IPv4 Hardware Access Control List (ACL) Commands" of the command references. The first entry that matches
decides; what no entry matches is forwarded. ``send-to-cpu`` hands the packet to software, which may drop or route it.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Bits, Field, In, Ingress, Match, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.config import Applied, Config
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
    numbers,
    ports,
    span_of,
    wildcard,
)
from zoneguard.parsers.accounting import TAKEN_BACK

SOFTWARE = "software access list: chooses routes, groups and managers, filters no forwarded packet"
_PERMITTING = {"permit": True, "copy-to-cpu": True, "copy-to-mirror": True, "deny": False}
_LED_AWAY = frozenset({"send-to-mirror", "send-to-vlan-port"})
_ACTIONS = frozenset({*_PERMITTING, *_LED_AWAY, "send-to-cpu"})
_PROTOCOLS = {"tcp": 6, "udp": 17}
_PORT_NAMES: dict[str, int] = {}


def hardware_kind(word: str) -> str:
    """``ip`` or ``mac`` for the number of a hardware list, ``software`` for another number, ``""`` for no number."""
    if not is_number(word):
        return ""
    value = int(word)
    return "ip" if 3000 <= value <= 3699 else "mac" if 4000 <= value <= 4699 else "software"


def read_numbered(line: Line, config: Config) -> None:
    """``access-list N ACTION …``: a list of one entry; a later line of the number replaces it."""
    name = line.words[1]
    kind = hardware_kind(name)
    if kind == "software":
        config.software_lists.add(name)
        config.ignored(SOFTWARE, [line])
        return
    known = config.lists[False, name] = AccessList(name, line.span)
    if len(line.words) > 2:
        words = ("mac", *line.words[3:]) if kind == "mac" else line.words[3:]
        _add(line, known, (line.words[2], *words), config, v6=False)
    else:
        config.ledger.understood(line.number)
    _children(line, known, config, v6=False)


def read_named(line: Line, config: Config) -> None:
    """``access-list hardware NAME`` with its entries; ``standard`` and ``extended`` lists filter nothing."""
    if line.words[1].lower() in ("standard", "extended"):
        config.software_lists.update(line.words[2:3])
        config.ignored(SOFTWARE, [line])
        return
    if len(line.words) < 3:
        config.ledger.understood(line.number)
        config.not_understood(line.number, "an access list without name", Concern.FILTER)
        return
    known = config.lists.setdefault((False, line.words[2]), AccessList(line.words[2], line.span))
    config.ledger.understood(line.number)
    _children(line, known, config, v6=False)


def read_v6(line: Line, config: Config) -> None:
    """``ipv6 access-list NAME`` with its entries, or one entry on the line."""
    name = line.words[2] if len(line.words) > 2 else ""
    if name.lower() in ("standard", "extended"):
        config.software_lists.update(line.words[3:4])
        config.ignored(SOFTWARE, [line])
        return
    known = config.lists.setdefault((True, name), AccessList(name, line.span))
    config.ledger.understood(line.number)
    if len(line.words) > 3:
        _add(line, known, line.words[3:], config, v6=True)
    _children(line, known, config, v6=True)


def _children(line: Line, known: AccessList, config: Config, v6: bool) -> None:
    for child in line.children:
        if child.head in ("remark", "description", "commit"):
            config.ignored(Reason("remark"), [child])
        else:
            _add(child, known, child.words, config, v6)


def _add(line: Line, known: AccessList, words: tuple[str, ...], config: Config, v6: bool) -> None:
    if words[0].lower() == "no":
        config.not_understood(line.number, TAKEN_BACK, Concern.FILTER)
        return
    sequence = known.highest + 1
    if is_number(words[0]):
        sequence, words = int(words[0]), words[1:]
    action = words[0].lower() if words else ""
    permits = _PERMITTING.get(action)
    match: Match = ALWAYS
    config.ledger.understood(line.number)
    try:
        if action not in _ACTIONS:
            raise UnreadableError(Reason("not an action of an access list: {action}", action=action[:40]))
        match = _condition(Words(words[1:]), v6, line.span, action == "send-to-vlan-port")
    except UnreadableError as error:
        config.not_understood(line.number, str(error), Concern.FILTER, bounded=True)
        match = Unknown(
            Reason("entry {sequence} of access list {name} matches", sequence=sequence, name=known.name), line.span
        )
    if action in _LED_AWAY:
        config.not_understood(
            line.number, "where this entry sends a packet past routing is not modelled", Concern.FILTER
        )
    elif action == "send-to-cpu":
        config.not_understood(
            line.number,
            "whether software forwards a packet that is sent to the CPU is not documented",
            Concern.FILTER,
            bounded=True,
        )
    for each in line.children:
        config.not_understood(each.number, "this line under an entry is not known", Concern.FILTER)
    known.add(Entry(sequence, line.span, permits, match))


def _condition(words: Words, v6: bool, span: SourceSpan, led: bool) -> Match:
    if led:
        for keyword in ("vlan", "port"):
            if words.took(keyword):
                words.take()
    protocol = words.take().lower()
    if protocol == "mac":
        return both(*_macs(words), *_tags(words, span))
    parts: list[Match] = []
    if protocol in _PROTOCOLS:
        parts.append(In(Field.PROTO, Intervals.of(_PROTOCOLS[protocol])))
    elif protocol in ("icmp", "icmpv6"):
        parts.append(In(Field.PROTO, Intervals.of(58 if v6 else 1)))
    elif protocol == "proto":
        parts.append(In(Field.PROTO, Intervals.of(number(words.take(), 0, 255))))
    elif is_number(protocol):
        parts.append(In(Field.PROTO, Intervals.of(number(protocol, 0, 255))))
    elif protocol not in ("ip", "ipv6", "any"):
        raise UnreadableError(Reason("not a protocol: {name}", name=protocol[:40]))
    source = _side(words, Field.SRC, v6)
    from_ports = ports(words, Field.SPORT, _PORT_NAMES)
    target = _side(words, Field.DST, v6)
    to_ports = ports(words, Field.DPORT, _PORT_NAMES)
    if ALWAYS not in (from_ports, to_ports) and protocol not in _PROTOCOLS:
        raise UnreadableError(Reason("ports of {protocol}", protocol=protocol[:40]))
    parts += [source, from_ports, target, to_ports, *_icmp_type(words)]
    if words.peek() and words.peek() not in ("vlan", "inner-vlan"):
        parts += _macs(words)
    return both(In(Field.DST, family(v6)), *parts, *_tags(words, span))


def _side(words: Words, field: Field, v6: bool) -> Match:
    """``any``, ``host A``, ``A/M`` or ``A WILDCARD``; the family is asked elsewhere."""
    word = words.take()
    if word.lower() == "any":
        return ALWAYS
    if word.lower() == "host":
        return In(field, Intervals.of(address(words.take(), v6)))
    if word.lower() == "dhcpsnooping":
        raise UnreadableError("addresses that were leased are not in the configuration")
    if "/" in word:
        return In(field, span_of(word, v6))
    if not v6 and is_quad(words.peek()):
        return wildcard(field, word, words.take())
    return In(field, Intervals.of(address(word, v6)))


def _icmp_type(words: Words) -> list[Match]:
    if not words.took("icmp-type"):
        return []
    kind = number(words.take(), 0, 255)
    return [In(Field.ICMP, Intervals.span(kind << 8, kind << 8 | 255))]


def _macs(words: Words) -> list[Match]:
    """Source and destination, each ``any`` or an address and a mask whose set bits are not compared."""
    parts: list[Match] = []
    for side in ("source", "destination"):
        if words.took("any"):
            continue
        value = mac(words.take())
        ignored = mac(words.take())
        if side == "destination" and ignored != 0xFFFFFFFFFFFF:
            raise UnreadableError("destination MAC addresses are not in the model")
        parts.append(Bits(Field.MAC, value & ~ignored, 0xFFFFFFFFFFFF & ~ignored))
    return parts


def _tags(words: Words, span: SourceSpan) -> list[Match]:
    """``vlan N``: a packet of another VLAN does not match; one of this VLAN does if it is tagged."""
    parts: list[Match] = []
    while words.peek():
        keyword = words.take().lower()
        if keyword not in ("vlan", "inner-vlan"):
            raise UnreadableError(Reason("not a condition that is known: {word}", word=keyword[:40]))
        tag = number(words.take(), 1, 4094)
        if keyword == "vlan":
            parts.append(Ingress(frozenset({f"vlan{tag}"})))
        parts.append(
            Unknown(
                Reason(
                    "the packet carries the tag of {keyword} {tag} ({span})", keyword=keyword, tag=tag, span=str(span)
                ),
                span,
            )
        )
    return parts


def read_map(line: Line, config: Config) -> None:
    """``vlan access-map NAME`` with ``match access-group LIST``, asked in the order written."""
    if len(line.words) < 3:
        raise UnreadableError("a VLAN access-map without name")
    known = config.maps.setdefault(line.words[2], [])
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words[:2] == ("match", "access-group") and len(words) == 3:
            config.ledger.understood(child.number)
            known.append(Applied(child.words[2], child.span))
        else:
            config.ledger.understood(child.number)
            config.not_understood(child.number, "this line of a VLAN access-map is not known", Concern.FILTER)


def read_vlan_filter(line: Line, config: Config) -> None:
    """``vlan filter MAP vlan-list LIST input``."""
    words = Words(line.words[2:])
    name = words.take()
    if not words.took("vlan-list"):
        raise UnreadableError("a VLAN filter without list of VLANs")
    vlans = numbers(words.take(), 4094)
    if words.rest not in ((), ("input",)):
        raise UnreadableError(Reason("a VLAN filter that is not for input: {words}", words=" ".join(words.rest)[:40]))
    config.vlan_filters.append((name, vlans, line.span))
