"""What the commands of one configuration say, before it is put together: facts with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Interface, InterfaceAddress, MacBinding, Route
from zoneguard.model.settings import Service
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._yamaha.filters import StaticFilter, UnreadableError
from zoneguard.parsers._yamaha.lines import Command

_INTERFACE = re.compile(r"(?:lan|wan|onu|vlan|bridge|loopback|pp|tunnel|null)\d{0,5}(?:[./]\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Doubt:
    """The command was read, and something about it is not in the model, or only as an ``Unknown`` (``bounded``)."""

    reason: str
    concern: Concern
    bounded: bool = False


Reading = bool | Doubt  # False: not a command of this reader


@dataclass(slots=True)
class Port:
    """An interface as far as read. ``started``: by ``pp enable`` or ``tunnel enable``; ``None``: not in question."""

    name: str
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    secondary: list[InterfaceAddress] = field(default_factory=list)
    routers: list[int] = field(default_factory=list)  # virtual addresses of VRRP
    started: bool | None = None
    shut: bool = False
    vlan: int | None = None
    description: str = ""
    assigned: bool = False  # its IPv4 address, by DHCP

    @property
    def line(self) -> bool:
        """Whether it is a dialled or virtual line that may be down while the device is up."""
        return self.name.startswith(("pp", "tunnel"))

    def interface(self) -> Interface:
        """As the model has it. A virtual address has the subnet of the real address that it lies in."""
        own = [*self.addresses, *self.secondary]
        virtual = [
            InterfaceAddress(router, next((a.length for a in own if router in a.subnet), 128 if router >> 128 else 32))
            for router in self.routers
            if all(router != a.address for a in own)
        ]
        return Interface(
            name=self.name,
            span=self.span,
            addresses=tuple(own + virtual),
            enabled=self.started is not False and not self.shut,
            vlan=self.vlan,
            description=self.description,
            assigned=self.assigned,
        )


@dataclass(frozen=True, slots=True)
class DynamicFilter:
    """``service`` is an application's name, or ``""`` where static filters say what triggers and what it opens."""

    number: str
    span: SourceSpan
    source: str
    destination: str
    service: str = ""
    triggers: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterList:
    """The numbers listed for one interface and direction."""

    span: SourceSpan
    static: tuple[str, ...]
    dynamic: tuple[str, ...] = ()


@dataclass(slots=True)
class Family:
    """Filters and routes of one version of IP."""

    v6: bool
    static: dict[str, StaticFilter] = field(default_factory=dict)
    dynamic: dict[str, DynamicFilter] = field(default_factory=dict)
    lists: dict[tuple[str, str], FilterList] = field(default_factory=dict)  # by interface and direction
    sets: dict[str, dict[str, FilterList]] = field(default_factory=dict)  # by name and direction
    set_names: dict[str, tuple[str, SourceSpan]] = field(default_factory=dict)  # by interface
    routes: dict[tuple[int, int], tuple[SourceSpan, tuple[Gateway, ...]]] = field(default_factory=dict)
    off: SourceSpan | None = None  # the line that switches routing off


@dataclass(frozen=True, slots=True)
class Gateway:
    """One ``gateway`` of a static route. ``conditional``: used only while its line or target is up.

    ``doubt`` names a condition (recognised application) that cannot be decided here.
    """

    interface: str = ""
    next_hop: int | None = None
    blackhole: bool = False
    filters: tuple[str, ...] = ()
    doubt: str = ""
    conditional: bool = False

    @property
    def plain(self) -> bool:
        """Whether it takes any packet."""
        return not self.filters and not self.doubt


@dataclass(slots=True)
class Descriptor:
    """A NAT descriptor. ``outer`` and ``inner`` are the words of its address lists."""

    kind: str = "none"
    span: SourceSpan | None = None
    outer: tuple[str, ...] = ("ipcp",)
    inner: tuple[str, ...] = ("auto",)
    incoming: tuple[str, ...] = ("reject",)
    incoming_span: SourceSpan | None = None
    static: dict[str, Command] = field(default_factory=dict)
    masquerade: dict[str, Command] = field(default_factory=dict)


