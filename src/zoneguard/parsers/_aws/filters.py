"""Security groups (stateful, of a network interface) and network ACLs (stateless, of a subnet) as filter stages.

Amazon VPC User Guide: a group permits what any of its rules permits and denies the rest; rules of an ACL are asked by
number and the first that matches decides; an ACL is asked where traffic leaves or enters a subnet, not inside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ICMP_PROTOCOLS, All, AnyOf, Field, In, Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import Eni, Estate, prefix
from zoneguard.parsers._json_lines import Node
from zoneguard.parsers.accounting import Ledger

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
NO_HOSTS = "no network interfaces tell which hosts have the group"
NO_ACL = "no network ACL is given for the subnet"
PREFIX_LIST = "a prefix list whose entries are not given"
FOREIGN_GROUP = "a group of which no network interface is given"
NO_BLOCK = "an address block that cannot be read"


class Filters:
    """The filter stages of one VPC."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, vpc: str) -> None:
        self._source = source
        self._ledger = ledger
        self._estate = estate
        self._vpc = vpc
        self._enis = list(estate.enis(vpc))
        self._groups = {node.text("GroupId"): node for node in estate.of("SecurityGroups")}
        self._everywhere = [eni for other in estate.vpcs() for eni in estate.enis(other)]
        self._told = "NetworkInterfaces" in estate.objects

    def leaving(self, subnet: Node) -> Iterator[Filter]:
        """What is asked of packets that come out of a subnet: the groups of the sender, then the ACL."""
        name = subnet.text("SubnetId")
        yield Filter(self._groups_of(subnet, sending=True), ingress=frozenset({name}), stateful=True)
        yield Filter(self._acl(subnet, outward=True), ingress=frozenset({name}))

    def entering(self, subnet: Node) -> Iterator[Filter]:
        """What is asked of packets that go into a subnet: the ACL, then the groups of the receiver."""
        name = subnet.text("SubnetId")
        yield Filter(self._acl(subnet, outward=False), egress=frozenset({name}))
        yield Filter(self._groups_of(subnet, sending=False), egress=frozenset({name}), stateful=True)

    def _groups_of(self, subnet: Node, sending: bool) -> RuleList:
        name = subnet.text("SubnetId")
        title = f"{name} groups {'out' if sending else 'in'}"
        rules: list[Rule] = []
        if not self._told:
            open_match = self._doubt(subnet, NO_HOSTS, name)
            rules.append(Rule(open_match, Permit(), self._span(subnet)))
        here = [eni for eni in self._enis if eni.subnet == name]
        for group in sorted({g for eni in here for g in eni.groups}):
            node = self._groups.get(group)
            hosts = _addresses(eni for eni in here if group in eni.groups)
            own = In(Field.SRC if sending else Field.DST, hosts)
            if node is None:
                rules.append(Rule(All((own, self._doubt(subnet, FOREIGN_GROUP, group))), Permit(), self._span(subnet)))
                continue
            for entry in node.each("IpPermissionsEgress" if sending else "IpPermissions"):
                far = self._peers(entry, Field.DST if sending else Field.SRC)
                match = All((own, far, _ports(entry)))
                rules.append(Rule(match, Permit(), self._span(entry), name=f"{group} {node.text('GroupName')}".strip()))
        return RuleList(title, tuple(rules), Deny(), self._span(subnet))

    def _peers(self, entry: Node, field: Field) -> Match:
        parts: list[Match] = []
        for key, member in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            for one in entry.each(key):
                block = prefix(one.text(member))
                parts.append(In(field, block) if block else self._doubt(one, NO_BLOCK, one.text(member)))
        parts += (self._listed(one, one.text("PrefixListId"), field) for one in entry.each("PrefixListIds"))
        for one in entry.each("UserIdGroupPairs"):
            group = one.text("GroupId")
            hosts = _addresses(eni for eni in self._everywhere if group in eni.groups)
            known = group in self._groups and self._told
            parts.append(In(field, hosts) if known else self._doubt(one, FOREIGN_GROUP, group))
        return AnyOf(tuple(parts))

    def _listed(self, node: Node, name: str, field: Field) -> Match:
        for known in (*self._estate.of("PrefixLists"), *self._estate.of("ManagedPrefixLists")):
            if known.text("PrefixListId") == name and (known.get("Cidrs") or known.get("Entries")):
                texts = [str(entry.value) for entry in known.each("Cidrs")]
                texts += [entry.text("Cidr") for entry in known.each("Entries")]
                blocks = [prefix(text) for text in texts]
                if all(block is not None for block in blocks):
                    return In(field, Intervals.from_spans(s for block in blocks if block for s in block.spans))
        return self._doubt(node, PREFIX_LIST, name)

    def _acl(self, subnet: Node, outward: bool) -> RuleList:
        name = subnet.text("SubnetId")
        title = f"{name} ACL {'out' if outward else 'in'}"
        acl = next(
            (
                node
                for node in self._estate.of("NetworkAcls", self._vpc)
                if any(a.text("SubnetId") == name for a in node.each("Associations"))
            ),
            None,
        )
        if acl is None:
            rule = Rule(self._doubt(subnet, NO_ACL, name), Permit(), self._span(subnet))
            return RuleList(title, (rule,), Deny(), self._span(subnet))
        entries = [entry for entry in acl.each("Entries") if entry.flag("Egress") is outward]
        entries.sort(key=lambda entry: int(entry.text("RuleNumber") or 0))
        return RuleList(title, tuple(self._entry(e, outward) for e in entries), Deny(), self._span(acl))

    def _entry(self, entry: Node, outward: bool) -> Rule:
        text = entry.text("CidrBlock") or entry.text("Ipv6CidrBlock")
        block = prefix(text)
        field = Field.DST if outward else Field.SRC
        far = In(field, block) if block else self._doubt(entry, NO_BLOCK, text)
        action = Permit() if entry.text("RuleAction") == "allow" else Deny()
        return Rule(All((far, _ports(entry))), action, self._span(entry), name=entry.text("RuleNumber"))

    def _doubt(self, node: Node, reason: str, what: str) -> Unknown:
        self._ledger.not_understood(node.first, reason, Concern.FILTER, bounded=True)
        return Unknown(f"{what} ({self._source.file}:{node.first})", self._span(node))

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)


