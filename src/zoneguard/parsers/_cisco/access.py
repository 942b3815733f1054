"""Access lists and object groups as a configuration writes them, into ``Config.lists`` and ``Config.groups``."""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.config import Config
from zoneguard.parsers._cisco.entries import Entry, extended_entry, standard_entry
from zoneguard.parsers._cisco.groups import Group, network_member, port_member, service_member
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.lists import NEIGHBOURS, AccessList
from zoneguard.parsers._cisco.reasons import COUNTS
from zoneguard.parsers._cisco.values import UnreadableError, undecided

REMARK = Reason("remark")
TAKEN = "the number of this line is already taken in its list"
NOT_IP = "a list for protocols other than IP"
_STANDARD = ((1, 99), (1300, 1999))
_EXTENDED = ((100, 199), (2000, 2699))
_OTHERS = ((200, 1299), (2700, 2799))
_SETTINGS = frozenset({"compiled", "dynamic-extended", "rate-limit", "cache"})
_ASIDE = frozenset({"statistics", "hardware", "logging", "description"})


def known_list(config: Config, name: str, v6: bool, line: Line) -> AccessList:
    """The list of that name, made if it is new."""
    key = (name, v6)
    if key not in config.lists:
        config.lists[key] = AccessList(name, v6, config.span(line), discovery=NEIGHBOURS if v6 else ())
    return config.lists[key]


def read_list(config: Config, line: Line, name: str, v6: bool, standard: bool) -> None:
    """A block ``ip access-list …`` or ``ipv6 access-list …`` with its lines."""
    config.understood(line)
    known = known_list(config, name, v6, line)
    for child in line.children:
        for below in child.children:
            config.unread(below, Concern.FILTER)
        if child.word(0) == "fragments" and child.word(1) in ("permit-all", "deny-all"):
            known.fragments = child.word(1) == "permit-all"
            config.understood(child)
        elif child.word(0) in _ASIDE:
            config.ledger.ignored(COUNTS, child.number)
        else:
            _add(config, known, child, child.words, standard)


def read_numbered(config: Config, line: Line) -> None:
    """``access-list 101 permit …``: a line of a list that needs no block."""
    name, words = line.word(1), line.words[2:]
    standard = not (name.isascii() and name.isdigit())
    if standard:
        standard = "standard" in words[:1]
        if words[:1] not in (("standard",), ("extended",)):
            _setting(config, line, name)
            return
        words = words[1:]
    else:
        value = int(name[:6])
        standard = any(low <= value <= high for low, high in _STANDARD)
        if not standard and not any(low <= value <= high for low, high in _EXTENDED):
            if any(low <= value <= high for low, high in _OTHERS):
                account(config.ledger, line, NOT_IP)
            else:
                config.unread(line, Concern.FILTER, why=Reason("not the number of a list: {name}", name=name[:40]))
            return
    known = known_list(config, name, False, line)
    if words:
        _add(config, known, line, words, standard)
    else:
        config.understood(line)
    for child in line.children:
        _add(config, known, child, child.words, standard)


def _setting(config: Config, line: Line, name: str) -> None:
    """``access-list compiled`` and its like: how lists are kept, or what rates they limit."""
    if name in _SETTINGS:
        account(config.ledger, line, COUNTS)
    else:
        config.unread(line, Concern.FILTER, why=Reason("not the number of a list: {name}", name=name[:40]))


def _add(config: Config, known: AccessList, line: Line, words: tuple[str, ...], standard: bool) -> None:
    number: int | None = None
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) < 11:
        number, words = int(words[0]), words[1:]
    elif words[:1] == ("sequence",) and len(words) > 2 and words[1].isdigit():
        number, words = int(words[1][:10]), words[2:]
    elif known.v6 and "sequence" in words[-2:-1] and words[-1].isascii() and words[-1].isdigit():
        number, words = int(words[-1][:10]), words[:-2]
    if words[:1] == ("remark",):
        config.ledger.ignored(REMARK, line.number)
        return
    if words[:1] == ("no",):
        config.ledger.not_understood(line.number, "this takes back what the file may not show", Concern.FILTER)
        return
    span = config.span(line)
    try:
        read = standard_entry(words, span) if standard else extended_entry(words, span, config.reading(known.v6))
    except UnreadableError as error:
        permit = words[:1] != ("deny",)
        open_ = undecided(
            Reason("line {number} of access list {name} is about the packet", number=line.number, name=known.name), span
        )
        read = Entry(permit, open_, span, " ".join(words))
        decides = words[:1] in (("permit",), ("deny",))
        config.unread(line, Concern.FILTER, bounded=decides, why=str(error))
    if not known.add(read, number):
        config.ledger.not_understood(line.number, TAKEN, Concern.FILTER)
        return
    config.understood(line)


def read_group(config: Config, line: Line, name: str, kind: str) -> None:
    """A block ``object-group …`` of addresses (``network``), services or ports."""
    config.understood(line)
    group = config.groups.group(name, config.span(line))
    for child in line.children:
        words = child.words
        if kind != "service" and words[0].isascii() and words[0].isdigit() and len(words) > 1:
            words = words[1:]
        _member(config, group, child, kind, words)


def _member(config: Config, group: Group, child: Line, kind: str, words: tuple[str, ...]) -> None:
    if words[0] in ("description", "remark"):
        config.ledger.ignored(REMARK, child.number)
        return
    if words[0] in ("network-object", "service-object", "port-object"):
        words = words[1:]
    try:
        if kind == "network":
            network_member(words, group, config.wildcards_in_groups)
        elif kind == "service":
            service_member(words, group)
        else:
            port_member(words, group)
    except UnreadableError as error:
        group.unread.append(config.span(child))
        config.unread(child, Concern.FILTER, bounded=True, why=str(error))
    else:
        config.understood(child)
    for below in child.children:
        config.unread(below, Concern.FILTER)
