"""Matches on connection tracking and marks: ``state``, ``conntrack``, ``mark``, ``connmark``.

Meaning from the kernel's ``xt_conntrack.c``, ``xt_state.c`` and ``xt_connmark.c``: a packet without a session (invalid
or untracked) matches nothing of a session's, not even negated; and before tracking (table ``raw``) every packet counts
as ``INVALID``, unless it was marked ``UNTRACKED``. A packet of an established session may go either way, and the
session's addresses are those of its first packet: what compares with them is decided for the first packet only.
"""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    ICMP_PROTOCOLS,
    NEVER,
    PORT_PROTOCOLS,
    Bits,
    ConnState,
    Field,
    In,
    Match,
    Not,
    both,
    either,
)
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables import values as read
from zoneguard.parsers._iptables.scope import RuleScope
from zoneguard.parsers._iptables.syntax import Extension, Option
from zoneguard.parsers._iptables.values import UnreadableError

_STATES = {"NEW": ConnState.NEW, "ESTABLISHED": ConnState.ESTABLISHED, "RELATED": ConnState.RELATED,
           "INVALID": ConnState.INVALID, "UNTRACKED": ConnState.UNTRACKED}  # fmt: skip
_IS_NEW = In(Field.STATE, Intervals.of(ConnState.NEW))
_UNDERWAY = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_TRACKED = In(Field.STATE, Intervals.of(ConnState.NEW, ConnState.ESTABLISHED, ConnState.RELATED))
_TRANSLATED = In(Field.DNAT, Intervals.of(1))
_UNTRACKED = In(Field.STATE, Intervals.of(ConnState.UNTRACKED))
_RELATED_ICMP = both(In(Field.STATE, Intervals.of(ConnState.RELATED)), In(Field.PROTO, ICMP_PROTOCOLS))


def states(rule: RuleScope, text: str, negated: bool) -> Match:
    """One of the comma-separated states, or none of them."""
    unknown = rule.unknown(
        Reason("{word}--ctstate {text} of a session under way", word="! " if negated else "", text=text)
    )
    wanted: set[int] = set()
    virtual: list[Match] = []
    for name in text.split(","):
        if name in _STATES:
            wanted.add(_STATES[name])
        elif name == "DNAT":
            virtual.append(either(_TRANSLATED, both(_UNDERWAY, unknown)))
        elif name == "SNAT":
            virtual.append(both(_UNDERWAY, unknown))
        else:
            raise UnreadableError(Reason("{name} is not a state", name=repr(name)))
    if rule.scope.table == "raw":
        untracked = _UNTRACKED if ConnState.UNTRACKED in wanted else NEVER
        match = either(untracked, Not(_UNTRACKED)) if ConnState.INVALID in wanted else untracked
    else:
        match = either(In(Field.STATE, Intervals.of(*wanted)), *virtual)
    return Not(match) if negated else match


def conntrack(rule: RuleScope, extension: Extension) -> Match:
    """``-m conntrack``: the state, and conditions on the session, which a packet without one cannot meet."""
    wanted: list[Match] = []
    session: list[Match] = []
    for option in extension.options:
        if option.name == "ctstate":
            wanted.append(states(rule, option.values[0], option.negated))
        else:
            match = _of_session(rule, option)
            session.append(Not(match) if option.negated else match)
    if rule.scope.table == "raw":
        return both(*wanted) if wanted else NEVER
    if not wanted:
        return both(_TRACKED, *session)
    return both(*wanted, *([either(Not(_TRACKED), both(*session))] if session else []))


def _of_session(rule: RuleScope, option: Option) -> Match:
    name, text = option.name, option.values[0]
    unknown = rule.unknown(
        Reason("{word}--{name} of a session under way", word="! " if option.negated else "", name=name)
    )
    if name == "ctproto":
        number = read.protocol(text)
        same = ALWAYS if number is None else In(Field.PROTO, Intervals.of(number))
        return either(both(Not(_RELATED_ICMP), same), both(_RELATED_ICMP, unknown))
    if name == "ctdir":
        if text.upper() not in ("ORIGINAL", "REPLY"):
            raise UnreadableError(Reason("{text} is not a direction", text=repr(text)))
        return either(_IS_NEW, unknown) if text.upper() == "ORIGINAL" else both(Not(_IS_NEW), unknown)
    if name in _ADDRESSES:
        return _first_packet(_translated(_ADDRESSES[name], text, rule.scope.v6), unknown)
    if name in _PORTS:
        exact = _translated_port(_PORTS[name], read.ports(text))
        has_ports = In(Field.PROTO, PORT_PROTOCOLS)
        return _first_packet(either(both(has_ports, exact), both(Not(has_ports), unknown)), unknown)
    return unknown


def _first_packet(exact: Match, otherwise: Match) -> Match:
    return either(both(_IS_NEW, exact), both(Not(_IS_NEW), otherwise))


_ADDRESSES: Mapping[str, Field] = {
    "ctorigsrc": Field.SRC, "ctorigdst": Field.ORIG_DST, "ctreplsrc": Field.DST, "ctrepldst": Field.SRC,
}  # fmt: skip
_PORTS: Mapping[str, Field] = {
    "ctorigsrcport": Field.SPORT, "ctorigdstport": Field.ORIG_DPORT, "ctreplsrcport": Field.DPORT,
    "ctrepldstport": Field.SPORT,
}  # fmt: skip


def _translated(field: Field, text: str, v6: bool) -> Match:
    if field is not Field.ORIG_DST:
        return read.in_networks(field, text, v6)
    original, current = (read.in_networks(f, text, v6) for f in (Field.ORIG_DST, Field.DST))
    return either(both(_TRANSLATED, original), both(Not(_TRANSLATED), current))


def _translated_port(field: Field, values: Intervals) -> Match:
    if field is not Field.ORIG_DPORT:
        return In(field, values)
    return either(both(_TRANSLATED, In(field, values)), both(Not(_TRANSLATED), In(Field.DPORT, values)))


def mark(rule: RuleScope, extension: Extension) -> Match:
    """``-m mark``: exact, but where marks come from sessions or from hashes."""
    marks = rule.scope.marks
    parts: list[Match] = []
    for option in extension.options:
        value, mask = read.masked(option.values[0])
        exact: Match = NEVER if value & ~mask else Bits(Field.MARK, value, mask)
        unknown = rule.unknown(Reason("! -m mark") if option.negated else Reason("-m mark"))
        if marks.scattered or marks.new_too:
            match: Match = unknown
        elif marks.restored:
            match = either(both(Not(_UNDERWAY), exact), both(_UNDERWAY, unknown))
        else:
            match = exact
        parts.append(Not(match) if option.negated else match)
    return both(*parts)


def connmark(rule: RuleScope, extension: Extension) -> Match:
    """``-m connmark``: a new session has mark 0 where nothing in the file gives it another."""
    parts: list[Match] = [NEVER if rule.scope.table == "raw" else _TRACKED]
    for option in extension.options:
        value, mask = read.masked(option.values[0])
        unknown = rule.unknown(Reason("! -m connmark") if option.negated else Reason("-m connmark"))
        if value & ~mask:
            match: Match = NEVER
        elif rule.scope.marks.kept:
            match = unknown
        else:
            match = both(Not(_IS_NEW), unknown) if value else either(_IS_NEW, unknown)
        parts.append(Not(match) if option.negated else match)
    return both(*parts)
