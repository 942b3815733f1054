"""How a PAN-OS firewall is managed: its management port, log forwarding, NTP, SNMP and administrators.

After Palo Alto Networks, "PAN-OS Web Interface Help": Device > Setup > Interfaces (SSH and HTTPS of the management port
are on unless they are switched off), Device > Setup > Management (an idle session ends after sixty minutes unless
``idle-timeout`` says otherwise; 0: never), Device > Administrators, Device > Server Profiles > Syslog and Device > Log
Settings: a profile does nothing until log settings send to it. A configuration with ``deviceconfig system`` and
``mgt-config`` is whole, but that of a firewall that a Panorama manages is in another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Access, Account, DeviceSettings, IdleLimit, Server, SnmpAccess, Software, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._management import INITIAL_COMMUNITIES, PORTS, Found, minutes
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.interfaces import Interfaces
from zoneguard.parsers._panos.layout import Firewall
from zoneguard.parsers._panos.tree import Node

PORT = "management"
"""What the management port is called: it forwards nothing and is no interface of the model."""

MAKER = "admin"
_DELIVERED = "fnRL/G5lXVMug"
"""What ``admin``, the password of delivery, looks like: the configuration of delivery has it with this salt."""
_VERSION = re.compile(r'<config\b[^>]*\sversion="(?P<version>[\d.]+)"')
_DETAIL = re.compile(r'<config\b[^>]*\sdetail-version="(?P<version>[\w.-]+)"')
_HEAD = 20


def read_management(export: Export, firewall: Firewall, interfaces: Interfaces) -> DeviceSettings:
    """What the configuration of one firewall says."""
    found = Found(software=_software(export))
    system = firewall.settings.at("system") or Node("system", 1, 1)
    whole = bool(system.children) and firewall.home.at("mgt-config") is not None and firewall.managed is None
    for kind in ("primary-ntp-server", "secondary-ntp-server"):
        node = system.at("ntp-servers", kind, "ntp-server-address")
        found.times += _servers(export, [] if node is None else [node])
    found.logs = list(_logs(export, firewall, system))
    found.snmp = list(_snmp(export, system))
    found.accounts = list(_accounts(export, firewall.home))
    found.idle = list(_idle(export, firewall.settings))
    settled = _port(export, system, found) if whole else False
    for name, management in interfaces.management.items():
        for service in management.services:
            if service in PORTS:
                span = export.source.span(management.node.line(service))
                found.accesses.append(Access(service, PORTS[service], name, span, management.permitted))
    for topic, said in _said(found):
        if said or (whole and (topic is not Topic.ACCESS or settled)):
            found.tells(topic)
    return found.settings()


def _said(found: Found) -> Iterator[tuple[Topic, bool]]:
    """Whether something is there of each topic; services of interfaces alone do not tell of the management port."""
    yield Topic.LOGS, bool(found.logs)
    yield Topic.TIME, bool(found.times)
    yield Topic.SNMP, bool(found.snmp)
    yield Topic.ACCOUNTS, bool(found.accounts)
    yield Topic.IDLE, bool(found.idle)
    yield Topic.ACCESS, False


def _software(export: Export) -> Software | None:
    for pattern in (_DETAIL, _VERSION):
        for number, line in enumerate(export.source.lines[:_HEAD], 1):
            if match := pattern.search(line):
                return Software("PAN-OS", match["version"], export.source.span(number))
    return None


def _servers(export: Export, nodes: Sequence[Node]) -> list[Server]:
    return [Server(word, export.span(child)) for node in nodes for word, child in node.children.items()]


def _logs(export: Export, firewall: Firewall, system: Node) -> Iterator[Server]:
    """The servers of each profile that some log settings send to, and a Panorama that logs are sent to."""
    places = [firewall.home, *(layer for vsys in firewall.vsyses for layer in vsys.layers)]
    shared = firewall.home.at("shared")
    settings = {id(n): n for place in (*places, shared) if place is not None and (n := place.at("log-settings"))}
    used = {word for node in settings.values() for below in _named(node, "send-syslog") for word in _ends(below)}
    for node in settings.values():
        for name, profile in node.below("syslog").items():
            if name in used:
                for entry in profile.below("server").values():
                    address = entry.at("server")
                    yield from _servers(export, [] if address is None else [address])
    if any(_ends(n) == {"yes"} for node in settings.values() for n in _named(node, "send-to-panorama")):
        panorama = system.at("panorama", "local-panorama", "panorama-server") or system.at("panorama-server")
        yield from _servers(export, [] if panorama is None else [panorama])


def _named(node: Node, name: str) -> Iterator[Node]:
    stack = [node]
    while stack:
        here = stack.pop()
        if here.name == name:
            yield here
        stack += here.children.values()


def _ends(node: Node) -> set[str]:
    """The last words of every path below."""
    ends: set[str] = set()
    stack = list(node.children.values())
    while stack:
        here = stack.pop()
        stack += here.children.values()
        if not here.children:
            ends.add(here.name)
    return ends


def _snmp(export: Export, system: Node) -> Iterator[SnmpAccess]:
    version = system.at("snmp-setting", "access-setting", "version")
    if version is None:
        return
    community = version.at("v2c", "snmp-community-string")
    if community is not None:
        name = next(iter(community.children), "")
        yield SnmpAccess("2c", export.span(community), name.lower() in INITIAL_COMMUNITIES)
    for user in version.below("v3", "users").values():
        yield SnmpAccess("3", export.span(user), encrypted=True)  # a user of PAN-OS always has a privacy password


def _accounts(export: Export, home: Node) -> Iterator[Account]:
    for name, user in home.below("mgt-config", "users").items():
        yield Account(name, _line(export, user), name == MAKER, delivered=user.word("phash") == _DELIVERED)


def _idle(export: Export, settings: Node) -> Iterator[IdleLimit]:
    node = settings.at("setting", "management", "idle-timeout")
    seconds = None if node is None else minutes(next(iter(node.children), ""))
    if node is not None and seconds is not None:
        yield IdleLimit("idle-timeout", seconds or None, export.span(node))


def _port(export: Export, system: Node, found: Found) -> bool:
    """Note what the management port offers. Whether the configuration decides that: telnet and HTTP have a line each,
    and there is a list of who may come."""
    service = system.at("service") or system
    permitted = system.below("permitted-ip")
    known = [span for text in permitted if (span := values.address_span(text)) is not None]
    sources = Intervals.from_spans(part for span in known for part in span.spans) if permitted else None
    for name in ("ssh", "https", "telnet", "http"):
        if service.word(f"disable-{name}", default="no" if name in ("ssh", "https") else "yes") == "no":
            line = service.at(f"disable-{name}")
            here = _line(export, system if line is None else line)
            found.accesses.append(Access(name, PORTS[name], PORT, here, sources))
    return bool(permitted) and all(service.at(f"disable-{name}") is not None for name in ("telnet", "http"))


def _line(export: Export, node: Node) -> SourceSpan:
    return export.source.span(node.first)
