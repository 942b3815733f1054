"""What the lines of one AX configuration say, before it is put together: facts with their lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import MacBinding, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import DeviceSettings, Service, Socket
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._indented.config import BaseConfig, BasePort
from zoneguard.parsers._indented.lists import AccessList

VLANS = Intervals.span(1, 4095)


@dataclass(frozen=True, slots=True)
class Applied:
    """A list that an interface names. ``kind``: ``ip``, ``ipv6`` or ``mac``. ``inward``: for what comes in."""

    kind: str
    name: str
    inward: bool
    span: SourceSpan


@dataclass(slots=True)
class Port(BasePort):
    """An interface: of a VLAN, of a physical port or an aggregate, routed or switched."""

    native: int = 1
    trunk: Intervals = Intervals()
    lists: list[Applied] = field(default_factory=list)

    @property
    def switched(self) -> bool:
        """Whether it is a port of the switch without addresses of its own."""
        return not self.name.startswith(("vlan", "loopback", "null", "mgmt", "async")) and not self.addresses

    @property
    def vlans(self) -> Intervals:
        """The VLANs whose packets come and go by this switch port."""
        if self.mode == "access":
            return Intervals.of(self.access)
        return self.trunk | Intervals.of(self.native) if self.mode == "trunk" else VLANS


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
class Config(BaseConfig):
    """Everything read from one configuration."""

    ports: dict[str, Port] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    routes: list[tuple[str, Route, str]] = field(default_factory=list)  # context, route, context of its next hop
    lists: dict[tuple[str, str], AccessList] = field(default_factory=dict)  # by kind and name
    policies: dict[str, PolicyList] = field(default_factory=dict)
    maps: dict[str, list[MapClause]] = field(default_factory=dict)
    prefixes: dict[tuple[bool, str], list[tuple[int, PrefixLine]]] = field(default_factory=dict)
    bindings: list[MacBinding] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)
    settings: DeviceSettings | None = None
    sockets: tuple[Socket, ...] | None = None

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))

    def instance(self, name: str, span: SourceSpan) -> Instance:
        """The VRF of that number (``main``: the global network), known from now on."""
        return self.instances.setdefault(name, Instance(span))
