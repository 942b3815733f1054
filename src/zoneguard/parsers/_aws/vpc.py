"""An estate as devices: a VPC is one whose interfaces are its subnets and the gateways of its routes.

Traffic inside a subnet does not pass it.
"""

from __future__ import annotations

from dataclasses import replace

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Routing, Stage, Vrf
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._aws.estate import Estate, blocks_of
from zoneguard.parsers._aws.filters import Filters
from zoneguard.parsers._aws.gateways import Gateways
from zoneguard.parsers._aws.routing import Tables
from zoneguard.parsers._json_lines import Node
from zoneguard.parsers.accounting import Ledger

NO_SUBNET_BLOCK = "a subnet whose address block is not known"


def parsed(source: Source, ledger: Ledger, estate: Estate, name: str) -> Parsed:
    """A device for each VPC of ``estate``, called ``name`` where there is one; the ledger is closed."""
    vpcs = estate.vpcs()
    devices = [_device(source, ledger, estate, vpc, name if len(vpcs) == 1 else f"{name}-{vpc}") for vpc in vpcs]
    uncertain = ledger.uncertain
    return Parsed(tuple(replace(device, uncertain=uncertain) for device in devices), ledger.close())


def _device(source: Source, ledger: Ledger, estate: Estate, vpc: str, name: str) -> Device:
    whole = source.whole
    subnets = list(estate.of("Subnets", vpc))
    tables, filters = Tables(source, ledger, estate, vpc), Filters(source, ledger, estate, vpc)
    names = tables.gateways()
    gateways = Gateways(source, ledger, estate, vpc, names)
    interfaces = [_subnet(source, ledger, node) for node in subnets] + [Interface(name, whole) for name in names]
    stages: list[Stage] = [stage for subnet in subnets for stage in filters.leaving(subnet)]
    stages += gateways.inward()
    stages.append(Routing())
    stages += [stage for subnet in subnets for stage in filters.entering(subnet)]
    stages += gateways.outward()
    main = Vrf(
        "main",
        frozenset(interface.name for interface in interfaces),
        tuple(tables.exits()),
        tuple(stages),
        policy_routes=tuple(tables.policy()),
    )
    return Device(name, "aws", tuple(interfaces), (main, tables.nowhere()), whole, cloud=True)


def _subnet(source: Source, ledger: Ledger, node: Node) -> Interface:
    """The subnet as an interface; its router has the first address of each block."""
    addresses = []
    for block in blocks_of(node):
        network, length = next(prefixes(block))
        addresses.append(InterfaceAddress(network + min(1, block.size - 1), length))
    name = node.text("SubnetId")
    if not addresses:
        ledger.not_understood(node.first, NO_SUBNET_BLOCK, Concern.INTERFACE, about=name)
    tags = {tag.text("Key"): tag.text("Value") for tag in node.each("Tags")}
    return Interface(name, source.span(node.first, node.last), tuple(addresses), description=tags.get("Name", ""))
