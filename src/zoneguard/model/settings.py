"""What an export says of a device's own management: where it logs, its clock, who may manage it, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zoneguard.model.intervals import Intervals
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan


class Topic(StrEnum):
    """A matter of management on which an export may speak."""

    LOGS = "logs"
    TIME = "time"
    ACCESS = "access"
    SNMP = "snmp"
    ACCOUNTS = "accounts"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Software:
    """The product and the version that the export names, as ``FortiOS`` and ``7.2.8``."""

    product: str
    version: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Server:
    """A host that the device sends its log to or takes its time from, by address or name as written."""

    name: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the device itself (``ssh``, ``telnet``, ``http``, ``snmp``) and the interface that offers it."""

    name: str
    interface: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Access:
    """A service by which the device lets itself be managed: TCP ``port`` on ``interface`` (empty: on each).

    ``sources``: who may use it by the service's own list; ``None``: it has none. What filters let through to the device
    is a matter of its forwarding context.
    """

    service: str
    port: int
    interface: str
    span: SourceSpan
    sources: Intervals | None = None


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """A community or user. ``initial``: as delivered (``public``, ``private``); ``writes``: may change settings;
    ``encrypted``: version 3 with privacy."""

    version: str
    span: SourceSpan
    initial: bool = False
    writes: bool = False
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An administrator. ``initial``: the name that the maker gave; ``readable``: the secret stands in the export in
    clear or reversibly; ``open``: no secret is asked for; ``delivered``: the secret is the one of delivery."""

    name: str
    span: SourceSpan
    initial: bool = False
    readable: bool = False
    open: bool = False
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class IdleLimit:
    """After how many seconds without input a session of ``way`` ends; ``None``: never."""

    way: str
    seconds: int | None
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """The management of one device. ``told``: the topics on which the export speaks, so that what it does not name is
    not there; of any other topic nothing is known."""

    told: frozenset[Topic]
    software: Software | None = None
    logs: tuple[Server, ...] = ()
    times: tuple[Server, ...] = ()
    accesses: tuple[Access, ...] = ()
    snmp: tuple[SnmpAccess, ...] = ()
    accounts: tuple[Account, ...] = ()
    idle: tuple[IdleLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Socket:
    """A port of a switch that is meant for a terminal: up, neither routed, nor a trunk, nor one of an aggregate.

    ``identifies``: it lets in devices that it knows by 802.1X or by their MAC address only. ``description``: as it is
    written.
    """

    name: str
    span: SourceSpan
    identifies: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A tunnel to another site. ``encrypted``: whether what it carries cannot be read on the way (``None``: the export
    does not tell); ``peer``: the address of its far end, where it is written (shared space)."""

    name: str
    span: SourceSpan
    encrypted: bool | None
    peer: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Watch:
    """What a rule does with the sessions that it lets pass: it ``logs`` each of them, looks for attacks in them
    (``intrusion``), looks for malware in what they carry (``malware``)."""

    span: SourceSpan
    logs: bool = False
    intrusion: bool = False
    malware: bool = False
