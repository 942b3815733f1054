"""PAN-OS applications as conditions, and the rules that say what an application is.

What a session carries is seen in its packets (App-ID), so a rule that names applications may take a packet or not, but
for what the file itself decides ("Application Override", "Create a Custom Application", "Security Policy Rules"):

- an application override rule says which application a session is, whatever it carries.
- ``application-default`` asks for the default ports of the application: of a custom one they are in the file, and one
  without them may use any; those of the vendor's are not.
- echo requests are the application ``ping``; the other applications of ICMP are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ICMP_PROTOCOLS, NEVER, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.text import Choice, Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.addresses import MAX_NESTING
from zoneguard.parsers._panos.export import Condition, Doubt, Export
from zoneguard.parsers._panos.layout import Vsys
from zoneguard.parsers._panos.order import first_of
from zoneguard.parsers._panos.services import PROTOCOLS, port_match
from zoneguard.parsers._panos.tree import Node

DEFAULT_PORTS = "application-default"
_OVER_ICMP = frozenset({"ping", "icmp", "icmpv6", "ipv6-icmp", "traceroute", "ping-tunnel", "unknown-ip"})
_ICMP = In(Field.PROTO, ICMP_PROTOCOLS)
_ECHO = either(
    both(In(Field.PROTO, Intervals.of(1)), In(Field.ICMP, Intervals.of(8 << 8))),
    both(In(Field.PROTO, Intervals.of(58)), In(Field.ICMP, Intervals.of(128 << 8))),
)
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Override:
    """Sessions that begin with a packet that meets ``match`` are of ``application``."""

    match: Match
    application: str


class ApplicationBook:
    """The applications that one virtual system knows. ``original``: rules may ask for ports translated since."""

    def __init__(self, export: Export, vsys: Vsys, overrides: Sequence[Override], original: bool) -> None:
        self._export = export
        self._vsys = vsys
        self._overrides = tuple(overrides)
        self._original = original
        self._known: dict[tuple[tuple[str, ...], bool], Condition] = {}
        tables = [node for layer in vsys.layers for node in layer.below("application").values()]
        self._custom_icmp = any(_beside_ports(node) for node in tables)

    def match(self, names: Sequence[str], on_default_ports: bool, line: int) -> Condition:
        """The packet is of one of the applications ``names``; ``on_default_ports``: and for a port of that one."""
        key = tuple(names), on_default_ports
        result = self._known.get(key)
        if result is None:
            result = self._known[key] = self._condition(key[0], on_default_ports, line)
        return result

    def _condition(self, names: tuple[str, ...], on_default_ports: bool, line: int) -> Condition:
        if "any" in names:
            return Condition(self._any_on_its_port(line)) if on_default_ports else Condition(ALWAYS)
        found: dict[str, None] = {}
        doubts: list[Doubt] = []
        closed = self._collected(names, found, (), line, doubts)
        result = self._observed(tuple(found), closed, on_default_ports, line)
        answers = [
            (o.match, self._overridden(o.application, tuple(found), closed, on_default_ports, line))
            for o in self._overrides
        ]
        return Condition(first_of(answers, result), tuple(doubts))

    def _find(self, table: str, name: str) -> Node | None:
        return next((node for layer in self._vsys.layers if (node := layer.at(table, name)) is not None), None)

    def _collected(
        self, names: Sequence[str], found: dict[str, None], inside: tuple[str, ...], line: int, doubts: list[Doubt]
    ) -> bool:
        """Enter what all of ``names`` stand for."""
        closed = True
        for name in names:
            closed &= self._collect(name, found, inside, line, doubts)
        return closed

    def _collect(
        self, name: str, found: dict[str, None], inside: tuple[str, ...], line: int, doubts: list[Doubt]
    ) -> bool:
        """Enter what ``name`` stands for; ``False`` where the file does not hold all of it (filters)."""
        if name in inside or len(inside) > MAX_NESTING:
            doubts.append(Doubt(line, Reason('the group "{name}" contains itself or is nested too deep', name=name)))
            return False
        group = self._find("application-group", name)
        if group is not None and self._find("application", name) is None:
            members = group.words("members") or group.words()
            return self._collected(members, found, (*inside, name), group.first, doubts)
        found[name] = None
        return self._find("application-filter", name) is None

    def _any_on_its_port(self, line: int) -> Match:
        """Whatever it is, on a default port of that: certain where there are no ports."""
        result = either(_ICMP, self._unknown("it is for the default port of its application", line))
        return first_of([(o.match, self._default_ports(o.application, line)) for o in self._overrides], result)

    def _observed(self, names: tuple[str, ...], closed: bool, on_default_ports: bool, line: int) -> Match:
        """What App-ID may find to be one of ``names``."""
        parts: list[Match] = []
        shown = ", ".join(names[:_NAMED]) + (
            f" and {len(names) - _NAMED} more of line {line}" if names[_NAMED:] else ""
        )
        unknown = self._unknown(f"its application is {shown}", line)
        free = [name for name in names if not on_default_ports or not self._custom_ports(name)]
        if "ping" in free and not self._custom_icmp:
            parts.append(_ECHO)
        others = set(free) if self._custom_icmp else set(free) - {"ping"}
        if others and (self._custom_icmp or not closed or "ping-tunnel" in others):
            parts.append(unknown)
        elif others:
            parts.append(both(Not(_ECHO if _OVER_ICMP & others else _ICMP), unknown))
        for name in names:
            if name not in free:
                part = self._unknown(f"its application is {name}", line)
                parts.append(both(self._custom_ports(name) or ALWAYS, part))
        return either(*parts)

    def _overridden(
        self, application: str, names: tuple[str, ...], closed: bool, on_default_ports: bool, line: int
    ) -> Match:
        """Whether a session said to be of ``application`` is of one of ``names``."""
        if application in names:
            return self._default_ports(application, line) if on_default_ports else ALWAYS
        custom = self._find("application", application) is not None
        if closed and (custom or all(self._find("application", name) is not None for name in names)):
            return NEVER
        return self._unknown(f"the application {application} is among those of line {line}", line)

    def _default_ports(self, name: str, line: int) -> Match:
        """Of an application that a session is for certain."""
        if self._find("application", name) is None:
            return self._unknown(f"it is for a default port of {name}", line)
        return self._custom_ports(name) or ALWAYS

    def _custom_ports(self, name: str) -> Match | None:
        """The default ports of a custom application; ``None`` where the file gives none."""
        node = self._find("application", name)
        words = () if node is None else node.words("default", "port")
        parts = []
        for word in words:
            protocol, _, ports = word.partition("/")
            spans = values.ALL_PORTS if ports == "dynamic" else values.ports(ports)
            if protocol not in PROTOCOLS or spans is None:
                return None
            parts.append(port_match(PROTOCOLS[protocol], spans, values.ALL_PORTS, self._original))
        return either(*parts) if parts else None

    def _unknown(self, key: str, line: int) -> Match:
        open_ = self._export.unknown(self._vsys, key, line)
        return Unknown(Choice("{label}: {key}", label=self._vsys.label, key=key), open_.span)


def _beside_ports(node: Node) -> bool:
    """Whether a custom application may be found in ICMP too."""
    return node.word("parent-app") in _OVER_ICMP or any(
        word.startswith("ident-by-ic") or word == "ident-by-ip-protocol" for word in node.words("default")
    )
