"""``ip filter N``, ``ip filter dynamic N``, ``ip filter set``, and the lists that interfaces make of them.

A list is asked from left to right and the first static filter that matches decides (command reference 8.1.25). A
dynamic filter watches for the opening of a connection in the direction of its list and lets the packets of that
connection pass in both (8.1.14). The reference does not say whether a dynamic filter admits an opening that no static
filter of the list decides: that is left open here. What a static filter rejects stays rejected.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.device import Deny, Permit, Rule
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._yamaha.config import DynamicFilter, Family, FilterList, Reading, filter_list, unread_filter
from zoneguard.parsers._yamaha.filters import (
    PORTS,
    StaticFilter,
    UnreadableError,
    addresses,
    family,
    parse_filter,
    service,
)
from zoneguard.parsers._yamaha.lines import Command

_NEW = In(Field.STATE, Intervals.of(ConnState.NEW))
_ESTABLISHED = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED))
_OPENED = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_RELATED = In(Field.STATE, Intervals.of(ConnState.RELATED))

# Applications whose further connections the router follows (ports are negotiated within the first).
_FOLLOWED = frozenset({"ftp", "tftp", "netmeeting", "sip", "pptp"})
_APPLICATIONS = frozenset({"", "ping", "ping6", "tcp", "udp", "netmeeting", *PORTS})
_ONLY_TCP = frozenset(
    {"ftp", "www", "http", "https", "smtp", "submission", "pop3", "telnet", "ssh", "nntp", "imap", "bgp", "whois"}
)


def read_filter(command: Command, found: Family) -> Reading:
    """A command ``ip filter …``. Raises ``UnreadableError``, ``ValueError`` or ``IndexError`` where malformed."""
    words = command.words
    if words[2] == "dynamic" and words[3] != "timer":
        return _read_dynamic(command, found)
    if words[2] == "set":
        found.sets[words[3]] = found.sets.get(words[3], {}) | _set(command)
        return True
    if not words[2].isdigit():
        return False
    try:
        found.static[words[2]] = parse_filter(words[2], words[3:], found.v6, command.span)
    except (ValueError, IndexError) as error:
        found.static[words[2]] = StaticFilter(words[2], command.span)
        return unread_filter(error)
    return True


def _set(command: Command) -> dict[str, FilterList]:
    listed: dict[str, list[str]] = {}
    current: list[str] | None = None
    for word in command.words[4:]:
        if word in ("in", "out"):
            current = listed.setdefault(word, [])
        elif current is None:
            raise UnreadableError("a filter set without direction")
        else:
            current.append(word)
    return {direction: filter_list(command.span, tuple(numbers)) for direction, numbers in listed.items()}


def _read_dynamic(command: Command, found: Family) -> Reading:
    number = command.words[3]
    if not number.isdigit():
        raise UnreadableError("a dynamic filter without number")
    try:
        found.dynamic[number] = _dynamic(command, found.v6)
    except (ValueError, IndexError) as error:
        found.dynamic.pop(number, None)  # lists that name it find it undefined, which may be anything
        return unread_filter(error)
    return True


def _dynamic(command: Command, v6: bool) -> DynamicFilter:
    number, source, destination, application, *rest = command.words[3:]
    addresses(source, Field.SRC, v6, command.span)
    addresses(destination, Field.DST, v6, command.span)
    if application != "filter":
        return DynamicFilter(number, command.span, source, destination, application)
    lists: dict[str, list[str]] = {"filter": []}
    current = "filter"
    for word in rest:
        if word in ("in", "out"):
            current = word
            lists[word] = []
        elif word.isdigit():
            lists[current].append(word)
        elif "=" not in word:
            raise UnreadableError(Reason("not a filter number: {word}", word=word))
    triggers, backward, forward = (tuple(lists.get(key, ())) for key in ("filter", "in", "out"))
    return DynamicFilter(number, command.span, source, destination, "", triggers, backward, forward)


def list_rules(
    found: Family, name: str, direction: str, own: FilterList, other: FilterList | None, where: str
) -> list[Rule]:
    """The rules of the list ``own`` of interface ``name``; ``other`` is the list of the other direction.

    ``where`` is a condition's name if packets may find the line down here (``""``: never), for ``restrict``.
    """
    rules = [Rule(Not(family(found.v6)), Permit(), own.span, "the other version of IP", implied=True, unasked=True)]
    for number in own.dynamic:
        rules.extend(_session_rules(found, number, own, False))
    for number in other.dynamic if other else ():
        assert other is not None
        rules.extend(_session_rules(found, number, other, True))
    for number in own.static:
        rules.extend(_static_rules(found, number, own, where))
    for number in own.dynamic:
        trigger = _trigger(found, number, own.span, False)
        span = found.dynamic[number].span if number in found.dynamic else own.span
        doubt = Unknown(
            Reason(
                "dynamic filter {number} on {name} {direction} admits what no static filter decides",
                number=number,
                name=name,
                direction=direction,
            ),
            own.span,
        )
        rules.append(Rule(both(_NEW, trigger, doubt), Permit(), span, f"dynamic {number}", implied=True))
    return rules


def _static_rules(found: Family, number: str, own: FilterList, where: str) -> Iterable[Rule]:
    known = found.static.get(number)
    if known is None or not known.action:
        span = own.span if known is None else known.span
        yield Rule(Unknown(Reason("filter {number} passes the packet", number=number), span), Permit(), span, number)
        yield Rule(Unknown(Reason("filter {number} rejects the packet", number=number), span), Deny(), span, number)
    elif known.action == "restrict" and where:
        yield Rule(both(known.match, Unknown(where, known.span)), Permit(), known.span, number)
        yield Rule(known.match, Deny(), known.span, number)
    else:
        yield Rule(known.match, Deny() if known.action == "reject" else Permit(), known.span, number)


def _session_rules(found: Family, number: str, listed: FilterList, mirrored: bool) -> Iterable[Rule]:
    """Packets of connections that dynamic filter ``number`` saw open; ``mirrored``: in the direction of the answers."""
    known = found.dynamic.get(number)
    span = listed.span if known is None else known.span
    name = f"dynamic {number}"
    if known is None:
        yield Rule(_trigger(found, number, span, mirrored), Permit(), span, name, implied=True)
        return
    states = _ESTABLISHED if known.service in _APPLICATIONS else _OPENED
    yield Rule(both(states, _trigger(found, number, span, mirrored)), Permit(), span, name, implied=True)
    ends = _ends(known, found.v6, mirrored)
    if known.service in _FOLLOWED:
        yield Rule(both(_RELATED, ends), Permit(), span, name, implied=True)
    for opened in known.backward if mirrored else known.forward:
        what = _borrowed(found, opened, span, False)
        doubt = Unknown(Reason("a connection that triggers dynamic filter {number} is open", number=number), span)
        yield Rule(both(_RELATED, ends, what), Permit(), span, name, implied=True)
        yield Rule(both(_NEW, ends, what, doubt), Permit(), span, name, implied=True)
    for opened in known.forward if mirrored else known.backward:
        yield Rule(both(_ESTABLISHED, ends, _borrowed(found, opened, span, True)), Permit(), span, name, implied=True)
    for opened in known.backward if mirrored else known.forward:
        yield Rule(both(_ESTABLISHED, ends, _borrowed(found, opened, span, False)), Permit(), span, name, implied=True)


def _trigger(found: Family, number: str, where: SourceSpan, mirrored: bool) -> Match:
    """The packets of the connection that triggers; an undefined number may be any."""
    known = found.dynamic.get(number)
    if known is None:
        return Unknown(Reason("dynamic filter {number} is about the packet", number=number), where)
    if known.service:
        what = _application(known, found.v6, mirrored)
    else:
        what = either(*(_borrowed(found, trigger, known.span, mirrored) for trigger in known.triggers))
    return both(_ends(known, found.v6, mirrored), what)


def _ends(known: DynamicFilter, v6: bool, mirrored: bool) -> Match:
    source, destination = (Field.DST, Field.SRC) if mirrored else (Field.SRC, Field.DST)
    return both(
        addresses(known.source, source, v6, known.span), addresses(known.destination, destination, v6, known.span)
    )


def _application(known: DynamicFilter, v6: bool, mirrored: bool) -> Match:
    name = known.service
    if name in ("ping", "ping6"):
        echo = {"ping": ("8", "0"), "ping6": ("128", "129")}[name][mirrored]
        return service("icmp6" if v6 else "icmp", echo, "*", v6, known.span)
    if name in ("tcp", "udp"):
        return service(name, "*", "*", v6, known.span)
    if name == "netmeeting":
        return service("tcp", "*", "389,522,1503,1720,1731", v6, known.span, mirrored)
    if name not in _APPLICATIONS:
        return Unknown(Reason("the application is {name}", name=name), known.span)
    numbers = "80,443" if name == "www" else name  # here, unlike in a static filter, "www" is both
    return service("tcp" if name in _ONLY_TCP else "tcp,udp", "*", numbers, v6, known.span, mirrored)


def _borrowed(found: Family, number: str, span: SourceSpan, mirrored: bool) -> Match:
    """Protocol and ports of a static filter; its addresses and its action do not count (8.1.14)."""
    static = found.static.get(number)
    if static is None or not static.action:
        return Unknown(Reason("filter {number} matches the packet", number=number), static.span if static else span)
    return service(*static.service, found.v6, static.span, mirrored)
