"""The commands of the top level, each to its reader."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.device import Concern, MacBinding
from zoneguard.parsers import Source
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.access import read_group, read_list, read_numbered
from zoneguard.parsers._cisco.config import DEFAULT, Config
from zoneguard.parsers._cisco.dispatch import dispatch, read_protocol, report_unknown
from zoneguard.parsers._cisco.entries import LATER
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.local import Management, read_server, read_terminal
from zoneguard.parsers._cisco.policies import read_route_map
from zoneguard.parsers._cisco.reasons import (
    BETWEEN_VRFS,
    DEFINED_ONLY,
    FOR_ROUTING,
)
from zoneguard.parsers._cisco.statics import read_route
from zoneguard.parsers._cisco.targets import read_bgp, read_targets
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._cisco.vlans import read_access_map, read_vlan, read_vlan_filter
from zoneguard.parsers._cisco_ios.callers import read_group as read_clients
from zoneguard.parsers._cisco_ios.callers import read_pool
from zoneguard.parsers._cisco_ios.commands import harmless
from zoneguard.parsers._cisco_ios.crypto import Crypto, read_crypto_map
from zoneguard.parsers._cisco_ios.interface import Notes, interface_reader
from zoneguard.parsers._cisco_ios.nat import Nat, read_nat
from zoneguard.parsers._cisco_ios.zones import Zones, read_class_map, read_policy_map, read_port_map, read_zone
from zoneguard.parsers.accounting import Ledger

BY_IDENTITY = "lists by the identity of users or devices are not modelled"
OWN_GATEWAY = "the gateway of the device itself where it does not route"
_SWITCHES = ("WS-", "C9200", "C9300", "C9400", "C9500", "C9600", "C1000-", "C1200", "C1300", "IE-", "C3560", "C3850")
_ACTIVE = frozenset(
    {"network", "neighbor", "redistribute", "net", "area", "address-family", "af-interface", "interface"}
)


class Reader:
    """Gathers what an IOS configuration says.

    ``switch`` and ``routing``: the line that says it is a switch, and whether it routes; ``router``: that it is a
    router; ``six``: that it forwards IPv6; ``protocols``: routing protocols that run.
    """

    def __init__(self, source: Source, ledger: Ledger, name: str) -> None:
        self.config = Config(source, ledger, name, later=lambda _span: LATER)
        self.nat = Nat()
        self.zones = Zones()
        self.management = Management()
        self.crypto = Crypto()
        self.notes = Notes()
        self.switch: Line | None = None
        self.router = False
        self.routing: bool | None = None
        self.routing_line: Line | None = None
        self.six: Line | None = None
        self.protocols: list[Line] = []
        self._interface = interface_reader(self.config, self.notes, self.crypto)
        self._readers: dict[tuple[str, ...], Callable[[Line], None]] = {
            ("interface",): self._interface,
            ("hostname",): self._begins,
            ("version",): self._begins,
            ("end",): self._begins,
            ("access-list",): lambda line: read_numbered(self.config, line),
            ("ip", "access-list"): self._list,
            ("ipv6", "access-list"): self._list6,
            ("object-group",): self._group,
            ("ip", "route"): self._route,
            ("ipv6", "route"): self._route,
            ("ip", "vrf"): self._vrf,
            ("vrf", "definition"): self._vrf,
            ("route-map",): lambda line: read_route_map(self.config, line),
            ("class-map",): lambda line: read_class_map(self.config, self.zones, line),
            ("policy-map",): lambda line: read_policy_map(self.config, self.zones, line),
            ("parameter-map",): lambda line: account(ledger, line, DEFINED_ONLY),
            ("zone",): lambda line: read_zone(self.config, self.zones, line),
            ("zone-pair",): lambda line: read_zone(self.config, self.zones, line),
            ("ip", "port-map"): lambda line: read_port_map(self.config, self.zones, line),
            ("ip", "inspect"): lambda line: account(ledger, line, DEFINED_ONLY),
            ("ip", "wccp"): lambda line: account(ledger, line, DEFINED_ONLY),
            ("ip", "admission"): lambda line: account(ledger, line, DEFINED_ONLY),
            ("ip", "nat"): lambda line: read_nat(self.config, self.nat, line),
            ("ip", "local", "pool"): lambda line: read_pool(self.config, line),
            ("crypto", "isakmp"): lambda line: read_clients(self.config, line),
            ("crypto", "ikev2"): lambda line: read_clients(self.config, line),
            ("crypto", "map"): lambda line: read_crypto_map(self.config, self.crypto, line),
            ("time-range",): lambda line: account(ledger, line, DEFINED_ONLY),
            ("track",): lambda line: account(ledger, line, DEFINED_ONLY),
            ("line",): lambda line: read_terminal(self.config, self.management, line),
            ("ip", "http"): lambda line: read_server(self.config, self.management, line, line.words[2:], True),
            ("no", "ip", "http"): lambda line: read_server(self.config, self.management, line, line.words[3:], False),
            ("router",): self._router,
            ("ipv6", "router"): self._router,
            ("arp",): self._arp,
            ("ip", "routing"): self._routing_on,
            ("no", "ip", "routing"): self._routing_off,
            ("ipv6", "unicast-routing"): self._six,
            ("ip", "default-gateway"): self._host_gateway,
            ("ip", "default-network"): self._default_network,
            ("vlan",): lambda line: read_vlan(self.config, line),
            ("vlan", "access-map"): lambda line: read_access_map(self.config, line),
            ("vlan", "filter"): lambda line: read_vlan_filter(self.config, line),
            ("spanning-tree",): self._switch,
            ("switch",): self._switch,
            ("license",): self._license,
            ("key", "chain"): lambda line: account(ledger, line, FOR_ROUTING),
        }

    def read(self, lines: list[Line]) -> None:
        """Read everything. Every line is accounted for."""
        dispatch(self.config, lines, self._readers, harmless)

    def _alone(self, line: Line) -> None:
        self.config.understood(line)
        for child in line.children:
            report_unknown(self.config, child)

    def _begins(self, line: Line) -> None:
        self._alone(line)
        self.config.begins(line)

    def _list(self, line: Line) -> None:
        kind, name = line.word(2), line.word(3)
        if kind in ("standard", "extended") and name:
            read_list(self.config, line, name, False, kind == "standard")
        elif kind in ("resequence", "logging", "log-update", "persistent", "match-local-traffic", "helper"):
            account(self.config.ledger, line, DEFINED_ONLY)
        elif kind == "role-based":
            for one in line.walk():
                self.config.ledger.not_understood(one.number, BY_IDENTITY, Concern.FILTER)
        elif kind and not name:
            read_list(self.config, line, kind, False, False)
        else:
            self.config.unread(line, Concern.FILTER)

    def _list6(self, line: Line) -> None:
        if line.word(2) == "log-update":
            account(self.config.ledger, line, DEFINED_ONLY)
        elif line.word(2):
            read_list(self.config, line, line.words[-1], True, False)
        else:
            self.config.unread(line, Concern.FILTER)

    def _group(self, line: Line) -> None:
        kinds = {("network",): "network", ("v6-network",): "network", ("service",): "service", ("ip", "port"): "port"}
        for words, kind in kinds.items():
            if line.words[1 : 1 + len(words)] == words and line.word(1 + len(words)):
                read_group(self.config, line, line.word(1 + len(words)), kind)
                return
        for one in line.walk():
            self.config.ledger.not_understood(one.number, BY_IDENTITY, Concern.FILTER, bounded=True)

    def _route(self, line: Line) -> None:
        words, vrf = line.words[2:], DEFAULT
        if words[:1] == ("vrf",) and len(words) > 1:
            vrf = self.config.vrf(words[1], self.config.span(line))
            words = words[2:]
        if words[:1] == ("profile",) or words[:1] == ("static",):
            account(self.config.ledger, line, FOR_ROUTING)
        else:
            read_route(self.config, line, words, vrf)

    def _vrf(self, line: Line) -> None:
        if line.word(2) in ("", "receive"):
            self.config.unread(line, Concern.ROUTING)
            return
        self.config.vrf(line.word(2), self.config.span(line))
        self.config.understood(line)
        read_targets(self.config, line.word(2), line)
        for child in line.children:
            account(self.config.ledger, child, FOR_ROUTING)

    def _router(self, line: Line) -> None:
        runs = any(one.word(0) in _ACTIVE or one.words[:2] == ("ip", "router") for one in line.walk())
        if line.word(1) == "bgp" and runs and not read_bgp(self.config, line):
            account(self.config.ledger, line, BETWEEN_VRFS)
            return
        read_protocol(self.config, line, runs)
        if runs:
            self.protocols.append(line)

    def _arp(self, line: Line) -> None:
        words = line.words[1:]
        words = words[2:] if words[:1] == ("vrf",) else words
        try:
            address, mac = values.ipv4(words[0]), int(words[1].replace(".", ""), 16)
        except (UnreadableError, ValueError, IndexError):
            account(self.config.ledger, line, DEFINED_ONLY)
            return
        found = (p for p in self.config.ports.values() if any(address in a.subnet for a in p.addresses))
        port = next(found, None)
        span = self.config.span(line)
        self.config.bindings.append(MacBinding(address, mac, port.name if port else "", span))
        self.config.understood(line)

    def _routing_on(self, line: Line) -> None:
        self.routing, self.routing_line = True, line
        self._alone(line)

    def _routing_off(self, line: Line) -> None:
        self.routing, self.routing_line = False, line
        self._alone(line)

    def _six(self, line: Line) -> None:
        self.six = line
        self._alone(line)

    def _host_gateway(self, line: Line) -> None:
        account(self.config.ledger, line, OWN_GATEWAY)

    def _default_network(self, line: Line) -> None:
        self.config.unread(line, Concern.ROUTING)

    def _switch(self, line: Line) -> None:
        if line.word(0) == "switch" or line.word(1) == "mode":
            self.switch = self.switch or line
        account(self.config.ledger, line, harmless(line))

    def _license(self, line: Line) -> None:
        """``license udi pid`` names the product: by it a router is a router whatever else it has."""
        self.router = self.router or (line.word(1) == "udi" and not line.word(3).startswith(_SWITCHES))
        account(self.config.ledger, line, harmless(line))
