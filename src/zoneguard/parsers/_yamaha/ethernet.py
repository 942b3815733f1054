"""``ethernet filter`` (command reference 9): conditions on MAC addresses, and on what the DHCP server has leased.

A frame's destination, or its bytes at an offset, is not in the model of a packet; nor is a source MAC address on the
way out, which is the router's own. Such conditions are left open, and so is what happens to a frame that no filter of a
list matches: the reference does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Deny, Filter, MacBinding, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Bits, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._yamaha.config import Config, Reading, filter_list, unread_filter, unreadable_list
from zoneguard.parsers._yamaha.filters import UnreadableError
from zoneguard.parsers._yamaha.interface import mac_address
from zoneguard.parsers._yamaha.lines import Command

_MASKED = re.compile(r"(?:[0-9a-f]{2}|\*)(?::(?:[0-9a-f]{2}|\*)){5}")
_ACTION = re.compile(r"(pass|reject)(?:-log|-nolog)?")
_LEASED = ("dhcp-bind", "dhcp-not-bind")


def read_ethernet(command: Command, config: Config) -> Reading:
    """A command ``ethernet …``. Raises ``UnreadableError`` or ``IndexError`` where malformed."""
    words = command.words
    if words[1] == "filter":
        return _read_filter(command, config)
    if words[2] != "filter" or words[3] not in ("in", "out"):
        raise UnreadableError("not a list of Ethernet filters")
    port = config.named(words[1], command.span)
    try:
        config.frame_lists[port.name, words[3]] = filter_list(command.span, words[4:])
    except UnreadableError as error:
        config.frame_lists[port.name, words[3]] = unreadable_list(command.span)
        return unread_filter(error)
    return True


def _read_filter(command: Command, config: Config) -> Reading:
    number, *rest = command.words[2:]
    if not number.isdigit():
        raise UnreadableError("an Ethernet filter without number")
    try:
        if not _ACTION.fullmatch(rest[0]):
            raise UnreadableError(Reason("not an action: {action}", action=rest[0]))
        if rest[1] not in _LEASED:
            _mac(rest[1])
    except (UnreadableError, IndexError) as error:
        config.frame_filters.pop(number, None)  # lists that name it find it undefined, which may be anything
        return unread_filter(error)
    config.frame_filters[number] = command
    return True


def read_dhcp(command: Command, config: Config) -> Reading:
    """Remember what ``dhcp scope`` leases and reserves; leasing itself is of no concern."""
    words = command.words
    if words[1:2] == ("scope",) and words[2].isdigit():
        low, _, high = words[3].split("/")[0].partition("-")
        config.scopes[words[2]] = (parse_address(low), parse_address(high))
    elif words[1:3] == ("scope", "bind") and words[-1].count(":") == 5 and "-" not in words[4] and words[4] != "*":
        config.leases.append((words[3], parse_address(words[4]), mac_address(words[-1]), command.span))
    return False


def _mac(text: str) -> tuple[int, int]:
    """Value and mask."""
    if text == "*":
        return 0, 0
    if not _MASKED.fullmatch(text):
        raise UnreadableError(Reason("not a MAC address: {text}", text=text))
    value = mask = 0
    for octet in text.split(":"):
        value = value << 8 | (0 if octet == "*" else int(octet, 16))
        mask = mask << 8 | (0 if octet == "*" else 255)
    return value, mask


def frame_stage(config: Config, name: str, direction: str) -> Filter:
    """The list of Ethernet filters of one interface and direction as a stage."""
    listed = config.frame_lists[name, direction]
    rules = [rule for number in listed.static for rule in _rules(config, number, name, direction, listed.span)]
    undecided = Unknown(
        Reason("a frame that no Ethernet filter of {name} {direction} matches passes", name=name, direction=direction),
        listed.span,
    )
    rules.append(Rule(undecided, Permit(), listed.span, "no filter matches", implied=True))
    stage = RuleList(f"ethernet {name} filter {direction}", tuple(rules), Deny(), listed.span)
    here = frozenset({name})
    return Filter(stage, ingress=here) if direction == "in" else Filter(stage, egress=here)


def _rules(config: Config, number: str, name: str, direction: str, where: SourceSpan) -> Iterator[Rule]:
    command = config.frame_filters.get(number)
    if command is None:
        yield Rule(
            Unknown(Reason("Ethernet filter {number} passes the frame", number=number), where), Permit(), where, number
        )
        yield Rule(
            Unknown(Reason("Ethernet filter {number} rejects the frame", number=number), where), Deny(), where, number
        )
        return
    words = command.words
    action = Permit() if words[3].startswith("pass") else Deny()
    yield Rule(_condition(config, command, name, direction), action, command.span, number)


def _condition(config: Config, command: Command, name: str, direction: str) -> Match:
    words, span = command.words, command.span
    number = words[2]
    open_part = Unknown(
        Reason(
            "the frame is one of Ethernet filter {number} on {name} {direction}",
            number=number,
            name=name,
            direction=direction,
        ),
        span,
    )
    if words[4] in _LEASED:
        scope = words[5] if len(words) > 5 else ""
        if direction == "out" or len(words) > 6 or (scope and scope not in config.scopes):
            return open_part
        return _leased(config, scope, words[4] == "dhcp-bind")
    value, mask = _mac(words[4])
    source: Match = ALWAYS if not mask else Bits(Field.MAC, value, mask) if direction == "in" else open_part
    wild = len(words) == 5 or (len(words) == 6 and words[5] in ("*", "*:*:*:*:*:*"))
    return source if wild else both(source, open_part)


def _leased(config: Config, scope: str, bound: bool) -> Match:
    """Source address and MAC address as reserved; or an address of the scope with a MAC that no reservation has."""
    leases = [lease for lease in config.leases if scope in ("", lease[0])]
    if bound:
        return either(
            *(both(In(Field.SRC, Intervals.of(a)), In(Field.MAC, Intervals.of(mac))) for _, a, mac, _ in leases)
        )
    ranges = [span for number, span in config.scopes.items() if scope in ("", number)]
    return both(In(Field.SRC, Intervals.from_spans(ranges)), Not(In(Field.MAC, Intervals.of(*(x[2] for x in leases)))))


def frame_bindings(config: Config) -> Iterator[MacBinding]:
    """Addresses that an interface takes only from their reserved MAC address."""
    for (name, direction), listed in config.frame_lists.items():
        for number in listed.static if direction == "in" else ():
            command = config.frame_filters.get(number)
            if command is not None and command.words[3].startswith("pass") and command.words[4] == "dhcp-bind":
                scope = command.words[5] if len(command.words) > 5 else ""
                for of, address, mac, span in config.leases:
                    if scope in ("", of):
                        yield MacBinding(address, mac, name, span)
