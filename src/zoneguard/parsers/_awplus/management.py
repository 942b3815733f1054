"""How a device with AlliedWare Plus is managed: log, ntp, snmp-server, username, service, line.

After Allied Telesis, "Command Reference for AlliedWare Plus" (chapters on user access, on logging, on NTP and on SNMP:
nothing is sent to a log host, no time server, no community at delivery; a session ends after ten minutes unless
``exec-timeout`` says otherwise). ``service http`` starts the web interface by HTTP and HTTPS. Which services run at
delivery differs between releases, so that a device tells of them only where telnet, SSH and the web interface each have
a line. A ``show running-config`` that ends with ``end`` is whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Access, Account, DeviceSettings, Topic
from zoneguard.parsers import Source
from zoneguard.parsers._awplus.config import Config
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.management import lowered, read_idle, read_server, read_snmp
from zoneguard.parsers._management import PORTS, Found, port

MAKER = "manager"
_DELIVERED = "$1$bJoVec4D$JwOJGPr7YqoExA0GVasdE0"
"""What the password of delivery looks like: the configuration of delivery has it with this salt."""
_WEB = frozenset({"http", "http-server"})


def read_management(lines: Iterable[Line], config: Config) -> DeviceSettings:
    """The settings; the lines that say them are accounted for as understood."""
    found, services, limited = Found(), dict[str, Line | None](), False
    ports = dict(PORTS)
    for line in lines:
        words = lowered(line)
        if _read(line, words, found) or _service(line, words, services) or _web_port(words, ports):
            config.ledger.understood(line.number)
        if line.head == "line":
            for child in line.children:
                if read_idle(line, child, found):
                    config.ledger.understood(child.number)
        limited = limited or words[:2] == ("vty", "access-class") or words[:3] == ("vty", "ipv6", "access-class")
    for service, start in services.items():
        if start is not None:
            for name in ("http", "https") if service == "http" else (service,):
                sources = Intervals() if limited and name in ("ssh", "telnet") else None
                found.accesses += [Access(name, ports[name], "", start.span, sources)] if ports[name] else []
    if {"ssh", "telnet", "http"} <= services.keys() and not limited:
        found.tells(Topic.ACCESS)
    if _is_whole(config.source):
        found.tells(Topic.LOGS, Topic.TIME, Topic.SNMP, Topic.ACCOUNTS, Topic.IDLE)
    return found.settings()


def _is_whole(source: Source) -> bool:
    return "end" in [line.strip() for line in source.lines if line.strip()][-3:]


def _read(line: Line, words: tuple[str, ...], found: Found) -> bool:
    if words[:2] == ("log", "host"):
        return read_server(line, found.logs, 2) and found.tells(Topic.LOGS)
    if words[:2] in (("ntp", "server"), ("ntp", "peer")):
        return read_server(line, found.times, 2) and found.tells(Topic.TIME)
    if words[0] == "snmp-server":
        return read_snmp(line, found)
    if words[0] == "username" and len(words) > 2:
        secret = line.words[words.index("password") + 1 :] if "password" in words else ()
        name = line.words[1]
        readable, delivered = _is_readable(secret), _DELIVERED in secret
        found.account(Account(name, line.span, words[1] == MAKER, readable, delivered=delivered), bool(secret))
        return found.tells(Topic.ACCOUNTS)
    if words[:2] in (("enable", "password"), ("enable", "secret")) and len(words) > 2:
        found.account(Account("enable", line.span, readable=_is_readable(line.words[2:])))
        return found.tells(Topic.ACCOUNTS)
    return False


def _is_readable(secret: tuple[str, ...]) -> bool:
    """Whether ``[8] TEXT`` stands in clear; 8 is a hash, and so is what begins with ``$``."""
    return bool(secret) and not (secret[0] == "8" and len(secret) > 1) and not secret[-1].startswith("$")


def _service(line: Line, words: tuple[str, ...], services: dict[str, Line | None]) -> bool:
    """``service ssh|telnet|http`` and their ``no``: the line that starts each, ``None`` where it is off."""
    off = words[:2] == ("no", "service")
    name = words[2:3] if off else words[1:2]
    if not (off or words[0] == "service") or not name or name[0] not in {"ssh", "telnet", *_WEB}:
        return False
    services["http" if name[0] in _WEB else name[0]] = None if off else line
    return True


def _web_port(words: tuple[str, ...], ports: dict[str, int]) -> bool:
    """``http port NUMBER|none``, ``http secure-port NUMBER|none``."""
    service = {"port": "http", "secure-port": "https"}.get(words[1] if words[:1] == ("http",) and words[1:] else "")
    if service is None or len(words) < 3:
        return False
    ports[service] = 0 if words[2] == "none" else port(words[2], PORTS[service])
    return True
