"""The shape of ``zoneguard.yaml``. What names refer to is ``resolve``'s business."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from zoneguard.loading.fields import Addresses, Day, Entry, Flag, Mac, Named, Prefix, Rows, Service, Some, Text, one_of
from zoneguard.loading.values import FieldError
from zoneguard.model.network_models import ModelName
from zoneguard.model.project import Method, PeerInternet, Role
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass


class ZoneEntry(Entry):
    """A zone: its class, and the prefixes that belong to it. The longest prefix wins."""

    zone_class: Annotated[ZoneClass, *one_of(ZoneClass)] = Field(
        alias="class", description="What the zone is to the policy."
    )
    prefixes: Some[Prefix] = Field(min_length=1, description="Networks of the zone, without host bits.")
    guessed: bool = Field(False, description="Nobody has confirmed the class yet: what rests on it is undetermined.")


class DeviceModel(Entry):
    """A device: the file with its configuration, and the routing table exported from it."""

    config: Text = Field(description="Path of the exported configuration, relative to this file.")
    format: Text | None = Field(None, description="Name of the format; found by content where absent.")
    routes: Text | None = Field(None, description="Path of the exported routing table.")
    routes_format: Text | None = Field(None, description="Name of the routing table's format.")
    role: Text | None = Field(None, description="firewall, router, l3switch, …")
    pair: Text | None = Field(None, description="The device that is its twin (冗長構成): both must say the same.")


class Port(Entry):
    """An interface of a device."""

    device: Text
    interface: Text


class LinkEntry(Entry):
    """Two interfaces on one wire although their addresses do not tell."""

    a: Port
    b: Port


class HostEntry(Entry):
    """A named host, or a range of hosts that are alike."""

    addresses: Some[Addresses] = Field(min_length=1, description="Addresses, prefixes or ranges low-high.")
    macs: Some[Mac] = Field((), description="MAC addresses of the host.")
    roles: Some[Annotated[Role, *one_of(Role)]] = Field((), description="What the host is for.")


class SanitizerEntry(Entry):
    """A 無害化 method and the hosts that perform it."""

    method: Annotated[Method, *one_of(Method)]
    hosts: Some[Text] = Field(min_length=1, description="Names from `hosts`.")
    display: Some[Service] = Field((), description="screen-transfer only: the services by which a screen is shown.")


class Sessions(Entry):
    """Sessions of some services from one side to the other."""

    id: Text
    from_: Text = Field(description="A zone, a host or a prefix.")
    to: Text = Field(description="A zone, a host or a prefix.")
    services: Some[Service] = Field(min_length=1)
    purpose: Text | None = None
    clauses: Some[Text] = Field((), description="Clauses on which it rests, as mikasa:25(1).")


class AllowEntry(Sessions):
    """Sessions that may be opened between two zones."""

    via: Some[Text] = Field((), description="Zones that every path must touch.")


class ExceptionModel(Sessions):
    """A row of the exception register (例外措置)."""

    macs: Some[Mac] = Field((), description="Source MAC addresses to which it is bound.")
    applicant: Text | None = None
    approver: Text | None = None
    approved: Day | None = Field(None, description="The day of the permission.")
    expires: Day | None = Field(None, description="The last day on which it holds.")
    peer_internet: Annotated[PeerInternet, *one_of(PeerInternet)] = Field(
        PeerInternet.UNKNOWN, description="Whether the far end is itself connected to the Internet."
    )
    emergency: Flag = Field(False, description="Taken in an emergency, to be reported afterwards.")
    reported: Day | None = Field(None, description="The day on which an emergency exception was reported.")
    minor: Flag = Field(
        False, description="Held to be minor (軽微), where the policy lets another office permit those."
    )


class CloudEntry(Entry):
    """A cloud service that was approved (承認済みクラウドサービス)."""

    id: Text
    names: Some[Text] = Field((), description="Host names; *.example.jp stands for everything below.")
    addresses: Some[Addresses] = Field((), description="Addresses, prefixes or ranges low-high.")
    purpose: Text | None = None


class ConnectionEntry(Entry):
    """A connection to an external network that was permitted (外部ネットワークとの接続)."""

    id: Text
    zone: Text = Field(description="The zone outside that is connected.")
    permitted_by: Some[Text] = Field((), description="Offices that permitted it, as CISO.")
    permitted: Day | None = Field(None, description="The day of the permission.")
    until: Day | None = Field(None, description="The last day on which it holds.")
    purpose: Text | None = None
    document: Text | None = Field(None, description="Where the permission is written down.")


class IntendedEntry(Entry):
    """A rule list (通信要件一覧) of what is meant to pass."""

    list: Text = Field(description="Path of the list: CSV or Excel.")
    mapping: Text | None = Field(None, description="Path of the file that names its columns and addresses.")


class Point(Entry):
    """Where a capture was taken: a zone, or an interface of a device."""

    zone: Text | None = None
    device: Text | None = None
    interface: Text | None = None


class CaptureModel(Entry):
    """A capture file and the point where it was taken."""

    path: Text
    point: Point | None = None


def known_version(value: str) -> str:
    if value != "1":
        raise FieldError(
            N_(
                "format {version} is not read by this version of zoneguard, which reads 1; use the version that wrote "
                "it, or write the file anew",
                version=value,
            )
        )
    return value


class ProjectFile(Entry):
    """zoneguard.yaml: one municipality."""

    zoneguard: Annotated[Text, AfterValidator(known_version)] = Field(
        description="Version of this format: 1.", json_schema_extra={"type": "integer", "const": 1}
    )
    name: Text | None = Field(None, description="Name of the project; the directory's where absent.")
    profile: Some[Text] = Field(description="Shipped profiles by name, or paths of one's own.")
    as_of: Day | None = Field(None, description="The day against which expiry is judged; today where absent.")
    model: Annotated[ModelName, *one_of(ModelName)] = Field(
        ModelName.ALPHA,
        description="α, α′, β, β′ or two zones: which way the screen transfer runs, which egress is allowed.",
    )
    zones: Named[ZoneEntry] = Field(min_length=1)
    devices: Named[DeviceModel] = Field(default_factory=dict)
    links: Rows[LinkEntry] = ()
    hosts: Named[HostEntry] = Field(default_factory=dict)
    sanitizers: Named[SanitizerEntry] = Field(default_factory=dict)
    allow: Rows[AllowEntry] = ()
    exceptions: Rows[ExceptionModel] = ()
    captures: Rows[CaptureModel] = ()
    intended: Rows[IntendedEntry] = Field((), description="Rule lists that say what is meant to pass between zones.")
    cloud: Rows[CloudEntry] = Field((), description="Approved cloud services.")
    connections: Rows[ConnectionEntry] | None = Field(
        None, description="The register of external connections; without it nobody judges whether they were permitted."
    )
    ledger: Text | None = Field(
        None, description="Path of the ledger of devices (管理台帳), a CSV file with MAC addresses."
    )
    attestations: Text | None = Field(None, description="Path of the file with what persons confirm of clauses.")
