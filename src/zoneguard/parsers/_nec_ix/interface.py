"""``interface``: addresses, filters, translation, policy routing, VRF, bridge group."""

from __future__ import annotations

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import Cursor, UnreadableError
from zoneguard.parsers._indented.wholeness import SECOND
from zoneguard.parsers._nec_ix.commands import INTERFACE, LINK, verdict
from zoneguard.parsers._nec_ix.config import Applied, Config, Port

_ASSIGNED = frozenset({"dhcp", "ipcp", "map-e", "auto", "autoconfig"})


def read_interface(line: Line, config: Config) -> None:
    """Everything inside an ``interface``."""
    port = config.port(line.word(1), config.span(line))
    config.ledger.understood(line.number)
    for child in line.children:
        try:
            if _setting(child, port, config):
                config.ledger.understood(child.number)
            else:
                _judge(child, config)
        except UnreadableError as error:
            config.not_understood(child, str(error), _concern(child))
        for inner in (one for below in child.children for one in below.walk()):
            config.ledger.ignored(LINK, inner.number)


def _judge(child: Line, config: Config) -> None:
    found = verdict(child.words, INTERFACE)
    if isinstance(found, str):
        config.ledger.ignored(found, child.number)
    else:
        config.not_understood(child, found[1], found[0])


def _concern(child: Line) -> Concern:
    if "nat" in child.words[:3] or "napt" in child.words[:3]:
        return Concern.NAT
    return Concern.FILTER if "filter" in child.words[:2] else Concern.INTERFACE


def _setting(child: Line, port: Port, config: Config) -> bool:
    words = child.words
    what = words[:2]
    if words[0] == "shutdown" or words == ("no", "shutdown"):
        port.shut = words[0] == "shutdown"
    elif words in (("no", "ip", "address"), ("no", "ipv6", "address")):
        v6 = "ipv6" in words
        port.addresses = [a for a in port.addresses if (a.address >= V6) != v6]
        port.primary = port.primary if v6 else None
    elif words[0] == "description":
        port.description = " ".join(words[1:])
    elif what in (("ip", "address"), ("ipv6", "address")):
        return _address(child, port, config)
    elif what in (("ip", "filter"), ("ipv6", "filter")):
        _filter(child, port, config)
    elif what in (("ip", "nat"), ("ip", "napt")):
        return _translation(child, port, config)
    elif words[1:3] == ("policy", "route-map"):
        port.policies[words[0] == "ipv6"] = (child.word(3), config.span(child))
    elif words[:3] == ("ip", "vrf", "forwarding") or what == ("vrf", "forwarding"):
        port.vrf = words[-1]
    elif what == ("ppp", "binding"):
        port.binding = child.word(2)
    elif words[0] == "bridge-group":
        port.bridge = child.word(1)
    elif words[0] == "encapsulation" and child.word(1) == "dot1q":
        port.vlan = values.number(child.word(2), 4094)
    else:
        return False
    return True


def _address(child: Line, port: Port, config: Config) -> bool:
    """``ip address A/L [secondary]``, ``dhcp [receive-default]``, ``ipcp``; ``ipv6 address …``."""
    v6 = child.words[0] == "ipv6"
    word = child.word(2)
    if word in _ASSIGNED or (v6 and not values.is_address(word.partition("/")[0])):
        by = {"dhcp": "DHCP", "ipcp": "PPP"}.get(word) or Reason("the network")
        alone = word in ("ipcp", "map-e")
        port.given.append(Given(port.name, by, config.span(child), v6, alone))
        port.takes_default |= word == "dhcp" and "receive-default" in child.words[3:]
        return True
    if v6 and "link-local" in child.words[3:]:
        return False
    found = values.interface_address(word)
    if (found.address >= V6) != v6:
        raise UnreadableError("an address of the other version of IP")
    if v6 and "eui-64" in child.words[3:]:
        found = InterfaceAddress(found.subnet.first, found.length)
    if not v6 and "secondary" not in child.words[3:]:
        if port.primary is not None and port.primary != found:
            config.not_understood(child, SECOND, Concern.INTERFACE)
        port.addresses = [a for a in port.addresses if a is not port.primary]
        port.primary = found
    port.addresses.append(found)
    return True


def _filter(child: Line, port: Port, config: Config) -> None:
    """``ip filter NAME SEQUENCE in|out [suppress-logging]``."""
    cursor = Cursor(child.words, 2)
    name, sequence, direction = cursor.take(), values.number(cursor.take(), 65535), cursor.take()
    if direction not in ("in", "out"):
        raise UnreadableError("a filter without direction")
    key = (child.words[0] == "ipv6", direction)
    port.filters.setdefault(key, []).append(Applied(name, sequence, config.span(child)))


def _translation(child: Line, port: Port, config: Config) -> bool:
    words, found = child.words, port.translation
    what = words[1:3]
    if what == ("napt", "enable"):
        found.napt = config.span(child)
    elif what == ("nat", "enable"):
        found.nat = config.span(child)
    elif words[1:4] == ("napt", "inside", "list"):
        found.inside += (child.word(4),)
        if len(words) > 5:
            raise UnreadableError("an outer address for some sources alone is not modelled")
    elif what == ("napt", "address"):
        found.outer = Intervals.of(values.ipv4(child.word(3)))
    elif what == ("nat", "pool"):
        low, high = values.ipv4(child.word(4)), values.ipv4(child.word(5) or child.word(4))
        found.pools[child.word(3)] = Intervals.span(min(low, high), max(low, high))
    elif what in (("napt", "static"), ("napt", "service"), ("nat", "static"), ("nat", "dynamic")):
        found.lines.append(child)
    else:
        return False
    return True
