"""The vendor-neutral device: interfaces, routes, and the ordered pipeline a packet runs through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zoneguard.model.addresses import prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, Match
from zoneguard.model.quick import quick
from zoneguard.model.settings import DeviceSettings, Service, Socket, Tunnel, Watch
from zoneguard.model.spans import SourceSpan


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """``address`` (shared space) and the length of its subnet's prefix. ``span``: its own line, where it has one."""

    address: int
    length: int
    span: SourceSpan | None = field(default=None, compare=False)

    @property
    def subnet(self) -> Intervals:
        """Every address of the connected subnet."""
        size = 1 << ((128 if self.address >> 128 else 32) - self.length)
        return Intervals.span(self.address & ~(size - 1), self.address | (size - 1))


@dataclass(frozen=True, slots=True)
class Interface:
    """A layer-3 interface. ``zone``: the vendor's own, not zoneguard's. ``wire``: joins two devices that name the same;
    ``beyond``: what is open of its other end while none is there. ``assigned``: the network chooses its IPv4 subnet."""

    name: str
    span: SourceSpan
    addresses: tuple[InterfaceAddress, ...] = ()
    enabled: bool = True
    zone: str = ""
    vlan: int | None = None
    description: str = ""
    wire: str = ""
    beyond: str = ""
    assigned: bool = False


class RouteKind(StrEnum):
    CONNECTED = "connected"
    STATIC = "static"
    EXPORTED = "exported"  # from a routing table: the device's own truth
    BLACKHOLE = "blackhole"
    CALLERS = "callers"  # to clients that dial in, by the device itself: no exported table shows them

    __hash__ = str.__hash__  # that of enumerations is Python's own, and tables ask for it once a route


@quick
@dataclass(frozen=True, slots=True)
class Route:
    """``network/length`` by ``next_hop`` (shared space; ``None``: on the link) out of ``interface`` (may be empty).

    Routes of one prefix: the lowest ``(distance, metric)`` wins, equals share the load. ``interface`` may belong to
    another forwarding context of the device. ``into`` names another such context that the packet moves to instead of
    leaving: it runs through that one's stages as having come in by the interface it came in by; those after
    ``Routing`` in this one are left out.
    """

    network: int
    length: int
    span: SourceSpan
    kind: RouteKind = RouteKind.STATIC
    next_hop: int | None = None
    interface: str = ""
    distance: int = 1
    metric: int = 0
    into: str = ""

    @property
    def on_link(self) -> bool:
        """Whether the hosts of the prefix are on the interface itself."""
        return self.kind is RouteKind.CONNECTED or self.kind is RouteKind.CALLERS

    @property
    def prefix(self) -> Intervals:
        """Every destination address of the route."""
        return prefix_span(self.network, self.length)


@dataclass(frozen=True, slots=True)
class PolicyRoute:
    """Before the routing table: packets that match go by ``next_hop`` / ``interface`` (several share the load).
    ``into`` names another forwarding context of the device whose table is asked instead. With neither the packet is
    looked up in the own table as usual (a stop rule)."""

    match: Match
    span: SourceSpan
    targets: tuple[tuple[int | None, str], ...] = ()
    into: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """The packet passes this stage."""


@dataclass(frozen=True, slots=True)
class Deny:
    """The packet ends here; ``reject``: with an answer to the sender."""

    reject: bool = False


@dataclass(frozen=True, slots=True)
class Continue:
    """Nothing is decided (a log line, a counter); the next rule is asked."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Run the list ``target``; where it returns, go on after this rule (``goto``: after the calling rule instead)."""

    target: str
    goto: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Leave the list; at the top of a stage its default decides."""


@dataclass(frozen=True, slots=True)
class SetField:
    """Non-terminal rewrite of one field (``MARK``): ``new = (old & ~mask) ^ value``. The next rule is asked."""

    field: Field
    value: int
    mask: int


Action = Permit | Deny | Continue | Jump | Return | SetField


@dataclass(frozen=True, slots=True)
class SetTo:
    """The field takes some value of ``values`` (a pool); one value: exactly that."""

    field: Field
    values: Intervals


@dataclass(frozen=True, slots=True)
class KeepHost:
    """The address takes its network bits from ``network``; the lowest ``host_bits`` stay (NETMAP, range NAT)."""

    field: Field
    network: int
    host_bits: int


@dataclass(frozen=True, slots=True)
class Shift:
    """The field's value moves by ``delta`` (a port range mapped onto another)."""

    field: Field
    delta: int


@dataclass(frozen=True, slots=True)
class EgressAddress:
    """The source becomes an address of the interface by which the packet leaves (masquerade)."""


@dataclass(frozen=True, slots=True)
class IngressAddress:
    """The destination becomes an address of the interface by which the packet came (redirect to the device)."""


Rewrite = SetTo | KeepHost | Shift | EgressAddress | IngressAddress


