"""The VPC's side of a transit gateway: what it lets in and out of the subnets by which it is attached.

AWS Transit Gateway guide, «How network ACLs work with transit gateways»: between an attachment and another subnet of
its VPC the ACL of the attachment's subnet is asked too, outward for what comes from the gateway, inward for what goes
to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zoneguard.model.device import Concern, Deny, Filter, Jump, NatRule, Rule, RuleList, Stage
from zoneguard.model.match import ALWAYS
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import Estate
from zoneguard.parsers._aws.hubs import Hubs
from zoneguard.parsers._cloud import Doubting
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

WHICH_ZONE = "by which of its subnets packets of this attachment come and go is not known, and their ACLs differ"


class Attached(Doubting):
    """The stages at the transit gateways ``names`` of one VPC.

    ``acl``: the list of a subnet, outward or not. ``interfaces``: all of the VPC.
    """

    def __init__(
        self, source: Source, ledger: Ledger, estate: Estate, hubs: Hubs, vpc: str, names: tuple[str, ...],
        acl: Callable[[Node, bool], RuleList], interfaces: frozenset[str],
    ) -> None:  # fmt: skip
        super().__init__(source, ledger, Concern.ROUTING)
        self._acl = acl
        self._interfaces = interfaces
        self._mine = hubs.of_vpc(vpc)
        self._subnets = {node.text("SubnetId"): node for node in estate.of("Subnets", vpc)}
        self._names = names
        self.lists: dict[str, RuleList] = {}

    def stages(self) -> Iterator[Stage]:
        """After routing: what comes in by each gateway, what goes out by it."""
        for name in self._names:
            attachment = self._mine.get(name)
            subnets = [self._subnets[s] for s in attachment.subnets if s in self._subnets] if attachment else []
            for outward in (True, False) if subnets else ():
                yield from self._asked(name, subnets, outward)

    def _asked(self, name: str, subnets: list[Node], outward: bool) -> Iterator[Stage]:
        """The ACL between the attachment and every other subnet; where there are several, whichever is asked."""
        here = frozenset({name})
        others = self._interfaces - here - {s.text("SubnetId") for s in subnets}
        asked = [(subnet, self._acl(subnet, outward)) for subnet in subnets]
        lists = {tuple(map(_outline, one.rules)): (subnet, one) for subnet, one in asked}
        if len(lists) == 1:
            found = asked[0][1]
        else:
            rules: list[Rule] = []
            for subnet, one in lists.values():
                self.lists[one.name] = one
                what = Reason("{name} by {subnet}", name=name, subnet=subnet.text("SubnetId"))
                may = self._doubt(subnet, WHICH_ZONE, what) if len(rules) < len(lists) - 1 else ALWAYS
                rules.append(Rule(may, Jump(one.name, goto=True), one.span, implied=True))
            found = RuleList(f"{name} ACL {'out' if outward else 'in'}", tuple(rules), Deny(), rules[0].span)
        if outward:
            yield Filter(found, ingress=here, egress=others)
        else:
            yield Filter(found, ingress=others, egress=here)


def _outline(rule: Rule | NatRule) -> tuple[object, ...]:
    """What two rules have in common that decide alike."""
    return (rule.match, rule.action) if isinstance(rule, Rule) else (rule,)
