"""``interface``: name, security level, addresses and the few settings that decide whether it forwards.

Interfaces without ``nameif`` pass nothing. ``management-only`` interfaces pass nothing through the box.
"""

from __future__ import annotations

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._cisco_asa.config import Config, Port
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.values import UnreadableError, mask_length, number, prefix6, v4
from zoneguard.parsers._indented.wholeness import SECOND

LINK = "link, timers and supervision of an interface, not what it forwards"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
QUEUES = "order, marks and bandwidth of packets, not whether they pass"
MULTICAST = "multicast; sessions between hosts are judged here"

_LINK = frozenset({
    "speed", "duplex", "mac-address", "delay", "flowcontrol", "channel-group", "lacp", "switchport", "port-channel",
    "member-interface", "media-type", "hardware", "negotiate", "negotiation", "power", "arp", "pppoe", "dhcp", "poe",
    "description", "mtu", "standby", "keepalive", "load-interval", "nve-only", "split-horizon", "summary-address",
    "hold-time", "hello-interval", "fec", "auto-state", "ipsec", "cts", "propagate", "tunnel", "lldp", "backup",
})  # fmt: skip
_IP_ROUTING = frozenset({"ospf", "rip", "eigrp", "authentication", "hello-interval", "hold-time", "summary-address"})


def read_interface(command: Command, config: Config) -> None:
    """An ``interface`` with everything inside it. Raises ``IndexError`` where it has no name."""
    hardware = " ".join(command.words[1:])
    if not hardware:
        raise IndexError(hardware)
    port = config.ports.setdefault(hardware, Port(hardware, config.span(command)))
    config.ledger.understood(command.line)
    for inner in command.inner:
        try:
            _setting(inner, port, config)
        except (ValueError, IndexError) as error:
            reason = str(error) if isinstance(error, UnreadableError) else Reason("malformed")
            config.ledger.understood(inner.line, inner.last)
            config.not_understood(inner.line, reason, Concern.INTERFACE)


def _setting(inner: Command, port: Port, config: Config) -> None:
    words, ledger = inner.words, config.ledger
    ledger.understood(inner.line, inner.last)
    if words[0] == "nameif":
        port.name = words[1]
    elif words[0] == "security-level":
        port.level = number(words[1], 100)
    elif words[:2] == ("ip", "address"):
        _address(inner, port, config)
    elif words[0] == "ipv6":
        _ipv6(inner, port, config)
    elif words[0] == "shutdown":
        port.shut = True
    elif words[0] == "management-only":
        port.management = True
    elif words[0] == "vlan":
        if words[1].isdigit():
            port.vlan = number(words[1], 4094)
    elif words[0] == "description":
        port.description = " ".join(words[1:])
    elif words[:3] == ("no", "forward", "interface"):
        port.barred = " ".join(words[3:])
    elif words[0] == "bridge-group":
        config.not_understood(
            inner.line, "what a bridge group passes between its members is not routed", Concern.INTERFACE
        )
    elif words[0] == "zone-member":
        config.not_understood(
            inner.line, "traffic zones, which sessions may move inside of, are not modelled", Concern.FILTER
        )
    elif words[0] == "policy-route":
        if words[1] == "route-map":
            config.not_understood(inner.line, "policy routes of an interface are not modelled", Concern.ROUTING)
        else:
            ledger.ignored(LINK, inner.line, inner.last)
    elif words[0] in ("no", "default") or words[0] in _LINK:
        ledger.ignored(LINK, inner.line, inner.last)
    elif (words[0] == "ip" and words[1] in _IP_ROUTING) or words[0] in ("ospf", "rip", "eigrp", "authentication"):
        ledger.ignored(PROTOCOL, inner.line, inner.last)
    elif words[0] in ("igmp", "pim", "multicast"):
        ledger.ignored(MULTICAST, inner.line, inner.last)
    elif words[0] == "service-policy" or words[0].startswith("priority"):
        ledger.ignored(QUEUES, inner.line, inner.last)
    elif words[0] == "inline-set" or words[0] == "mode":
        config.not_understood(
            inner.line, "an interface that passes frames without routing is not modelled", Concern.INTERFACE
        )
    else:
        config.not_understood(inner.line, "this setting of an interface is not known", Concern.INTERFACE)


def _address(inner: Command, port: Port, config: Config) -> None:
    """``ip address A M [standby A]``, ``dhcp [setroute]``, ``pppoe [setroute]``."""
    words = inner.words
    if words[2] in ("dhcp", "pppoe"):
        by = "DHCP" if words[2] == "dhcp" else "PPP"
        port.given.append(Given(port.hardware, by, config.span(inner), alone=by == "PPP"))
        port.takes_default = "setroute" in words[3:]
        return
    length = mask_length(words[3]) if len(words) > 3 and words[3] != "standby" else 32
    value = v4(config.book.address(words[2]))
    own, others = InterfaceAddress(value, length), [a for a in port.addresses if a.address >= V6]
    if port.addresses not in (others, [*others, own]):
        config.not_understood(inner.line, SECOND, Concern.INTERFACE)
    port.addresses = [*others, own]
    if "standby" in words[3:]:
        v4(config.book.address(words[words.index("standby", 3) + 1]))


def _ipv6(inner: Command, port: Port, config: Config) -> None:
    words = inner.words
    if words[1] != "address":
        config.ledger.ignored(LINK, inner.line, inner.last)
    elif words[2] in ("autoconfig", "dhcp") or (len(words) > 3 and words[2][:1].isalpha() and ":" not in words[2]):
        port.given.append(Given(port.hardware, Reason("the network"), config.span(inner), v6=True))
    elif "link-local" in words:
        parse_address(words[2])
    elif "eui-64" in words:
        network, length = prefix6(words[2])
        port.addresses.append(InterfaceAddress(network, length))
    else:
        length = prefix6(words[2])[1]
        port.addresses.append(InterfaceAddress(parse_address(words[2].partition("/")[0]), length))


def lower_children(config: Config) -> None:
    """Subinterfaces are down where the interface that they ride on is."""
    for port in config.ports.values():
        parent = config.ports.get(port.hardware.partition(".")[0])
        if parent is not None and parent is not port and parent.shut:
            port.shut = True
