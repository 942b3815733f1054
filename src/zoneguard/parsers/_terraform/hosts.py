"""What stands in the subnets of a plan: network interfaces, instances, and everything else that has a security group.

A resource that is not read but names a security group (a load balancer, a database, a function, an endpoint) is a host
at an unknown address of the subnets that it names, with the groups that it names; where it names no subnet, of every
subnet of the VPC. A group that nothing in the plan has is one of hosts elsewhere, which may stand in every subnet.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import address_or_none
from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD
from zoneguard.parsers._cloud import prefix, unread
from zoneguard.parsers._terraform.estate import Building, Value
from zoneguard.parsers._terraform.kinds import BEYOND, HARMLESS, is_carrier
from zoneguard.parsers._terraform.plan import Resource
from zoneguard.parsers._terraform.references import Named
from zoneguard.parsers._terraform.rules import DEFAULT_GROUP, GROUPS
from zoneguard.parsers._terraform.words import AWS

SUBNETS = ("aws_subnet", "aws_default_subnet")
NO_HOSTS = ("azurerm_", *HARMLESS, *BEYOND)
PRIMARY = "primary_network_interface"
OTHER_PRIVATE = "a public address of another private address than the first, which is not read"
IMAGED = "a host, by the security groups and subnets that it names; its addresses are known only after apply"
UNWORN = "a security group that nothing in the plan has: which hosts have it is not known"
NEVER_READ = "a resource that is not read and names objects of the network"
EXISTS = "a subnet that exists already: hosts that the plan does not manage may stand in it"
EMPTY = "a subnet in which the plan places no host: which hosts stand in it is not known"


def add_hosts(building: Building) -> None:
    """Every host, and the subnets in which others may stand."""
    hosts = _Hosts(building)
    for eni in building.plan.of("aws_network_interface"):
        hosts.add(eni, building.named(eni, "subnet_id"), building.named(eni, "security_groups"), "private_ips")
    for instance in building.plan.of("aws_instance"):
        if not (any(True for _ in instance.values.each("network_interface")) or instance.is_written(PRIMARY)):
            hosts.add(instance, building.named(instance, "subnet_id"), _instance_groups(instance, building))
    for resource in building.plan.resources.values():
        if resource.type not in AWS and not is_carrier(resource):
            hosts.image(resource)
    for endpoint in building.plan.of("aws_vpc_endpoint"):
        if endpoint.values.text("vpc_endpoint_type") not in ("", "Gateway"):
            hosts.image(endpoint)
    hosts.add_unworn()
    hosts.placed |= {building.named(gateway, "subnet_id").one for gateway in building.plan.of("aws_nat_gateway")}
    for subnet in building.plan.of(*SUBNETS):
        if subnet.address not in hosts.placed:
            building.estate.elsewhere[subnet.address] = EMPTY
        elif not subnet.is_new:
            building.estate.elsewhere[subnet.address] = EXISTS


def _instance_groups(instance: Resource, building: Building) -> Named:
    """The groups of an instance; where none is written, the default one of the VPC. What is written otherwise, by names
    or in a template, is open."""
    groups = building.named(instance, "vpc_security_group_ids")
    if groups.names or instance.is_written("vpc_security_group_ids"):
        return groups
    if instance.is_written("security_groups") or instance.is_written("launch_template"):
        return Named(complete=False)
    subnet = building.plan.resources.get(building.named(instance, "subnet_id").one)
    vpc = building.vpc(subnet) if subnet else ""
    own = [g.address for g in building.plan.of(GROUPS[1]) if building.vpc(g) == vpc]
    return Named((*own, f"{vpc}.{DEFAULT_GROUP}")[:1]) if vpc else Named(complete=False)


class _Hosts:
    def __init__(self, building: Building) -> None:
        self._building = building
        self._mentions: dict[str, tuple[set[str], bool]] = {}
        resources = building.plan.resources.values()
        self._carriers = {r.values.text("name"): r.address for r in resources if is_carrier(r)}
        self._worn: set[str] = set()
        self.placed: set[str] = set()

    def add(self, host: Resource, where: Named, groups: Named, addresses: str = "secondary_private_ips") -> None:
        """A network interface of ``host``, in the subnet ``where`` names."""
        building = self._building
        names = [*groups.names, *self._attached(host)]
        if not groups.complete:
            names.append(f"{UNTOLD} {host.address}")
        self._worn.update(names)
        known = [host.values.text("private_ip"), *host.values.texts(addresses), *host.values.texts("private_ip_list")]
        texts = list(dict.fromkeys(text for text in known if text)) or [UNTOLD]
        one = where.one or self._around(texts[0])
        subnets = [one] if one else list(where.maybe) or [subnet.address for subnet in building.plan.of(*SUBNETS)]
        texts = texts if one else [UNTOLD]
        six = host.values.texts("ipv6_addresses")
        if _has_more(host, addresses, len(texts)) or (not six and self._has_six(host, one)):
            texts.append(UNTOLD)
        public = list(self._public(host, one))
        for subnet in subnets:
            entries: list[Value] = [{"PrivateIpAddress": text} for text in texts[1:]]
            self._place(host, subnet, names, [_address(texts[0], public), *entries], six, bool(one))

    def image(self, host: Resource) -> None:
        """A resource that is not read: a host if it names a group, else nothing or something that is said."""
        if host.type.startswith(NO_HOSTS):
            return
        building, (mentioned, sure) = self._building, self._all_of(host)
        groups = sorted(name for name in mentioned if name.endswith(DEFAULT_GROUP) or self._is(name, *GROUPS))
        if not groups:
            if not sure or any(self._is(name, *AWS) for name in mentioned):
                unread(building.ledger, host.node, NEVER_READ, host.address)
            return
        building.open(host, IMAGED, Concern.FILTER, bounded=True)
        self._worn.update(groups)
        subnets = sorted(name for name in mentioned if self._is(name, *SUBNETS))
        vpcs = {building.vpc(building.plan.resources[name]) for name in groups if name in building.plan.resources}
        every = (s.address for s in building.plan.of(*SUBNETS) if building.vpc(s) in vpcs or "" in vpcs)
        for subnet in subnets or every:
            self._place(host, subnet, groups, [_address(UNTOLD, [(UNTOLD, False)])], [], bool(subnets))

    def add_unworn(self) -> None:
        """Groups that nothing in the plan has, with rules: some host elsewhere may."""
        building = self._building
        for group in list(building.estate.of("SecurityGroups")):
            name, vpc = group.text("GroupId"), group.text("VpcId")
            rules = [*group.each("IpPermissions"), *group.each("IpPermissionsEgress")]
            resource = building.plan.resources.get(name)
            if name in self._worn or not rules or resource is None:
                continue
            building.open(resource, UNWORN, Concern.FILTER, bounded=True)
            for subnet in list(building.estate.of("Subnets", vpc)):
                self._place(resource, subnet.text("SubnetId"), [name], [_address(UNTOLD, [(UNTOLD, False)])], [], False)

    def _around(self, text: str) -> str:
        """The one subnet of the plan that holds an address."""
        own = address_or_none(text)
        subnets = (s for s in self._building.plan.of(*SUBNETS) if own is not None)
        found = [s.address for s in subnets if own in (prefix(s.values.text("cidr_block")) or ())]
        return found[0] if len(found) == 1 else ""

    def _place(
        self, host: Resource, subnet: str, groups: list[str], own: list[Value], six: list[str], sure: bool
    ) -> None:
        """A network interface; where that is ``sure``, the subnet is one of which the plan tells the hosts."""
        resource = self._building.plan.resources.get(subnet)
        self.placed |= {subnet} if sure else set()
        named: list[Value] = [{"GroupId": group} for group in groups]
        self._building.add(
            "NetworkInterfaces",
            host.node,
            {
                "NetworkInterfaceId": host.address,
                "SubnetId": subnet,
                "VpcId": self._building.vpc(resource) if resource else "",
                "Groups": named,
                "PrivateIpAddresses": own,
                "Ipv6Addresses": [{"Ipv6Address": text} for text in six],
            },
        )

    def _is(self, name: str, *types: str) -> bool:
        resource = self._building.plan.resources.get(name)
        return resource is not None and resource.type in types

    def _all_of(self, resource: Resource) -> tuple[set[str], bool]:
        """What a resource names, by itself or by what only hands on subnets and groups, and whether that is all."""
        direct, sure = self._named_by(resource)
        carriers = [c for name in direct if (c := self._building.plan.resources.get(name)) and is_carrier(c)]
        handed = [self._named_by(carrier) for carrier in carriers]
        return direct.union(*(names for names, _ in handed)), sure and all(known for _, known in handed)

    def _named_by(self, resource: Resource) -> tuple[set[str], bool]:
        if resource.address not in self._mentions:
            found, sure = self._building.refs.mentioned(resource)
            texts = {node.words for _, node in resource.values.members()} - {""}
            named = {self._carriers[text] for text in texts if text in self._carriers}
            self._mentions[resource.address] = found | named, sure
        return self._mentions[resource.address]

    def _has_six(self, host: Resource, subnet: str) -> bool:
        """Whether a host of which no IPv6 address is known may have one."""
        where = self._building.plan.resources.get(subnet)
        given = where is not None and where.values.flag("assign_ipv6_address_on_creation")
        told = host.values.held({"ipv6_address_count", "ipv6_address_list"})
        written = host.is_written("ipv6_addresses") or host.is_written("ipv6_address_list")
        return bool(told) or (host.is_new and (given or written))

    def _attached(self, host: Resource) -> Iterator[str]:
        """Groups that a resource of its own adds."""
        for link in self._building.plan.of("aws_network_interface_sg_attachment"):
            if self._building.named(link, "network_interface_id").one == host.address:
                yield self._building.named(link, "security_group_id").one or f"{UNTOLD} {link.address}"

    def _public(self, host: Resource, subnet: str) -> Iterator[tuple[str, bool]]:
        """The public address of the first private one, and whether there surely is one."""
        building = self._building
        links = (*building.plan.of("aws_eip"), *building.plan.of("aws_eip_association"))
        for link in links:
            attributes = ("instance", "instance_id", "network_interface", "network_interface_id")
            if any(building.named(link, name).one == host.address for name in attributes if link.is_written(name)):
                self._say_private(link, host)
                eip = building.plan.resources.get(building.named(link, "allocation_id").one, link)
                yield eip.values.text("public_ip") or link.values.text("public_ip") or UNTOLD, True
                return
        known = host.values.text("public_ip")
        if host.type != "aws_instance" and host.values.flag("associate_public_ip_address"):
            yield UNTOLD, True
            return
        if known or host.type != "aws_instance" or not host.unknown("public_ip"):
            yield from [(known, True)] if known else []
            return
        where = building.plan.resources.get(subnet)
        if host.is_written("associate_public_ip_address") or not host.unknown("associate_public_ip_address"):
            given = host.values.flag("associate_public_ip_address")
            yield from [(UNTOLD, True)] if given else []
        elif where is None or where.values.flag("map_public_ip_on_launch"):
            yield UNTOLD, where is not None

    def _say_private(self, link: Resource, host: Resource) -> None:
        """That a public address belongs to another private address than the first, or may."""
        for name in ("private_ip_address", "associate_with_private_ip"):
            told = link.values.text(name)
            if told != host.values.text("private_ip") and (told or link.is_written(name)):
                self._building.open(link, OTHER_PRIVATE, Concern.NAT)


def _has_more(host: Resource, addresses: str, known: int) -> bool:
    """Whether a host has more private addresses than the ``known`` ones."""
    more = host.values.text("private_ips_count")
    return any(entry.value is None for entry in host.values.each(addresses)) or (
        more.isdecimal() and int(more) >= known
    )


def _address(own: str, public: list[tuple[str, bool]]) -> Value:
    """A private address with the public one that belongs to it."""
    entry: dict[str, Value] = {"PrivateIpAddress": own}
    for outer, sure in public:
        entry["Association"] = {"PublicIp": outer, "MayBe": not sure}
    return entry
