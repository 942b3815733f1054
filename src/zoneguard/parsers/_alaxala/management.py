"""How an ALAXALA AX is managed: logging, ntp, snmp-server, line vty, ip ssh, ftp-server.

After ALAXALA, "コンフィグレーションコマンドレファレンス" of the AX series (運用端末接続, NTP, SNMP):
there is no log host, no time server and no community at delivery; ``line vty`` lets telnet in, and with ``transport
input`` what that names; ``ip ssh`` starts the SSH server; ``ip access-group`` of the line limits hosts.
Administrators and the end of an idle session are set by commands that the configuration does not hold (``password``,
``set exec-timeout``), so that it does not tell of them. A file that begins with the header of the switch is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, at_most, either
from zoneguard.model.settings import Access, DeviceSettings, Software, Topic
from zoneguard.parsers import Source
from zoneguard.parsers._alaxala.config import Config
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.management import lowered, read_server, read_snmp
from zoneguard.parsers._management import PORTS, Found

_MODEL = re.compile(r"#\s?configuration list for (?P<model>AX[\w-]+)")
_RELEASE = re.compile(r"#\s?Last modified by .{0,80} with version (?P<version>[\w.]+)")
_HEADER_LINES = 10


def read_management(lines: Iterable[Line], config: Config) -> DeviceSettings:
    """The settings; the lines that say them are accounted for as understood."""
    found = Found()
    terminals: list[Line] = []
    servers: dict[str, Line] = {}
    for line in lines:
        words = lowered(line)
        if _read(line, words, found):
            config.ledger.understood(line.number)
        elif words[:2] == ("ip", "ssh") and len(words) == 2:
            servers["ssh"] = line
        elif words[:1] == ("ftp-server",):
            servers["ftp"] = line
        elif words[:2] == ("line", "vty"):
            terminals.append(line)
    settled = _accesses(config, terminals, servers, found)
    found.software = _software(config.source)
    if found.software is not None:
        found.tells(Topic.LOGS, Topic.TIME, Topic.SNMP, *((Topic.ACCESS,) if settled else ()))
    return found.settings()


def _read(line: Line, words: tuple[str, ...], found: Found) -> bool:
    if words[:2] == ("logging", "host"):
        return read_server(line, found.logs, 2) and found.tells(Topic.LOGS)
    if words[:2] in (("ntp", "server"), ("ntp", "peer")):
        return read_server(line, found.times, 2) and found.tells(Topic.TIME)
    if words[:3] == ("ntp", "client", "server"):
        return read_server(line, found.times, 3) and found.tells(Topic.TIME)
    return words[0] == "snmp-server" and read_snmp(line, found)


def _accesses(config: Config, terminals: list[Line], servers: dict[str, Line], found: Found) -> bool:
    """Note the services that terminals and servers offer; whether the file says of SSH which it is."""
    settled = True
    for line in terminals:
        inside = [lowered(child) for child in line.children]
        transport = next((words[2:] for words in inside if words[:2] == ("transport", "input")), None)
        protocols = set(transport or ("telnet",))
        if "ssh" in servers and transport is None:
            settled = False  # whether SSH comes in by a line that does not say so differs between series
        sources = _sources(config, line)
        for service in ("telnet", "ssh"):
            if protocols & {"all", service} and (service == "telnet" or "ssh" in servers):
                found.accesses.append(Access(service, PORTS[service], "", line.span, sources))
        for each in (line, *(child for child in line.children if child.head in ("transport", "ip"))):
            config.ledger.understood(each.number)
    if "ftp" in servers:
        found.accesses.append(Access("ftp", PORTS["ftp"], "", servers["ftp"].span))
    for line in servers.values():
        config.ledger.understood(line.number)
    return settled


def _sources(config: Config, line: Line) -> Intervals | None:
    """The hosts that the list of a terminal may let in; ``None``: it has no list."""
    names = [c.words[2] for c in line.children if lowered(c)[:2] == ("ip", "access-group") and len(c.words) > 2]
    if not names:
        return None
    known = config.lists.get(("ip", names[-1]))
    permits = [entry.match for entry in known.ordered() if entry.permits is not False] if known else []
    return at_most(Field.SRC, either(*permits)) if permits else Intervals()


def _software(source: Source) -> Software | None:
    head = list(enumerate(source.lines[:_HEADER_LINES], 1))
    model = next((m["model"] for _, line in head if (m := _MODEL.match(line))), "")
    release = next(((n, m["version"]) for n, line in head if (m := _RELEASE.match(line))), None)
    if release is None and not model:
        return None
    number, version = release or (1, "?")
    return Software(f"ALAXALA {model}".strip(), version, source.span(number))
