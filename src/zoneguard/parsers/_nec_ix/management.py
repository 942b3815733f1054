"""How a UNIVERGE IX is managed: syslog, ntp, snmp-agent, username, and its servers.

After NEC, "UNIVERGE IXシリーズ コマンドリファレンスマニュアル" and "機能説明書" (遠隔設定と監視):
a server is off until ``telnet-server ip enable`` or its like; ``syslog ip enable`` and ``ntp ip enable`` switch sending
and asking on. A host or server that is named while that line is missing leaves its topic open, and so do
administrators of a file without any ``username``; the file does not tell when an idle session ends. A ``show
running-config`` with the header of the router is whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zoneguard.model.settings import Access, Account, DeviceSettings, Server, SnmpAccess, Software, Topic
from zoneguard.parsers import Source
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._management import INITIAL_COMMUNITIES, PORTS, Found
from zoneguard.parsers._nec_ix.config import Config

_HEADER = re.compile(r"!? ?IX Series (?P<model>IX[\w-]+).{0,60}Software, Version (?P<version>[\w.]+)")
_HEADER_LINES = 20
_IP = ("ip", "ipv6")


def read_management(lines: Sequence[Line], config: Config) -> DeviceSettings:
    """The settings; the lines that say them are accounted for as understood."""
    found, on = Found(), {line.words[:3] for line in lines if line.word(2) == "enable"}
    for line in lines:
        if _read(line, config, found):
            config.ledger.understood(line.number)
    for service, span in config.servers.items():
        found.accesses.append(Access(service, PORTS[service], "", span))
    found.software = _software(config.source)
    if found.software is not None:
        found.tells(Topic.LOGS, Topic.TIME, Topic.SNMP, Topic.ACCESS)
    for topic, command, named in ((Topic.LOGS, "syslog", found.logs), (Topic.TIME, "ntp", found.times)):
        if named and not any((command, version, "enable") in on for version in _IP):
            found.topics.discard(topic)
    if not any(("snmp-agent", version, "enable") in on for version in _IP):
        found.snmp = [access for access in found.snmp if access.version == "3"]
    return found.settings()


def _read(line: Line, config: Config, found: Found) -> bool:
    words, span = line.words, config.span(line)
    if words[0] == "syslog" and words[1:2] and words[1] in _IP:
        if words[2:3] == ("host",) and len(words) > 3:
            found.logs.append(Server(words[3], span))
        return words[2:3] in (("host",), ("enable",)) and found.tells(Topic.LOGS)
    if words[0] in ("ntp", "sntp"):
        if words[1:2] == ("server",) and len(words) > 2:
            found.times.append(Server(words[2], span))
        return (words[1:2] == ("server",) or words[2:3] == ("enable",)) and found.tells(Topic.TIME)
    if words[0] == "snmp-agent" and words[1:2] and words[1] in _IP:
        if words[2:3] == ("community",) and len(words) > 3:
            writes = any(word in ("rw", "read-write") for word in words[4:])
            found.snmp.append(SnmpAccess("2c", span, words[3].lower() in INITIAL_COMMUNITIES, writes))
        return words[2:3] in (("community",), ("enable",)) and found.tells(Topic.SNMP)
    if words[:2] == ("snmpv3", "user"):
        found.snmp.append(SnmpAccess("3", span, encrypted="priv" in words[2:]))
        return found.tells(Topic.SNMP)
    if words[0] == "username" and words[2:3] == ("password",) and len(words) > 4:
        found.account(Account(words[1], span, readable=words[3] == "plain"))
        return found.tells(Topic.ACCOUNTS)
    if words[0] in ("telnet-server", "ssh-server", "http-server") and words[1:2] == ("ip",):
        return words[2:3] in (("enable",), ("access-list",)) and found.tells(Topic.ACCESS)
    return False


def _software(source: Source) -> Software | None:
    for number, line in enumerate(source.lines[:_HEADER_LINES], 1):
        if match := _HEADER.match(line):
            return Software(f"NEC {match['model']}", match["version"], source.span(number))
    return None
