"""Which interfaces are on one wire, who owns an address there, and where a source address comes in."""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.device import Device, Interface
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import Link
from zoneguard.static._trace_pipeline import Context
from zoneguard.static._trace_result import Entry
from zoneguard.static._trace_routing import Target


class Topology:
    """The modelled devices and the wires between them: interfaces that share a subnet, declared links, inner wires."""

    def __init__(self, devices: Sequence[Device], links: Sequence[Link] = ()) -> None:
        self.devices = {d.name: d for d in devices}
        self.contexts = {(d.name, v.name): Context(d, v) for d in devices for v in d.vrfs}
        self._interfaces: dict[Entry, Interface] = {}
        self._at: dict[tuple[str, str], Entry] = {}
        self._owners: dict[int, list[Entry]] = {}
        for (name, vrf), context in self.contexts.items():
            for interface in context.device.interfaces:
                if interface.name in context.vrf.interfaces and interface.enabled:
                    self._add(Entry(name, vrf, interface.name), interface)
        self._links: dict[Entry, list[Entry]] = {}
        inside = [((d.name, a), (d.name, b)) for d in devices for a, b in d.wires]
        for one, other in (*((link.a, link.b) for link in links), *inside):
            a, b = self._at.get(one), self._at.get(other)
            if a is not None and b is not None:
                self._links.setdefault(a, []).append(b)
                self._links.setdefault(b, []).append(a)

    def _add(self, port: Entry, interface: Interface) -> None:
        self._interfaces[port] = interface
        self._at[port.device, port.interface] = port
        for address in {a.address for a in interface.addresses}:
            self._owners.setdefault(address, []).append(port)

    def owners(self, port: Entry, address: int) -> list[Entry]:
        """The interfaces of other contexts on the wire of ``port`` that own ``address``."""
        return [o for o in self._owners.get(address, ()) if _context(o) != _context(port) and self._joined(port, o)]

    def owned(self, port: Entry) -> dict[int, list[Entry]]:
        """Every address that interfaces of other contexts own on the wire of ``port``."""
        found = ((address, self.owners(port, address)) for address in self._owners)
        return {address: owners for address, owners in found if owners}

    def peers(self, port: Entry) -> list[Entry]:
        """The far ends of a point-to-point wire: of links, and in a subnet of at most four addresses."""
        found = dict.fromkeys(self._links.get(port, ()))
        for subnet in self.subnets(port):
            for address in subnet if subnet.size <= 4 else ():
                found.update(dict.fromkeys(self.owners(port, address)))
        return list(found)

    def subnets(self, port: Entry) -> tuple[Intervals, ...]:
        """The connected subnets of ``port``."""
        interface = self._interfaces.get(port)
        return tuple(a.subnet for a in interface.addresses) if interface else ()

    def port(self, device: str, vrf: str, interface: str) -> Entry:
        """The interface where packets of ``vrf`` leave: it may belong to another context of the device."""
        return self._at.get((device, interface), Entry(device, vrf, interface))

    def entries(self, source: int) -> tuple[Entry, ...]:
        """Where packets of ``source`` come in.

        That is every interface whose connected subnet holds it; where there is none, every interface by which the
        longest prefix of all routing tables leads to ``source`` through a next hop that no modelled device owns.
        """
        attached = [
            p
            for p in self._interfaces
            if any(source in s for s in self.subnets(p)) and p not in self._owners.get(source, ())
        ]
        if attached or source in self._owners:
            return tuple(sorted(attached))
        routed: dict[int, set[Entry]] = {}
        for (device, vrf), context in self.contexts.items():
            targets, length = context.table.best(source)
            for target in targets:
                port = self.port(device, vrf, target.egress)
                if target.egress and not target.into and self._leaves(port, target):
                    routed.setdefault(length, set()).add(port)
        return tuple(sorted(routed[max(routed)])) if routed else ()

    def sent(self, source: int, destination: int) -> tuple[tuple[Entry, tuple[Entry, ...]], ...]:
        """Each interface that owns ``source``, and where a packet comes in that its device sends from there itself.

        Its routing table decides; filters and policy routes are for what it forwards, but on Linux, whose output chains
        are not in the model: none there.
        """
        found: list[tuple[Entry, tuple[Entry, ...]]] = []
        for owner in self._owners.get(source, ()) if self.entries(source) == () else ():
            context = self.contexts[owner.device, owner.vrf]
            if context.device.vendor == "linux":
                return ()
            neighbours: dict[Entry, None] = {}
            for target in context.table.best(destination)[0]:
                port = self.port(owner.device, owner.vrf, target.egress)
                hop = destination if target.next_hop is None else target.next_hop
                neighbours.update(dict.fromkeys(self.owners(port, hop) or self.peers(port)))
            found.append((owner, tuple(neighbours)))
        return tuple(found)

    def _leaves(self, port: Entry, target: Target) -> bool:
        if target.next_hop is None:
            return not self.peers(port)
        return not self.owners(port, target.next_hop)

    def _joined(self, a: Entry, b: Entry) -> bool:
        return b in self._links.get(a, ()) or any(one & other for one in self.subnets(a) for other in self.subnets(b))


def _context(port: Entry) -> tuple[str, str]:
    return port.device, port.vrf
