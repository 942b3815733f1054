"""What a setting of FortiOS may hold: one word, an address with its mask, a number in its range.

A second look at the settings that are read into the model: a word behind the value, or a number out of its range, is
said. After the CLI references of FortiOS 6.0 to 7.6. Lists of names are looked up where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from zoneguard.model.addresses import address_or_none
from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios.blocks import Block, plain_words
from zoneguard.parsers._fortios.schema import FAMILY_CONCERN
from zoneguard.parsers._fortios.values import address_and_mask, number
from zoneguard.parsers.accounting import Ledger

Shape = Callable[[list[str]], bool]


def _one(words: list[str]) -> bool:
    return len(words) <= 1


def _two(words: list[str]) -> bool:
    return len(words) <= 2


def _number(low: int, high: int) -> Shape:
    def fits(words: list[str]) -> bool:
        return len(words) == 1 and words[0].isdecimal() and len(words[0]) <= 10 and low <= int(words[0]) <= high

    return fits


def _among(*known: str) -> Shape:
    return lambda words: len(words) == 1 and words[0] in known


_PORTS = re.compile(r"\d{1,5}(?:-\d{1,5})?(?::\d{1,5}(?:-\d{1,5})?)?")


def _ports(words: list[str]) -> bool:
    return all(_PORTS.fullmatch(word) and all(int(n) <= 65535 for n in re.findall(r"\d+", word)) for word in words)


def _each_among(*known: str) -> Shape:
    wanted = frozenset(known)
    return wanted.issuperset


def _shapes(names: str, shape: Shape) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


def _network(words: list[str]) -> bool:
    return address_and_mask(words) is not None


def _address(words: list[str]) -> bool:
    return len(words) == 1 and address_or_none(words[0].partition("/")[0]) is not None and _length(words[0])


def _length(text: str) -> bool:
    return "/" not in text or number(text.partition("/")[2], 128) is not None


_SWITCH = _among("enable", "disable")
_SHAPES: dict[str, Shape] = {
    **_shapes(
        "type fqdn sub-type extintf start-mac end-mac country vdom mode ip6-mode protocol "
        "extip mapped-addr server-type port schedule action name hostname gateway gateway6 device "
        "intrazone opmode vdom-type ngfw-mode start-port end-port output-device undefinedhost mac phase1name "
        "src-name dst-name src-addr-type dst-addr-type iprange "
        "security-level blackhole vdom-mode app-service-type internet-service internet-service-custom "
        "av-profile ips-sensor comments comment",
        _one,
    ),
    **_shapes("start-ip end-ip vrip startip endip", _address),
    **_shapes("ip6 ip6-address", _address),
    **_shapes("subnet wildcard management-ip", _network),
    **_shapes("remote-ip start end", _two),
    **_shapes(
        "status secondary-IP ipmac nat ippool fixedport match-vip match-vip-only send-deny-packet srcaddr-negate "
        "dstaddr-negate srcaddr6-negate dstaddr6-negate service-negate internet-service-negate arp-reply portforward "
        "nat-source-vip central-nat bindthroughfw bindtofw exclude dynamic-gateway virtual-wan-link ntpsync queries "
        "snat-hairpin-traffic utm-status asymroute asymroute6",
        _SWITCH,
    ),
    **_shapes("tcp-portrange udp-portrange sctp-portrange udplite-portrange", _ports),
    **_shapes("icmptype icmpcode", _number(0, 255)),
    "protocol-number": _number(0, 255),
    "vlanid": _number(0, 4094),
    "vrf": _number(0, 511),
    "distance": _number(1, 255),
    "priority": _number(0, 2**32),
    **_shapes("admin-sport admin-port admin-ssh-port admin-telnet-port", _number(1, 65535)),
    "admintimeout": _number(0, 65535),
    "day": _each_among("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "none"),
    "extport": _ports,
    "mappedport": _ports,
    "logtraffic": _among("all", "utm", "disable", "enable"),
    "intrazone": _among("allow", "deny"),
}
_OF_TABLES: dict[str, dict[str, Shape]] = {
    "system interface": {"ip": _network, "interface": _one, "status": _among("up", "down"), "secondary-IP": _SWITCH},
    "firewall address": {"interface": _one, "associated-interface": _one},
    "firewall ipmacbinding table": {"ip": _one},
    "system arp-table": {"ip": _one, "interface": _one},
    "realservers": {"ip": _one, "status": _among("active", "standby", "disable")},
    "secondaryip": {"ip": _network},
    "router static": {"dst": _two, "dstaddr": _one, "blackhole": _SWITCH, "sdwan": _SWITCH},
    "firewall policy": {"action": _among("accept", "deny", "ipsec", "learn", "ssl-vpn")},
    "system admin": {**_shapes(" ".join(f"trusthost{n}" for n in range(1, 11)), _network), "password": _two},
    "ntpserver": {"server": _one},
    "log syslogd setting": {"server": _one},
    "system snmp sysinfo": {"status": _SWITCH},
}
_BY_TABLE = {table: {**_SHAPES, **own} for table, own in _OF_TABLES.items()}


def check_values(ledger: Ledger, root: Block) -> None:
    """Say of each setting taken as understood whether it holds more, or other, than such a setting can."""
    fitting: set[tuple[Shape, str | tuple[str, ...]]] = set()
    left: list[tuple[str, Block]] = [("", root)]
    while left:
        table, block = left.pop()
        shapes = _BY_TABLE.get(table, _SHAPES)
        for name, (text, line, _) in block.settings.items():
            shape = shapes.get(name)
            if shape is None or (shape is _one and isinstance(text, str) and len(text.split(None, 1)) < 2):
                continue
            value = text if isinstance(text, str) else tuple(text)
            if (shape, value) in fitting:
                continue
            if shape(plain_words(value) if isinstance(value, str) else list(value)):
                fitting.add((shape, value))
            elif ledger.is_modelled(line):
                reason = Reason('the setting "{name}" holds what it cannot: what it means is open', name=name)
                ledger.not_understood(line, reason, FAMILY_CONCERN.get(table.split(" ", 1)[0], Concern.FILTER))
        left += ((table, entry) for entry in block.entries.values())
        left += ((path, nested) for path, nested in block.blocks.items())
