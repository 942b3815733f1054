"""What a term of a firewall filter asks of a packet.

Conditions of different kinds hold together, values of one kind are alternatives. A port, a flag or an ICMP type is
compared where it would stand, whatever the protocol is: without ``protocol`` it is open for others ("Firewall filter
match conditions for IPv4 traffic").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ACK,
    ALWAYS,
    FIN,
    ICMP_PROTOCOLS,
    PORT_PROTOCOLS,
    PSH,
    RST,
    SYN,
    URG,
    Bits,
    Field,
    In,
    Ingress,
    Match,
    Not,
    both,
    either,
)
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.paths import expand_path
from zoneguard.parsers._junos.tree import Node, sentences

_FLAGS = {"fin": FIN, "syn": SYN, "rst": RST, "push": PSH, "psh": PSH, "ack": ACK, "urgent": URG, "urg": URG}
_FLAG_TOKEN = re.compile(r"[a-z]+|0x[0-9a-f]{1,2}|[()!&|+,]")
_TCP = Intervals.of(6)
_ADDRESS_KINDS: Mapping[str, tuple[Field, ...]] = {
    "source": (Field.SRC,), "destination": (Field.DST,), "": (Field.SRC, Field.DST),
}  # fmt: skip
_PORT_KINDS: Mapping[str, tuple[Field, ...]] = {
    "source-port": (Field.SPORT,), "destination-port": (Field.DPORT,), "port": (Field.SPORT, Field.DPORT),
}  # fmt: skip
_PROTOCOLS = ("protocol", "next-header", "payload-protocol", "ip-protocol")
_OPEN = frozenset({
    "dscp", "dscp-except", "traffic-class", "traffic-class-except", "ttl", "ttl-except", "hop-limit",
    "hop-limit-except",
    "packet-length", "packet-length-except", "ip-options", "ip-options-except", "first-fragment", "fragment-flags",
    "fragment-offset", "fragment-offset-except", "forwarding-class", "forwarding-class-except", "loss-priority",
    "loss-priority-except", "interface-group", "interface-group-except", "interface-set", "source-class",
    "source-class-except", "destination-class", "destination-class-except", "precedence", "precedence-except",
    "service-filter-hit", "esp-spi", "esp-spi-except", "ah-spi", "ah-spi-except", "flexible-match-mask",
    "flexible-match-range", "extension-header", "extension-header-except", "rat-type", "redirect-reason",
    "flow-label", "policy-map", "policy-map-except", "gre-key", "gre-key-except", "source-mac-address",
    "destination-mac-address", "ether-type", "vlan", "user-vlan-id", "dot1q-tag", "apply-groups",
})  # fmt: skip
_READ = frozenset({
    *_PROTOCOLS, *(f"{p}-except" for p in _PROTOCOLS), *_PORT_KINDS, *(f"{p}-except" for p in _PORT_KINDS),
    "source-address", "destination-address", "address", "source-prefix-list", "destination-prefix-list", "prefix-list",
    "icmp-type", "icmp-type-except", "icmp-code", "icmp-code-except", "tcp-flags", "tcp-established", "tcp-initial",
    "is-fragment", "interface",
})  # fmt: skip


@dataclass(slots=True)
class _Addresses:
    """What one condition lists: prefixes by length and ``except``, masks with holes, and what is open."""

    ranks: dict[tuple[int, bool], list[tuple[int, int]]] = field(default_factory=dict)
    masks: list[tuple[bool, str]] = field(default_factory=list)
    opened: list[Match] = field(default_factory=list)
    _exact: Intervals | None = None

    def exact(self) -> Intervals:
        """The addresses of which the longest prefix is not ``except``."""
        if self._exact is None:
            self._exact = Intervals()
            for (_, barred), spans in sorted(self.ranks.items()):
                of_rank = Intervals.from_spans(spans)
                self._exact = self._exact - of_rank if barred else self._exact | of_rank
        return self._exact


class Conditions:
    """Reads ``from``; what cannot be decided is open, and its line entered."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self._export, self._scope = export, scope
        self._lists = scope.root.at("policy-options", "prefix-list").children
        self._paths: dict[str, list[Node]] = {}
        self._gathered: dict[tuple[tuple[tuple[str, bool], ...], ...], _Addresses] = {}

    def read(self, term: Node, v6: bool) -> Match:
        """The condition of a term."""
        node = term.children.get("from")
        if node is None:
            return ALWAYS
        node.used = True
        found = sentences(node, _READ | _OPEN)
        parts: list[Match] = [self._protocols(found, v6)]
        for kind, fields in _ADDRESS_KINDS.items():
            stem = f"{kind}-" if kind else ""
            addresses, lists = found.get(f"{stem}address"), found.get(f"{stem}prefix-list")
            if addresses is not None or lists is not None:
                parts.append(self._addresses(fields, addresses or [], lists or []))
        parts += self._ports(found)
        parts += self._icmp(found, v6)
        parts += self._flags(found)
        if "is-fragment" in found:
            parts.append(In(Field.FRAGMENT, Intervals.of(1)))
        if found.get("interface"):
            names = (node.word for node in found["interface"])
            parts.append(Ingress(frozenset(n if "." in n or "*" in n else f"{n}.0" for n in names)))
        asked = [word for word in found if word in _OPEN and word != "apply-groups"]
        strange = [w for w in node.children if w not in _READ | _OPEN and w != "apply-groups-except"]
        for word in dict.fromkeys((*asked, *strange)):
            where = node.children.get(word) or node
            reason = Reason('the condition "{word}" cannot be decided from addresses, ports and flags', word=word)
            where.take()
            parts.append(self._export.open(self._scope, f'"{where.text}" holds', where, reason))
        return both(*parts) if parts else ALWAYS

    def _protocols(self, found: Mapping[str, list[Node]], v6: bool) -> Match:
        parts: list[Match] = []
        for word in _PROTOCOLS:
            for name, negate in ((word, False), (f"{word}-except", True)):
                if name not in found:
                    continue
                one = either(*(self._protocol(node, v6) for node in found[name]))
                parts.append(Not(one) if negate else one)
        return both(*parts) if parts else ALWAYS

    def _protocol(self, node: Node, v6: bool) -> Match:
        if v6 and node.word in ("fragment", "44"):
            return self._open(node, "the packet is a fragment")
        if node.word == "icmp" and v6:
            return In(Field.PROTO, Intervals.of(1))
        numbers = values.numbers(node.word, values.PROTOCOLS, 255)
        return In(Field.PROTO, numbers) if numbers is not None else self._open(node, f'the protocol is "{node.word}"')

    def _open(self, node: Node, key: str) -> Match:
        return self._export.open(self._scope, key, node, Reason('the value "{name}" cannot be decided', name=node.word))

    def _addresses(self, fields: tuple[Field, ...], addresses: list[Node], lists: list[Node]) -> Match:
        """The longest prefix of all that are listed decides; what is in none does not match."""
        barred = [node for node in (*addresses, *lists) if "except" in node.children]
        for node in barred:
            node.children["except"].take()
        excepted = {id(node) for node in barred}
        key = tuple(tuple((n.word, id(n) in excepted) for n in nodes) for nodes in (addresses, lists))
        if key not in self._gathered:
            found = _Addresses()
            for node in addresses:
                self._prefix(node, id(node) in excepted, found)
            for node in lists:
                for entry in self._listed(node, found.opened):
                    self._prefix(entry, id(node) in excepted, found)
            self._gathered[key] = found
        found = self._gathered[key]
        exact = found.exact()
        return either(*(self._on(field, exact, found.masks, found.opened) for field in fields))

    @staticmethod
    def _on(field: Field, exact: Intervals, masks: list[tuple[bool, str]], opened: list[Match]) -> Match:
        wanted = either(In(field, exact), *(m for b, t in masks if not b and (m := values.masked(field, t))), *opened)
        barred = [Not(m) for b, t in masks if b and (m := values.masked(field, t))]
        return both(wanted, *barred)

    def _prefix(self, node: Node, barred: bool, found: _Addresses) -> None:
        network, span = values.network(node.word), values.prefix(node.word)
        if network is not None and span is not None:
            found.ranks.setdefault((network[1], barred), []).extend(span.spans)
        elif values.masked(Field.SRC, node.word) is not None:
            found.masks.append((barred, node.word))
        else:
            found.opened.append(self._open(node, f'the address is in "{node.word}"'))

    def _listed(self, name: Node, opened: list[Match]) -> Iterable[Node]:
        entry = self._lists.get(name.word)
        if entry is None:
            reason = Reason('the prefix list "{name}" is not defined in this file', name=name.word)
            opened.append(self._export.open(self._scope, f'the address is in "{name.word}"', name, reason))
            return
        entry.used = True
        for word, node in entry.children.items():
            if word == "apply-path":
                node.take()
                for path in node.children.values():
                    if path.word not in self._paths:
                        self._paths[path.word] = list(expand_path(self._scope.root, path))
                    yield from self._paths[path.word]
            elif word not in ("apply-groups", "description"):
                node.used = True
                if node.children:
                    opened.append(self._open(node, f'the address is in "{node.text}"'))
                yield node

    def _ports(self, found: Mapping[str, list[Node]]) -> Iterable[Match]:
        for word, fields in _PORT_KINDS.items():
            for name, negate in ((word, False), (f"{word}-except", True)):
                if name not in found:
                    continue
                parts: list[Match] = []
                for node in found[name]:
                    ports = values.ports(node.word)
                    if ports is None:
                        parts.append(self._open(node, f'the port is "{node.word}"'))
                    else:
                        parts += [In(field, ports) for field in fields]
                match = either(*parts)
                yield self._carried(found, PORT_PROTOCOLS, Not(match) if negate else match, name, found[name])

    def _carried(
        self, found: Mapping[str, list[Node]], protocols: Intervals, match: Match, name: str, nodes: list[Node]
    ) -> Match:
        """``match`` for packets of ``protocols``; open for others, where the term does not say the protocol."""
        inside = In(Field.PROTO, protocols)
        if any(word in found for word in _PROTOCOLS):
            return both(inside, match)
        where = nodes[0] if nodes else None
        if where is None:
            return both(inside, match)
        key = f'"{name} {" ".join(n.word for n in nodes)}" fits what another protocol has there'
        reason = Reason('"{name}" without "protocol" is also compared with packets that have none', name=name)
        return either(both(inside, match), both(Not(inside), self._export.open(self._scope, key, where, reason)))

    def _icmp(self, found: Mapping[str, list[Node]], v6: bool) -> Iterable[Match]:
        for what, names, shift in (("type", values.ICMP6 if v6 else values.ICMP4, 8), ("code", _CODES, 0)):
            for name, negate in ((f"icmp-{what}", False), (f"icmp-{what}-except", True)):
                if name not in found:
                    continue
                parts: list[Match] = []
                for node in found[name]:
                    numbers = values.numbers(node.word, names, 255)
                    if numbers is None:
                        parts.append(self._open(node, f'the ICMP {what} is "{node.word}"'))
                    elif shift:
                        spans = ((low << 8, (high << 8) + 255) for low, high in numbers.spans)
                        parts.append(In(Field.ICMP, Intervals.from_spans(spans)))
                    else:
                        parts += [Bits(Field.ICMP, code, 255) for code in numbers]
                match = either(*parts)
                inside = Intervals.of(58 if v6 else 1)
                yield self._carried(found, inside & ICMP_PROTOCOLS, Not(match) if negate else match, name, found[name])

    def _flags(self, found: Mapping[str, list[Node]]) -> Iterable[Match]:
        established = either(Bits(Field.FLAGS, ACK, ACK), Bits(Field.FLAGS, RST, RST))
        initial = both(Bits(Field.FLAGS, SYN, SYN), Bits(Field.FLAGS, 0, ACK))
        for name, match in (("tcp-established", established), ("tcp-initial", initial)):
            if name in found:
                yield both(In(Field.PROTO, _TCP), match)
        for node in found.get("tcp-flags", ()):
            match_ = _flag_expression(node.word)
            if match_ is None:
                match_ = self._open(node, f'the TCP flags are "{node.word}"')
            yield both(In(Field.PROTO, _TCP), match_)


