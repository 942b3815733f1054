"""``ip INTERFACE …`` and ``ipv6 INTERFACE …``: addresses, neighbours, what is bound to the interface."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from zoneguard.model.addresses import V6, parse_address, prefix_of, prefixes
from zoneguard.model.device import Concern, InterfaceAddress, MacBinding, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._indented.wholeness import SECOND
from zoneguard.parsers._yamaha.config import Config, Doubt, Port, Reading, filter_list, unread_filter, unreadable_list
from zoneguard.parsers._yamaha.filters import UnreadableError, mask_length
from zoneguard.parsers._yamaha.lines import Command

LEASED = "the addresses that DHCP gives to callers are not in the configuration"
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


def read_interface(command: Command, config: Config, port: Port) -> Reading:
    """A command about ``port``. Raises ``UnreadableError``, ``ValueError`` or ``IndexError`` where malformed."""
    v6 = command.words[0] == "ipv6"
    what, *rest = command.words[2:]
    if what == "address":
        return _address(config, port, rest[0], v6, command.span)
    if what == "secondary" and rest[0] == "address":
        if rest[1] == "dhcp":
            return _given(config, port, "DHCP", False, command.span)
        port.secondary = [replace(v4_address(rest[1]), span=command.span)]
        return True
    if what == "prefix" and v6 and rest[0] != "change":
        if "@" in rest[0]:
            return _given(config, port, Reason("the provider"), True, command.span)
        port.addresses.append(_in_v6(*prefix_of(rest[0])))  # the subnet-router anycast address
        return True
    if what == "secure" and rest[0] == "filter":
        return _secure(command, config, port.name, rest[1:], v6)
    if what == "nat" and rest[0] == "descriptor":
        at = rest.index("reverse") if "reverse" in rest else len(rest)
        config.translations[port.name] = (command.span, tuple(rest[1:at]))
        return True if at == len(rest) else Doubt("reverse translation is not modelled", Concern.NAT)
    if what == "arp" and rest[0] == "static":
        config.bindings.append(MacBinding(parse_address(rest[1]), mac_address(rest[2]), port.name, command.span))
        return True
    if what == "vrrp" and rest[0].isdigit():
        port.routers.append(parse_address(rest[1]))
        return True
    return _remote(command, config, port.name, rest[1:]) if what == "remote" and rest[0] == "address" else False


def _given(config: Config, port: Port, by: str, v6: bool, span: SourceSpan) -> Reading:
    """An address that is not in the file: what it leaves open the routes tell."""
    config.given.append(Given(port.name, by, span, v6))
    port.assigned |= not v6
    return True


def _address(config: Config, port: Port, text: str, v6: bool, span: SourceSpan) -> Reading:
    if text in ("dhcp", "auto") or "@" in text:
        return _given(config, port, "DHCP" if text == "dhcp" else Reason("the provider"), v6, span)
    if v6:
        own = _in_v6(parse_address(text.partition("/")[0]), prefix_of(text)[1])
        port.addresses.append(replace(own, span=span))
        return True
    own, others = replace(v4_address(text), span=span), [a for a in port.addresses if a.address >= V6]
    known = port.addresses in (others, [*others, own])
    port.addresses = [*others, own]
    return True if known else Doubt(SECOND, Concern.INTERFACE)


def _in_v6(address: int, length: int) -> InterfaceAddress:
    if address < V6:
        raise UnreadableError("not an IPv6 address")
    return InterfaceAddress(address, length)


def v4_address(text: str) -> InterfaceAddress:
    """``A.B.C.D/M`` with any form of mask; without: the host. Raises ``UnreadableError`` or ``ValueError``."""
    address, _, mask = text.partition("/")
    value = parse_address(address)
    if value >= V6:
        raise UnreadableError("not an IPv4 address")
    return InterfaceAddress(value, mask_length(mask) if mask else 32)


def _secure(command: Command, config: Config, name: str, rest: Sequence[str], v6: bool) -> Reading:
    family = config.family(v6)
    if rest[0] == "name":
        family.set_names[name] = (rest[1], command.span)
        return True
    if rest[0] not in ("in", "out"):
        raise UnreadableError("a list of filters without direction")
    try:
        family.lists[name, rest[0]] = filter_list(command.span, tuple(rest[1:]))
    except UnreadableError as error:
        family.lists[name, rest[0]] = unreadable_list(command.span)
        return unread_filter(error)
    return True


def _remote(command: Command, config: Config, name: str, rest: Sequence[str]) -> Reading:
    """Hosts at the far end of a dialled line: reached by it, whatever the routes say."""
    pool = rest[0] == "pool"
    first = rest[1] if pool else rest[0]
    if first == "dhcp":
        config.leased.append((name, command.span))
        return True
    if first == "dhcpc":
        return Doubt(LEASED, Concern.INTERFACE)
    for item in rest[1:] if pool else [first]:
        low, _, high = item.partition("-")
        span = Intervals.span(v4_address(low).address, v4_address(high or low).address)
        config.dialled.extend(
            Route(network, length, command.span, RouteKind.CALLERS, interface=name, distance=0)
            for network, length in prefixes(span)
        )
    return True


def read_user(command: Command, config: Config, name: str) -> bool:
    """``pp auth username NAME PASSWORD … [ADDRESS] …``: the address that this user is given (15.2). ``False``: none."""
    given = [word for word in command.words[5:] if _ADDRESS.fullmatch(word)]
    for word in given:
        config.dialled.append(
            Route(v4_address(word).address, 32, command.span, RouteKind.CALLERS, interface=name, distance=0)
        )
    return bool(given)


def mac_address(text: str) -> int:
    """``00:a0:de:00:00:01`` as 48 bits. Raises ``UnreadableError``."""
    if not _MAC.fullmatch(text):
        raise UnreadableError(Reason("not a MAC address: {text}", text=text))
    return int(text.replace(":", ""), 16)