@dataclass(frozen=True, slots=True)
class NatRule:
    """The first that matches rewrites and ends its stage; no rewrites: exempt from translation. ``name`` is what the
    vendor calls it (``VIP web-01``). ``implied``: as of a ``Rule``."""

    match: Match
    span: SourceSpan
    rewrites: tuple[Rewrite, ...] = ()
    name: str = ""
    implied: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Rule:
    """The first rule that matches acts. ``enabled``: False for rules the vendor keeps but does not apply; ``implied``:
    nobody wrote it, a setting acts so in the list; ``unasked``: the list is not about these packets (IPv6, say)."""

    match: Match
    action: Action
    span: SourceSpan
    name: str = ""
    comment: str = ""
    enabled: bool = True
    implied: bool = False
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class RuleList:
    """Rules in order of evaluation, and what happens where none decides (``Return`` for a user chain)."""

    name: str
    rules: tuple[Rule | NatRule, ...]
    default: Action
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Filter:
    """A stage that runs ``rules`` on packets that came in by ``ingress`` and leave by ``egress`` (``None``: any).

    ``stateful``: packets of a session that this stage once admitted, replies included, pass without being asked.
    A stage before ``Routing`` cannot depend on the egress.
    """

    rules: RuleList
    ingress: frozenset[str] | None = None
    egress: frozenset[str] | None = None
    stateful: bool = False


@dataclass(frozen=True, slots=True)
class Translate:
    """A stage of NAT. ``field`` is ``DST`` (before ``Routing``) or ``SRC`` (after)."""

    rules: RuleList
    field: Field
    ingress: frozenset[str] | None = None
    egress: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """The stage where the egress interface and next hop are chosen: policy routes, then the longest prefix."""


Stage = Filter | Translate | Routing


@dataclass(frozen=True, slots=True)
class Vrf:
    """A forwarding context (VRF, VDOM, vsys, the whole of a simple box).

    ``stages`` run in order, exactly one of them ``Routing``; ``local`` filters what is addressed to the device
    itself (``None``: everything is answered). ``lists`` holds the targets of jumps.
    """

    name: str
    interfaces: frozenset[str]
    routes: tuple[Route, ...]
    stages: tuple[Stage, ...]
    policy_routes: tuple[PolicyRoute, ...] = ()
    lists: Mapping[str, RuleList] = field(default_factory=dict)
    local: tuple[Stage, ...] = ()
    forwards: bool = True


class Concern(StrEnum):
    """What a line that was not understood could have changed."""

    FILTER = "filter"
    NAT = "nat"
    ROUTING = "routing"
    INTERFACE = "interface"
    OTHER = "other"  # cannot change what is forwarded


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """A line that was not understood, or an object that cannot be decided, and what depends on it. ``bounded``: the
    model holds everything the line may mean as an ``Unknown``, so nothing beyond that depends on it."""

    span: SourceSpan
    text: str
    reason: str
    concern: Concern
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class LineAccount:
    """Every line of one input: understood, ignored and open lines add up to ``total``. ``ignored`` counts by the reason
    why the line cannot affect forwarding; blank lines and comments are a reason too. ``not_understood`` may hold
    several entries of one line."""

    file: str
    format: str
    total: int
    understood: int
    ignored: Mapping[str, int]
    not_understood: tuple[Misunderstood, ...] = ()

    @property
    def open_lines(self) -> int:
        """How many lines are not understood."""
        return len({entry.span.first for entry in self.not_understood})


@dataclass(frozen=True, slots=True)
class MacBinding:
    """The device accepts ``address`` only from the source MAC ``mac`` (static ARP, IP/MAC binding, ethernet filter)."""

    address: int
    mac: int
    interface: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Device:
    """One box. ``uncertain`` bounds every claim that rests on it: see ``Misunderstood``.

    ``wires`` are pairs of its own interfaces that are joined inside the box (links between VDOMs or vsys).
    ``settings``: its management, where the parser reads it. ``cloud``: it stands for a network inside a cloud service.
    ``sockets``: the ports of a switch that terminals are plugged into (``None``: the parser does not tell).
    ``tunnels``: those to other sites, as far as the parser reads them. ``watches``: what rules that let pass do beside
    that (``None``: the parser does not tell).
    """

    name: str
    vendor: str
    interfaces: tuple[Interface, ...]
    vrfs: tuple[Vrf, ...]
    span: SourceSpan
    uncertain: tuple[Misunderstood, ...] = ()
    mac_bindings: tuple[MacBinding, ...] = ()
    services: tuple[Service, ...] = ()
    wires: tuple[tuple[str, str], ...] = ()
    settings: DeviceSettings | None = None
    cloud: bool = False
    sockets: tuple[Socket, ...] | None = None
    tunnels: tuple[Tunnel, ...] = ()
    watches: tuple[Watch, ...] | None = None

    def interface(self, name: str) -> Interface:
        """The interface of that name. Raises ``KeyError``."""
        return {interface.name: interface for interface in reversed(self.interfaces)}[name]
