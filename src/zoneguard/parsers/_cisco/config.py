"""What a router or switch is configured to do, before it is turned into stages: interfaces, lists, routes, maps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Interface, InterfaceAddress, MacBinding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Match
from zoneguard.model.settings import Service
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._cisco.entries import Reading
from zoneguard.parsers._cisco.groups import Groups
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.lists import AccessList
from zoneguard.parsers._cisco.values import UnreadableError, is_address, undecided
from zoneguard.parsers._route_targets import Targets
from zoneguard.parsers.accounting import Ledger

DEFAULT = "default"
"""The name of the forwarding context of interfaces in no VRF."""
UNREAD = "this command cannot be read"

_PARTS = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(\d.*)?")


@dataclass(frozen=True, slots=True)
class Applied:
    """A list or map by name, and the line that applies it."""

    name: str
    line: Line


@dataclass(slots=True)
class Port:
    """An interface. ``access``: direction and version of IP → the list in force; ``frames``: lists on a switched
    port; ``vlans``: those that a switched port carries; ``virtual``: addresses shared with other routers (HSRP, VRRP,
    GLBP); ``unread_address``: the line by which it gets an address; ``takes_gateway``: and, by DHCP, a default route;
    ``callers``: pools, or an address, of which its peers are given addresses.
    ``primary``, where it has one, is the first of ``addresses``: IOS writes it behind the secondary ones."""

    name: str
    line: Line
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    primary: InterfaceAddress | None = None
    enabled: bool = True
    vrf: str = DEFAULT
    zone: str = ""
    nat: str = ""
    description: str = ""
    vlan: int | None = None
    switched: bool = False
    vlans: Intervals = field(default_factory=lambda: Intervals.of(1))
    access: dict[tuple[str, bool], Applied] = field(default_factory=dict)
    frames: dict[tuple[str, bool], Applied] = field(default_factory=dict)
    policies: dict[bool, Applied] = field(default_factory=dict)
    inspected: dict[str, Applied] = field(default_factory=dict)
    virtual: list[int] = field(default_factory=list)
    unread_address: Line | None = None
    takes_gateway: bool = True
    callers: list[Applied] = field(default_factory=list)

    @property
    def by_dhcp(self) -> bool:
        """Whether DHCP gives it its IPv4 address."""
        return self.unread_address is not None and self.unread_address.words[:3] == ("ip", "address", "dhcp")

    def interface(self) -> Interface:
        """As the model has it. Shared addresses are its own, in the subnet where they lie."""
        own = list(self.addresses)
        for shared in self.virtual:
            length = next((a.length for a in self.addresses if shared in a.subnet), 128 if shared >= V6 else 32)
            own.append(InterfaceAddress(shared, length))
        addresses = tuple(dict.fromkeys(own))
        return Interface(
            self.name, self.span, addresses, self.enabled, self.zone, self.vlan, self.description, assigned=self.by_dhcp
        )


@dataclass(frozen=True, slots=True)
class Static:
    """A static route. ``context``: the VRF that looks up the next hop, where it is another; ``tracked``: it is in the
    table only while something else is up; ``by_dhcp``: its next hop is the gateway that DHCP gives."""

    vrf: str
    network: int
    length: int
    line: Line
    next_hop: int | None = None
    interface: str = ""
    distance: int = 1
    tracked: bool = False
    context: str = ""
    by_dhcp: bool = False


@dataclass(slots=True)
class Clause:
    """One entry of a route map. ``lists``: alternatives for one version of IP; ``odd``: conditions that are open."""

    permit: bool
    line: Line
    lists: dict[bool, list[Applied]] = field(default_factory=dict)
    odd: list[Line] = field(default_factory=list)
    hops: list[tuple[int | None, str]] = field(default_factory=list)
    sets: list[Line] = field(default_factory=list)
    only_default: bool = False
    tracked: bool = False
    elsewhere: list[Line] = field(default_factory=list)
    egress: list[str] = field(default_factory=list)
    """Names of ``match interface``: which way the packet leaves, for translation."""


@dataclass(slots=True)
class MapEntry:
    """One entry of a VLAN access map. ``action``: ``forward``, ``drop``, ``redirect`` or empty."""

    line: Line
    lists: dict[bool, list[Applied]] = field(default_factory=dict)
    frames: bool = False
    action: str = ""


@dataclass(slots=True)
class Config:
    """Everything that readers gather. ``later``: what a permit with ports asks of later fragments; ``empty_passes``: a
    list that is defined and has no line lets everything pass (else that is open)."""

    source: Source
    ledger: Ledger
    name: str
    later: Callable[[SourceSpan], Match]
    wildcards_in_groups: bool = False
    empty_passes: bool = True
    lists: dict[tuple[str, bool], AccessList] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    ports: dict[str, Port] = field(default_factory=dict)
    vrfs: dict[str, SourceSpan] = field(default_factory=dict)
    targets: dict[str, Targets] = field(default_factory=dict)
    pools: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    statics: list[Static] = field(default_factory=list)
    route_maps: dict[str, dict[int, Clause]] = field(default_factory=dict)
    access_maps: dict[str, dict[int, MapEntry]] = field(default_factory=dict)
    vlan_filters: list[tuple[Applied, Intervals]] = field(default_factory=list)
    bindings: list[MacBinding] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    whole: bool = False
    """Whether the file shows a beginning or an end: then what it does not define is not defined."""
    _by_number: dict[str, list[str]] = field(default_factory=dict)

    def span(self, line: Line) -> SourceSpan:
        """The line."""
        return self.source.span(line.number)

    def reading(self, v6: bool) -> Reading:
        """How to read the lines of a list of this device."""
        return Reading(self.groups, v6, self.later, self._time_range)

    @staticmethod
    def _time_range(name: str, span: SourceSpan) -> Match:
        return undecided(Reason("the time range {name} is on", name=name), span)

    def understood(self, line: Line) -> None:
        """The line, without what is below it, is in the model."""
        self.ledger.understood(line.number)

    def unread(self, line: Line, concern: Concern, bounded: bool = False, why: str = UNREAD) -> None:
        """A line whose words cannot be read, and ``why``."""
        self.ledger.not_understood(line.number, why, concern, bounded)

    def begins(self, line: Line) -> None:
        """A command by which a whole configuration is known."""
        self.whole = True
        self.ledger.understood(line.number)

    def port(self, name: str, line: Line) -> Port:
        """The interface of that name, made if it is new."""
        found = self.ports.get(name)
        if found is None:
            found = self.ports[name] = Port(name, line, self.span(line))
            self._by_number.setdefault(_split(name)[1], []).append(name)
        return found

    def interface(self, text: str) -> str:
        """The name of the interface that ``text`` means, which may be shortened: ``Gi0/1``. Unknown: as written."""
        name = interface_name(text)
        if name in self.ports:
            return name
        kind, place = _split(name)
        fitting = [n for n in self._by_number.get(place, ()) if _split(n)[0].startswith(kind)]
        return fitting[0] if len(fitting) == 1 else name

    def vrf(self, name: str, span: SourceSpan) -> str:
        """Make known a VRF of that name."""
        self.vrfs.setdefault(name, span)
        return name


def interface_name(text: str) -> str:
    """``GigabitEthernet 0/1`` as the device itself writes it, without the blank."""
    return "".join(text.split())


def _split(name: str) -> tuple[str, str]:
    """Kind in lower case and number."""
    found = _PARTS.fullmatch(name)
    return (found[1].lower(), found[2] or "") if found else (name.lower(), "")


def is_interface(text: str) -> bool:
    """Whether a word looks like an interface with its number rather than an address, a number or a keyword."""
    found = _PARTS.fullmatch(text)
    return found is not None and found[2] is not None


def spaced_name(kind: str, number: str) -> str:
    """``GigabitEthernet`` and ``0/1`` as the name of an interface. Raises ``UnreadableError``."""
    if number[:1].isdigit() and not is_address(number) and is_interface(kind + number):
        return kind + number
    raise UnreadableError(Reason("not an interface: {word}", word=f"{kind} {number}"[:40]))


def vlan_ids(text: str) -> Intervals:
    """``1-5,10``, with blanks anywhere. Raises ``ValueError``."""
    spans: list[tuple[int, int]] = []
    for part in text.replace(" ", "").split(","):
        low, _, high = part.partition("-")
        if not (low.isascii() and low.isdigit() and (not high or (high.isascii() and high.isdigit()))):
            raise ValueError(text)
        spans.append((int(low[:6]), int((high or low)[:6])))
    return Intervals.from_spans(spans) & Intervals.span(1, 4094)