_CODES = {
    "network-unreachable": 0, "host-unreachable": 1, "protocol-unreachable": 2, "port-unreachable": 3,
    "fragmentation-needed": 4, "source-route-failed": 5, "destination-network-unknown": 6,
    "destination-host-unknown": 7,
    "source-host-isolated": 8, "destination-network-prohibited": 9, "destination-host-prohibited": 10,
    "network-unreachable-for-tos": 11, "host-unreachable-for-tos": 12, "communication-prohibited-by-filtering": 13,
    "host-precedence-violation": 14, "precedence-cutoff-in-effect": 15,
}  # fmt: skip


def _flag_expression(text: str) -> Match | None:
    """``(syn & !ack) | rst``; ``None`` where it cannot be read."""
    found = _FLAG_TOKEN.findall(text.lower())
    if "".join(found) != re.sub(r"\s+", "", text.lower()) or len(found) > 64:
        return None
    parsed = _any_of(found, 0)
    return parsed[0] if parsed is not None and parsed[1] == len(found) else None


_Parsed = tuple[Match, int] | None


def _series(
    found: list[str], at: int, separators: str, part: Callable[[list[str], int], _Parsed], join: Callable[..., Match]
) -> _Parsed:
    parts: list[Match] = []
    while True:
        one = part(found, at)
        if one is None:
            return None
        parts.append(one[0])
        at = one[1]
        if at >= len(found) or found[at] not in separators:
            return join(*parts), at
        at += 1


def _any_of(found: list[str], at: int) -> _Parsed:
    return _series(found, at, "|,", _all_of, either)


def _all_of(found: list[str], at: int) -> _Parsed:
    return _series(found, at, "&+", _single, both)


def _single(found: list[str], at: int) -> _Parsed:
    if at >= len(found):
        return None
    word = found[at]
    if word == "!":
        inner = _single(found, at + 1)
        return None if inner is None else (Not(inner[0]), inner[1])
    if word == "(":
        inner = _any_of(found, at + 1)
        return None if inner is None or inner[1] >= len(found) or found[inner[1]] != ")" else (inner[0], inner[1] + 1)
    mask = _FLAGS.get(word, int(word, 16) if word.startswith("0x") else 0)
    return (Bits(Field.FLAGS, mask, mask), at + 1) if mask else None
