"""What a FortiGate lets in to itself: local-in policies, then what its interfaces allow for management.

Everything else that the device may listen to (VPN gateways, routing, DHCP, proxies) has no line of its own: it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zoneguard.model.device import Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Ingress, Match, both, either
from zoneguard.model.settings import Service
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.filters import policy_rules
from zoneguard.parsers._fortios.policies import Policy
from zoneguard.parsers._fortios.services import port_match

_TCP, _UDP = Intervals.of(6), Intervals.of(17)
_ADMIN_PORTS = {
    "https": ("admin-sport", 443),
    "http": ("admin-port", 80),
    "ssh": ("admin-ssh-port", 22),
    "telnet": ("admin-telnet-port", 23),
}
_FIXED: dict[str, Match] = {
    "ping": either(
        both(In(Field.PROTO, Intervals.of(1)), In(Field.ICMP, Intervals.span(8 << 8, (8 << 8) + 255))),
        both(In(Field.PROTO, Intervals.of(58)), In(Field.ICMP, Intervals.span(128 << 8, (128 << 8) + 255))),
    ),
    "snmp": port_match(_UDP, Intervals.of(161)),
    "fgfm": port_match(_TCP, Intervals.of(541)),
    "radius-acct": port_match(_UDP, Intervals.of(1813)),
    "probe-response": port_match(_TCP, Intervals.of(8008)),
    "capwap": port_match(_UDP, Intervals.span(5246, 5247)),
    "ftm": port_match(_TCP, Intervals.of(4433)),
}


def local_stage(
    export: Export, scope: Scope, policies: Sequence[Policy], services: Iterable[Service], end: SourceSpan
) -> Filter:
    """The filter of packets to the device itself."""
    system = export.shared.blocks.get("system global") or Block("")
    rules = [*policy_rules(policies), *_management(system, services), *_closed(export, system, end)]
    other = export.unknown(scope, Reason("the device itself listens to the packet"), end.first)
    rules.append(Rule(other, Permit(), end, "services of the device without a line of their own", implied=True))
    return Filter(RuleList("local-in policy", tuple(rules), Deny(), end), stateful=True)


def _management(system: Block, services: Iterable[Service]) -> Iterator[Rule]:
    for service in services:
        asked = _asked(system, service.name)
        if asked is not None:
            match = both(Ingress(frozenset({service.interface})), asked)
            yield Rule(match, Permit(), service.span, f"allowaccess {service.name}", implied=True)


def _closed(export: Export, system: Block, end: SourceSpan) -> Iterator[Rule]:
    """Nothing else answers echo requests, SSH and Telnet than what ``allowaccess`` opens, unless the SSL VPN listens at
    that port. Only where the file lists the interfaces."""
    if not any("system interface" in block.blocks for block in (export.shared, *(s.block for s in export.scopes))):
        return
    tunnels = {scope.setting("vpn ssl settings", "port", "") for scope in export.scopes}
    for name in ("ping", "ssh", "telnet"):
        asked = _asked(system, name)
        if asked is not None and not (name in _ADMIN_PORTS and _port(system, name) in tunnels):
            yield Rule(asked, Deny(), end, f"no allowaccess {name}", implied=True)


def _asked(system: Block, name: str) -> Match | None:
    """The packets to a service of the device."""
    if name in _ADMIN_PORTS:
        return port_match(_TCP, Intervals.of(int(_port(system, name))))
    return _FIXED.get(name)


def _port(system: Block, name: str) -> str:
    setting, default = _ADMIN_PORTS[name]
    return str(values.number(system.word(setting, str(default)), 65535) or default)
