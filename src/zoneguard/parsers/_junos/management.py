"""How a Junos device is managed: syslog, ntp, snmp, login, services.

After Juniper, "Junos OS CLI Reference" (system services: none runs that is not named; system login class idle-timeout:
a session never ends where neither the class nor ``system login`` has one; snmp v3 usm: users without ``privacy-…`` are
readable). A configuration that names its ``version`` is whole. What it has in groups counts where it is inherited.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.settings import Access, Account, DeviceSettings, IdleLimit, Server, SnmpAccess, Software, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._junos.export import Export
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers._management import INITIAL_COMMUNITIES, PORTS, Found, minutes, port

_OPEN = ("", '""')
_NETCONF = 830


def read_management(export: Export) -> DeviceSettings:
    """The settings of the device itself; the statements that say them count as understood."""
    found = Found()
    root, system = export.root, export.root.at("system")
    version = root.value("version")
    if version is not None:
        found.software = Software("Junos", version.word, _line(export, version))
        found.tells(*Topic)
    found.logs = list(_logs(export))
    found.times = [_server(export, node) for kind in ("server", "peer") for node in system.at("ntp").values(kind)]
    found.snmp = list(_snmp(export))
    found.accounts = list(_accounts(export, system))
    found.idle = list(_idle(export, system))
    found.accesses = list(_accesses(export, system.at("services")))
    for topic, path in _PLACES.items():
        if any(root.get(*place) is not None for place in path):
            found.tells(topic)
    return found.settings()


_PLACES = {
    Topic.LOGS: (("system", "syslog", "host"), ("security", "log", "stream")),
    Topic.TIME: (("system", "ntp"),),
    Topic.ACCESS: (("system", "services"),),
    Topic.SNMP: (("snmp",),),
    Topic.ACCOUNTS: (("system", "login", "user"), ("system", "root-authentication")),
    Topic.IDLE: (("system", "login", "idle-timeout"),),
}
"""Where a configuration that is not whole speaks of a topic."""


def _line(export: Export, node: Node) -> SourceSpan:
    return export.source.span(max(1, node.line))


def _server(export: Export, node: Node) -> Server:
    return Server(node.word, _line(export, node))


def _logs(export: Export) -> Iterator[Server]:
    """``system syslog host``, and the streams of ``security log``, which carry the log of policies."""
    for node in export.root.at("system", "syslog", "host").children.values():
        node.take()
        yield _server(export, node)
    for stream in export.root.at("security", "log", "stream").children.values():
        for node in stream.values("host"):
            yield _server(export, node)


def _snmp(export: Export) -> Iterator[SnmpAccess]:
    snmp = export.root.at("snmp")
    for community in snmp.at("community").children.values():
        community.take()
        writes = community.get("authorization", "read-write") is not None
        yield SnmpAccess("2c", _line(export, community), community.word.lower() in INITIAL_COMMUNITIES, writes)
    for user in snmp.at("v3", "usm", "local-engine", "user").children.values():
        user.take()
        private = any(word.startswith("privacy-") and word != "privacy-none" for word in user.children)
        yield SnmpAccess("3", _line(export, user), encrypted=private)


def _accounts(export: Export, system: Node) -> Iterator[Account]:
    """The users with a password here and ``root``, whose name nobody can change."""
    places = dict(system.at("login", "user").children)
    root = system.get("root-authentication")
    for name, node in places.items():
        yield _account(export, name, node, node.at("authentication"))
    if root is not None:
        yield _account(export, "root", root, root)


def _account(export: Export, name: str, node: Node, authentication: Node) -> Account:
    secret = authentication.value("encrypted-password")
    plain = authentication.value("plain-text-password-value")
    empty = secret is not None and secret.word in _OPEN
    return Account(name, _line(export, node), readable=plain is not None, open=empty)


def _idle(export: Export, system: Node) -> Iterator[IdleLimit]:
    """For each user the limit of its class, or the general one; without either: never."""
    general = system.at("login").value("idle-timeout")
    for name, user in system.at("login", "user").children.items():
        kind = user.word_of("class")
        limit = system.at("login", "class", kind).value("idle-timeout") or general
        seconds = minutes(limit.word) if limit is not None else None
        yield IdleLimit(name, seconds or None, _line(export, limit or user))


def _accesses(export: Export, services: Node) -> Iterator[Access]:
    """What ``system services`` starts. Filters and ``host-inbound-traffic`` decide who reaches it."""
    for name in ("ssh", "telnet", "ftp"):
        node = services.get(name)
        if node is not None:
            node.used = True
            yield Access(name, _port(node, PORTS[name]), "", _line(export, node))
    netconf = services.get("netconf", "ssh")
    if netconf is not None:
        netconf.used = True
        yield Access("ssh", _port(netconf, _NETCONF), "", _line(export, netconf))
    for name in ("http", "https"):
        node = services.get("web-management", name)
        if node is not None:
            node.used = True
            number, span = _port(node, PORTS[name]), _line(export, node)
            for interface in node.values("interface") or [Node("")]:
                yield Access(name, number, interface.word, span)


def _port(node: Node, default: int) -> int:
    return port(node.word_of("port"), default)
