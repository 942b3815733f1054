"""What an input holds, by VPC: the objects in the words of ``describe-…`` answers, each with its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import address_or_none
from zoneguard.model.intervals import Intervals
from zoneguard.parsers._cloud import prefix
from zoneguard.parsers._json_node import Node

READ = (
    "Vpcs", "Subnets", "SecurityGroups", "NetworkAcls", "RouteTables", "NetworkInterfaces", "InternetGateways",
    "NatGateways", "PrefixLists", "VpcPeeringConnections", "TransitGatewayVpcAttachments", "VpnGateways",
    "ManagedPrefixLists", "EgressOnlyInternetGateways", "VpcEndpoints", "TransitGateways",
    "TransitGatewayAttachments", "TransitGatewayPeeringAttachments", "TransitGatewayRouteTables",
)  # fmt: skip
"""Keys of the answers that are of concern; any other is said."""

ABOUT = {
    "Routes": ("TransitGatewayRoutes", "TransitGatewayRouteTableId"),
    "Associations": ("TransitGatewayAssociations", "TransitGatewayRouteTableId"),
    "TransitGatewayRouteTablePropagations": ("TransitGatewayPropagations", "TransitGatewayRouteTableId"),
    "Entries": ("PrefixListEntries", "PrefixListId"),
}
"""Keys of answers that do not say what they are about: what such an answer is, and what it is about."""

NAMED = (("TransitGateways", "TransitGatewayId"), ("Vpcs", "VpcId"))
REST = frozenset({"AdditionalRoutesAvailable", *(subject for _, subject in ABOUT.values())})
"""Keys that go with those."""

UNTOLD = "(known after apply)"
"""What stands where a value is not known yet."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A public address of a network interface.

    ``own`` and ``outer`` are ``None`` where they are not known; ``sure``: there is such an address.
    """

    own: int | None
    outer: int | None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Eni:
    """A network interface: its private addresses, the public ones mapped to them, its groups and subnet.

    ``untold``: it has an address that is not known.
    """

    id: str
    subnet: str
    addresses: Intervals
    untold: bool
    public: tuple[Mapping, ...]
    groups: frozenset[str]
    node: Node


@dataclass(slots=True)
class Estate:
    """All objects of one file by kind and id. ``elsewhere``: subnets in which unnamed hosts may stand, and why."""

    objects: dict[str, list[Node]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)

    def of(self, kind: str, vpc: str = "") -> Iterator[Node]:
        """The objects of a kind, of one VPC if ``vpc`` is given."""
        for node in self.objects.get(kind, ()):
            if not vpc or node.text("VpcId") == vpc:
                yield node

    def vpcs(self) -> list[str]:
        """The ids of all VPCs that anything speaks of."""
        named = [node.text("VpcId") for kind in ("Vpcs", "Subnets") for node in self.of(kind)]
        return [vpc for vpc in dict.fromkeys(named) if vpc]

    def enis(self, vpc: str) -> Iterator[Eni]:
        """Network interfaces of a VPC."""
        for node in self.of("NetworkInterfaces", vpc):
            entries = list(node.each("PrivateIpAddresses"))
            own = [address_or_none(entry.text("PrivateIpAddress")) for entry in entries]
            own += [address_or_none(entry.text("Ipv6Address")) for entry in node.each("Ipv6Addresses")]
            alone = {node.text("PrivateIpAddress"), node.text("Ipv6Address")} - {""}
            known = [Intervals.of(*(address for address in own if address is not None)), *map(prefix, alone)]
            for kind in ("Ipv4Prefix", "Ipv6Prefix"):
                known += [prefix(entry.text(kind)) for entry in node.each(f"{kind}es")]
            public = tuple(
                Mapping(address, address_or_none(association.text("PublicIp")), not association.flag("MayBe"))
                for entry, address in zip(entries, own, strict=False)
                if (association := entry.get("Association")) and association.text("PublicIp")
            )
            groups = frozenset(group.text("GroupId") for group in node.each("Groups"))
            name, subnet = node.text("NetworkInterfaceId"), node.text("SubnetId")
            held = Intervals.from_spans(span for block in known if block is not None for span in block.spans)
            yield Eni(name, subnet, held, None in (*own, *known), public, groups, node)

    def wire(self, hub: str, vpc: str) -> str:
        """What both ends of the attachment of a VPC to a transit gateway are called: by their ids, where those differ
        from their names."""
        ids = {n.text(k): n.text("Id") for kind, k in NAMED for n in self.of(kind) if n.text("Id")}
        return f"{ids.get(hub, hub)} {ids.get(vpc, vpc)}"

    def listed(self, name: str) -> list[Intervals] | None:
        """The entries of a prefix list, or ``None`` where they are not given."""
        for known in (*self.of("PrefixLists"), *self.of("PrefixListEntries"), *self.of("ManagedPrefixLists")):
            if name and known.text("PrefixListId") == name and (known.get("Cidrs") or known.get("Entries")):
                texts = known.texts("Cidrs")
                texts += [entry.text("Cidr") for entry in known.each("Entries")]
                blocks = [block for text in texts if (block := prefix(text)) is not None]
                return blocks if len(blocks) == len(texts) else None
        return None

    def is_door(self, name: str) -> bool:
        """Whether it is an internet gateway."""
        return name.startswith("igw-") or any(g.text("InternetGatewayId") == name for g in self.of("InternetGateways"))

    def is_idle(self, name: str) -> bool:
        """Whether it is a peering that is not active (not accepted yet, refused, expired, deleted) or a NAT gateway
        that is not available."""
        nats = [n.text("State") for n in self.of("NatGateways") if name and n.text("NatGatewayId") == name]
        if nats and not {"", "available"} & set(nats):
            return True
        peerings = [p for p in self.of("VpcPeeringConnections") if name and p.text("VpcPeeringConnectionId") == name]
        states = [status.text("Code") for p in peerings if (status := p.get("Status")) is not None]
        return bool(states) and "active" not in states

    def is_private(self, name: str) -> bool:
        """Whether it is a NAT gateway without a public address, which leads on by the table of its subnet."""
        own = (n for n in self.of("NatGateways") if n.text("NatGatewayId") == name)
        return any(node.text("ConnectivityType") == "private" for node in own)

    def is_endpoint(self, name: str) -> bool:
        """Whether it is an endpoint in the VPC."""
        return name.startswith("vpce-") or any(e.text("VpcEndpointId") == name for e in self.of("VpcEndpoints"))

    def is_one_way(self, name: str) -> bool:
        """Whether sessions are opened outward only: a NAT gateway, an egress-only internet gateway."""
        egress_only = (g.text("EgressOnlyInternetGatewayId") for g in self.of("EgressOnlyInternetGateways"))
        nat = (g.text("NatGatewayId") for g in self.of("NatGateways"))
        return name.startswith(("nat-", "eigw-")) or name in egress_only or name in nat


def gathered(documents: Iterable[Node], asked: Callable[[Node, str], str]) -> tuple[Estate, list[tuple[str, Node]]]:
    """The objects of all answers, and the keys that are none of ``READ``.

    ``asked``: what the command in front of an answer said it is about (``PrefixListId``); empty where that is unknown.
    """
    estate = Estate()
    others: list[tuple[str, Node]] = []
    for document in documents:
        for node in document.items() if isinstance(document.value, list) else [document]:
            for key, value in node.members():
                if key in READ:
                    estate.objects.setdefault(key, []).extend(value.items())
                elif key in ABOUT:
                    kind, subject = ABOUT[key]
                    named = Node(node.text(subject) or asked(node, subject), node.first, node.last)
                    more = {name: found for name in REST if (found := node.get(name)) is not None}
                    estate.objects.setdefault(kind, []).append(
                        Node({key: value, subject: named} | more, node.first, node.last)
                    )
                elif key not in REST:
                    others.append((key, value))
    return estate, others


def blocks_of(node: Node) -> list[Intervals]:
    """The address blocks of a VPC or subnet that can be read."""
    texts = [node.text("CidrBlock")]
    texts += [entry.text("CidrBlock") for entry in node.each("CidrBlockAssociationSet")]
    texts += [entry.text("Ipv6CidrBlock") for entry in node.each("Ipv6CidrBlockAssociationSet")]
    return [block for text in dict.fromkeys(texts) if text and (block := prefix(text)) is not None]
