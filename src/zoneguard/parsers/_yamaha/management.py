"""How a Yamaha router is managed: syslog, ntpdate, snmp, passwords, the login timer (Yamaha, command reference,
chapters on the setting of the device, on SNMP and on the administration of users).

A ``show config`` that begins with the header of the router is whole. What it does not say is as delivered: no syslog
host, no SNMP host, no password, five minutes until an idle session ends. Whether telnet is on at delivery depends on
the model, so that the services are told of only where ``telnetd`` has a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from zoneguard.model.addresses import parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Access, Account, DeviceSettings, IdleLimit, Server, SnmpAccess, Software, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._management import INITIAL_COMMUNITIES, PORTS
from zoneguard.parsers._yamaha.config import Config
from zoneguard.parsers._yamaha.lines import Command
from zoneguard.parsers._yamaha.tunnels import Tunnels

_HEADER = re.compile(r"#?\s*((?:RTX|NVR|FWX|SRT|vRX|RTV|RT)[\w.-]*) (Rev\.[\w.]+)")


@dataclass(slots=True)
class Found:
    """What commands say. ``hosts``: who may ask by SNMP, by version; ``communities``: of reading and of writing."""

    logs: list[Server] = field(default_factory=list)
    times: list[Server] = field(default_factory=list)
    snmp_hosts: dict[str, SourceSpan] = field(default_factory=dict)
    communities: dict[tuple[str, str], tuple[str, SourceSpan]] = field(default_factory=dict)
    users: list[SnmpAccess] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    idle: list[IdleLimit] = field(default_factory=list)
    topics: set[Topic] = field(default_factory=set)
    tunnels: Tunnels = field(default_factory=Tunnels)


def read_setting(command: Command, found: Found) -> bool:
    """Whether the command says how the router is managed."""
    words = command.words
    if words[:2] == ("syslog", "host") and len(words) > 2:
        found.logs += [Server(word, command.span) for word in words[2:]]
        return _told(found, Topic.LOGS)
    if words[0] in ("ntpdate", "rdate") and len(words) > 1:
        found.times.append(Server(words[1], command.span))
        return _told(found, Topic.TIME)
    if words[0] == "schedule" and {"ntpdate", "rdate"} & set(words[:-1]):
        at = next(i for i, word in enumerate(words) if word in ("ntpdate", "rdate"))
        found.times.append(Server(words[at + 1], command.span))
        return _told(found, Topic.TIME)
    if words[0] in ("snmp", "snmpv2c", "snmpv3"):
        return _snmp(command, found)
    if words[:2] == ("login", "timer") and len(words) > 2:
        seconds = int(words[2][:9]) if words[2].isdigit() else None
        found.idle.append(IdleLimit("login timer", seconds, command.span))
        return _told(found, Topic.IDLE)
    return _account(command, found)


def _told(found: Found, topic: Topic) -> bool:
    found.topics.add(topic)
    return True


def _snmp(command: Command, found: Found) -> bool:
    words, version = command.words, {"snmp": "1", "snmpv2c": "2c", "snmpv3": "3"}[command.words[0]]
    if words[1:2] == ("host",) and len(words) > 2:
        found.snmp_hosts.pop(version, None)
        if words[2] != "none":
            found.snmp_hosts[version] = command.span
    elif words[1:2] == ("community",) and words[2:3] in (("read-only",), ("read-write",)) and len(words) > 3:
        found.communities[version, words[2]] = (words[3], command.span)
    elif words[1:3] == ("usm", "user"):
        private = any(word in words for word in ("des-cbc", "aes128-cfb"))
        found.users.append(SnmpAccess("3", command.span, encrypted=private))
    else:
        return False
    return _told(found, Topic.SNMP)


def _account(command: Command, found: Found) -> bool:
    words, span = command.words, command.span
    if words[:2] in (("login", "password"), ("administrator", "password")):
        name = words[0]
        found.accounts[name] = Account(name, span, readable=words[2:3] != ("encrypted",) and len(words) > 2)
    elif words[:2] == ("login", "user") and len(words) > 2:
        kept = words[3:4] == ("encrypted",)
        name = command.raw[2]
        found.accounts[f"user {name}"] = Account(
            name, span, initial=words[2] == "admin", readable=len(words) > 3 and not kept, open=len(words) == 3
        )
    else:
        return False
    return _told(found, Topic.ACCOUNTS)


def settings(source: Source, config: Config, found: Found) -> DeviceSettings:
    """What all commands together say."""
    software = _software(source)
    told = set(found.topics)
    accounts = dict(found.accounts)
    if software is not None:
        told |= {Topic.LOGS, Topic.TIME, Topic.SNMP, Topic.ACCOUNTS, Topic.IDLE}
        here = software.span
        if not any(name != "administrator" for name in accounts):
            accounts["login"] = Account("login", here, open=True)
        if "administrator" not in accounts:
            accounts["administrator"] = Account("administrator", here, open=True)
    if {"telnet"} & {*config.services, *config.service_off}:
        told.add(Topic.ACCESS)
    return DeviceSettings(
        told=frozenset(told),
        software=software,
        logs=tuple(found.logs),
        times=tuple(found.times),
        accesses=tuple(_accesses(config)),
        snmp=(*_communities(found), *(found.users if "3" in found.snmp_hosts else ())),
        accounts=tuple(accounts.values()),
        idle=tuple(found.idle),
    )


def _software(source: Source) -> Software | None:
    for number, line in enumerate(source.lines[:20], 1):
        if match := _HEADER.match(line):
            return Software(f"Yamaha {match[1]}", match[2], source.span(number))
    return None


def _communities(found: Found) -> Iterable[SnmpAccess]:
    """Where hosts may ask: by the community for reading, which is ``public`` at delivery, and by that for writing."""
    for version in ("1", "2c"):
        if version in found.snmp_hosts:
            name, span = found.communities.get((version, "read-only"), ("public", found.snmp_hosts[version]))
            yield SnmpAccess(version, span, name in INITIAL_COMMUNITIES)
        if version in found.snmp_hosts and (version, "read-write") in found.communities:
            name, span = found.communities[version, "read-write"]
            yield SnmpAccess(version, span, name in INITIAL_COMMUNITIES, writes=True)


def _accesses(config: Config) -> Iterable[Access]:
    for name, (span, hosts) in sorted(config.services.items()):
        if name not in PORTS or name in config.service_off or hosts == ("none",):
            continue
        interfaces = [host for host in hosts if host in config.ports]
        sources = [_hosts(host) for host in hosts if host not in config.ports]
        for interface in interfaces:
            yield Access(name, PORTS[name], interface, span)
        if sources or not hosts:
            known = [s for s in sources if s is not None]
            limited = Intervals.from_spans(x for s in known for x in s.spans) if len(known) == len(sources) else None
            yield Access(name, PORTS[name], "", span, limited if hosts else None)


def _hosts(word: str) -> Intervals | None:
    """The addresses ``a``, ``a-b``; ``None`` for ``any`` and ``lan``, which name no hosts."""
    low, _, high = word.partition("-")
    try:
        first, last = parse_prefix(low), parse_prefix(high or low)
    except ValueError:
        return None
    return Intervals.span(first.first, last.first)
