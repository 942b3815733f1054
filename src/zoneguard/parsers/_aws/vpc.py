"""An estate as devices: a VPC is one whose interfaces are its subnets and the gateways of its routes.

Traffic inside a subnet does not pass it.
"""

from __future__ import annotations

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Routing, Stage, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._aws.attached import Attached
from zoneguard.parsers._aws.estate import Estate, blocks_of
from zoneguard.parsers._aws.filters import Filters
from zoneguard.parsers._aws.gateways import Gateways
from zoneguard.parsers._aws.hubs import Hubs, read_hubs
from zoneguard.parsers._aws.nat import Behind
from zoneguard.parsers._aws.routing import Tables
from zoneguard.parsers._aws.transit import transit_devices
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_TABLES = (
    "what the transit gateway passes is not given here: export describe-transit-gateway-attachments, "
    "describe-transit-gateway-route-tables and search-transit-gateway-routes with the account that owns it"
)
NO_POLICY = "the policy of the core network (Cloud WAN), which decides what it passes, is not read"
NO_SUBNET_BLOCK = "a subnet whose address block is not known"


def vpc_devices(source: Source, ledger: Ledger, estate: Estate, name: str) -> list[Device]:
    """A device for each VPC of ``estate``, called ``name`` where there is one, and for each transit gateway that can be
    followed."""
    vpcs, hubs = estate.vpcs(), read_hubs(estate)
    devices = [_device(source, ledger, estate, hubs, vpc, name if len(vpcs) == 1 else f"{name}-{vpc}") for vpc in vpcs]
    return [*devices, *transit_devices(source, ledger, hubs, vpcs, name)]


def _device(source: Source, ledger: Ledger, estate: Estate, hubs: Hubs, vpc: str, name: str) -> Device:
    whole = source.whole
    subnets = list(estate.of("Subnets", vpc))
    tables, filters = Tables(source, ledger, estate, hubs, vpc), Filters(source, ledger, estate, vpc)
    names = tables.gateways()
    gateways = Gateways(source, ledger, estate, vpc, names)
    interfaces = [_subnet(source, ledger, node) for node in subnets]
    interfaces += [_gateway(ledger, estate, hubs, tables, name) for name in names]
    everything = frozenset(interface.name for interface in interfaces)
    attached = Attached(source, ledger, estate, hubs, vpc, tables.transit, filters.acl, everything)
    stages: list[Stage] = [stage for subnet in subnets for stage in filters.leaving(subnet)]
    stages += gateways.inward()
    stages.append(Routing())
    stages += attached.stages()
    stages += [stage for subnet in subnets for stage in filters.entering(subnet)]
    stages += Behind(source, ledger, estate, tables, filters, everything).stages()
    stages += gateways.outward()
    main = Vrf(
        "main",
        everything,
        tuple(tables.exits()),
        tuple(stages),
        policy_routes=tuple(tables.policy()),
        lists=attached.lists,
    )
    return Device(name, "aws", tuple(interfaces), (main, tables.nowhere()), whole, cloud=True)


def _gateway(ledger: Ledger, estate: Estate, hubs: Hubs, tables: Tables, name: str) -> Interface:
    """A gateway as an interface; what a transit gateway does of which no tables are given here is open."""
    span = tables.named_at(name)
    if name in tables.core:
        ledger.not_understood(span.first, NO_POLICY, Concern.ROUTING, bounded=True, about=name)
        return Interface(name, span, beyond=Reason("what {name} passes", name=name))
    if name not in tables.transit:
        return Interface(name, span, wire=name if name in tables.peerings() else "")
    beyond = "" if name in hubs.followed() else Reason("what {name} passes", name=name)
    if beyond:
        ledger.not_understood(span.first, NO_TABLES, Concern.ROUTING, bounded=True, about=name)
    return Interface(name, span, wire=estate.wire(name, tables.vpc), beyond=beyond)


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
