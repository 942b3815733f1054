"""How a device of the Cisco kind of command line is managed: logging, ntp, snmp-server, username, enable, line.

After Cisco, "IOS Security Command Reference" (passwords: type 0 is clear, type 7 can be turned back) and "Basic System
Management Command Reference" (an idle line ends after ten minutes unless ``exec-timeout`` says otherwise; ``0 0``:
never). A whole ``show running-config`` names its ``version``; an excerpt speaks of the topics alone of which it has a
line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from zoneguard.model.settings import Access, Account, DeviceSettings, IdleLimit, Server, SnmpAccess, Software, Topic
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._management import INITIAL_COMMUNITIES, Found, minutes
from zoneguard.parsers.accounting import Ledger

MAKERS = frozenset({"cisco", "admin"})
_HASHED = frozenset({"5", "8", "9", "sha512"})
_NO_SERVER = frozenset(
    [
        "buffered",
        "console",
        "monitor",
        "trap",
        "facility",
        "source-interface",
        "on",
        "rate-limit",
        "synchronous",
        "userinfo",
        "exception",
        "origin-id",
        "snmp-trap",
        "snmp-authfail",
        "discriminator",
        "message-counter",
        "cns-events",
        "count",
        "delimiter",
        "dmvpn",
        "esm",
        "event",
        "filter",
        "history",
        "persistent",
        "queue-limit",
        "reload",
        "system",
        "alarm",
        "level",
        "logfile",
        "module",
        "timestamp",
        "hardware",
        "ip",
        "abort",
    ]
)


_BY_DEFAULT = frozenset({Topic.LOGS, Topic.TIME, Topic.SNMP, Topic.ACCOUNTS})
"""What a whole configuration that does not speak of it has as delivered: no server, no community, no account."""


def read_management(
    lines: Iterable[Line],
    ledger: Ledger,
    span: Callable[[Line], SourceSpan],
    offered: Iterable[Access],
    product: str,
    defaults: frozenset[Topic] = frozenset({Topic.IDLE}),
) -> DeviceSettings:
    """The settings; the lines that say them are accounted for as understood. ``offered``: services of management;
    ``defaults``: further topics on which a whole configuration speaks by its silence."""
    found = Found()
    for line in lines:
        for one, read in _read(line, found, span, product):
            if read:
                ledger.understood(one.number)
    if found.software is not None:
        found.tells(*_BY_DEFAULT, *defaults)
    found.accesses = list(offered)
    if found.accesses:
        found.tells(Topic.ACCESS)
    return found.settings()


def _read(line: Line, found: Found, span: Callable[[Line], SourceSpan], product: str) -> Iterator[tuple[Line, bool]]:
    first = line.word(0)
    if first == "version" and line.word(1):
        found.software = Software(product, line.word(1), span(line))
    elif first == "logging":
        yield line, _log(line, found, span(line))
    elif first in ("ntp", "sntp") and line.word(1) in ("server", "peer"):
        words = _past_vrf(line.words[2:])
        found.topics.add(Topic.TIME)
        if words:
            found.times.append(Server(words[0], span(line)))
        yield line, bool(words)
    elif first == "snmp-server":
        yield line, _snmp(line, found, span(line))
    elif first == "username":
        yield line, _user(line, found, span(line))
    elif first == "enable" and line.word(1) in ("password", "secret"):
        found.topics.add(Topic.ACCOUNTS)
        found.accounts.append(Account("enable", span(line), readable=_is_readable(line.words[1:])))
        yield line, True
    elif first == "line":
        for child in line.children:
            yield child, _terminal(line, child, found, span(child))


def _past_vrf(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[2:] if words[:1] in (("vrf",), ("use-vrf",)) else words


def _log(line: Line, found: Found, span: SourceSpan) -> bool:
    words = line.words[1:]
    if words[:1] in (("host",), ("server",)):
        words = words[1:]
    elif not words or words[0] in _NO_SERVER:
        return False
    words = _past_vrf(words)
    found.topics.add(Topic.LOGS)
    if words[:1] == ("ipv6",):
        words = words[1:]
    if words:
        found.logs.append(Server(words[0], span))
    return bool(words)


def _snmp(line: Line, found: Found, span: SourceSpan) -> bool:
    words = line.words[1:]
    if words[:1] == ("community",) and len(words) > 1:
        access = {word.lower() for word in words[2:]}
        writes = bool(access & {"rw", "network-admin"}) or words[-2:] == ("group", "network-admin")
        found.snmp.append(SnmpAccess("2c", span, words[1].lower() in INITIAL_COMMUNITIES, writes))
    elif words[:1] == ("group",) and words[2:3] == ("v3",):
        found.snmp.append(SnmpAccess("3", span, encrypted=words[3:4] == ("priv",)))
    elif words[:1] == ("group",) and words[2:3] in (("v1",), ("v2c",)):
        return False  # a group gives access by a community, which has a line of its own
    elif words[:1] == ("user",) and ("priv" in words or "auth" in words) and "v3" not in words:
        found.snmp.append(SnmpAccess("3", span, encrypted="priv" in words))  # NX-OS has no groups
    else:
        return False
    found.topics.add(Topic.SNMP)
    return True


def _user(line: Line, found: Found, span: SourceSpan) -> bool:
    name, words = line.word(1), line.words[2:]
    if not name or not any(word in words for word in ("password", "secret", "nopassword", "privilege", "role")):
        return False
    found.topics.add(Topic.ACCOUNTS)
    secret = next((words[at:] for at, word in enumerate(words) if word in ("password", "secret")), ())
    account = Account(name, span, name.lower() in MAKERS, _is_readable(secret), "nopassword" in words)
    found.account(account, bool(secret))
    return True


def _is_readable(words: tuple[str, ...]) -> bool:
    """Whether ``password [TYPE] TEXT`` or ``secret …`` holds the secret in clear or reversibly; ``encrypted`` and
    ``pbkdf2`` are the words of ASA."""
    if len(words) < 2 or {"encrypted", "pbkdf2", "nt-encrypted"} & set(words[2:]):
        return False
    kind = words[1] if len(words) > 2 else ""
    return words[0] == "password" and kind not in _HASHED and not words[-1].startswith("$")


def _terminal(line: Line, child: Line, found: Found, span: SourceSpan) -> bool:
    way = " ".join(line.words[1:])
    if child.starts("exec-timeout") and minutes(child.word(1)) is not None:
        found.topics.add(Topic.IDLE)
        found.idle.append(IdleLimit(way, minutes(child.word(1), child.word(2)) or None, span))
    elif child.words == ("no", "login") and "vty" in line.words:
        found.topics.add(Topic.ACCOUNTS)
        found.accounts.append(Account(way, span, open=True))
    elif child.starts("password") and len(child.words) > 1:
        found.topics.add(Topic.ACCOUNTS)
        found.accounts.append(Account(way, span, readable=_is_readable(child.words)))
    else:
        return False
    return True
