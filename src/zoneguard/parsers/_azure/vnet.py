"""A virtual network as a device: its interfaces are its subnets and its ways out.

Traffic inside a subnet does not pass it.
"""

from __future__ import annotations

from zoneguard.model.addresses import ALL_ADDRESSES, prefixes
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Routing, Stage, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.parsers import Source
from zoneguard.parsers._azure.doors import Doors
from zoneguard.parsers._azure.effective import Effective
from zoneguard.parsers._azure.estate import Estate, Item, same
from zoneguard.parsers._azure.kinds import NIC, NSG, VNET
from zoneguard.parsers._azure.routing import Roads, blocks_of
from zoneguard.parsers._azure.rules import Groups
from zoneguard.parsers._azure.tags import Around
from zoneguard.parsers._cloud import union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_VNET = "the virtual network of these rules is not given"
NO_BLOCK = "a subnet whose address block is not known"
OPEN_TAG = "what VirtualNetwork holds besides, for the rules of this subnet, is not known"
WHICH_INTERFACE = (
    "of which network interface these effective routes are is not told, or it is not given: put the command that asked "
    "in front of the answer, and export the network interfaces"
)
BYPASSED = "a private endpoint in a subnet whose network policies are off for it: groups and routes do not apply to it"
OTHERS = "something that is no network interface of a host stands in the subnet, and is not read"
UNTOLD = "the subnets of this virtual network are not known"


def vnet_devices(source: Source, ledger: Ledger, estate: Estate, effective: Effective, name: str) -> list[Device]:
    """A device for each virtual network, called ``name`` where there is one."""
    _add_absent(ledger, estate)
    known = {text.lower() for nic in estate.of(NIC) for text in (nic.name, nic.id)}
    for asked, routes in effective.routes.items():
        if asked not in known and not (asked == "" and len(estate.of(NIC)) == 1):
            ledger.not_understood(routes[0].first, WHICH_INTERFACE, Concern.ROUTING, about=asked or "value")
    vnets = estate.of(VNET)
    names = [name if len(vnets) == 1 else f"{name}-{vnet.name}" for vnet in vnets]
    names = [own if names.count(own) == 1 else f"{own}-{n}" for n, own in enumerate(names, 1)]
    return [_device(source, ledger, estate, effective, vnet, own) for vnet, own in zip(vnets, names, strict=True)]


def _add_absent(ledger: Ledger, estate: Estate) -> None:
    """A virtual network that is only named, by the subnets that have a group or an interface."""
    named: dict[str, dict[str, Node]] = {}
    for kind in (NSG, NIC):
        for one in estate.of(kind):
            references = one.references("subnets") if kind == NSG else [
                c.reference("subnet") for c in one.parts("ipConfigurations")
            ]  # fmt: skip
            for reference in references:
                vnet, _, subnet = reference.partition("/subnets/")
                if subnet and estate.find(VNET, vnet) is None:
                    named.setdefault(vnet, {}).setdefault(subnet, one.node)
    for vnet, subnets in named.items():
        at = next(iter(subnets.values()))
        listed = [Node({"name": _text(n, node), "id": _text(f"{vnet}/subnets/{n}", node)}, node.first, node.last)
                  for n, node in subnets.items()]  # fmt: skip
        properties = Node({"subnets": Node(list(listed), at.first, at.last)}, at.first, at.last)
        template = estate.of(NSG)[0].template if estate.of(NSG) else estate.of(NIC)[0].template
        estate.items.setdefault(VNET, []).append(Item(VNET, vnet.rpartition("/")[2], vnet, at, properties, template))
        ledger.not_understood(at.first, NO_VNET, Concern.INTERFACE, about=vnet.rpartition("/")[2])


def _text(text: str, at: Node) -> Node:
    return Node(text, at.first, at.last)


