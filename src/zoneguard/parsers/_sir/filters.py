"""``ip filter`` of a ``lan`` or ``remote``: lines → conditions → stages.

The fields are those of the command reference: COUNT ACTION SRC SPORT DST DPORT PROTOCOL TCPCONNECT [TOS], asked in
order of COUNT. Later models put a direction and two more fields behind TOS, or ``acl N`` in place of the fields. Which
way a filter looks, what ``tcpconnect`` and ``acl`` mean and what happens to a packet that no filter matches are not in
the public manuals: these are ``Unknown``, so a filter never drops for certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.addresses import ALL_V4, prefix_span
from zoneguard.model.device import Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ConnState, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._indented.words import UnreadableError, mask_length, number, prefix
from zoneguard.parsers._sir.config import Config, FilterLine, Port

_TCP = In(Field.PROTO, Intervals.of(6))
_PORTED = In(Field.PROTO, Intervals.of(6, 17))
_SESSION = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
_V4 = In(Field.DST, ALL_V4)
_WAYS = (Reason("comes in"), Reason("goes out"))


def network(text: str) -> tuple[int, int]:
    """``A.B.C.D/BITS`` or ``A.B.C.D/MASK`` as network and length; host bits are cleared. Raises ``UnreadableError``."""
    address, _, mask = text.partition("/")
    return prefix(f"{address}/{mask_length(mask)}" if "." in mask else text)


def read_filter(words: Sequence[str], where: str, span: SourceSpan) -> FilterLine:
    """The words behind COUNT; ``where`` names the filter in what stays open. Raises ``UnreadableError``."""
    action, fields = words[0], words[1:]
    if action not in ("pass", "reject", "restrict"):
        raise UnreadableError(Reason("not an action: {action}", action=action[:40]))
    if fields[:1] == ("acl",):
        number(fields[1], 0, 1 << 31)
        match = Unknown(Reason("acl {fields} of {file} matches the packet", fields=fields[1], file=span.file), span)
        return FilterLine(span, action, match, ALWAYS, " ".join(fields[2:]))
    if not 6 <= len(fields) <= 10:
        raise UnreadableError("a filter has six fields and at most four more")
    source, sport, destination, dport, protocol, connect = fields[:6]
    if connect not in ("yes", "no"):
        raise UnreadableError(Reason("neither yes nor no: {word}", word=connect[:40]))
    tcp = Unknown(Reason("tcpconnect {connect} of {where} takes the packet", connect=connect, where=where), span)
    more = [f for at, f in enumerate(fields[6:]) if f != "any" and at != 1]
    return FilterLine(
        span,
        action,
        both(
            _addresses(source, Field.SRC), _addresses(destination, Field.DST), _ports(sport, Field.SPORT, where, span)
        ),
        both(
            _ports(dport, Field.DPORT, where, span),
            ALWAYS if protocol == "any" else In(Field.PROTO, Intervals.of(number(protocol, 0, 255))),
            either(Not(_TCP), tcp),
            *(
                Unknown(Reason("{words} of {where} takes the packet", words=" ".join(more), where=where), span)
                for _ in more[:1]
            ),
        ),
        fields[7] if len(fields) > 7 else "",
    )


def _addresses(text: str, field: Field) -> Match:
    return ALWAYS if text == "any" else In(field, prefix_span(*network(text)))


def _ports(text: str, field: Field, where: str, span: SourceSpan) -> Match:
    """Beside a protocol without ports it is open whether the ports count."""
    if text == "any":
        return ALWAYS
    taken = Unknown(Reason("{where} takes a packet without ports", where=where), span)
    return either(both(_PORTED, In(field, Intervals.of(number(text, 0, 65535)))), both(Not(_PORTED), taken))


def unread(span: SourceSpan, where: str) -> FilterLine:
    """A filter of which only its place is known."""
    return FilterLine(span, "", Unknown(Reason("{where} matches the packet", where=where), span), ALWAYS)


def filter_stages(config: Config, way: int) -> Iterator[Filter]:
    """The filters of every port on what comes in (``way`` 0) or goes out (1)."""
    for port in config.ports.values():
        rules = tuple(_rules(config, port, way))
        if rules:
            name = f"{port.name} ip filter {'in' if way == 0 else 'out'}"
            listed = RuleList(name, rules, Permit(), rules[0].span)
            here = frozenset({port.name})
            yield Filter(listed, ingress=here) if way == 0 else Filter(listed, egress=here)


def _rules(config: Config, port: Port, way: int) -> Iterator[Rule]:
    where = f"{config.name}: {port.name}"
    own = Reason("the filters of {where} look at what {way}", where=where, way=_WAYS[way])
    for count, line in sorted(port.filters.items()):
        each = Reason("filter {count} of {where}", count=count, where=where)
        looks = (
            Reason("{each} ({direction}) looks at what {way}", each=each, direction=line.direction, way=_WAYS[way])
            if line.direction
            else own
        )
        seen = Unknown(Reason("{each} matches addresses before or after NAT", each=each), line.span)
        asked = line.addresses if port.nat is None else seen
        match = both(_V4, asked, line.rest, Unknown(looks, line.span))
        name = f"{port.name} ip filter {count}"
        if line.action == "pass":
            yield Rule(match, Permit(), line.span, name)
            continue
        doubts = {"reject": (), "restrict": (f"{where} is not connected",), "": (f"{each} drops what it matches",)}
        yield Rule(both(match, *(Unknown(d, line.span) for d in doubts[line.action])), Deny(), line.span, name)
        if line.action != "reject":
            yield Rule(match, Permit(), line.span, name)
    last = port.filters[max(port.filters)].span if port.filters else None
    default, span = port.default or ("", last)
    if span is not None and default != "pass":
        drops = Unknown(
            Reason("what no filter of {where} matches is dropped where it {way}", where=where, way=_WAYS[way]), span
        )
        yield Rule(both(_V4, drops), Deny(), span, f"{port.name} ip filter default", implied=not default)


def from_outside(config: Config) -> Iterator[Filter]:
    """What a translating port does with packets from outside that no session called for."""
    for port in config.ports.values():
        if port.nat is not None:
            refused = Unknown(
                Reason("NAT of {name}: {name2} refuses what comes in unasked", name=config.name, name2=port.name),
                port.nat,
            )
            rule = Rule(both(_V4, Not(_SESSION), refused), Deny(), port.nat, f"{port.name} ip nat", implied=True)
            rules = RuleList(f"{port.name} ip nat in", (rule,), Permit(), port.nat)
            yield Filter(rules, ingress=frozenset({port.name}))
