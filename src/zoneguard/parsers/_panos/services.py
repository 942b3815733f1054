"""PAN-OS services and service groups; ``service-http`` and ``service-https`` are there without being defined
("Objects > Services": TCP 80 and 8080, TCP 443)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, both, either
from zoneguard.model.quick import quick
from zoneguard.model.text import Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.addresses import MAX_NESTING
from zoneguard.parsers._panos.export import Condition, Doubt, Export
from zoneguard.parsers._panos.layout import Vsys
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers.accounting import endless

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
_FACTORY = {"service-http": Intervals.of(80, 8080), "service-https": Intervals.of(443)}
_UNTRANSLATED = In(Field.DNAT, Intervals.of(0))


def port_match(protocol: int, ports: Intervals, sources: Intervals, original: bool = False) -> Match:
    """The packets of a protocol to ``ports`` from ``sources``; ``original``: the port before translation."""
    parts: list[Match] = [In(Field.PROTO, Intervals.of(protocol))]
    if ports != values.ALL_PORTS:
        plain = In(Field.DPORT, ports)
        parts.append(either(both(_UNTRANSLATED, plain), In(Field.ORIG_DPORT, ports)) if original else plain)
    if sources != values.ALL_PORTS:
        parts.append(In(Field.SPORT, sources))
    return both(*parts)


@quick
@dataclass(frozen=True, slots=True)
class _Ports:
    """Ports of one protocol: destinations and sources."""

    protocol: int
    ports: Intervals
    sources: Intervals


class ServiceBook:
    """The services that one virtual system sees. ``original``: rules may ask for ports that were translated since."""

    def __init__(self, export: Export, vsys: Vsys, original: bool) -> None:
        self._export = export
        self._vsys = vsys
        self._original = original
        self._known: dict[tuple[str, ...], Condition] = {}
        self._services, self._groups = (
            [layer.below(table) for layer in vsys.layers] for table in ("service", "service-group")
        )

    def match(self, names: Sequence[str], line: int) -> Condition:
        """The condition that a packet is for one of the services ``names``, written in line ``line``."""
        key = tuple(names)
        result = self._known.get(key)
        if result is None:
            doubts: list[Doubt] = []
            parts: list[Match] = []
            ports: list[_Ports] = []
            for name in key:
                self._resolve(name, line, (), ports, parts, doubts)
            parts = [*self._together(ports), *parts]
            result = Condition(either(*parts), tuple(dict.fromkeys(doubts)))
            if not doubts:
                self._known[key] = result
        return result

    def _together(self, known: list[_Ports]) -> list[Match]:
        """One condition for all destination ports of a protocol that come from the same source ports."""
        groups: dict[tuple[int, Intervals], list[tuple[int, int]]] = {}
        for part in known:
            groups.setdefault((part.protocol, part.sources), []).extend(part.ports.spans)
        return [
            port_match(protocol, Intervals.from_spans(spans), sources, self._original)
            for (protocol, sources), spans in groups.items()
        ]

    def _resolve(
        self,
        name: str,
        line: int,
        inside: tuple[str, ...],
        ports: list[_Ports],
        parts: list[Match],
        doubts: list[Doubt],
    ) -> None:
        entry = next((found[name] for found in self._services if name in found), None)
        if name in inside or len(inside) > MAX_NESTING:
            what = endless(name in inside, MAX_NESTING)
            parts.append(
                self._unknown(
                    f'it is for "{name}"',
                    Doubt(line, Reason('the group "{name}" {what}', name=name, what=what)),
                    doubts,
                )
            )
        elif entry is not None and entry.below("protocol"):
            self._service(entry, ports, parts, doubts)
        elif (group := next((found[name] for found in self._groups if name in found), None)) is not None:
            for member in group.words("members"):
                self._resolve(member, group.line("members"), (*inside, name), ports, parts, doubts)
        elif name in _FACTORY:
            ports.append(_Ports(6, _FACTORY[name], values.ALL_PORTS))
        else:
            reason = Reason('the service "{name}" is not defined in this file', name=name)
            parts.append(self._unknown(f'it is for the service "{name}"', Doubt(line, reason), doubts))

    def _service(self, entry: Node, ports: list[_Ports], parts: list[Match], doubts: list[Doubt]) -> None:
        protocols = entry.below("protocol")
        latest = max((node.last for node in protocols.values()), default=0)
        for name, node in protocols.items():
            if node.last < latest and name in PROTOCOLS:
                continue
            found = [values.ports(node.word(side)) if node.below(side) else values.ALL_PORTS for side in _SIDES]
            if name in PROTOCOLS and found[0] is not None and found[1] is not None:
                ports.append(_Ports(PROTOCOLS[name], found[0], found[1]))
            else:
                reason = Reason('the ports of the service "{name}" cannot be read', name=entry.name)
                doubt = Doubt(node.first, reason)
                parts.append(self._unknown(f'it is for the service "{entry.name}"', doubt, doubts))

    def _unknown(self, key: str, doubt: Doubt, doubts: list[Doubt]) -> Match:
        doubts.append(doubt)
        return self._export.unknown(self._vsys, key, doubt.line)


_SIDES = ("port", "source-port")
