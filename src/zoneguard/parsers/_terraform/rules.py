"""Security groups and network ACLs of a plan, their rules written inline or as resources of their own.

AWS provider: rules of a group are written inline or as resources, never both; what the configuration leaves out is read
back from AWS, so that an existing group shows the rules of both. A new group has no rules but these (the provider takes
the permit of everything outward away). A new VPC has an ACL that allows everything and a group that permits itself and
everything outward.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD
from zoneguard.parsers._cloud import prefix
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.estate import Building, Value, made, told
from zoneguard.parsers._terraform.plan import Resource, Step

GROUPS = ("aws_security_group", "aws_default_security_group")
OLD_RULE = "aws_security_group_rule"
OF_DIRECTION = {f"aws_vpc_security_group_{direction}_rule": direction for direction in ("ingress", "egress")}
ACLS = ("aws_network_acl", "aws_default_network_acl")
NO_GROUP = "the security group of this rule is known only after apply"
NO_ACL = "the network ACL of this rule is known only after apply"
NO_SUBNETS = "which subnets have this network ACL is known only after apply"
RULES_LATER = "which rules this holds is known only after apply"
DEFAULT_GROUP = "default_security_group_id"
PEERS = {
    "cidr_blocks": ("IpRanges", "CidrIp"),
    "ipv6_cidr_blocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefix_list_ids": ("PrefixListIds", "PrefixListId"),
    "security_groups": ("UserIdGroupPairs", "GroupId"),
    "cidr_ipv4": ("IpRanges", "CidrIp"),
    "cidr_ipv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefix_list_id": ("PrefixListIds", "PrefixListId"),
    "referenced_security_group_id": ("UserIdGroupPairs", "GroupId"),
    "source_security_group_id": ("UserIdGroupPairs", "GroupId"),
}
"""Attributes that name the peers of a rule, and what answers call them."""
PORTS = ("from_port", "to_port")
RULE_VALUES = frozenset({"protocol", "ip_protocol", *PORTS, *PEERS})

Atom = tuple[str, ...]


def add_groups(building: Building) -> None:
    """Every security group with all its rules."""
    own: dict[str, dict[str, list[tuple[Resource, Node]]]] = {}
    stale: set[Atom] = set()
    for rule in building.plan.changed(OLD_RULE, *OF_DIRECTION):
        direction = OF_DIRECTION.get(rule.type) or rule.values.text("type") or rule.before.text("type")
        for values in (rule.before, rule.values):
            if values.text("security_group_id"):
                stale |= set(_atoms(building, direction, values))
        if rule.is_gone:
            continue
        named = building.named(rule, "security_group_id").one
        if not named:
            building.open(rule, NO_GROUP, Concern.FILTER)
        own.setdefault(named, {}).setdefault(direction, []).append((rule, rule.values))
    for group in building.plan.of(*GROUPS):
        rules = own.get(group.address, {})
        members: dict[str, Value] = {"GroupId": group.address, "GroupName": group.values.text("name")}
        for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            inline = list(_inline(building, group, direction, stale, bool(rules)))
            members[key] = [*inline, *(_permission(building, r, v, group.address) for r, v in rules.get(direction, ()))]
        owner = building.vpc(group, matters=group.type == GROUPS[1])
        building.add("SecurityGroups", group.node, members | {"VpcId": owner})
    for vpc in building.plan.of("aws_vpc"):
        name = f"{vpc.address}.{DEFAULT_GROUP}"
        if vpc.is_new and not any(building.vpc(g) == vpc.address for g in building.plan.of(GROUPS[1])):
            everything: Value = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                                  "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]  # fmt: skip
            itself: Value = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": name}]}]
            members = {"GroupId": name, "GroupName": "default", "VpcId": vpc.address}
            building.add(
                "SecurityGroups", vpc.node, members | {"IpPermissions": itself, "IpPermissionsEgress": everything}
            )


def _inline(building: Building, group: Resource, direction: str, stale: set[Atom], others: bool) -> Iterator[Value]:
    """The rules of the group itself: those that are written, else those that AWS shows and no resource changes."""
    found = group.values.get(direction)
    written = group.is_written(direction)
    if found is None and group.unknown(direction) and (written or not others):
        building.open(group, RULES_LATER, Concern.FILTER, bounded=True)
        yield {"IpProtocol": UNTOLD, "IpRanges": [{"CidrIp": UNTOLD}]}
    for place, entry in enumerate(found.items() if found else ()):
        permission = _permission(building, group, entry, group.address, direction, place)
        yield permission if written else _without(permission, direction, group.address, stale)


def _permission(building: Building, resource: Resource, values: Node, group: str, *path: Step) -> Node:
    """One rule, at ``path`` of ``resource``, in the words of an answer."""
    later = resource.unknown_of(*path, names=RULE_VALUES)
    untold = f"{UNTOLD} {resource.address}"
    protocol, ip_protocol, low, high = (
        values.text(name) or (untold if name in later else "") for name in ("protocol", "ip_protocol", *PORTS)
    )
    protocol = protocol or ip_protocol
    members: dict[str, Value] = {"IpProtocol": "-1" if protocol == "all" else protocol}
    if protocol not in ("-1", "all"):
        members |= {"FromPort": low, "ToPort": high}
    peers: dict[str, list[Value]] = {}
    asked = later | values.held(PEERS)
    for attribute, (key, member) in PEERS.items():
        if attribute not in asked:
            continue
        names = building.named(resource, *path, attribute)
        blocks = "cidr" in attribute
        known = [name for name in names.names if not blocks or prefix(name)]
        peers.setdefault(key, []).extend({member: name} for name in known)
        if names.maybe and not blocks:
            peers[key].extend({member: name, "MayBe": True} for name in names.maybe)
        elif not names.complete or len(known) < len(names.names):
            peers[key].append({member: untold})
    if values.flag("self"):
        peers.setdefault("UserIdGroupPairs", []).append({"GroupId": group})
    return made(values if path else resource.node, {**members, **peers})


def _without(permission: Node, direction: str, group: str, stale: set[Atom]) -> Node:
    """The rule less the peers that a resource of its own has given it."""
    head = (direction, group, permission.text("IpProtocol"), permission.text("FromPort"), permission.text("ToPort"))
    kept: dict[str, Value] = {}
    for key, node in permission.members():
        peers = [p for p in node.items() if not any((*head, key, name.words) in stale for _, name in p.members())]
        kept[key] = made(node, list(peers)) if isinstance(node.value, list) else node
    return made(permission, kept)


def _atoms(building: Building, direction: str, values: Node) -> Iterator[Atom]:
    """What a rule gives its group, one peer at a time, as ``_without`` compares it."""
    group = building.refs.called(values.text("security_group_id"))
    protocol = values.text("protocol") or values.text("ip_protocol")
    ports = ("", "") if protocol in ("-1", "all") else (values.text("from_port"), values.text("to_port"))
    head = (direction, group, "-1" if protocol == "all" else protocol, *ports)
    for attribute, found in values.members():
        for text in [*(n.words for n in found.items()), found.words] if attribute in PEERS else ():
            yield (*head, PEERS[attribute][0], building.refs.called(text))
    if values.flag("self"):
        yield (*head, "UserIdGroupPairs", group)


def add_acls(building: Building) -> None:
    """Every network ACL with its entries and subnets."""
    placed: dict[str, list[str]] = {}
    for link in building.plan.of("aws_network_acl_association"):
        acl, subnet = building.named(link, "network_acl_id").one, building.named(link, "subnet_id").one
        if not (acl and subnet):
            building.open(link, NO_SUBNETS, Concern.FILTER)
        placed.setdefault(acl, []).append(subnet)
    for own in building.plan.of(ACLS[0]):
        named = building.named(own, "subnet_ids")
        if not named.complete and (own.is_written("subnet_ids") or own.address not in placed):
            building.open(own, NO_SUBNETS, Concern.FILTER)
        placed[own.address] = [*placed.get(own.address, ()), *named.names]
    taken = {subnet for subnets in placed.values() for subnet in subnets}
    adopted: set[str] = set()
    for each in building.plan.of(*ACLS):
        subnets = placed.get(each.address, [])
        owner = building.vpc_of_subnets(subnets) or _acl_vpc(building, each)
        if each.type == ACLS[1]:
            adopted.add(owner)
            subnets = _others(building, owner, taken)
        _add_acl(building, each.node, each.address, owner, subnets, _entries(building, each))
    for vpc in building.plan.of("aws_vpc"):
        if vpc.is_new and vpc.address not in adopted:
            name = f"{vpc.address}.default_network_acl_id"
            subnets = _others(building, vpc.address, taken)
            _add_acl(building, vpc.node, name, vpc.address, subnets, list(_allow_all(vpc.node)))


def _others(building: Building, vpc: str, taken: set[str]) -> list[str]:
    """The subnets of ``vpc`` that no ACL takes: the default one is theirs."""
    subnets = building.plan.of("aws_subnet", "aws_default_subnet")
    return [s.address for s in subnets if s.address not in taken and building.vpc(s) == vpc]


def _allow_all(at: Node) -> Iterator[Node]:
    for egress in (True, False):
        for number, block in (("100", "CidrBlock"), ("101", "Ipv6CidrBlock")):
            text = "0.0.0.0/0" if block == "CidrBlock" else "::/0"
            yield made(at, {"RuleNumber": number, "Egress": egress, "RuleAction": "allow", "Protocol": "-1",
                            block: text})  # fmt: skip


def _acl_vpc(building: Building, acl: Resource) -> str:
    """The VPC of an ACL; that of the default one by the attribute that names it."""
    if acl.type == ACLS[1]:
        owner = building.named(acl, "default_network_acl_id").one
        for vpc in building.plan.of("aws_vpc", "aws_default_vpc"):
            if owner and owner in (f"{vpc.address}.default_network_acl_id", vpc.values.text("default_network_acl_id")):
                return vpc.address
        if acl.values.text("default_network_acl_id") and acl.values.text("vpc_id"):
            return building.refs.called(acl.values.text("vpc_id"))
    return building.vpc(acl, matters=acl.type == ACLS[1])


def _add_acl(building: Building, at: Node, name: str, vpc: str, subnets: Iterable[str], entries: list[Node]) -> None:
    listed: list[Value] = [{"SubnetId": subnet} for subnet in subnets]
    building.add(
        "NetworkAcls", at, {"NetworkAclId": name, "VpcId": vpc, "Associations": listed, "Entries": list(entries)}
    )


def _entries(building: Building, acl: Resource) -> list[Node]:
    """The entries; of one number and direction that of a resource of its own."""
    own: dict[tuple[str, bool], Node | None] = {}
    for rule in building.plan.changed("aws_network_acl_rule"):
        known = building.refs.called(rule.before.text("network_acl_id"))
        if known == acl.address:
            own.setdefault((rule.before.text("rule_number"), rule.before.flag("egress")), None)
        named = "" if rule.is_gone else building.named(rule, "network_acl_id").one
        if named == acl.address:
            own[rule.values.text("rule_number"), rule.values.flag("egress")] = _entry(rule, rule.values)
        elif not named and not rule.is_gone:
            building.open(rule, NO_ACL, Concern.FILTER)
    entries = [entry for entry in own.values() if entry is not None]
    for direction in ("ingress", "egress"):
        found = acl.values.get(direction)
        if found is None and acl.unknown(direction) and (acl.is_written(direction) or not own):
            building.open(acl, RULES_LATER, Concern.FILTER, bounded=True)
            entries.append(made(acl.node, {"Egress": direction == "egress", "RuleNumber": UNTOLD}))
        for place, node in enumerate(found.items() if found else ()):
            if (node.text("rule_no"), direction == "egress") not in own or acl.is_written(direction):
                entries.append(_entry(acl, node, direction, place))
    return entries


def _entry(resource: Resource, values: Node, *path: Step) -> Node:
    protocol = told(resource, values, "protocol", *path)
    low, high, kind, code = (
        told(resource, values, name, *path) for name in ("from_port", "to_port", "icmp_type", "icmp_code")
    )
    return made(
        values if path else resource.node,
        {
            "RuleNumber": values.text("rule_no") or values.text("rule_number"),
            "Egress": path[0] == "egress" if path else values.flag("egress"),
            "RuleAction": values.text("action") or values.text("rule_action"),
            "Protocol": "-1" if protocol == "all" else protocol,
            "CidrBlock": told(resource, values, "cidr_block", *path),
            "Ipv6CidrBlock": told(resource, values, "ipv6_cidr_block", *path),
            "PortRange": {"From": low, "To": high},
            "IcmpTypeCode": {"Type": kind or "0", "Code": code or "0"} if path else {"Type": kind, "Code": code},
        },
    )
