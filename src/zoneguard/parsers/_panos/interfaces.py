"""PAN-OS interfaces: Ethernet, aggregates, their subinterfaces, loopback, tunnel and VLAN interfaces.

Only layer-3 interfaces forward by routing. Taps listen; virtual wires and layer-2 interfaces forward by themselves,
which is not followed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import address_or_none
from zoneguard.model.device import Concern, Interface, InterfaceAddress, MacBinding
from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.addresses import AddressBook
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers.assembly import assigned

PHYSICAL = ("ethernet", "aggregate-ethernet")
LOGICAL = ("loopback", "tunnel", "vlan", "sdwan")
BRIDGED = {"virtual-wire": "a virtual wire", "layer2": "a layer-2 segment"}
MANAGEMENT = ("ping", "ssh", "telnet", "http", "https", "snmp", "response-pages", "userid-service", "http-ocsp",
              "userid-syslog-listener-ssl", "userid-syslog-listener-udp")  # fmt: skip


@dataclass(slots=True)
class Management:
    """What an interface offers of the device itself, and to which addresses (``None``: to all)."""

    services: tuple[str, ...]
    permitted: Intervals | None
    node: Node


@dataclass(slots=True)
class Interfaces:
    """The layer-3 interfaces by name, and what else is known of them."""

    known: dict[str, Interface] = field(default_factory=dict)
    management: dict[str, Management] = field(default_factory=dict)
    services: list[Service] = field(default_factory=list)
    bindings: list[MacBinding] = field(default_factory=list)
    learning: set[str] = field(default_factory=set)

    def addresses(self, name: str) -> Intervals:
        """The interface's own addresses."""
        interface = self.known.get(name)
        return Intervals() if interface is None else Intervals.of(*(a.address for a in interface.addresses))


class InterfaceReader:
    """Reads the ``network`` node of one device."""

    def __init__(self, export: Export, network: Node, book: AddressBook) -> None:
        self._export = export
        self._network = network
        self._book = book
        self._found = Interfaces()

    def read(self) -> Interfaces:
        """Every layer-3 interface. Their zones are not known here."""
        table = self._network.at("interface")
        if table is not None:
            for kind in PHYSICAL:
                for node in table.below(kind).values():
                    self._physical(node)
            for kind in LOGICAL:
                logical = table.at(kind)
                if logical is not None:
                    if any(name in logical.children for name in ("ip", "ipv6", "interface-management-profile")):
                        self._layer3(kind, logical, enabled=True)
                    for name, unit in logical.below("units").items():
                        self._layer3(name, unit, enabled=True)
        return self._found

    def _physical(self, node: Node) -> None:
        enabled = node.word("link-state") != "down"
        layer3 = node.at("layer3")
        if layer3 is not None:
            self._layer3(node.name, layer3, enabled)
            for name, unit in layer3.below("units").items():
                self._layer3(name, unit, enabled)
        for kind, what in BRIDGED.items():
            bridged = node.at(kind)
            if bridged is not None:
                reason = Reason(
                    '"{name}" is a port of {what}: what passes through that is not followed',
                    name=node.name,
                    what=Reason(what),
                )
                self._export.ledger.not_understood(bridged.first, reason, Concern.INTERFACE)

    def _layer3(self, name: str, node: Node, enabled: bool) -> None:
        addresses = tuple(self._addresses(name, node))
        tag = values.number(node.word("tag"), 4094)
        comment = node.word("comment")
        self._found.known[name] = Interface(name, self._export.span(node), addresses, enabled, "", tag, comment)
        for protocol in ("dhcp-client", "pppoe"):
            client = node.at(protocol)
            if client is not None and client.word("enable") != "no" and enabled:
                by = assigned("PPP" if protocol == "pppoe" else "DHCP")
                self._export.ledger.not_understood(client.first, by, Concern.ROUTING)
                self._found.learning.add(name)
        self._profile(name, node)
        for text, entry in node.below("arp").items():
            address, mac = address_or_none(text), values.mac(entry.word("hw-address"))
            if address is not None and mac is not None:
                self._found.bindings.append(MacBinding(address, mac, name, self._export.span(entry)))

    def _addresses(self, name: str, node: Node) -> Iterator[InterfaceAddress]:
        texts = [*node.below("ip").values()]
        if node.word("ipv6", "enabled") == "yes":
            texts += (
                entry
                for entry in node.below("ipv6", "address").values()
                if entry.yes("enable-on-interface", default=True)
            )
        for entry in texts:
            found = self._address(entry.name)
            if found is None:
                reason = Reason('the address "{entry}" of "{name}" cannot be read', entry=entry.name, name=name)
                self._export.ledger.not_understood(entry.first, reason, Concern.INTERFACE)
            else:
                yield found

    def _address(self, text: str) -> InterfaceAddress | None:
        return values.interface_address(self._book.literal(text))

    def _profile(self, name: str, node: Node) -> None:
        profile_name = node.word("interface-management-profile")
        profile = self._network.at("profiles", "interface-management-profile", profile_name) if profile_name else None
        if profile is None:
            return
        services = tuple(service for service in MANAGEMENT if profile.yes(service))
        permitted = None
        if profile.below("permitted-ip"):
            spans = [values.address_span(text) or self._book.one(text) for text in profile.words("permitted-ip")]
            permitted = Intervals.from_spans(span for part in spans if part is not None for span in part.spans)
        self._found.management[name] = Management(services, permitted, profile)
        for service in services:
            self._found.services.append(Service(service, name, self._export.source.span(profile.line(service))))