def _device(source: Source, ledger: Ledger, estate: Estate, effective: Effective, vnet: Item, name: str) -> Device:
    whole = source.whole
    if not vnet.is_told("subnets"):
        ledger.not_understood(vnet.node.first, UNTOLD, Concern.INTERFACE, about=vnet.name)
    roads = Roads(source, ledger, estate, effective, vnet)
    groups = Groups(source, ledger, estate, effective)
    for subnet in roads.subnets:
        _say_bypassed(ledger, estate, subnet)
    doors = Doors(source, ledger, estate, roads)
    around = {subnet.name: _around(source, roads, subnet) for subnet in roads.subnets}
    for subnet in roads.subnets:
        if around[subnet.name].may and not groups.are_told(subnet):
            ledger.not_understood(subnet.node.first, OPEN_TAG, Concern.FILTER, bounded=True, about=subnet.name)
    interfaces = [_subnet(source, ledger, subnet) for subnet in roads.subnets]
    wires = {peering.interface: peering.wire for peering in roads.peerings}
    interfaces += [Interface(way, whole, wire=wires.get(way, "")) for way in roads.interfaces()]
    stages: list[Stage] = [stage for s in roads.subnets for stage in groups.leaving(s, around[s.name])]
    stages += doors.inward()
    stages.append(Routing())
    stages += [stage for s in roads.subnets for stage in groups.entering(s, around[s.name])]
    stages += doors.outward()
    main = Vrf(
        "main",
        frozenset(interface.name for interface in interfaces),
        tuple(roads.exits()),
        tuple(stages),
        policy_routes=tuple(roads.policy()),
        lists=groups.lists,
    )
    return Device(name, "azure", tuple(interfaces), (main, roads.nowhere()), whole, cloud=True)


def _say_bypassed(ledger: Ledger, estate: Estate, subnet: Item) -> None:
    """What stands in a subnet beside the hosts that its groups and routes are for."""
    policies = subnet.text("privateEndpointNetworkPolicies").lower()
    private = (nic for nic in estate.of(NIC) if nic.reference("privateEndpoint"))
    here = (same(part.reference("subnet"), subnet.id) for nic in private for part in nic.parts("ipConfigurations"))
    endpoints = bool(subnet.references("privateEndpoints")) or any(here)
    if endpoints and policies not in ("enabled", "networksecuritygroupenabled"):
        ledger.not_understood(subnet.node.first, BYPASSED, Concern.FILTER, about=subnet.name)
    for reference in subnet.references("ipConfigurations"):
        if reference and not any(kind in reference for kind in ("/networkinterfaces/", "/virtualnetworkgateways/")):
            what = reference.rpartition("/providers/")[2]
            ledger.not_understood(subnet.node.first, OTHERS, Concern.FILTER, about=what)


def _around(source: Source, roads: Roads, subnet: Item) -> Around:
    """What ``VirtualNetwork`` means in a subnet."""
    written = roads.written_prefixes(subnet)
    peers = [peering for peering in roads.peerings if peering.access]
    blocks = [roads.space, *roads.on_premises(), *(block for peering in peers for block in peering.blocks)]
    sure = union([*blocks, *(block for block, length in written if length)])
    everything = any(length == 0 for _, length in written)
    told = roads.told(subnet)
    sure = sure | union(told or [])
    learns = roads.learns and told is None
    is_open = learns or everything or not roads.space or not all(peering.blocks for peering in peers)
    may = ALL_ADDRESSES - sure if is_open else Intervals()
    return Around(subnet.name, roads.space, sure, may, source.span(subnet.node.first, subnet.node.last))


def _subnet(source: Source, ledger: Ledger, subnet: Item) -> Interface:
    """The subnet as an interface; its router has the first address of each block."""
    addresses = []
    for block in blocks_of(subnet):
        network, length = next(prefixes(block))
        addresses.append(InterfaceAddress(network + min(1, block.size - 1), length))
    if not addresses:
        ledger.not_understood(subnet.node.first, NO_BLOCK, Concern.INTERFACE, about=subnet.name)
    return Interface(subnet.name, source.span(subnet.node.first, subnet.node.last), tuple(addresses))
