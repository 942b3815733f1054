"""Access lists and security levels as filters, and what the device lets in to itself.

Order ("Access Rules"): the interface's list, the global list, the implicit deny. Where neither stands, traffic to lower
levels passes. Traffic between interfaces of one level, and back out of the same interface, needs
``same-security-traffic`` whatever the lists say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Concern, Deny, Filter, Jump, Permit, Return, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, Not, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.acl import Entry
from zoneguard.parsers._cisco_asa.config import Config, Group, Port
from zoneguard.parsers._cisco_asa.names import ICMP, ICMP6, TCP
from zoneguard.parsers._cisco_asa.values import UnreadableError, Words, icmp_types, masked, prefix6

_PORTS = {"ssh": 22, "telnet": 23, "http": 443}


class Filters:
    """Builds the filters of one configuration; ``opened``: rules for what comes out of tunnels, by interface.

    ``lists`` are those that the filters jump to.
    """

    def __init__(self, config: Config, opened: dict[str, list[Rule]]) -> None:
        self._config, self._opened = config, opened
        self.lists: dict[str, RuleList] = {}
        self._levels: dict[tuple[int, bool], frozenset[str]] = {}

    def inbound(self) -> Iterator[Filter]:
        """The lists asked of what comes in, one filter for each interface that has one or is under the global one.

        After routing, as FTD's lists ask for the way out, and as no list is asked of what is for the device itself.
        """
        sent = self._config.old
        everywhere = [rule for group in self._config.everywhere for rule in self._rules(group, sent)]
        for name in self._config.named:
            groups = self._config.groups.get((name, "in"), [])
            own = [rule for group in groups for rule in self._rules(group, sent)]
            rules = [*self._opened.get(name, ()), *own, *everywhere]
            ends = [*self._config.everywhere, *groups]
            if ends:
                title = f"access-group {', '.join(g.acl for g in (*groups, *self._config.everywhere))} for {name}"
                here = frozenset({self._config.interface(name)})
                yield Filter(RuleList(title, tuple(rules), Deny(), ends[0].span), ingress=here, stateful=True)

    def outbound(self) -> Iterator[Filter]:
        """The lists asked of what leaves. What came by a tunnel may not be asked them."""
        tunnelled = self._unasked()
        for name in self._config.named:
            groups = self._config.groups.get((name, "out"), [])
            if not groups:
                continue
            rules = [*tunnelled, *(rule for group in groups for rule in self._rules(group))]
            here = frozenset({self._config.interface(name)})
            title = f"access-group {', '.join(g.acl for g in groups)} out of {name}"
            yield Filter(RuleList(title, tuple(rules), Deny(), groups[0].span), egress=here, stateful=True)

    def _unasked(self) -> list[Rule]:
        """What came by a tunnel, as one list to jump to."""
        came = [rule for rules in self._opened.values() for rule in rules]
        if not came:
            return []
        unasked = [
            Unknown(Reason("{device}: tunnels leave unasked", device=self._config.device), rule.span) for rule in came
        ]
        pairs = zip(came, unasked, strict=True)
        rules = [Rule(both(r.match, u), Permit(), r.span, r.name, implied=True) for r, u in pairs]
        self.lists["out of tunnels"] = RuleList("out of tunnels", tuple(rules), Return(), came[0].span)
        return [Rule(ALWAYS, Jump("out of tunnels"), came[0].span, implied=True)]

    def _rules(self, group: Group, sent: bool = False) -> Iterator[Rule]:
        """The list of a group; ``sent``: asked of addresses as they came in."""
        if group.override and self._users():
            self._config.not_understood(
                group.span.first,
                "users may have a list of their own, which is not in the configuration",
                Concern.FILTER,
                bounded=True,
            )
            yield from self._either(Reason("a user's own list decides before {name}", name=group.acl), group.span)
        yield Rule(ALWAYS, Jump(self._list(group, sent)), group.span, group.acl)

    def _users(self) -> bool:
        heads = {command.words[:3] for command in self._config.part.commands if command.words[0] == "aaa"}
        return any(head[1:2] in (("authentication",), ("authorization",)) and head[2:] in (("match",), ("include",))
                   for head in heads)  # fmt: skip

    def _either(self, what: str, span: SourceSpan) -> Iterator[Rule]:
        for action, verb in ((Permit(), Reason("permits")), (Deny(), Reason("denies"))):
            yield Rule(
                Unknown(Reason("{device}: {what}: {verb}", device=self._config.device, what=what, verb=verb), span),
                action,
                span,
                implied=True,
            )

    def _list(self, group: Group, sent: bool) -> str:
        """The access list of a group, as a list to jump to: many interfaces may share one."""
        name = f"access-list {group.acl}{' as sent' if sent else ''}"
        if name not in self.lists:
            self.lists[name] = RuleList(name, tuple(self._build(group, sent)), Return(), group.span)
        return name

    def _build(self, group: Group, sent: bool) -> Iterator[Rule]:
        known = self._config.acls.get(group.acl)
        if known is None or not known.entries:
            self._config.not_understood(
                group.span.first, "an access list that is not defined", Concern.FILTER, bounded=True
            )
            yield from self._either(f"access-list {group.acl}", group.span)
            return
        for entry in known.entries:
            if isinstance(entry, Entry):
                yield from entry.rules(self._config.device, group.acl, sent)
            else:
                yield from self._either(
                    Reason("line {first} of access-list {name}", first=entry.first, name=group.acl), entry
                )

    def levels(self) -> Iterator[Filter]:
        """What no list can permit, and what passes where there is no list."""
        barred = tuple(rule for port in self._config.named.values() for rule in self._barred(port))
        if barred:
            yield Filter(RuleList("same-security-traffic", barred, Permit(), self._config.end), stateful=True)
        free = [p for n, p in self._config.named.items() if (n, "in") not in self._config.groups]
        if free and not self._config.everywhere:
            here = frozenset(self._config.interface(p.name) for p in free)
            rules = [rule for port in free for rule in (*self._opened.get(port.name, ()), *self._implicit(port))]
            listed = RuleList("security levels", tuple(rules), Deny(), self._config.end)
            yield Filter(listed, ingress=here, stateful=True)

    def _at(self, level: int, lower: bool = False) -> frozenset[str]:
        """The interfaces of a security level, or of all lower ones."""
        if (level, lower) not in self._levels:
            ports = self._config.named.values()
            self._levels[level, lower] = frozenset(
                self._config.interface(p.name) for p in ports if (p.security < level if lower else p.security == level)
            )
        return self._levels[level, lower]

    def _ends(self, port: Port, others: frozenset[str]) -> Match:
        return both(Ingress(frozenset({self._config.interface(port.name)})), Egress(others))

    def _barred(self, port: Port) -> Iterator[Rule]:
        """What no list opens."""
        own, equal = frozenset({self._config.interface(port.name)}), self._at(port.security)
        ftd = self._config.part.product == "NGFW"  # has no levels and no such command: its rules alone decide
        if port.management:
            yield Rule(Ingress(own), Deny(), port.span, "management-only", implied=True)
            yield Rule(Egress(own), Deny(), port.span, "management-only", implied=True)
            return
        if self._config.intra is None and not ftd:
            yield Rule(self._ends(port, own), Deny(), port.span, "same interface", implied=True)
        if port.barred in self._config.ports:
            closed = self._config.known_as(self._config.ports[port.barred])
            yield Rule(self._ends(port, frozenset({closed})), Deny(), port.span, "no forward interface", implied=True)
        if len(equal) > 1 and self._config.inter is None and not ftd:
            among = both(self._ends(port, equal), Not(Egress(own)))
            yield Rule(among, Deny(), port.span, "same security level", implied=True)

    def _implicit(self, port: Port) -> Iterator[Rule]:
        own, lower = frozenset({self._config.interface(port.name)}), self._at(port.security, lower=True)
        if lower:
            yield Rule(self._ends(port, lower), Permit(), port.span, "to a lower security level", implied=True)
        if self._config.inter is not None:
            among = both(self._ends(port, self._at(port.security)), Not(Egress(own)))
            yield Rule(among, Permit(), self._config.inter, "to the same security level", implied=True)
        if self._config.intra is not None:
            yield Rule(self._ends(port, own), Permit(), self._config.intra, "back by the same interface", implied=True)

    # -- the device itself -------------------------------------------------------------------------------------------

    def local(self) -> Filter:
        """What is addressed to the device: by the interface that has the address, from who may manage it."""
        config = self._config
        rules: list[Rule] = []
        for name, port in config.named.items():
            own = Intervals.of(*(a.address for a in port.addresses))
            if own:
                elsewhere = both(In(Field.DST, own), Not(Ingress(frozenset({config.interface(name)}))))
                tunnel = Unknown(
                    Reason("{device}: management-access opens {name}", device=config.device, name=name), port.span
                )
                rules.append(Rule(both(elsewhere, tunnel), Permit(), port.span, "management-access", implied=True))
                rules.append(Rule(elsewhere, Deny(), port.span, "an address of another interface", implied=True))
            for group in config.groups.get((name, "control-plane"), ()):
                came = Ingress(frozenset({config.interface(name)}))
                rules += [replace(rule, match=both(came, rule.match)) for rule in self._rules(group)]
        for service, allowed in config.services:
            port_ = In(Field.DPORT, Intervals.of(_PORTS[service.name]))
            tcp = In(Field.PROTO, Intervals.of(TCP))
            match = both(Ingress(frozenset({service.interface})), tcp, port_, In(Field.SRC, allowed))
            rules.append(Rule(match, Permit(), service.span, service.name, implied=True))
        for port_number in _PORTS.values():
            asked = both(In(Field.PROTO, Intervals.of(TCP)), In(Field.DPORT, Intervals.of(port_number)))
            open_ = Unknown(
                Reason(
                    "{device}: another service listens on port {port_number}",
                    device=config.device,
                    port_number=port_number,
                ),
                config.end,
            )
            rules.append(
                Rule(both(asked, Not(open_)), Deny(), config.end, "not among those who manage the device", implied=True)
            )
        rules += self._pings()
        other = Unknown(Reason("{device}: the device itself listens to the packet", device=config.device), config.end)
        rules.append(
            Rule(other, Permit(), config.end, "services of the device without a line of their own", implied=True)
        )
        return Filter(RuleList("to the device itself", tuple(rules), Deny(), config.end), stateful=True)

    def _pings(self) -> Iterator[Rule]:
        """``icmp permit|deny SOURCE [TYPE] IF``: an interface without such a line answers everybody."""
        config = self._config
        listed: set[str] = set()
        icmp = In(Field.PROTO, Intervals.of(ICMP, ICMP6))
        for command in config.icmp:
            try:
                name, match = _ping(command.words, config)
            except (ValueError, IndexError):
                config.not_understood(command.line, Reason("malformed"), Concern.OTHER)
                continue
            listed.add(name)
            came = Ingress(frozenset({config.interface(name)}))
            action = Permit() if command.words[1] == "permit" else Deny()
            yield Rule(both(came, icmp, match), action, config.span(command), "icmp", implied=True)
        for name, port in config.named.items():
            came = Ingress(frozenset({config.interface(name)}))
            yield Rule(both(came, icmp), Deny() if name in listed else Permit(), port.span, "icmp", implied=True)


def _ping(words: tuple[str, ...], config: Config) -> tuple[str, Match]:
    at = Words(words, 2)
    source: Match = ALWAYS
    if at.skip("host"):
        source = In(Field.SRC, masked(config.book.address(at.take()), "255.255.255.255").values)
    elif not at.skip("any", "any4", "any6"):
        address = config.book.address(at.take())
        values = prefix_span(*prefix6(address)) if "/" in address else masked(address, at.take()).values
        source = In(Field.SRC, values)
    types = icmp_types(at, v6=False) if at.peek(1) else None
    name = at.take()
    if name not in config.named:
        raise UnreadableError("an interface that is not defined")
    return name, source if types is None else both(source, In(Field.ICMP, types))
