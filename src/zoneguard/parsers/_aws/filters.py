"""Security groups (stateful, of a network interface) and network ACLs (stateless, of a subnet) as filter stages.

Amazon VPC User Guide: a group permits what any of its rules permits and denies the rest; rules of an ACL are asked by
number and the first that matches decides; an ACL is asked where traffic leaves or enters a subnet, not inside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from zoneguard.model.device import Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ICMP_PROTOCOLS, All, AnyOf, Field, In, Match, Not, Unknown, either
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import UNTOLD, Eni, Estate, blocks_of
from zoneguard.parsers._cloud import Doubting, prefix, union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
PORTED = (6, 17)
NO_ACL = "no network ACL is given for the subnet"
NO_ORDER = "a network ACL with a rule whose number cannot be read"
PREFIX_LIST = "a prefix list whose entries are not given"
FOREIGN_GROUP = "a group of which no network interface is given"
NO_BLOCK = "an address block that cannot be read"
NO_PORTS = "a protocol or port that cannot be read"
NO_ACTION = "an action that is neither allow nor deny"
NO_ADDRESS = "the address of this network interface is not known"
LATER = "a value that is known only after apply"


class Filters(Doubting):
    """The filter stages of one VPC."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, vpc: str) -> None:
        super().__init__(source, ledger)
        self._estate = estate
        self._vpc = vpc
        self._enis = list(estate.enis(vpc))
        self._groups = {node.text("GroupId"): node for node in estate.of("SecurityGroups")}
        self._everywhere = [eni for other in estate.vpcs() for eni in estate.enis(other)]
        self._blocks = {node.text("SubnetId"): union(blocks_of(node)) for node in estate.of("Subnets")}
        self._open = Intervals.from_spans(s for name in estate.elsewhere for s in self._blocks[name].spans)

    def leaving(self, subnet: Node) -> Iterator[Filter]:
        """What is asked of packets that come out of a subnet: the groups of the sender, then the ACL."""
        name = subnet.text("SubnetId")
        yield Filter(self._groups_of(subnet, sending=True), ingress=frozenset({name}), stateful=True)
        yield Filter(self.acl(subnet, outward=True), ingress=frozenset({name}))

    def entering(self, subnet: Node) -> Iterator[Filter]:
        """What is asked of packets that go into a subnet: the ACL, then the groups of the receiver."""
        name = subnet.text("SubnetId")
        yield Filter(self.acl(subnet, outward=False), egress=frozenset({name}))
        yield Filter(self._groups_of(subnet, sending=False), egress=frozenset({name}), stateful=True)

    def _groups_of(self, subnet: Node, sending: bool) -> RuleList:
        name = subnet.text("SubnetId")
        title = f"{name} groups {'out' if sending else 'in'}"
        near, far = (Field.SRC, Field.DST) if sending else (Field.DST, Field.SRC)
        rules: list[Rule] = []
        here = [eni for eni in self._enis if eni.subnet == name]
        if name in self._estate.elsewhere:
            told = Intervals.from_spans(span for eni in here for span in eni.addresses.spans)
            other = All((Not(In(near, told)), self._doubt(subnet, self._estate.elsewhere[name], name)))
            rules.append(Rule(other, Permit(), self._span(subnet)))
        for group in sorted({g for eni in here for g in eni.groups}):
            node = self._groups.get(group)
            own = self._holders((eni for eni in here if group in eni.groups), near)
            if node is None:
                rules.append(Rule(All((own, self._doubt(subnet, FOREIGN_GROUP, group))), Permit(), self._span(subnet)))
                continue
            called = f"{group} {node.text('GroupName')}".strip()
            for entry in node.each("IpPermissionsEgress" if sending else "IpPermissions"):
                match = All((own, self._peers(entry, far), self._ports(entry)))
                rules.append(Rule(match, Permit(), self._span(entry), name=called))
        return RuleList(title, tuple(rules), Deny(), self._span(subnet))

    def _holders(self, enis: Iterable[Eni], field: Field) -> Match:
        """``field`` is an address of one of ``enis``; one that is not known may be any of its subnet."""
        parts: list[Match] = []
        known: list[tuple[int, int]] = []
        for eni in enis:
            known += eni.addresses.spans
            if eni.untold:
                self._say(eni.node, NO_ADDRESS, eni.id)
                may = Unknown(
                    Reason(
                        "{value} is the address of {id} ({file})", value=field.value, id=eni.id, file=self._source.file
                    ),
                    self._span(eni.node),
                )
                parts.append(All((In(field, self._blocks.get(eni.subnet, Intervals())), may)))
        return either(*([In(field, Intervals.from_spans(known))] if known or not parts else []), *parts)

    def _peers(self, entry: Node, field: Field) -> Match:
        parts: list[Match] = []
        for key, member in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
            parts += [self._block(one, one.text(member), field) for one in entry.each(key)]
        for one in entry.each("PrefixListIds"):
            blocks = self._estate.listed(one.text("PrefixListId"))
            listed = None if blocks is None else In(field, union(blocks))
            parts.append(listed or self._doubt(one, PREFIX_LIST, one.text("PrefixListId")))
        for one in entry.each("UserIdGroupPairs"):
            group = one.text("GroupId")
            hosts = [eni for eni in self._everywhere if group in eni.groups]
            held = [self._holders(hosts, field)] if hosts else []
            parts += [All((held[0], self._doubt(one, LATER, group)))] if held and one.flag("MayBe") else held
            if group not in self._groups:
                parts.append(self._doubt(one, LATER if UNTOLD in group else FOREIGN_GROUP, group))
            elif self._open:
                parts.append(All((In(field, self._open), self._doubt(one, FOREIGN_GROUP, group))))
        return AnyOf(tuple(parts))

    def _block(self, node: Node, text: str, field: Field) -> Match:
        block = prefix(text)
        return In(field, block) if block else self._doubt(node, LATER if UNTOLD in text else NO_BLOCK, text)

    def acl(self, subnet: Node, outward: bool) -> RuleList:
        name = subnet.text("SubnetId")
        title = f"{name} ACL {'out' if outward else 'in'}"
        acls = self._estate.of("NetworkAcls", self._vpc)
        acl = next((n for n in acls if any(a.text("SubnetId") == name for a in n.each("Associations"))), None)
        entries = [e for e in acl.each("Entries") if e.flag("Egress") is outward] if acl else []
        if acl is None or not all(entry.text("RuleNumber").isdecimal() for entry in entries):
            reason = NO_ORDER if acl else NO_ACL
            rule = Rule(self._doubt(subnet, reason, name), Permit(), self._span(subnet))
            return RuleList(title, (rule,), Deny(), self._span(subnet))
        entries.sort(key=lambda entry: int(entry.text("RuleNumber")[:9]))
        of = acl.text("NetworkAclId")
        rules = (rule for entry in entries for rule in self._entry(entry, outward, of))
        return RuleList(title, tuple(rules), Deny(), self._span(acl))

    def _entry(self, entry: Node, outward: bool, of: str) -> Iterator[Rule]:
        text = entry.text("CidrBlock") or entry.text("Ipv6CidrBlock")
        match = All((self._block(entry, text, Field.DST if outward else Field.SRC), self._ports(entry)))
        span, action = self._span(entry), entry.text("RuleAction").lower()
        name = f"{of} {entry.text('RuleNumber')}".strip()
        if action not in ("allow", "deny"):
            yield Rule(
                All((match, self._doubt(entry, NO_ACTION, Reason("action {name}", name=name)))), Permit(), span, name
            )
        yield Rule(match, Permit() if action == "allow" else Deny(), span, name)

    def _ports(self, entry: Node) -> Match:
        """Protocol and ports of a rule, in the words of a group (``IpProtocol``) or of an ACL (``Protocol``)."""
        said = entry.text("IpProtocol") or entry.text("Protocol")
        if said == "-1":
            return ALWAYS
        value = PROTOCOLS.get(said.lower(), int(said) if said.isdecimal() and len(said) < 4 else 256)
        bounds = entry.get("PortRange") or entry
        low = bounds.text("FromPort") or bounds.text("From")
        high = bounds.text("ToPort") or bounds.text("To")
        parts: list[Match] = [_is_protocol(value)]
        if value > 255:
            parts = [self._doubt(entry, LATER if UNTOLD in said else NO_PORTS, Reason("protocol {name}", name=said))]
        elif UNTOLD in low + high:
            parts.append(self._doubt(entry, LATER, Reason("ports {low}-{high}", low=low, high=high)))
        elif value in ICMP_PROTOCOLS:
            icmp = entry.get("IcmpTypeCode")
            parts += _icmp(*((icmp.text("Type"), icmp.text("Code")) if icmp else (low, high)))
        elif value not in PORTED:
            pass  # of every other protocol all is meant
        elif low.isdecimal() and high.isdecimal() and len(low + high) < 11:
            parts.append(In(Field.DPORT, Intervals.span(int(low), min(65535, int(high)))))
        elif low not in ("", "-1") or high not in ("", "-1"):
            parts.append(self._doubt(entry, NO_PORTS, Reason("ports {low}-{high}", low=low, high=high)))
        return All(tuple(parts))


@cache
def _is_protocol(value: int) -> Match:
    return In(Field.PROTO, Intervals.of(value))


def _icmp(kind: str, code: str) -> Iterator[Match]:
    if kind.isdecimal() and len(kind) < 4:
        first = int(kind) * 256
        one = code.isdecimal() and len(code) < 4
        yield In(Field.ICMP, Intervals.of(first + int(code)) if one else Intervals.span(first, first + 255))
