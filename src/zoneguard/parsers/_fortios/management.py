"""What a FortiGate's tables say of its own management (Fortinet, "FortiOS CLI Reference": system global, system admin,
system ntp, system snmp, log syslogd setting, log fortianalyzer setting).

A backup holds every table that differs from delivery, so that what it lacks is as delivered: no log server, five
minutes until an idle session ends. An excerpt speaks of the tables alone that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import (
    Access,
    Account,
    DeviceSettings,
    IdleLimit,
    Server,
    Service,
    SnmpAccess,
    Software,
    Topic,
)
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export

_LOGS = tuple(
    f"log {server} {kind}"
    for server in ("syslogd", "syslogd2", "syslogd3", "syslogd4", "fortianalyzer", "fortianalyzer2", "fortianalyzer3")
    for kind in ("setting", "override-setting")
)
_TOPICS = {
    Topic.LOGS: _LOGS,
    Topic.TIME: ("system ntp",),
    Topic.ACCESS: ("system interface",),
    Topic.SNMP: ("system snmp sysinfo", "system snmp community", "system snmp user"),
    Topic.ACCOUNTS: ("system admin",),
    Topic.IDLE: ("system global",),
}
_PORTS = {"https": ("admin-sport", 443), "http": ("admin-port", 80), "ssh": ("admin-ssh-port", 22),
          "telnet": ("admin-telnet-port", 23)}  # fmt: skip
_READ = {
    "system admin": frozenset({"trusthost*", "ip6-trusthost*", "password", "remote-auth", "peer-auth"}),
    "system ntp": frozenset({"ntpsync", "type"}),
    "system snmp sysinfo": frozenset({"status"}),
    "system snmp community": frozenset({"name", "status", "query-v1-status", "query-v2c-status"}),
    "system snmp user": frozenset({"status", "queries", "security-level"}),
    **dict.fromkeys(_LOGS, frozenset({"status", "server"})),
}


def read_management(export: Export, services: Iterable[Service]) -> DeviceSettings:
    """The settings; the lines that say them are accounted for as understood."""
    tables = {path: list(_tables(export, path)) for paths in _TOPICS.values() for path in paths}
    whole = export.version is not None
    told = {topic for topic, paths in _TOPICS.items() if any(tables[path] for path in paths) or whole}
    if not tables["system ntp"]:
        told.discard(Topic.TIME)  # whether the clock is set from outside at delivery differs between versions
    admins = [entry for table in tables["system admin"] for entry in table.entries.values()]
    for path in _READ:
        for table in tables.get(path, ()):
            _understood(export, table, path)
    return DeviceSettings(
        told=frozenset(told),
        software=_software(export),
        logs=tuple(_logs(export, (table for path in _LOGS for table in tables[path]))),
        times=tuple(_times(export, tables["system ntp"])),
        accesses=tuple(_accesses(tables["system global"], services, _trusted(admins))),
        snmp=tuple(_snmp(export, tables)),
        accounts=tuple(_account(export, entry) for entry in admins),
        idle=tuple(_idle(export, tables["system global"])),
    )


def _tables(export: Export, path: str) -> Iterator[Block]:
    blocks = {id(block): block for block in (export.shared, *(scope.block for scope in export.scopes))}
    return (block.blocks[path] for block in blocks.values() if path in block.blocks)


def _understood(export: Export, table: Block, path: str) -> None:
    """The lines that were read; the rest of the table stays as it is accounted for."""
    for part in (table, *table.entries.values()):
        for name, setting in part.settings.items():
            if any(name == known or (known.endswith("*") and name.startswith(known[:-1])) for known in _READ[path]):
                export.ledger.understood(setting[1], setting[2])


def _software(export: Export) -> Software | None:
    if export.version is None:
        return None
    line = next(n for n, text in enumerate(export.source.lines, 1) if text.lstrip().startswith("#config-version="))
    return Software("FortiOS", ".".join(map(str, export.version)), export.source.span(line))


def _logs(export: Export, tables: Iterable[Block]) -> Iterator[Server]:
    for table in tables:
        if table.enabled("status") and table.word("server"):
            yield Server(table.word("server"), export.source.span(table.line("server")))


def _times(export: Export, tables: Iterable[Block]) -> Iterator[Server]:
    for table in tables:
        if not table.enabled("ntpsync"):
            continue
        if table.word("type", "fortiguard") == "fortiguard":
            yield Server("FortiGuard", export.source.span(table.line("ntpsync")))
        for entry in table.table("ntpserver").values():
            if entry.word("server"):
                yield Server(entry.word("server"), export.source.span(entry.line("server")))
                export.ledger.understood(entry.line("server"))


def _accesses(tables: Iterable[Block], services: Iterable[Service], trusted: Intervals | None) -> Iterator[Access]:
    system = next(iter(tables), Block(""))
    for service in services:
        if service.name not in _PORTS or (service.name == "http" and system.enabled("admin-https-redirect", True)):
            continue
        setting, default = _PORTS[service.name]
        port = values.number(system.word(setting, str(default)), 65535) or default
        yield Access(service.name, port, service.interface, service.span, trusted)


def _trusted(admins: list[Block]) -> Intervals | None:
    """The hosts from which some administrator may log on; ``None`` where one may from everywhere."""
    trusted = Intervals()
    for admin in admins:
        hosts = [name for name in admin.settings if name.startswith(("trusthost", "ip6-trusthost"))]
        found = [values.interface_address(admin.values(name)) for name in hosts]
        own = Intervals.from_spans(span for a in found if a is not None and a.length for span in a.subnet.spans)
        if not own:
            return None
        trusted = trusted | own
    return trusted or None


def _snmp(export: Export, tables: dict[str, list[Block]]) -> Iterator[SnmpAccess]:
    if not any(table.enabled("status") for table in tables["system snmp sysinfo"]):
        return
    for table in tables["system snmp community"]:
        for entry in table.entries.values():
            span = export.source.span(entry.line("name"))
            for version in ("1", "2c"):
                if entry.enabled("status", True) and entry.enabled(f"query-v{version}-status", True):
                    yield SnmpAccess(version, span, entry.word("name").lower() in ("public", "private"))
    for table in tables["system snmp user"]:
        for entry in table.entries.values():
            if entry.enabled("status", True) and entry.enabled("queries", True):
                private = entry.word("security-level", "no-auth-no-priv") == "auth-priv"
                yield SnmpAccess("3", export.source.span(entry.line("security-level")), encrypted=private)


def _account(export: Export, entry: Block) -> Account:
    password = entry.values("password")
    elsewhere = any(entry.enabled(name) for name in ("remote-auth", "peer-auth"))
    return Account(
        name=entry.name,
        span=export.source.span(entry.first),
        initial=entry.name == "admin",
        readable=len(password) == 1,
        open=not password and not elsewhere and export.version is not None,
    )


def _idle(export: Export, tables: Iterable[Block]) -> Iterator[IdleLimit]:
    for table in tables:
        minutes = values.number(table.word("admintimeout"), 480)
        if minutes is not None:
            yield IdleLimit("admintimeout", minutes * 60, export.source.span(table.line("admintimeout")))
            export.ledger.understood(table.line("admintimeout"))
