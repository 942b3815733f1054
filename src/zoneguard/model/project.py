"""What the user declares in ``zoneguard.yaml``: zones, devices, hosts, sanitizers, allowances, exceptions, captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from zoneguard.model.intervals import Intervals
from zoneguard.model.network_models import MODELS, ModelName, NetworkModel
from zoneguard.model.policy import Profile
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """A device's inputs. ``format`` / ``routes_format`` empty: found by content. ``pair``: its twin, or empty."""

    name: str
    config: Path
    span: SourceSpan
    format: str = ""
    routes: Path | None = None
    routes_format: str = ""
    role: str = ""
    pair: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Two interfaces ``(device, interface)`` on one wire although their addresses do not tell."""

    a: tuple[str, str]
    b: tuple[str, str]
    span: SourceSpan


class Role(StrEnum):
    """What a host is for, where a check asks for that."""

    TERMINAL = "terminal"
    SERVER = "server"
    JUMP_HOST = "jump-host"
    SCANNER = "scanner"  # monitoring and vulnerability scanners, which talk to everybody
    MFP = "mfp"  # 複合機
    IOT = "iot"  # 特定用途機器
    ACCESS_LINE = "access-line"  # lines by which one may come in from outside (閉域SIM, 指定の回線)


@dataclass(frozen=True, slots=True)
class Host:
    """A named host or host range. ``macs`` are 48-bit integers."""

    name: str
    addresses: Intervals
    span: SourceSpan
    macs: tuple[int, ...] = ()
    roles: tuple[Role, ...] = ()


class Method(StrEnum):
    MAIL_TEXT = "mail-text"
    SCREEN_TRANSFER = "screen-transfer"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """An accepted 無害化 method and the hosts that perform it (for screen transfer: the hosts whose screen is shown).

    ``services`` are those by which a screen is shown (``display`` in the project file); empty where not declared.
    """

    name: str
    method: Method
    hosts: tuple[Host, ...]
    span: SourceSpan
    services: tuple[ServiceSpec, ...] = ()

    @property
    def addresses(self) -> Intervals:
        """All addresses of all its hosts."""
        out = Intervals()
        for host in self.hosts:
            out = out | host.addresses
        return out


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One side of an allowance: a zone, a host or a prefix, as ``name`` says it, and its exact addresses."""

    name: str
    addresses: Intervals


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """``tcp/443``, ``udp/500-510``, ``icmp``, ``any``: protocol numbers and destination ports (all, where it has none).

    ``icmp`` holds ``type * 256 + code`` for ICMP and ICMPv6 (all, where no type is named).
    """

    text: str
    protocols: Intervals
    ports: Intervals
    icmp: Intervals = Intervals(((0, 65535),))


@dataclass(frozen=True, slots=True)
class Allowance:
    """A row of ``allow``: sessions of these services may be opened ``source`` → ``destination``. ``via``: zone names
    that every path must touch, or empty."""

    id: str
    source: Endpoint
    destination: Endpoint
    services: tuple[ServiceSpec, ...]
    span: SourceSpan
    purpose: str = ""
    clauses: tuple[str, ...] = ()
    via: tuple[str, ...] = ()


class PeerInternet(StrEnum):
    """Whether the far end of an exception is itself connected to the Internet."""

    ATTESTED_NO = "attested-no"
    YES = "yes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """A row of the exception register (例外措置): an allowance with a person, a date and an end."""

    id: str
    source: Endpoint
    destination: Endpoint
    services: tuple[ServiceSpec, ...]
    span: SourceSpan
    macs: tuple[int, ...] = ()
    purpose: str = ""
    applicant: str = ""
    approver: str = ""
    approved: date | None = None
    expires: date | None = None
    peer_internet: PeerInternet = PeerInternet.UNKNOWN
    clauses: tuple[str, ...] = ()
    emergency: bool = False
    reported: date | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's word on a clause that network data cannot decide: who, when, in which document, and until when."""

    clause: str
    by: str
    on: date
    document: str
    span: SourceSpan
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it was given by ``day`` and has not ended."""
        return self.on <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Connection:
    """A row of the register of external connections: the zone outside, who permitted the connection to it and when, and
    until when that holds."""

    id: str
    zone: str
    span: SourceSpan
    permitted_by: tuple[str, ...] = ()
    permitted: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CloudService:
    """An approved cloud service: host names (``*.example.jp`` stands for everything below) and addresses."""

    id: str
    names: tuple[str, ...]
    addresses: Intervals
    span: SourceSpan
    purpose: str = ""

    def is_called(self, name: str) -> bool:
        """Whether ``name`` is one of its names, or below one that begins with ``*.``."""
        name = name.lower().rstrip(".")
        return any(
            name == own or (own.startswith("*.") and name.endswith(own[1:])) for own in map(str.lower, self.names)
        )


@dataclass(frozen=True, slots=True)
class ListMapping:
    """What a rule list calls its columns, and the addresses of the names in its cells."""

    columns: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Intervals] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IntendedList:
    """A rule list (通信要件一覧) that says what is meant to pass between zones."""

    path: Path
    span: SourceSpan
    mapping: ListMapping = ListMapping()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A device of the ledger (管理台帳): its MAC address, and what else the ledger says of it."""

    mac: int
    name: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class CaptureEntry:
    """A capture and the point where it was taken: a zone name, or a device and interface; all empty: unknown."""

    path: Path
    span: SourceSpan
    zone: str = ""
    device: str = ""
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """Everything declared. ``as_of`` is the day against which expiry is judged."""

    name: str
    file: str
    root: Path
    profiles: tuple[Profile, ...]
    zones: ZoneMap
    devices: tuple[DeviceEntry, ...]
    hosts: Mapping[str, Host]
    sanitizers: tuple[Sanitizer, ...]
    allow: tuple[Allowance, ...]
    exceptions: tuple[ExceptionEntry, ...]
    captures: tuple[CaptureEntry, ...]
    as_of: date
    links: tuple[Link, ...] = ()
    model: str = "alpha"
    attestations: tuple[Attestation, ...] = ()
    attestation_file: Path | None = None
    cloud: tuple[CloudService, ...] = ()
    connections: tuple[Connection, ...] | None = None
    ledger: tuple[LedgerEntry, ...] | None = None
    ledger_file: Path | None = None
    intended: tuple[IntendedList, ...] = ()

    @property
    def network_model(self) -> NetworkModel:
        """What its ``model`` says of terminals, screen transfer and ways out."""
        return MODELS[ModelName(self.model)]

    def sanitized_by(self, *methods: Method) -> Intervals:
        """The addresses of all hosts of sanitizers of these methods."""
        own = (s.addresses for s in self.sanitizers if s.method in methods)
        return Intervals.from_spans(span for addresses in own for span in addresses.spans)

    def having(self, role: Role) -> Intervals:
        """The addresses of all hosts with the role."""
        return Intervals.from_spans(s for h in self.hosts.values() if role in h.roles for s in h.addresses.spans)
