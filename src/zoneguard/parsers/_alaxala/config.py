"""What the lines of one AX configuration say, before it is put together: facts with their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Interface, InterfaceAddress, MacBinding, Route, Service
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.lists import AccessList
from zoneguard.parsers._indented.words import UnreadableError, is_number
from zoneguard.parsers.accounting import Ledger

VLANS = Intervals.span(1, 4095)
MAIN = "main"
"""The forwarding context outside of every VRF: the vendor's *global network*."""

Reader = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """A list that an interface names. ``kind``: ``ip``, ``ipv6`` or ``mac``. ``inward``: for what comes in."""

    kind: str
    name: str
    inward: bool
    span: SourceSpan


@dataclass(slots=True)
class Port:
    """An interface: of a VLAN, of a physical port or an aggregate, routed or switched."""

    name: str
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    numbered: bool = False  # has a primary IPv4 address
    virtual: list[int] = field(default_factory=list)  # addresses of VRRP
    shut: bool = False
    description: str = ""
    vrf: str = MAIN
    tag: int | None = None
    mode: str = "access"
    access: int = 1
    native: int = 1
    trunk: Intervals = Intervals()
    group: str = ""
    lists: list[Applied] = field(default_factory=list)

    @property
    def switched(self) -> bool:
        """Whether it is a port of the switch without addresses of its own."""
        return not self.name.startswith(("vlan", "loopback", "null", "mgmt", "async")) and not self.addresses

    @property
    def vlan(self) -> int | None:
        """The VLAN that it is the routed interface of."""
        number = self.name.removeprefix("vlan")
        return int(number) if self.name != number and is_number(number) else self.tag

    @property
    def vlans(self) -> Intervals:
        """The VLANs whose packets come and go by this switch port."""
        if self.mode == "access":
            return Intervals.of(self.access)
        return self.trunk | Intervals.of(self.native) if self.mode == "trunk" else VLANS

    def interface(self) -> Interface:
        """As the model has it. A virtual address has the subnet of the real address that it lies in."""
        own = self.addresses
        virtual = [
            InterfaceAddress(router, next((a.length for a in own if router in a.subnet), 128 if router >> 128 else 32))
            for router in self.virtual
            if all(router != a.address for a in own)
        ]
        return Interface(
            name=self.name,
            span=self.span,
            addresses=(*own, *virtual),
            enabled=not self.shut,
            vlan=self.vlan,
            description=self.description,
        )


@dataclass(frozen=True, slots=True)
class Way:
    """One way of policy routing: out of ``interface`` to ``hop``. ``tracked``: only while it is known to be up."""

    sequence: int
    interface: str
    hop: int
    tracked: bool = False


@dataclass(slots=True)
class PolicyList:
    """A ``policy-list``. ``otherwise``: what becomes of a packet while no way is up; ``None``: not written."""

    span: SourceSpan
    ways: list[Way] = field(default_factory=list)
    otherwise: bool | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class PrefixLine:
    """``permit P/L ge A le B`` of a prefix list: routes inside the prefix of a length from ``low`` to ``high``."""

    permits: bool
    network: int
    length: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class MapClause:
    """One numbered part of a route-map. ``vrfs`` or ``prefixes`` of ``None``: not asked. ``doubt``: what is open."""

    sequence: int
    permits: bool
    vrfs: frozenset[str] | None
    prefixes: tuple[str, ...] | None
    kinds: frozenset[str] | None
    distance: int | None
    doubt: str


@dataclass(slots=True)
class Instance:
    """A VRF. ``imports``: the route-map that lets routes of other VRFs in, by version of IP."""

    span: SourceSpan
    imports: dict[bool, tuple[str, SourceSpan]] = field(default_factory=dict)


@dataclass(slots=True)
class Config:
    """Everything read from one configuration, and how to account for what was not."""

    source: Source
    ledger: Ledger
    name: str
    ports: dict[str, Port] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    routes: list[tuple[str, Route, str]] = field(default_factory=list)  # context, route, context of its next hop
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)  # by kind and name
    policies: dict[str, PolicyList] = field(default_factory=dict)
    maps: dict[str, list[MapClause]] = field(default_factory=dict)
    prefixes: dict[tuple[bool, str], list[tuple[int, PrefixLine]]] = field(default_factory=dict)
    bindings: list[MacBinding] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))

    def instance(self, name: str, span: SourceSpan) -> Instance:
        """The VRF of that number (``main``: the global network), known from now on."""
        return self.instances.setdefault(name, Instance(span))

    def not_understood(self, line: int, reason: str, concern: Concern, bounded: bool = False) -> None:
        """Line ``line`` was read, and something about it is not in the model, or as an ``Unknown`` (``bounded``)."""
        self.ledger.not_understood(line, reason, concern, bounded)

    def read(self, line: Line, concern: Concern, reader: Reader, bounded: bool = False) -> bool:
        """Let ``reader`` take ``line``; where it cannot read it, the line is not understood. ``True``: it was read."""
        self.ledger.understood(line.number)
        try:
            reader(line)
        except UnreadableError as error:
            self.not_understood(line.number, str(error), concern, bounded)
            return False
        return True

    def ignored(self, reason: str, lines: Iterable[Line]) -> None:
        """Account for ``lines`` and what is under them as what cannot affect forwarding."""
        for line in lines:
            for each in line.subtree():
                self.ledger.ignored(reason, each.number)
