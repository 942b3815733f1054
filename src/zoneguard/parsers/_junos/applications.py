"""Applications: protocols and ports by name, in sets, and those that Junos brings along.

An application's own statements are one condition, its terms are alternatives ("Configuring custom policy
applications", security policies user guide). Calls of SUN RPC and MS RPC go to ports that a portmapper gives out: such
an application is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, both, either
from zoneguard.model.quick import quick
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.predefined import PREDEFINED, PREDEFINED_SETS
from zoneguard.parsers._junos.sets import flatten
from zoneguard.parsers._junos.tree import Node, latest, sentences

_ASKED = frozenset({
    "protocol", "destination-port", "source-port", "icmp-type", "icmp-code", "icmp6-type", "icmp6-code",
    "rpc-program-number", "uuid",
})  # fmt: skip
_HANDLED = frozenset({"application-protocol", "inactivity-timeout", "alg", "ttl-threshold", "no-application-protocol"})
_LABELS = frozenset({"description"})
_KNOWN = _ASKED | _HANDLED | _LABELS | {"term", "ether-type"}


@quick
@dataclass(frozen=True, slots=True)
class ApplicationMatch:
    """Packets to ``ports[protocols]``, and what meets one of ``others``; ``doubtful``: something of it is open."""

    ports: tuple[tuple[int, Intervals], ...] = ()
    others: tuple[Match, ...] = ()
    doubtful: bool = False

    def match(self) -> Match:
        """The condition; protocols with the same ports share a part."""
        if ALWAYS in self.others:
            return ALWAYS
        of_protocol: dict[int, Intervals] = {}
        for protocol, ports in self.ports:
            of_protocol[protocol] = of_protocol.get(protocol, Intervals()) | ports
        by_ports: dict[Intervals, list[int]] = {}
        for protocol, ports in of_protocol.items():
            by_ports.setdefault(ports, []).append(protocol)
        parts = [port_match(Intervals.of(*protocols), ports) for ports, protocols in by_ports.items()]
        return either(*parts, *dict.fromkeys(self.others))


def port_match(protocols: Intervals, ports: Intervals, sources: Intervals = values.ALL_PORTS) -> Match:
    """Packets of ``protocols`` to ``ports`` from ``sources``."""
    parts: list[Match] = [In(Field.PROTO, protocols)]
    if ports != values.ALL_PORTS:
        parts.append(In(Field.DPORT, ports))
    if sources != values.ALL_PORTS:
        parts.append(In(Field.SPORT, sources))
    return both(*parts)


def union(parts: Sequence[ApplicationMatch]) -> ApplicationMatch:
    """What meets one of ``parts``."""
    if len(parts) == 1:
        return parts[0]
    return ApplicationMatch(
        tuple(pair for part in parts for pair in part.ports),
        tuple(other for part in parts for other in part.others),
        any(part.doubtful for part in parts),
    )


class Applications:
    """The applications and sets of one scope, by name."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self._export, self._scope = export, scope
        node = scope.root.at("applications")
        self._applications = node.at("application").children
        self._sets = node.at("application-set").children
        self._known: dict[str, ApplicationMatch] = {}
        self._own: dict[str, ApplicationMatch] = {}
        self._matches: dict[tuple[str, ...], Match] = {}
        for entry in (*self._applications.values(), *self._sets.values()):
            self._take(entry)
        for kind in ("application", "application-set"):
            node.at(kind).used = True

    def _take(self, entry: Node) -> None:
        entry.used = True
        for word, child in entry.children.items():
            if word in _LABELS:
                child.ignore(LABEL)
            else:
                child.take(None if word == "term" else 1)

    def match(self, names: Sequence[Node]) -> Match:
        """The condition that the words of a policy stand for."""
        key = tuple(node.word for node in names)
        known = self._matches.get(key)
        if known is None:
            found = union([self._resolve(node.word, node) for node in names])
            known = found.match()
            if not found.doubtful:
                self._matches[key] = known
        return known

    def _resolve(self, name: str, where: Node) -> ApplicationMatch:
        """What a name stands for in the end; ``where`` it is written."""
        known = self._known.get(name)
        if known is None and name in self._applications:
            known = self._leaf(name, where)
        elif known is None:
            leaves, circles = flatten(name, self._members)
            parts = [self._leaf(leaf, where) for leaf in leaves]
            parts += [
                self._open(c, where, Reason('the application set "{name}" contains itself', name=c)) for c in circles
            ]
            known = union(parts)
            if not known.doubtful:
                self._known[name] = known
        return known

    def _members(self, name: str) -> list[str] | None:
        """The members of a set, those that Junos brings along included; ``None`` for an application."""
        if name == "any" or name in self._applications:
            return None
        if name in self._sets:
            group = self._sets[name]
            return [m.word for m in (*group.values("application"), *group.values("application-set"))]
        found = PREDEFINED_SETS.get(name)
        return None if found is None else list(found)

    def _leaf(self, name: str, where: Node) -> ApplicationMatch:
        if name == "any":
            return ApplicationMatch(others=(ALWAYS,))
        if name in self._applications:
            if name not in self._own:
                self._own[name] = self._application(name, self._applications[name])
            return self._own[name]
        if name in PREDEFINED:
            return union([self._predefined(name, part, where) for part in PREDEFINED[name].split(",")])
        return self._open(name, where, Reason('the application "{name}" is not defined in this file', name=name))

    def _open(self, name: str, where: Node, reason: str) -> ApplicationMatch:
        unknown = self._export.open(self._scope, f'the application is "{name}"', where, reason)
        return ApplicationMatch(others=(unknown,), doubtful=True)

    def _application(self, name: str, entry: Node) -> ApplicationMatch:
        terms = list(entry.at("term").children.values())
        parts = [self._term(name, term) for term in terms]
        own = {k: v for k, v in sentences(entry, _ASKED | _HANDLED).items() if k in _ASKED}
        if own or not parts:
            parts.append(self._conditions(name, entry, own))
        strange = [c for w, c in entry.children.items() if w not in _KNOWN]
        if strange or "ether-type" in entry.children:
            return self._open(
                name,
                (strange or [entry])[0],
                Reason('the application "{name}" has a setting that is not read', name=name),
            )
        return union(parts)

    def _term(self, name: str, term: Node) -> ApplicationMatch:
        found = sentences(term, _ASKED | _HANDLED)
        return self._conditions(name, term, {k: v for k, v in found.items() if k in _ASKED})

    def _conditions(self, name: str, entry: Node, asked: dict[str, list[Node]]) -> ApplicationMatch:
        """One term: everything that it asks holds together."""
        words = {k: found.word for k, v in asked.items() if (found := latest(v)) is not None}
        protocol = values.protocol(words["protocol"]) if "protocol" in words else None
        ports = values.ports(words.get("destination-port", "0-65535"))
        sources = values.ports(words.get("source-port", "0-65535"))
        if ("protocol" in words and protocol is None) or ports is None or sources is None:
            return self._open(
                name, entry, Reason('the application "{name}" has a protocol or port that cannot be read', name=name)
            )
        if "rpc-program-number" in words or "uuid" in words:
            reason = Reason('the application "{name}" is told by calls, not by ports', name=name)
            unknown = self._export.open(self._scope, f'the application is "{name}"', entry, reason)
            part = both(In(Field.PROTO, Intervals.of(protocol)), unknown) if protocol is not None else unknown
            return ApplicationMatch(others=(part,), doubtful=True)
        if protocol is None:
            if set(words) & {"destination-port", "source-port"}:
                match = port_match(Intervals.of(6, 17), ports, sources)
                return ApplicationMatch(others=(match,))
            if not words:
                return self._open(
                    name, entry, Reason('the application "{name}" has neither protocol nor port', name=name)
                )
            protocol = 58 if any(w.startswith("icmp6") for w in words) else 1
        if protocol in (1, 58):
            return self._icmp(name, entry, words, protocol)
        if sources == values.ALL_PORTS:
            return ApplicationMatch(((protocol, ports),))
        return ApplicationMatch(others=(port_match(Intervals.of(protocol), ports, sources),))

    def _icmp(self, name: str, entry: Node, words: dict[str, str], protocol: int) -> ApplicationMatch:
        stem, names = ("icmp6", values.ICMP6) if protocol == 58 else ("icmp", values.ICMP4)
        kinds, codes = (words.get(f"{stem}-{what}", words.get(f"icmp-{what}", "")) for what in ("type", "code"))
        types = values.numbers(kinds, names, 255) if kinds else Intervals.span(0, 255)
        code = values.numbers(codes, {}, 255) if codes else Intervals.span(0, 255)
        if types is None or code is None:
            return self._open(
                name, entry, Reason('the application "{name}" has an ICMP type or code that cannot be read', name=name)
            )
        match: Match = In(Field.PROTO, Intervals.of(protocol))
        if kinds or codes:
            spans = [(t * 256 + low, t * 256 + high) for t in types for low, high in code.spans]
            match = both(match, In(Field.ICMP, Intervals.from_spans(spans)))
        return ApplicationMatch(others=(match,))

    def _predefined(self, name: str, text: str, where: Node) -> ApplicationMatch:
        kind, _, detail = text.partition("/")
        protocol = values.protocol(kind)
        assert protocol is not None
        if detail == "rpc" or detail[-1:] == "?":
            reason = Reason('the application "{name}" may or may not be {text}', name=name, text=text[:-1])
            if detail == "rpc":
                reason = Reason('the application "{name}" is told by calls, not by ports', name=name)
            unknown = self._export.open(self._scope, f'the application is "{name}", {detail}', where, reason)
            ports = values.ALL_PORTS if detail == "rpc" else values.ports(detail[:-1]) or values.ALL_PORTS
            return ApplicationMatch(others=(both(port_match(Intervals.of(protocol), ports), unknown),), doubtful=True)
        if protocol in (1, 58):
            match: Match = In(Field.PROTO, Intervals.of(protocol))
            if detail:
                kind_text, _, code = detail.partition(".")
                low = int(kind_text) * 256 + int(code or 0)
                match = both(match, In(Field.ICMP, Intervals.span(low, low if code else low + 255)))
            return ApplicationMatch(others=(match,))
        return ApplicationMatch(((protocol, values.ports(detail or "0-65535") or values.ALL_PORTS),))
