"""Network security groups as rule lists, for the hosts of one subnet.

Microsoft Learn, «Network security groups», «How network security groups filter network traffic»: rules are asked by
priority, the lowest number first, and the first that matches decides; inbound the group of the subnet is asked and then
that of the network interface, outbound the other way round; without a group everything passes. Groups are stateful, and
see private addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from zoneguard.model.addresses import ALL_V6
from zoneguard.model.device import Deny, Filter, Jump, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._azure.effective import Effective
from zoneguard.parsers._azure.estate import Estate, Item, private_address, same
from zoneguard.parsers._azure.kinds import NIC, NSG
from zoneguard.parsers._azure.tags import NAMES, Around
from zoneguard.parsers._cloud import Doubting, prefix, union
from zoneguard.parsers.accounting import Ledger

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "esp": 50, "ah": 51}
NO_GROUP = "a network security group that is not given"
RULES_LATER = "a list of rules that the template alone does not tell"
NO_VALUE = "a protocol, port, priority, direction or access that cannot be read"
SERVICE = "a service tag, whose prefixes Microsoft changes"
ASG = "an application security group of which no network interface is given"
NO_ADDRESS = "an address that cannot be read"
NO_NICS = "a network security group of network interfaces that are not given"
DEFAULTS = (
    ("AllowVnetInBound", "inbound", "VirtualNetwork", "VirtualNetwork", True),
    ("AllowAzureLoadBalancerInBound", "inbound", "AzureLoadBalancer", "*", True),
    ("DenyAllInBound", "inbound", "*", "*", False),
    ("AllowVnetOutBound", "outbound", "VirtualNetwork", "VirtualNetwork", True),
    ("AllowInternetOutBound", "outbound", "*", "Internet", True),
    ("DenyAllOutBound", "outbound", "*", "*", False),
)
"""The default rules of every group, which a template does not show: name, direction, source, destination, allowed."""


class Groups(Doubting):
    """The filter stages of the subnets of one virtual network, and the rule lists that they run."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, effective: Effective) -> None:
        super().__init__(source, ledger)
        self._effective = effective.groups
        self._estate = estate
        self._configurations = [(nic, c) for nic in estate.of(NIC) for c in nic.parts("ipConfigurations")]
        self._read: dict[tuple[object, ...], dict[str, tuple[Rule, ...]] | None] = {}
        self._members: dict[str, list[int | None]] = {}
        self._tags: dict[tuple[str, str, Field], Match | None] = {}
        self.lists: dict[str, RuleList] = {}

    def leaving(self, subnet: Item, around: Around) -> Iterator[Filter]:
        """What is asked of packets that come out of a subnet: the group of the interface, then that of the subnet."""
        where = frozenset({around.subnet})
        for rules in (self._of_interfaces(subnet, around, "outbound"), self._of_subnet(subnet, around, "outbound")):
            if rules is not None:
                yield Filter(rules, ingress=where, stateful=True)

    def entering(self, subnet: Item, around: Around) -> Iterator[Filter]:
        """What is asked of packets that go into a subnet: the group of the subnet, then that of the interface."""
        where = frozenset({around.subnet})
        for rules in (self._of_subnet(subnet, around, "inbound"), self._of_interfaces(subnet, around, "inbound")):
            if rules is not None:
                yield Filter(rules, egress=where, stateful=True)

    def hosts(self, subnet: Item) -> Iterator[tuple[Item, Intervals]]:
        """The network interfaces in a subnet, with their addresses."""
        for nic, configuration in self._configurations:
            own = private_address(configuration)
            if same(configuration.reference("subnet"), subnet.id):
                yield nic, Intervals.of(*([] if own is None else [own]))

    def are_told(self, subnet: Item) -> bool:
        """Whether Azure itself tells every rule for the hosts of a subnet, with the prefixes of its tags."""
        own = [nic for nic, _ in self.hosts(subnet) if nic.reference("networkSecurityGroup")]
        named = any(group.references("networkInterfaces") for group in self._estate.of(NSG))
        return subnet.id in self._effective and not named and all(nic.id in self._effective for nic in own)

    def _of_subnet(self, subnet: Item, around: Around, direction: str) -> RuleList | None:
        group = self._group_at(subnet, "subnets")
        if group is not None:
            return self._list(group, around, direction)
        named = subnet.reference("networkSecurityGroup")
        return self._unknown_list(subnet, around, direction, NO_GROUP) if named else None

    def _group_at(self, place: Item, key: str) -> Item | None:
        """The group at a subnet or network interface: as Azure itself tells its rules, else the one that the place
        names, or that names the place among its ``key``."""
        told, reference = self._effective.get(place.id), place.reference("networkSecurityGroup")
        if told is not None or reference:
            return told or self._estate.find(NSG, reference)
        return next((g for g in self._estate.of(NSG) if any(same(r, place.id) for r in g.references(key))), None)

    def _of_interfaces(self, subnet: Item, around: Around, direction: str) -> RuleList | None:
        own = Field.DST if direction == "inbound" else Field.SRC
        rules: list[Rule] = []
        for nic, addresses in self.hosts(subnet):
            reference = nic.reference("networkSecurityGroup")
            group = self._group_at(nic, "networkInterfaces")
            if group is None and not reference:
                continue
            found = self._list(group, around, direction) if group else None
            found = found or self._unknown_list(nic, around, direction, NO_GROUP)
            self.lists[found.name] = found
            here = In(own, addresses) if addresses else self._doubt(nic.node, NO_ADDRESS, nic.name)
            rules.append(Rule(here, Jump(found.name, goto=True), self._span(nic.node), name=nic.name, implied=True))
        strangers = [r for g in self._estate.of(NSG) for r in g.references("networkInterfaces")]
        if any(self._estate.find(NIC, reference) is None for reference in strangers):
            found = self._unknown_list(subnet, around, direction, NO_NICS)
            self.lists[found.name] = found
            rules.append(Rule(ALWAYS, Jump(found.name, goto=True), self._span(subnet.node), implied=True))
        title = f"{around.subnet} interfaces {direction}"
        return RuleList(title, tuple(rules), Permit(), self._span(subnet.node)) if rules else None

    def _unknown_list(self, at: Item, around: Around, direction: str, reason: str) -> RuleList:
        rule = Rule(self._doubt(at.node, reason, at.name), Permit(), self._span(at.node))
        return RuleList(f"{at.name} {direction} ({around.subnet})", (rule,), Deny(), self._span(at.node))

    def _list(self, group: Item, around: Around, direction: str) -> RuleList:
        key = (group.id, around.sure, around.may, around.subnet if around.may else "", around.space)
        if key not in self._read:
            self._read[key] = self._ordered(group, around)
        rules = self._read[key]
        if rules is None:
            return self._unknown_list(group, around, direction, RULES_LATER)
        title = f"{group.name} {direction} ({around.subnet})"
        return RuleList(title, rules[direction], Deny(), self._span(group.node))

    def _ordered(self, group: Item, around: Around) -> dict[str, tuple[Rule, ...]] | None:
        """The rules of each direction by priority; ``None`` where some of it cannot be read."""
        rules: dict[str, list[tuple[int, Rule]]] = {"inbound": [], "outbound": []}
        for key in ("securityRules", "defaultSecurityRules"):
            if not group.is_told(key):
                return None
            for entry in group.parts(key):
                way, priority = entry.text("direction").lower(), entry.text("priority")
                if way not in rules or not (priority.isdecimal() and len(priority) < 8):
                    return None
                rules[way] += [(int(priority), rule) for rule in self._rule(entry, around)]
        if not any(True for _ in group.parts("defaultSecurityRules")):
            for way, rule in self._defaults(group, around):
                rules[way].append((65000, rule))
        return {way: tuple(rule for _, rule in sorted(found, key=lambda rule: rule[0])) for way, found in rules.items()}

    def _defaults(self, group: Item, around: Around) -> Iterator[tuple[str, Rule]]:
        for name, way, source, destination, allowed in DEFAULTS:
            pairs = ((source, Field.SRC), (destination, Field.DST))
            parts = [self._tag(text, field, around) or ALWAYS for text, field in pairs if text != "*"]
            action = Permit() if allowed else Deny()
            yield way, Rule(both(*parts), action, self._span(group.node), name=name, implied=True)

    def _tag(self, text: str, field: Field, around: Around) -> Match | None:
        """What a tag that the network itself decides means; ``None`` where ``text`` is none."""
        name = NAMES.get(text.lower())
        if name is None:
            return None
        key = around.subnet, name, field
        if key not in self._tags:
            self._tags[key] = around.tag(name, field)
        return self._tags[key]

    def _rule(self, entry: Item, around: Around) -> Iterator[Rule]:
        match = both(
            self._protocol(entry, around),
            self._addresses(entry, "source", Field.SRC, around),
            self._addresses(entry, "destination", Field.DST, around),
            self._ports(entry, "source", Field.SPORT),
            self._ports(entry, "destination", Field.DPORT),
        )
        span, access, comment = self._span(entry.node), entry.text("access").lower(), entry.text("description")
        if access not in ("allow", "deny"):
            yield Rule(
                both(match, self._doubt(entry.node, NO_VALUE, Reason("access of {name}", name=entry.name))),
                Permit(),
                span,
            )
        action, implied = Permit() if access == "allow" else Deny(), entry.type.endswith("/defaultsecurityrules")
        yield Rule(match, action, span, name=entry.name, comment=comment, implied=implied)

    def _protocol(self, entry: Item, around: Around) -> Match:
        said = entry.text("protocol").lower()
        if said == "*":
            return ALWAYS
        value = PROTOCOLS.get(said, int(said) if said.isdecimal() and len(said) < 4 else 256)
        if value > 255:
            return self._doubt(entry.node, NO_VALUE, Reason("protocol of {name}", name=entry.name))
        if value == 1 and around.space & ALL_V6:
            six = self._doubt(entry.node, NO_VALUE, Reason("Icmp of {name} as ICMPv6", name=entry.name))
            return either(In(Field.PROTO, Intervals.of(1)), both(In(Field.PROTO, Intervals.of(58)), six))
        return _is_protocol(value)

    def _ports(self, entry: Item, side: str, field: Field) -> Match:
        single = entry.text(f"{side}PortRange")
        texts = [*([single] if single else []), *(node.words for node in entry.texts(f"{side}PortRanges"))]
        spans: list[tuple[int, int]] = []
        for text in texts:
            if text in ("*", "0-65535"):
                return ALWAYS
            low, _, high = text.partition("-")
            low, high = low.strip(), high.strip()
            if not low.isdecimal() or not (high or low).isdecimal() or len(low + high) > 11:
                return self._doubt(entry.node, NO_VALUE, Reason("{side} port of {name}", side=side, name=entry.name))
            spans.append((int(low), min(65535, int(high or low))))
        if not spans or not entry.is_told(f"{side}PortRanges"):
            return self._doubt(entry.node, NO_VALUE, Reason("{side} port of {name}", side=side, name=entry.name))
        return In(field, Intervals.span(*spans[0]) if len(spans) == 1 else Intervals.from_spans(spans))

    def _addresses(self, entry: Item, side: str, field: Field, around: Around) -> Match:
        single = entry.text(f"{side}AddressPrefix")
        texts = [*([single] if single else []), *(node.words for node in entry.texts(f"{side}AddressPrefixes"))]
        groups = entry.references(f"{side}ApplicationSecurityGroups")
        known: list[Intervals] = []
        parts: list[Match] = []
        for text in texts:
            if text in ("*", "Any"):
                return ALWAYS
            if (tag := self._tag(text, field, around)) is not None:
                parts.append(tag)
            elif (block := prefix(text)) is not None:
                known.append(block)
            elif text and text[0].isalpha():
                self._say(entry.node, SERVICE, f"{text} of {entry.name}")
                parts.append(around.service(text, field, self._span(entry.node)))
            else:
                parts.append(
                    self._doubt(entry.node, NO_ADDRESS, Reason("{side} of {name}", side=side, name=entry.name))
                )
        parts += (self._application_group(entry, reference, field) for reference in groups)
        if not (texts or groups) or not entry.is_told(f"{side}AddressPrefixes"):
            parts.append(self._doubt(entry.node, NO_ADDRESS, Reason("{side} of {name}", side=side, name=entry.name)))
        if known:
            parts.insert(0, In(field, union(known) if len(known) > 1 else known[0]))
        return parts[0] if len(parts) == 1 else either(*parts)

    def _application_group(self, entry: Item, reference: str, field: Field) -> Match:
        """The addresses of the network interfaces that are in an application security group."""
        if reference not in self._members:
            self._members[reference] = [
                private_address(configuration)
                for _, configuration in self._configurations
                if any(same(reference, group) for group in configuration.references("applicationSecurityGroups"))
            ]
        members = self._members[reference]
        known = [address for address in members if address is not None]
        if len(known) < len(members) or not self._configurations:
            reason = NO_ADDRESS if self._configurations else ASG
            return self._doubt(
                entry.node, reason, Reason("{side} of {name}", side=provider(reference), name=entry.name)
            )
        return In(field, Intervals.of(*known))


@cache
def _is_protocol(value: int) -> Match:
    return In(Field.PROTO, Intervals.of(value))


def provider(reference: str) -> str:
    """The name at the end of an id."""
    return reference.rpartition("/")[2]
