"""Commands of management that switches share with Cisco's command line: SNMP, and when an idle session ends."""

from __future__ import annotations

from zoneguard.model.settings import IdleLimit, Server, SnmpAccess, Topic
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._management import INITIAL_COMMUNITIES, Found, minutes


def read_snmp(line: Line, found: Found) -> bool:
    """``snmp-server community NAME [ro|rw]``, ``snmp-server user NAME GROUP … [auth …] [priv …]``."""
    words = lowered(line)
    if words[1:2] == ("community",) and len(words) > 2:
        found.snmp.append(SnmpAccess("2c", line.span, words[2] in INITIAL_COMMUNITIES, "rw" in words[3:]))
    elif words[1:2] == ("user",) and len(words) > 3:
        old = words[4:5] in (("v1",), ("v2c",))
        found.snmp.append(SnmpAccess("2c" if old else "3", line.span, encrypted=not old and "priv" in words[4:]))
    elif words[1:2] != ("group",):
        return False
    return found.tells(Topic.SNMP)


def read_server(line: Line, known: list[Server], at: int) -> bool:
    """Note the host that the word at ``at`` names, once."""
    if len(line.words) <= at:
        return False
    if all(server.name != line.words[at] for server in known):
        known.append(Server(line.words[at], line.span))
    return True


def read_idle(line: Line, child: Line, found: Found) -> bool:
    """``exec-timeout MINUTES [SECONDS]`` of a terminal line; no time at all: never."""
    words = (*child.words, "", "")
    if child.head != "exec-timeout" or minutes(words[1]) is None:
        return False
    way = " ".join(line.words[1:])
    found.idle.append(IdleLimit(way, minutes(words[1], words[2]) or None, child.span))
    return found.tells(Topic.IDLE)


def lowered(line: Line) -> tuple[str, ...]:
    """The words of the command in lower case."""
    return tuple(word.lower() for word in line.words)
