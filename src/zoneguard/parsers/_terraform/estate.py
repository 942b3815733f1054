"""The estate under construction: objects in the words of ``describe-…`` answers, with the lines of their resources."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD, Estate
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.plan import Plan, Resource, Step
from zoneguard.parsers._terraform.references import Named, References
from zoneguard.parsers.accounting import Ledger

Value = Node | dict[str, "Value"] | list["Value"] | str | bool

WHICH_VPC = "the VPC of this is known only after apply"
ASSUMED_VPC = "the VPC of this is known only after apply; taken to be the only one of the plan"


class Building:
    """What every part of the translation asks and adds to."""

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan = plan
        self.ledger = ledger
        self.refs = References(plan)
        self.estate = Estate()
        self._vpcs = [r.address for r in plan.of("aws_vpc", "aws_default_vpc")]
        self._belongs: dict[str, str] = {}

    def add(self, kind: str, at: Node, members: dict[str, Value]) -> None:
        """An object of ``kind`` with the lines of ``at``."""
        self.estate.objects.setdefault(kind, []).append(made(at, members))

    def named(self, resource: Resource, *path: Step) -> Named:
        """The objects that an attribute names."""
        return self.refs.named(resource, *path)

    def vpc(self, resource: Resource, matters: bool = True) -> str:
        """The VPC of a resource with a ``vpc_id``; empty where that is open among several.

        ``matters``: what it means depends on that by itself, not only on what it is joined to.
        """
        if resource.address not in self._belongs:
            one = self.named(resource, "vpc_id").one
            if not one:
                one = self._vpcs[0] if len(self._vpcs) == 1 else ""
                if matters:
                    self.open(resource, ASSUMED_VPC if one else WHICH_VPC, Concern.INTERFACE)
            self._belongs[resource.address] = one
        return self._belongs[resource.address]

    def vpc_of_subnets(self, subnets: Iterable[str]) -> str:
        """The VPC of the first of ``subnets`` that the plan holds: what is joined to one subnet is of its VPC."""
        known = (self.plan.resources.get(subnet) for subnet in subnets)
        return next((self.vpc(subnet) for subnet in known if subnet is not None), "")

    def open(self, resource: Resource, reason: str, concern: Concern, bounded: bool = False) -> None:
        """``resource`` is not wholly in the model, for ``reason``."""
        self.ledger.not_understood(resource.node.first, reason, concern, bounded, about=resource.address)


def made(at: Node, value: Value) -> Node:
    """``value`` as a node with the lines of ``at``; nodes within it keep their own."""
    return value if isinstance(value, Node) else Node(value, at.first, at.last)


def told(resource: Resource, values: Node, name: str, *path: Step) -> str:
    """The text ``name`` of ``values``, which stands at ``path`` in ``resource``; ``UNTOLD`` where it comes later."""
    text = values.text(name)
    return f"{UNTOLD} {resource.address}" if not text and resource.unknown(*path, name) else text
