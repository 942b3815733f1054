"""What ``describe-…`` answers hold, by VPC: the objects, each with its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.parsers._json_lines import Node

READ = (
    "Vpcs", "Subnets", "SecurityGroups", "NetworkAcls", "RouteTables", "NetworkInterfaces", "InternetGateways",
    "NatGateways", "PrefixLists", "VpcPeeringConnections", "TransitGatewayVpcAttachments", "VpnGateways",
    "ManagedPrefixLists", "EgressOnlyInternetGateways", "SecurityGroupRules", "Reservations",
)  # fmt: skip
"""Keys of the answers that are of concern; any other is said."""


@dataclass(frozen=True, slots=True)
class Eni:
    """A network interface: its private addresses, the public ones mapped to them, its groups and subnet."""

    id: str
    subnet: str
    addresses: Intervals
    public: tuple[tuple[int, int], ...]  # (private, public)
    groups: frozenset[str]
    node: Node


@dataclass(slots=True)
class Estate:
    """All objects of one file by kind and id."""

    objects: dict[str, list[Node]] = field(default_factory=dict)

    def of(self, kind: str, vpc: str = "") -> Iterator[Node]:
        """The objects of a kind, of one VPC if ``vpc`` is given."""
        for node in self.objects.get(kind, ()):
            if not vpc or node.text("VpcId") == vpc:
                yield node

    def vpcs(self) -> list[str]:
        """The ids of all VPCs that anything speaks of."""
        named = [node.text("VpcId") for kind in ("Vpcs", "Subnets") for node in self.of(kind)]
        return [vpc for vpc in dict.fromkeys(named) if vpc]

    def cidrs(self, vpc: str) -> Intervals:
        """The addresses of a VPC: its own blocks, else those of its subnets."""
        blocks = [b for node in self.of("Vpcs", vpc) for b in _blocks(node)]
        blocks = blocks or [b for node in self.of("Subnets", vpc) for b in _blocks(node)]
        return Intervals.from_spans(span for block in blocks for span in block.spans)

    def enis(self, vpc: str) -> Iterator[Eni]:
        """Network interfaces of a VPC."""
        for node in self.of("NetworkInterfaces", vpc):
            private: list[int] = []
            public: list[tuple[int, int]] = []
            for entry in node.each("PrivateIpAddresses"):
                own = _address(entry.text("PrivateIpAddress"))
                if own is None:
                    continue
                private.append(own)
                association = entry.get("Association")
                outer = _address(association.text("PublicIp")) if association else None
                if outer is not None:
                    public.append((own, outer))
            six = [_address(entry.text("Ipv6Address")) for entry in node.each("Ipv6Addresses")]
            groups = frozenset(group.text("GroupId") for group in node.each("Groups"))
            addresses = Intervals.of(*private, *(address for address in six if address is not None))
            yield Eni(node.text("NetworkInterfaceId"), node.text("SubnetId"), addresses, tuple(public), groups, node)


def gathered(documents: Iterable[Node]) -> tuple[Estate, list[tuple[str, Node]]]:
    """The objects of all answers, and the keys that are none of ``READ``."""
    estate = Estate()
    others: list[tuple[str, Node]] = []
    for document in documents:
        for node in document.items() if isinstance(document.value, list) else [document]:
            for key, value in node.value.items() if isinstance(node.value, dict) else ():
                if key in READ:
                    estate.objects.setdefault(key, []).extend(value.items())
                else:
                    others.append((key, value))
    return estate, others


def blocks_of(node: Node) -> list[Intervals]:
    """The address blocks of a VPC or subnet."""
    return list(_blocks(node))


def _blocks(node: Node) -> Iterator[Intervals]:
    texts = [node.text("CidrBlock")]
    texts += [entry.text("CidrBlock") for entry in node.each("CidrBlockAssociationSet")]
    texts += [entry.text("Ipv6CidrBlock") for entry in node.each("Ipv6CidrBlockAssociationSet")]
    for text in dict.fromkeys(filter(None, texts)):
        block = prefix(text)
        if block is not None:
            yield block


def prefix(text: str) -> Intervals | None:
    """A block, or ``None`` where it cannot be read."""
    try:
        return parse_prefix(text)
    except ValueError:
        return None


def _address(text: str) -> int | None:
    try:
        return parse_address(text)
    except ValueError:
        return None