@dataclass(slots=True)
class Config:
    """Everything read from one ``show config``."""

    name: str
    ports: dict[str, Port] = field(default_factory=dict)
    v4: Family = field(default_factory=lambda: Family(False))
    v6: Family = field(default_factory=lambda: Family(True))
    descriptors: dict[str, Descriptor] = field(default_factory=dict)
    translations: dict[str, tuple[SourceSpan, tuple[str, ...]]] = field(default_factory=dict)  # by interface
    frame_filters: dict[str, Command] = field(default_factory=dict)
    frame_lists: dict[tuple[str, str], FilterList] = field(default_factory=dict)
    scopes: dict[str, tuple[int, int]] = field(default_factory=dict)  # leased addresses, by number
    leases: list[tuple[str, int, int, SourceSpan]] = field(default_factory=list)  # scope, address, MAC
    bindings: list[MacBinding] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)  # addresses that the network assigns
    leased: list[tuple[str, SourceSpan]] = field(default_factory=list)  # lines whose callers have leased addresses
    dialled: list[Route] = field(default_factory=list)  # host routes of dialled lines
    services: dict[str, tuple[SourceSpan, tuple[str, ...]]] = field(default_factory=dict)
    service_off: set[str] = field(default_factory=set)
    selected: dict[str, str] = field(default_factory=lambda: {"pp": "", "tunnel": ""})

    def family(self, v6: bool) -> Family:
        """The filters and routes of that version of IP."""
        return self.v6 if v6 else self.v4

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))

    def named(self, word: str, span: SourceSpan) -> Port:
        """The interface that ``word`` means: ``pp`` and ``tunnel`` are the selected one. Raises ``UnreadableError``."""
        name = self.selected.get(word, word)
        if not name:
            raise UnreadableError(Reason("no {word} is selected", word=word))
        if not is_interface(word):
            raise UnreadableError(Reason("not an interface: {word}", word=word))
        return self.port(name, span)

    def offered(self) -> tuple[Service, ...]:
        """Services that lines switch on, one for each interface named; ``""`` for any or for a list of addresses."""
        out: list[Service] = []
        for name, (span, hosts) in sorted(self.services.items()):
            if name in self.service_off or hosts == ("none",):
                continue
            named = [h for h in hosts if h in self.ports]
            out.extend(Service(name, interface, span) for interface in named or [""])
        return tuple(out)


def unread_filter(error: Exception) -> Doubt:
    """A filter, or a list of them, whose every outcome the model holds as an ``Unknown``."""
    return Doubt(str(error) if isinstance(error, UnreadableError) else "malformed", Concern.FILTER, bounded=True)


def is_interface(word: str) -> bool:
    """Whether a word of a command is the name of an interface, or ``pp`` or ``tunnel``."""
    return _INTERFACE.fullmatch(word) is not None


def line_name(kind: str, number: str) -> str:
    """``pp1``, ``tunnel2``, ``pp-anonymous``. Raises ``UnreadableError``."""
    if number == "anonymous":
        return f"{kind}-anonymous"
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise UnreadableError(Reason("not a number of a {kind}: {number}", kind=kind, number=number))
    return f"{kind}{int(number)}"


def unreadable_list(span: SourceSpan) -> FilterList:
    """A list of which nothing is known: one filter that is not defined."""
    return FilterList(span, ("unreadable",))


def filter_list(span: SourceSpan, words: tuple[str, ...]) -> FilterList:
    """``N N … [dynamic N …]``. Raises ``UnreadableError``."""
    at = words.index("dynamic") if "dynamic" in words else len(words)
    static, dynamic = words[:at], words[at + 1 :]
    if not (static or dynamic) or not all(number.isdigit() for number in (*static, *dynamic)):
        raise UnreadableError("a list of filters that is not a list of numbers")
    return FilterList(span, static, dynamic)
