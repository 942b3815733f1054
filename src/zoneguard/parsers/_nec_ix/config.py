"""What the commands of one configuration say, before it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Interface, InterfaceAddress, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Match
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers.accounting import Ledger

ALWAYS_UP = ("Loopback", "Null")


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an access list."""

    span: SourceSpan
    permits: bool
    match: Match
    mirrored: Match


@dataclass(frozen=True, slots=True)
class DynamicList:
    """``ip access-list dynamic``: what triggers it, a list (``access``) or an application of its own (``entry``).

    ``opens``: it names lists of further connections that a triggering one opens.
    """

    span: SourceSpan
    access: str = ""
    entry: Entry | None = None
    application: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """``ip filter NAME SEQUENCE in|out``."""

    name: str
    sequence: int
    span: SourceSpan


@dataclass(slots=True)
class Family:
    """Lists of one version of IP; unreadable lines are spans."""

    v6: bool
    lists: dict[str, list[Entry | SourceSpan]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)  # of their lines
    dynamic: dict[str, DynamicList] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """The first word of its commands."""
        return "ipv6" if self.v6 else "ip"


@dataclass(slots=True)
class Translation:
    """The NAT or NAPT of an interface."""

    nat: SourceSpan | None = None
    napt: SourceSpan | None = None
    inside: tuple[str, ...] = ()  # lists of sources that NAPT takes; none: all
    outer: Intervals | None = None  # ``ip napt address``
    lines: list[Line] = field(default_factory=list)  # static, service, dynamic
    pools: dict[str, Intervals] = field(default_factory=dict)


@dataclass(slots=True)
class Port:
    """An interface as far as read."""

    name: str
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    primary: InterfaceAddress | None = None
    given: list[Given] = field(default_factory=list)  # addresses that the network assigns
    takes_default: bool = False  # with its address, by DHCP
    shut: bool = False
    vlan: int | None = None
    vrf: str = ""
    description: str = ""
    bridge: str = ""
    binding: str = ""  # the profile of PPP
    filters: dict[tuple[bool, str], list[Applied]] = field(default_factory=dict)  # by IPv6 and direction
    policies: dict[bool, tuple[str, SourceSpan]] = field(default_factory=dict)  # route maps, by IPv6
    translation: Translation = field(default_factory=Translation)

    def interface(self) -> Interface:
        """As the model has it."""
        return Interface(
            self.name,
            self.span,
            tuple(self.addresses),
            not self.shut,
            vlan=self.vlan,
            description=self.description,
            assigned=any(given.by == "DHCP" and not given.v6 for given in self.given),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a route map."""

    sequence: int
    permits: bool
    line: Line


@dataclass(slots=True)
class Config:
    """Everything read from one ``show running-config``."""

    device: str
    source: Source
    ledger: Ledger
    ports: dict[str, Port] = field(default_factory=dict)
    v4: Family = field(default_factory=lambda: Family(False))
    v6: Family = field(default_factory=lambda: Family(True))
    routes: dict[str, list[Route]] = field(default_factory=dict)  # by VRF
    pools: dict[str, list[tuple[Intervals, SourceSpan]]] = field(default_factory=dict)  # by profile of PPP
    maps: dict[str, list[Step]] = field(default_factory=dict)
    servers: dict[str, SourceSpan] = field(default_factory=dict)  # ssh, telnet, http in use
    server_lists: dict[str, tuple[str, SourceSpan]] = field(default_factory=dict)
    conditions: dict[tuple[bool, str], Match] = field(default_factory=dict)  # lists as one condition, once read
    own: Intervals = Intervals()  # every address of the router, once all are read

    def family(self, v6: bool) -> Family:
        """The lists of that version of IP."""
        return self.v6 if v6 else self.v4

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))

    def span(self, line: Line) -> SourceSpan:
        """The place of a command."""
        return self.source.span(line.number)

    def not_understood(self, line: Line | SourceSpan, reason: str, concern: Concern, bounded: bool = False) -> None:
        """A command is not wholly in the model."""
        number = line.number if isinstance(line, Line) else line.first
        self.ledger.not_understood(number, reason, concern, bounded)

    def key(self, what: str) -> str:
        """The name of an open question on this device."""
        return Reason("{device}: {doubt}", device=self.device, doubt=what)
