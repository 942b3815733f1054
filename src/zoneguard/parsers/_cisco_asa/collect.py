"""Commands of one configuration → facts; what is neither modelled nor harmless is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.acl import Scope, read_entry, read_standard
from zoneguard.parsers._cisco_asa.commands import ACCESS, TUNNELS, verdict
from zoneguard.parsers._cisco_asa.config import AccessList, Config, Group
from zoneguard.parsers._cisco_asa.interfaces import lower_children, read_interface
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.objects import DESCRIPTION
from zoneguard.parsers._cisco_asa.routes import read_route
from zoneguard.parsers._cisco_asa.values import ANY, ANY4, ANY6, UnreadableError, Words, network, prefix6
from zoneguard.parsers._cisco_asa.vpn import read_vpn
from zoneguard.parsers.accounting import SESSION

OTHER_LISTS = "a list for frames, clientless VPN or routes, not asked of packets"
_ACL_KINDS = frozenset({"extended", "standard", "advanced", "remark", "ethertype", "webtype"})
_MANAGERS = ("ssh", "telnet", "http")


def collect(config: Config) -> None:
    """Read every command. Interfaces and definitions first, so that lists and routes may name them."""
    later: list[Command] = []
    for command in config.part.commands:
        head = command.words[0]
        if head in _FIRST:
            _guarded(command, config, _FIRST[head])
        else:
            later.append(command)
    lower_children(config)
    for line, reason in config.book.gaps():
        config.not_understood(line, reason, Concern.FILTER, bounded=True)
    _name_once(config)
    for command in later:
        reader = _THEN.get(command.words[0], _other)
        _guarded(command, config, reader)
    _read_lists(config)


def _name_once(config: Config) -> None:
    """Two interfaces cannot have one name: the second forwards nothing here, and that is said."""
    for port in config.ports.values():
        if port.name in config.named:
            config.not_understood(port.span.first, "another interface has this name already", Concern.INTERFACE)
            port.name = ""
        elif port.name:
            config.named[port.name] = port


def _guarded(command: Command, config: Config, reader: Callable[[Command, Config], bool | None]) -> None:
    try:
        if reader(command, config) is False:
            _judge(command, config)
    except (ValueError, IndexError) as error:
        reason = str(error) if isinstance(error, UnreadableError) else Reason("malformed")
        config.ledger.understood(command.line, command.last)
        concern = _CONCERNS.get(command.words[0], Concern.FILTER)
        config.not_understood(command.line, reason, concern, bounded=command.words[0] in ("object", "object-group"))


def _judge(command: Command, config: Config) -> None:
    found = verdict(command.words)
    if isinstance(found, str):
        config.ledger.ignored(found, command.line, command.last)
        return
    config.ledger.understood(command.line, command.last)
    config.not_understood(command.line, found[1], found[0])


def _definition(command: Command, config: Config) -> None:
    config.ledger.understood(command.line)
    nats = config.book.read(command)
    if nats:
        config.objects.setdefault(command.words[2], []).extend(nats)


def _interface(command: Command, config: Config) -> None:
    if command.words[1:2] == ("interface",):
        raise IndexError(command.words)
    read_interface(command, config)


def _access_list(command: Command, config: Config) -> bool | None:
    words = command.words
    if words[1] in ("alert-interval", "deny-flow-max", "cached"):
        return False
    if words[1].endswith(";"):
        config.ledger.ignored(SESSION, command.line, command.last)
        return None
    if "remark" in words[2:5]:
        config.ledger.ignored(DESCRIPTION, command.line, command.last)
    config.acl_lines.append(command)
    return None


def _ipv6(command: Command, config: Config) -> bool | None:
    words = command.words
    if words[1:2] == ("access-list",) and len(words) > 3:
        config.acl_lines.append(command)
        return None
    if words[1:2] == ("route",):
        _route(command, config)
        return None
    return None if read_vpn(command, config) and _taken(command, config) else False


def _route(command: Command, config: Config) -> None:
    config.ledger.understood(command.line, command.last)
    read_route(command, config)


def _access_group(command: Command, config: Config) -> bool | None:
    words = command.words
    override = "per-user-override" in words
    group = Group(words[1], config.span(command), override)
    if words[2] == "global":
        config.everywhere.append(group)
    elif words[2] in ("in", "out") and words[3] == "interface":
        if words[4] not in config.named:
            raise UnreadableError(Reason("an interface that is not defined: {name}", name=words[4][:40]))
        direction = "control-plane" if "control-plane" in words[5:] else words[2]
        config.groups.setdefault((words[4], direction), []).append(group)
    else:
        return False
    config.ledger.understood(command.line, command.last)
    return None


def _same_security(command: Command, config: Config) -> bool | None:
    what = command.words[1:]
    if what == ("permit", "inter-interface"):
        config.inter = config.span(command)
    elif what == ("permit", "intra-interface"):
        config.intra = config.span(command)
    else:
        return False
    config.ledger.understood(command.line)
    return None


def _translation(command: Command, config: Config) -> None:
    config.nats.append(command)


def _nat_control(command: Command, config: Config) -> None:
    config.nat_control = config.span(command)
    config.ledger.understood(command.line)


def _manager(command: Command, config: Config) -> bool | None:
    """``ssh NET MASK IF``, ``telnet …``, ``http …``: who may manage the device, and by which interface."""
    words = Words(command.words, 1)
    first = config.book.address(words.peek())
    if not first[:1].isdigit() and ":" not in first:
        return False
    words.take()
    prefix = prefix6(first) if "/" in first else network(first, words.take())
    name = words.take()
    offered = Service(command.words[0], config.interface(name), config.span(command))
    config.services.append((offered, prefix_span(*prefix)))
    config.ledger.ignored(ACCESS, command.line, command.last)
    return None


def _icmp(command: Command, config: Config) -> bool | None:
    if command.words[1] not in ("permit", "deny"):
        return False
    config.icmp.append(command)
    config.ledger.ignored(ACCESS, command.line, command.last)
    return None


def _context(command: Command, config: Config) -> None:
    config.contexts[command.words[1]] = command.line
    config.ledger.understood(command.line, command.last)


def _time_range(command: Command, config: Config) -> None:
    config.ledger.understood(command.line, command.last)


def _taken(command: Command, config: Config) -> bool:
    config.ledger.understood(command.line)
    for inner in command.inner:
        config.ledger.ignored(TUNNELS, inner.line, inner.last)
    return True


def _other(command: Command, config: Config) -> bool | None:
    return None if read_vpn(command, config) and _taken(command, config) else False


_FIRST: dict[str, Callable[[Command, Config], bool | None]] = {
    "name": _definition, "object": _definition, "object-group": _definition, "interface": _interface,
}  # fmt: skip
_THEN: dict[str, Callable[[Command, Config], bool | None]] = {
    "access-list": _access_list, "ipv6": _ipv6, "access-group": _access_group, "route": _route,
    "same-security-traffic": _same_security, "nat": _translation, "static": _translation, "global": _translation,
    "nat-control": _nat_control, "icmp": _icmp, "time-range": _time_range,
    "context": _context,
    **dict.fromkeys(_MANAGERS, _manager),
}  # fmt: skip
_CONCERNS = {
    "interface": Concern.INTERFACE, "route": Concern.ROUTING, "nat": Concern.NAT, "static": Concern.NAT,
    "global": Concern.NAT, "ssh": Concern.OTHER, "telnet": Concern.OTHER, "http": Concern.OTHER, "icmp": Concern.OTHER,
}  # fmt: skip


def scope_of(config: Config) -> Scope:
    """What the entries of access lists are read against."""
    old = config.version is not None and config.version < (9,)
    inspected = frozenset(
        number.rstrip(":")
        for command in config.acl_lines
        if "remark" in command.words and "rule-id" in command.words and "L7" in command.words
        for number in command.words[command.words.index("rule-id") + 1 :][:1]
    )
    own = {name: Intervals.of(*(a.address for a in port.addresses)) for name, port in config.named.items()}
    return Scope(config.device, config.book, ANY4 if old else ANY, own, frozenset(config.named), inspected)


def _read_lists(config: Config) -> None:
    scope = scope_of(config)
    used = {g.acl for groups in config.groups.values() for g in groups} | {g.acl for g in config.everywhere}
    for command in config.acl_lines:
        words = Words(command.words, 1)
        v6 = command.words[0] == "ipv6"
        if v6:
            words.take()
        name = words.take()
        listed = config.acls.setdefault(name, AccessList())
        if words.skip("line") and words.peek():
            words.take()
        kind = "extended" if words.peek() not in _ACL_KINDS else words.take()
        if kind == "remark":
            config.ledger.ignored(DESCRIPTION, command.line, command.last)
            continue
        if kind in ("ethertype", "webtype"):
            config.ledger.ignored(OTHER_LISTS, command.line, command.last)
            continue
        config.ledger.understood(command.line, command.last)
        span = config.span(command)
        try:
            read = read_standard if kind == "standard" else read_entry
            entry = read(words, replace(scope, any_address=ANY6) if v6 else scope, span)
            listed.entries.append(entry)
            if name in used and any(entry.doubts()):
                asks = Reason("it asks what is not in the configuration: {key}", key=next(entry.doubts())[:120])
                config.not_understood(command.line, asks, Concern.FILTER, bounded=True)
        except (ValueError, IndexError) as error:
            reason = str(error) if isinstance(error, UnreadableError) else Reason("malformed")
            listed.entries.append(span)
            config.not_understood(command.line, reason, Concern.FILTER, bounded=True)
