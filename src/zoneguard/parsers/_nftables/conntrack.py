"""What rules ask of connection tracking and of marks. Source: nft(8), "CONNTRACK EXPRESSIONS"; the kernel's nft_ct.c.

A packet without a session (invalid, untracked, not yet tracked) has the state ``invalid`` or ``untracked`` and nothing
else of ``ct`` matches it, not even negated. A packet of an established session may go either way, and the session's
addresses are those of its first packet: what compares with them is decided for the first packet only.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ICMP_PROTOCOLS, NEVER, ConnState, Field, In, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._iptables.values import UnreadableError
from zoneguard.parsers._nftables.names import STATE_BITS, STATES
from zoneguard.parsers._nftables.scope import RuleScope

IS_NEW = In(Field.STATE, Intervals.of(ConnState.NEW))
UNDERWAY = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
TRACKED = In(Field.STATE, Intervals.of(ConnState.NEW, ConnState.ESTABLISHED, ConnState.RELATED))
TRANSLATED = In(Field.DNAT, Intervals.of(1))
RELATED_ICMP = both(In(Field.STATE, Intervals.of(ConnState.RELATED)), In(Field.PROTO, ICMP_PROTOCOLS))
_UNTRACKED = In(Field.STATE, Intervals.of(ConnState.UNTRACKED))


def guard(rule: RuleScope) -> Match:
    """What holds for every packet of which something of a session is asked."""
    return TRACKED if rule.scope.place.tracked else NEVER


def states(rule: RuleScope, names: Iterable[str]) -> Match:
    """The state is one of those named, or of those whose bits a number has."""
    wanted: set[int] = set()
    for name in names:
        if name in STATES:
            wanted.add(STATES[name])
        elif name.isdigit() or name[:2] == "0x":
            bits = int(name, 16 if name[:2] == "0x" else 10) if len(name) < 20 else -1
            if bits < 0 or bits & ~sum(STATE_BITS):
                raise UnreadableError(Reason("{name} is not a state", name=repr(name)))
            wanted.update(state for bit, state in STATE_BITS.items() if bits & bit)
        else:
            raise UnreadableError(Reason("{name} is not a state", name=repr(name)))
    if rule.scope.place.tracked:
        return In(Field.STATE, Intervals.of(*wanted))
    untracked = _UNTRACKED if ConnState.UNTRACKED in wanted else NEVER
    return either(untracked, Not(_UNTRACKED)) if ConnState.INVALID in wanted else untracked


def status(rule: RuleScope, names: Iterable[str]) -> Match:
    """Some bit of the session's status is set; exact for ``dnat`` of a first packet."""
    parts: list[Match] = []
    for name in names:
        later = both(UNDERWAY, rule.about_packet(Reason("ct status {name} of a session under way", name=name)))
        if name == "dnat":
            parts.append(either(TRANSLATED, later))
        elif name in ("snat", "seen-reply", "assured"):
            parts.append(later)
        else:
            parts.append(rule.about_packet(Reason("ct status {name}", name=name)))
    return either(*parts)


def direction(rule: RuleScope, name: str) -> Match:
    """``original`` or ``reply``."""
    unknown = rule.about_packet(Reason("ct direction of a session under way is reply"))
    if name in ("reply", "1"):
        return both(Not(IS_NEW), unknown)
    if name in ("original", "0"):
        return either(IS_NEW, Not(unknown))
    raise UnreadableError(Reason("{text} is not a direction", text=repr(name)))


def of_first_packet(rule: RuleScope, exact: Match, text: str) -> Match:
    """``exact`` for the first packet of a session; open for later ones."""
    later = rule.about_packet(Reason("{text} of a session under way", text=text))
    return either(both(IS_NEW, exact), both(Not(IS_NEW), later))


def before_translation(field: Field, original: Field, values: Intervals) -> Match:
    """The destination (``field``) as it was when the session began."""
    return either(both(TRANSLATED, In(original, values)), both(Not(TRANSLATED), In(field, values)))
