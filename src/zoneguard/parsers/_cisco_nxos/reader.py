"""The commands of the top level, each to its reader."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.device import Concern
from zoneguard.model.match import Match, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._cisco.access import known_list, read_group, read_list
from zoneguard.parsers._cisco.config import DEFAULT, Config, Port
from zoneguard.parsers._cisco.dispatch import dispatch, read_protocol
from zoneguard.parsers._cisco.entries import LATER
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.local import Management, read_terminal
from zoneguard.parsers._cisco.policies import read_route_map
from zoneguard.parsers._cisco.ports import HANDLERS, Handler, is_numbered_vlan, read_port
from zoneguard.parsers._cisco.reasons import (
    BETWEEN_VRFS,
    DEFINED_ONLY,
    FOR_ROUTING,
    LAYER_TWO,
    UNKNOWN_COMMAND,
)
from zoneguard.parsers._cisco.statics import read_route
from zoneguard.parsers._cisco.targets import read_bgp, read_targets
from zoneguard.parsers._cisco.values import undecided
from zoneguard.parsers._cisco.vlans import read_access_map, read_vlan, read_vlan_filter
from zoneguard.parsers._cisco_nxos.commands import harmless, harmless_on_interface
from zoneguard.parsers.accounting import Ledger

NO_TRANSLATION = "translation of addresses is not modelled for this system"
NO_PROFILE = "this port profile is not defined: what it would set is open"
INACTIVE = "a list for routed packets on a switched port, where it is not active"
OVERLAY = "routing over an overlay (VXLAN, OTV) is not modelled"
_ACTIVE = frozenset({"network", "neighbor", "redistribute", "area", "net"})
_GROUPS = {
    ("ip", "address"): "network", ("ipv6", "address"): "network", ("ip", "port"): "port", ("udf",): "",
}  # fmt: skip
MAX_RANGE = 1000
_NEIGHBOURS = ("nd-na", "nd-ns", "router-advertisement", "router-solicitation")


def _later(span: SourceSpan) -> Match:
    """What a permit with ports does with later fragments is not documented for this system."""
    return both(LATER, undecided(Reason("line {first} takes later fragments", first=span.first), span))


class Reader:
    """Gathers what an NX-OS configuration says. ``protocols``: routing protocols that run."""

    def __init__(self, source: Source, ledger: Ledger, name: str) -> None:
        self.config = Config(source, ledger, name, later=_later, wildcards_in_groups=True, empty_passes=False)
        self.management = Management()
        self.protocols: list[Line] = []
        self.active: list[Line] = []
        self._profiles: dict[str, Line] = {}
        self._stated: set[str] = set()
        self._handlers: dict[tuple[str, ...], Handler] = HANDLERS | {
            ("shutdown",): self._state(False),
            ("no", "shutdown"): self._state(True),
            ("ip", "router"): self._runs,
            ("ipv6", "router"): self._runs,
            ("ip", "nat"): self._translation,
            ("ip", "unnumbered"): lambda config, _port, line: config.understood(line),
            ("inherit", "port-profile"): self._inherit,
        }
        self._readers: dict[tuple[str, ...], Callable[[Line], None]] = {
            ("interface",): self._interface,
            ("hostname",): self.config.begins,
            ("switchname",): self.config.begins,
            ("version",): self.config.begins,
            ("ip", "access-list"): lambda line: self._list(line, False),
            ("ipv6", "access-list"): lambda line: self._list(line, True),
            ("mac", "access-list"): lambda line: account(ledger, line, LAYER_TWO),
            ("object-group",): self._group,
            ("ip", "route"): lambda line: self._route(line, DEFAULT),
            ("ipv6", "route"): lambda line: self._route(line, DEFAULT),
            ("vrf", "context"): self._vrf,
            ("route-map",): lambda line: read_route_map(self.config, line),
            ("vlan",): lambda line: read_vlan(self.config, line),
            ("vlan", "access-map"): lambda line: read_access_map(self.config, line),
            ("vlan", "filter"): lambda line: read_vlan_filter(self.config, line),
            ("time-range",): lambda line: account(ledger, line, DEFINED_ONLY),
            ("line",): lambda line: read_terminal(self.config, self.management, line),
            ("port-profile",): self._profile,
            ("router",): self._router,
            ("ip", "nat"): self._no_translation,
            ("fabric", "forwarding"): self._overlay,
        }

    def read(self, lines: list[Line]) -> None:
        """Read everything. Every line is accounted for."""
        for line in lines:
            if line.word(0) == "port-profile":
                self._profiles[line.words[-1]] = line
        dispatch(self.config, lines, self._readers, harmless)

    def stated(self, port: Port) -> bool:
        """Whether the file says of the interface that it is up or down."""
        return port.name in self._stated

    def _interface(self, line: Line) -> None:
        self.config.understood(line)
        name = "".join(line.words[1:])
        port = self.config.port(name, line)
        for each in self._ports(name, port, line):
            read_port(self.config, each, line, self._handlers, harmless_on_interface)
            if each.switched and each.access:
                for applied in each.access.values():
                    self.config.ledger.ignored(INACTIVE, applied.line.number)
                each.access = {}

    def _ports(self, name: str, port: Port, line: Line) -> list[Port]:
        """The interfaces of ``interface Ethernet1/1-4``."""
        stem, _, last = name.rpartition("-")
        head = stem.rstrip("0123456789")
        first = stem[len(head) :]
        if not stem or not head[:1].isalpha() or "-" in head[-1:] or not first or not last.isdigit():
            return [port]
        low, high = int(first[:6]), int(last[:6])
        if not low <= high < low + MAX_RANGE:
            self.config.unread(line, Concern.INTERFACE)
            return [port]
        del self.config.ports[name]
        return [self.config.port(f"{head}{n}", line) for n in range(low, high + 1)]

    def _state(self, up: bool) -> Handler:
        def handler(config: Config, port: Port, line: Line) -> None:
            port.enabled = up
            self._stated.add(port.name)
            config.understood(line)

        return handler

    def _runs(self, config: Config, _port: Port, line: Line) -> None:
        self.active.append(line)
        config.understood(line)

    def _no_translation(self, line: Line) -> None:
        self.config.ledger.not_understood(line.number, NO_TRANSLATION, Concern.NAT)

    @staticmethod
    def _translation(config: Config, _port: Port, line: Line) -> None:
        config.ledger.not_understood(line.number, NO_TRANSLATION, Concern.NAT)

    def _inherit(self, config: Config, port: Port, line: Line) -> None:
        profile = self._profiles.get(line.word(2))
        if profile is None:
            config.ledger.not_understood(line.number, NO_PROFILE, Concern.FILTER)
            return
        config.understood(line)
        handlers = {words: handler for words, handler in self._handlers.items() if words[0] != "inherit"}
        read_port(config, port, profile, handlers, _harmless_in_profile)

    def _profile(self, line: Line) -> None:
        """A profile is read for each interface that inherits it; what is in none is accounted for here."""
        self.config.understood(line)
        for child in line.children:
            account(self.config.ledger, child, DEFINED_ONLY)

    def _list(self, line: Line, v6: bool) -> None:
        if not line.word(2):
            self.config.unread(line, Concern.FILTER)
            return
        read_list(self.config, line, line.word(2), v6, False)
        known = known_list(self.config, line.word(2), v6, line)
        if v6:
            known.discovery = _NEIGHBOURS

    def _group(self, line: Line) -> None:
        for words, kind in _GROUPS.items():
            if kind and line.words[1 : 1 + len(words)] == words and line.word(1 + len(words)):
                read_group(self.config, line, line.word(1 + len(words)), kind)
                return
        for one in line.walk():
            self.config.ledger.not_understood(one.number, UNKNOWN_COMMAND, Concern.FILTER, bounded=True)

    def _route(self, line: Line, vrf: str) -> None:
        if line.words[2:3] == ("static",):
            account(self.config.ledger, line, FOR_ROUTING)
        else:
            read_route(self.config, line, line.words[2:], vrf)

    def _vrf(self, line: Line) -> None:
        name = self.config.vrf(line.word(2), self.config.span(line))
        self.config.understood(line)
        read_targets(self.config, name, line)
        for child in line.children:
            if child.words[:2] in (("ip", "route"), ("ipv6", "route")):
                self._route(child, name)
            elif child.words[:1] == ("vni",):
                self._overlay(child)
            else:
                account(self.config.ledger, child, FOR_ROUTING)

    def _overlay(self, line: Line) -> None:
        for one in line.walk():
            self.config.ledger.not_understood(one.number, OVERLAY, Concern.ROUTING)

    def _router(self, line: Line) -> None:
        runs = any(one.word(0) in _ACTIVE for one in line.walk())
        overlay = any(one.starts("address-family", "l2vpn") for one in line.walk())
        if line.word(1) == "bgp" and runs and not read_bgp(self.config, line) and not overlay:
            account(self.config.ledger, line, BETWEEN_VRFS)
            return
        read_protocol(self.config, line, runs)
        if runs:
            self.protocols.append(line)


def _harmless_in_profile(line: Line) -> str:
    return LAYER_TWO if line.word(0) in ("state", "description") else harmless_on_interface(line)


def is_vlan(port: Port) -> bool:
    """Whether the interface routes for a VLAN."""
    return is_numbered_vlan(port.name) is not None
