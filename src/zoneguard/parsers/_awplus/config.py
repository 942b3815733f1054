"""What the lines of one AlliedWare Plus configuration say, before it is put together: facts with their lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import MacBinding, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Match
from zoneguard.model.quick import quick
from zoneguard.model.settings import DeviceSettings, Socket, Tunnel
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._indented.config import BaseConfig, BasePort
from zoneguard.parsers._indented.lists import AccessList
from zoneguard.parsers._route_targets import Targets

VLANS = Intervals.span(1, 4094)


@dataclass(frozen=True, slots=True)
class Applied:
    """A list named by ``access-group`` or ``ipv6 traffic-filter``."""

    name: str
    span: SourceSpan
    v6: bool = False


@dataclass(slots=True)
class Port(BasePort):
    """An interface: routed, a VLAN, or a switch port. ``vlans``: those a switch port carries."""

    native: int | None = 1
    trunk: Intervals = Intervals()
    lists: list[Applied] = field(default_factory=list)

    @property
    def switched(self) -> bool:
        """Whether it is a switch port, by its name; one that has an address of its own is routed."""
        return self.name.startswith(("port", "sa", "po")) and not self.addresses and self.mode != "routed"

    @property
    def vlans(self) -> Intervals:
        """The VLANs whose packets come in by this switch port."""
        if self.mode == "access":
            return Intervals.of(self.access)
        if self.mode != "trunk":
            return VLANS
        return self.trunk | Intervals.of(*([self.native] if self.native else []))


@quick
@dataclass(frozen=True, slots=True)
class Member:
    """Addresses of an entity, and the interface behind which they are (``""``: any)."""

    addresses: Intervals
    interface: str = ""
    doubt: str = ""
    """Why it is not known whether a packet of these addresses belongs to it."""


@dataclass(slots=True)
class Entity:
    """A zone, network or host by its full name (``private.lan.web``). ``own`` are its own addresses."""

    name: str
    span: SourceSpan
    own: list[Member] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)  # full names of networks and hosts
    dynamic: str = ""  # a host whose address is that of this interface


@quick
@dataclass(frozen=True, slots=True)
class FirewallRule:
    """``rule N ACTION APPLICATION from SOURCE to DESTINATION``."""

    number: int
    span: SourceSpan
    action: str
    application: str
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class TranslationRule:
    """A NAT rule. ``destination`` of ``""``: not named. ``side``: ``src`` or ``dst``, which is translated to ``to``."""

    number: int
    span: SourceSpan
    kind: str
    application: str
    source: str
    destination: str
    side: str
    to: str
    dport: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """``ip policy-route``: hops are addresses or interfaces."""

    number: int
    span: SourceSpan
    application: str
    source: str
    destination: str
    hops: tuple[str, ...]


@dataclass(slots=True)
class Config(BaseConfig):
    """Everything read from one configuration."""

    ports: dict[str, Port] = field(default_factory=dict)
    vrfs: dict[str, SourceSpan] = field(default_factory=dict)
    targets: dict[str, Targets] = field(default_factory=dict)  # what VRF instances import, export and give to BGP
    routes: list[tuple[str, Route]] = field(default_factory=list)  # with the context
    lists: dict[tuple[bool, str], AccessList] = field(default_factory=dict)  # by version of IP and name
    software_lists: set[str] = field(default_factory=set)
    maps: dict[str, list[Applied]] = field(default_factory=dict)  # VLAN access-maps
    vlan_filters: list[tuple[str, Intervals, SourceSpan]] = field(default_factory=list)
    global_lists: list[Applied] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)
    applications: dict[str, tuple[SourceSpan, Match | None]] = field(default_factory=dict)
    recognises: SourceSpan | None = None  # the line that switches recognition of applications (DPI) on
    rules: dict[int, FirewallRule] = field(default_factory=dict)
    protect: SourceSpan | None = None
    translations: dict[int, TranslationRule] = field(default_factory=dict)
    nat: SourceSpan | None = None
    policies: dict[int, PolicyRule] = field(default_factory=dict)
    policy_routing: SourceSpan | None = None
    bindings: list[MacBinding] = field(default_factory=list)
    services: dict[str, SourceSpan] = field(default_factory=dict)
    settings: DeviceSettings | None = None
    sockets: tuple[Socket, ...] | None = None
    tunnels: tuple[Tunnel, ...] = ()

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))
