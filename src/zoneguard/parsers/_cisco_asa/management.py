"""How an ASA is managed: logging, ntp, snmp-server, username, enable, passwd, ssh, telnet, http, timeouts.

After Cisco, "ASA Series Command Reference": nothing is logged before ``logging enable``; ``snmp-server host`` names
who may ask, by version 1 unless it says otherwise; ``http server enable`` is the server of ASDM, by HTTPS; ``ssh
timeout`` and ``telnet timeout`` are five minutes at delivery, ``console timeout 0`` never ends a session. A whole
``show running-config`` has a line for each of these timeouts; one that has none for the console leaves that open. It
also has ``timeout`` lines, which nobody writes: a file with the header but without any is taken for an excerpt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.settings import Access, Account, DeviceSettings, IdleLimit, Server, SnmpAccess, Software, Topic
from zoneguard.parsers._cisco.management import MAKERS
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._management import INITIAL_COMMUNITIES, PORTS, Found, minutes, port

_EMPTY, _DELIVERED = "8Ry2YjIyt7RRXU24", "2KFQnbNIdI.2KYOU"
"""What the empty password and ``cisco``, that of delivery, look like: this hash has no salt."""
_SPEAKING = frozenset({
    "logging", "ntp", "snmp-server", "ssh", "telnet", "console", "http", "username", "enable", "passwd", "password",
})  # fmt: skip
"""The first words of all commands that are read below: most commands have another."""
_HASHES = frozenset({"encrypted", "pbkdf2", "nt-encrypted"})


def read_management(configs: Sequence[Config]) -> DeviceSettings:
    """The settings of one box; the lines that say them are accounted for as understood."""
    found = Found()
    for config in configs:
        if config.part.version:
            found.software = Software(
                f"Cisco {config.part.product}", config.part.version, config.source.span(config.part.first)
            )
        for command in config.part.commands:
            if command.words[0] in _SPEAKING and _read(command, config, found):
                config.ledger.understood(command.line, command.last)
        found.accesses += _accesses(config)
        found.snmp += _snmp(config)
    if not any(_has(config, "logging", "enable") for config in configs):
        found.logs = []
    if found.software is not None and any(_has(config, "timeout") for config in configs):
        found.tells(Topic.LOGS, Topic.TIME, Topic.ACCESS, Topic.SNMP, Topic.ACCOUNTS)
    return found.settings()


def _has(config: Config, *words: str) -> Command | None:
    first = words[0]
    return next((c for c in config.part.commands if c.words[0] == first and c.words[: len(words)] == words), None)


def _read(command: Command, config: Config, found: Found) -> bool:
    words, span = command.words, config.span(command)
    match words[:2]:
        case ("logging", "host") if len(words) > 3:
            found.logs.append(Server(words[3], span))
            return found.tells(Topic.LOGS)
        case ("logging", "enable"):
            return found.tells(Topic.LOGS)
        case ("ntp", "server") if len(words) > 2:
            found.times.append(Server(words[2], span))
            return found.tells(Topic.TIME)
        case ("snmp-server", "host" | "community" | "group" | "user"):
            return found.tells(Topic.SNMP)
        case ("ssh" | "telnet" | "console", "timeout") if len(words) > 2 and minutes(words[2]) is not None:
            found.idle.append(IdleLimit(words[0], minutes(words[2]) or None, span))
            return found.tells(Topic.IDLE) if words[0] == "console" else True
        case ("http", "server"):
            return words[2:3] == ("enable",) and found.tells(Topic.ACCESS)
        case ("ssh" | "telnet" | "http", _):
            return any(service.span == span for service, _ in config.services) and found.tells(Topic.ACCESS)
    return _account(command, config, found)


def _account(command: Command, config: Config, found: Found) -> bool:
    words = command.words
    if words[0] == "username" and words[2:3] in (("password",), ("nopassword",)):
        name, secret = words[1], words[3:]
    elif words[:2] == ("enable", "password"):
        name, secret = words[0], words[2:]
    elif words[0] in ("passwd", "password"):
        name, secret = "passwd", words[1:]
    else:
        return False
    account = Account(
        name=name,
        span=config.span(command),
        initial=name.lower() in MAKERS,
        readable=words[2:3] != ("nopassword",) and _is_readable(secret),
        open=words[2:3] == ("nopassword",) or secret[:1] == (_EMPTY,),
        delivered=secret[:1] == (_DELIVERED,),
    )
    found.account(account)
    return found.tells(Topic.ACCOUNTS)


def _is_readable(secret: tuple[str, ...]) -> bool:
    """Whether a password stands in clear: neither as a hash nor hidden by asterisks."""
    return bool(secret) and not (_HASHES & set(secret[1:]) or secret[0].startswith("$") or not secret[0].strip("*"))


def _accesses(config: Config) -> Iterator[Access]:
    """Who may use SSH, telnet and ASDM, by interface; ASDM answers only where its server is on."""
    server = _has(config, "http", "server", "enable")
    for service, sources in config.services:
        if service.name != "http":
            yield Access(service.name, PORTS[service.name], service.interface, service.span, sources)
        elif server is not None:
            number = port(server.words[3] if len(server.words) > 3 else "", PORTS["https"])
            yield Access("https", number, service.interface, service.span, sources)


def _snmp(config: Config) -> Iterator[SnmpAccess]:
    """One access for each host that may ask. Those of version 3 encrypt where the group of their user asks for it."""
    commands = [c for c in config.part.commands if c.words[0] == "snmp-server"]
    general = next((c.words[2] for c in commands if c.words[1:2] == ("community",) and len(c.words) > 2), "")
    private = {c.words[2] for c in commands if c.words[1:2] == ("group",) and "priv" in c.words[3:]}
    users = {c.words[2] for c in commands if c.words[1:2] == ("user",) and len(c.words) > 3 and c.words[3] in private}
    for command in commands:
        words, span = command.words, config.span(command)
        if words[1:2] not in (("host",), ("host-group",)) or "trap" in words[4:5]:
            continue
        version = _after("version", words) or "1"
        if version == "3":
            yield SnmpAccess("3", span, encrypted=_after("3", words) in users)
        else:
            community = _after("community", words) or general
            yield SnmpAccess(version, span, community.lower() in INITIAL_COMMUNITIES)


def _after(word: str, words: tuple[str, ...]) -> str:
    at = words.index(word) + 1 if word in words else len(words)
    return words[at] if at < len(words) else ""
