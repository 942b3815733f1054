"""The router as a host: what its lines (``line vty``) and its web server accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.device import Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, Not, both, either
from zoneguard.model.settings import Service
from zoneguard.parsers._cisco.config import Applied, Config, Port
from zoneguard.parsers._cisco.filters import found_list
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import family

SESSIONS = "how administrators' sessions look and end"
FROM_HERE = "limits what the router itself opens"
_PORTS = {"ssh": 22, "telnet": 23, "http": 80, "https": 443}


@dataclass(slots=True)
class Terminal:
    """The lines of a block ``line vty``: lists per version of IP, and the protocols let in (``None``: not said)."""

    line: Line
    lists: dict[bool, Applied] = field(default_factory=dict)
    protocols: frozenset[str] | None = None


@dataclass(slots=True)
class Management:
    """What the router offers of itself. ``servers``: protocol → the line that starts it (or stops it: ``None``)."""

    terminals: list[Terminal] = field(default_factory=list)
    servers: dict[str, Line | None] = field(default_factory=dict)
    web_list: Applied | None = None


def read_terminal(config: Config, management: Management, line: Line) -> None:
    """A block ``line …``; lines other than ``vty`` are not reached by packets."""
    config.understood(line)
    terminal = Terminal(line)
    if "vty" in line.words:
        management.terminals.append(terminal)
    for child in line.children:
        words = child.words
        if words[:1] == ("access-class",) and "out" not in words:
            terminal.lists[False] = Applied(child.word(1), child)
            config.understood(child)
        elif words[:2] == ("ipv6", "access-class") and "out" not in words:
            terminal.lists[True] = Applied(child.word(2), child)
            config.understood(child)
        elif "access-class" in words[:2]:
            config.ledger.ignored(FROM_HERE, child.number)
        elif words[:2] == ("transport", "input"):
            terminal.protocols = frozenset(words[2:])
            config.understood(child)
        else:
            config.ledger.ignored(SESSIONS, child.number)


def read_server(config: Config, management: Management, line: Line, words: tuple[str, ...], on: bool) -> None:
    """``ip http server``, ``secure-server``, ``access-class``, and what else there is of the web server."""
    kind = {"server": "http", "secure-server": "https"}.get(words[0] if words else "")
    if kind is not None:
        management.servers[kind] = line if on else None
        config.understood(line)
    elif words[:1] == ("access-class",) and on and len(words) > 1:
        six = words[1] == "ipv6"
        if not six:
            management.web_list = Applied(words[-1], line)
        config.understood(line)
    else:
        config.ledger.ignored(SESSIONS, line.number)


def local_stage(config: Config, management: Management) -> Filter | None:
    """Deny what no terminal and no server accepts; ``None`` where nothing is limited."""
    rules = [*_terminals(config, management), *_web(config, management)]
    if not rules:
        return None
    return Filter(RuleList("services of the router", tuple(rules), Permit(), rules[0].span))


def _terminals(config: Config, management: Management) -> Iterator[Rule]:
    if not management.terminals:
        return
    for protocol in ("ssh", "telnet"):
        offering = [t for t in management.terminals if _offers(t, protocol)]
        here = _to(protocol)
        if not offering:
            yield Rule(
                here, Deny(), config.span(management.terminals[0].line), f"no line accepts {protocol}", implied=True
            )
        elif all(t.lists for t in offering):
            for v6 in (False, True):
                if all(v6 in t.lists for t in offering):
                    accepted = either(*(_accepts(config, t.lists[v6], v6) for t in offering))
                    span = config.span(offering[0].lists[v6].line)
                    yield Rule(both(here, family(v6), Not(accepted)), Deny(), span, "access-class", implied=True)


def _offers(terminal: Terminal, protocol: str) -> bool:
    return terminal.protocols is None or bool(terminal.protocols & {"all", protocol})


def _accepts(config: Config, applied: Applied, v6: bool) -> Match:
    known = found_list(config, applied, v6)
    return ALWAYS if known is None else known.permitted()


def _web(config: Config, management: Management) -> Iterator[Rule]:
    for protocol, line in management.servers.items():
        if line is None:
            continue
        if management.web_list is not None:
            accepted = _accepts(config, management.web_list, False)
            span = config.span(management.web_list.line)
            yield Rule(
                both(_to(protocol), family(False), Not(accepted)), Deny(), span, "ip http access-class", implied=True
            )


def _to(protocol: str) -> Match:
    return both(In(Field.PROTO, Intervals.of(6)), In(Field.DPORT, Intervals.of(_PORTS[protocol])))


def offered(config: Config, management: Management, ports: Iterable[Port]) -> tuple[Service, ...]:
    """The services that the configuration names, on every interface with an address."""
    lines: dict[str, Line] = {name: line for name, line in management.servers.items() if line is not None}
    for terminal in management.terminals:
        for protocol in ("ssh", "telnet"):
            if terminal.protocols is not None and _offers(terminal, protocol):
                lines.setdefault(protocol, terminal.line)
    reached = [p for p in ports if p.enabled and p.addresses]
    return tuple(Service(name, port.name, config.span(line)) for name, line in lines.items() for port in reached)
