"""What a PAN-OS firewall answers itself: its security rules, then what an interface's management profile offers.

An interface without a profile answers nothing of the management ("Use Interface Management Profiles to Restrict
Access"); VPN, GlobalProtect, DHCP, DNS proxy and routing protocols answer where they are configured, which is open
here.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Field, In, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.interfaces import Interfaces
from zoneguard.parsers._panos.layout import Firewall, Vsys
from zoneguard.parsers._panos.zones import Towards

_TCP = {"ssh": 22, "telnet": 23, "http": 80, "https": 443, "http-ocsp": 80, "response-pages": 6080,
        "userid-service": 5007, "userid-syslog-listener-ssl": 6514}  # fmt: skip
_UDP = {"snmp": 161, "userid-syslog-listener-udp": 514}
_LISTENING = (
    ("network", ("ike", "gateway")), ("network", ("tunnel", "global-protect-gateway")),
    ("network", ("dhcp", "interface")), ("network", ("dns-proxy",)), ("vsys", ("global-protect",)),
    ("vsys", ("captive-portal",)),
)  # fmt: skip


def towards_own(interfaces: Interfaces) -> Towards:
    """A packet for the device itself goes to the zone of the interface that has the address."""

    def own(names: frozenset[str]) -> Match:
        addresses = Intervals.from_spans(span for name in names for span in interfaces.addresses(name).spans)
        return In(Field.DST, addresses) if addresses else NEVER

    return own


def management_stage(export: Export, firewall: Firewall, interfaces: Interfaces, dynamic: bool) -> Filter:
    """What the device's own services accept. ``dynamic``: it runs routing protocols."""
    span = export.source.span(firewall.network.first)
    rules = list(_profiles(export, interfaces))
    if dynamic or any(_configured(firewall, place, path) for place, path in _LISTENING):
        vsys: Vsys = firewall.vsyses[0]
        unknown = export.unknown(vsys, Reason("a service of the device listens there"), firewall.network.first)
        rules.append(Rule(unknown, Permit(), span, "other services of the device", implied=True))
    return Filter(RuleList("services of the device", tuple(rules), Deny(), span))


def _configured(firewall: Firewall, place: str, path: tuple[str, ...]) -> bool:
    places = [firewall.network] if place == "network" else [vsys.node for vsys in firewall.vsyses]
    return any(node.below(*path) for node in places)


def _profiles(export: Export, interfaces: Interfaces) -> Iterator[Rule]:
    for name, offered in interfaces.management.items():
        own = interfaces.addresses(name)
        if not own:
            continue
        from_ = ALWAYS if offered.permitted is None else In(Field.SRC, offered.permitted)
        for service in offered.services:
            match = both(In(Field.DST, own), from_, _asked(service))
            yield Rule(
                match, Permit(), export.source.span(offered.node.line(service)), f"{service} of {name}", implied=True
            )


def _asked(service: str) -> Match:
    if service == "ping":
        return either(
            both(In(Field.PROTO, Intervals.of(1)), In(Field.ICMP, Intervals.of(8 << 8))),
            both(In(Field.PROTO, Intervals.of(58)), In(Field.ICMP, Intervals.of(128 << 8))),
        )
    protocol, port = (17, _UDP[service]) if service in _UDP else (6, _TCP[service])
    return both(In(Field.PROTO, Intervals.of(protocol)), In(Field.DPORT, Intervals.of(port)))