def _addresses(enis: Iterator[Eni]) -> Intervals:
    return Intervals.from_spans(span for eni in enis for span in eni.addresses.spans)


def _ports(entry: Node) -> Match:
    """Protocol and ports of a rule, in the words of a group (``IpProtocol``) or of an ACL (``Protocol``)."""
    said = entry.text("IpProtocol") or entry.text("Protocol")
    if said in ("-1", ""):
        return ALWAYS
    number = PROTOCOLS.get(said.lower(), int(said) if said.isdecimal() else 256)
    parts: list[Match] = [In(Field.PROTO, Intervals.of(number))]
    bounds = entry.get("PortRange") or entry
    low, high = (bounds.text(a) or bounds.text(b) for a, b in (("From", "FromPort"), ("To", "ToPort")))
    icmp = entry.get("IcmpTypeCode")
    if number in ICMP_PROTOCOLS:
        kind, code = (icmp.text("Type"), icmp.text("Code")) if icmp else (low, high)
        parts += _icmp(kind, code)
    elif low.lstrip("-").isdecimal() and high.lstrip("-").isdecimal() and int(low) >= 0:
        parts.append(In(Field.DPORT, Intervals.span(int(low), min(65535, max(int(low), int(high))))))
    return All(tuple(parts))


def _icmp(kind: str, code: str) -> Iterator[Match]:
    if kind.isdecimal():
        first = int(kind) * 256
        one = code.isdecimal()
        yield In(Field.ICMP, Intervals.of(first + int(code)) if one else Intervals.span(first, first + 255))
