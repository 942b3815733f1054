"""Amazon VPC: the JSON of ``aws ec2 describe-…``, one answer or several one after another in a file.

Source of the meaning: Amazon VPC User Guide (security groups, network ACLs, route tables, internet and NAT gateways).
A VPC is a device whose interfaces are its subnets and the gateways of its routes. Traffic inside a subnet does not
pass it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    NatRule,
    Permit,
    Routing,
    Rule,
    RuleList,
    SetTo,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._aws.estate import Estate, blocks_of, gathered
from zoneguard.parsers._aws.filters import Filters
from zoneguard.parsers._aws.routing import Tables
from zoneguard.parsers._json_lines import Node, documents
from zoneguard.parsers.accounting import Ledger

ANSWERS = re.compile(r'"(?:SecurityGroups|NetworkAcls|RouteTables|Subnets|Vpcs|NetworkInterfaces)"\s*:')
FRAME = "the frame of the answer, or an object that routes and filters do not name"
NEVER_READ = "an answer that is not read; ask only for what docs/reference/aws.md names"
NOT_JSON = "not the JSON of an answer"
NO_POOL = "the public address of the NAT gateway is not given"
HARMLESS = frozenset(
    {"NextToken", "ResponseMetadata", "Tags", "AvailabilityZones", "Regions", "KeyPairs", "Volumes", "Images"}
)
V6_ALL = Intervals.span(V6, V6 + (1 << 128) - 1)


def sniff(source: Source) -> float:
    """By the keys of the answers."""
    head = "\n".join(source.lines[:4000])
    if not head.lstrip().startswith(("{", "[")):
        return 0.0
    return 0.95 if ANSWERS.search(head) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """A device for each VPC."""
    ledger = Ledger(source, PLUGIN.name)
    try:
        found = documents(source.lines)
    except (ValueError, RecursionError):
        for number, line in enumerate(source.lines, 1):
            if line.strip():
                ledger.not_understood(number, NOT_JSON, Concern.FILTER)
        return Parsed((), ledger.close())
    for document in found:
        ledger.ignored(FRAME, document.first, document.last)
    estate, others = gathered(found)
    for key, node in others:
        if key not in HARMLESS:
            ledger.not_understood(node.first, NEVER_READ, Concern.FILTER)
    for kind in ("Subnets", "SecurityGroups", "NetworkAcls", "RouteTables", "NetworkInterfaces", "NatGateways", "Vpcs"):
        for node in estate.of(kind):
            ledger.understood(node.first, node.last)
    vpcs = estate.vpcs()
    devices = [_device(source, ledger, estate, vpc, name if len(vpcs) == 1 else f"{name}-{vpc}") for vpc in vpcs]
    uncertain = ledger.uncertain
    return Parsed(
        tuple(Device(d.name, d.vendor, d.interfaces, d.vrfs, d.span, uncertain) for d in devices), ledger.close()
    )


def _device(source: Source, ledger: Ledger, estate: Estate, vpc: str, name: str) -> Device:
    whole = source.span(1, max(1, len(source.lines)))
    subnets = list(estate.of("Subnets", vpc))
    tables, filters = Tables(source, ledger, estate, vpc), Filters(source, ledger, estate, vpc)
    gateways = tables.gateways()
    interfaces = [_subnet(source, node) for node in subnets] + [Interface(gateway, whole) for gateway in gateways]
    stages: list[Stage] = [stage for subnet in subnets for stage in filters.leaving(subnet)]
    stages += _inward(source, estate, vpc, gateways)
    stages.append(Routing())
    stages += [stage for subnet in subnets for stage in filters.entering(subnet)]
    stages += _outward(source, ledger, estate, vpc, gateways)
    main = Vrf(
        "main",
        frozenset(interface.name for interface in interfaces),
        tuple(tables.exits()),
        tuple(stages),
        policy_routes=tuple(tables.policy()),
    )
    return Device(name, "aws", tuple(interfaces), (main, tables.nowhere()), whole)


def _subnet(source: Source, node: Node) -> Interface:
    """The subnet as an interface; its router has the first address of each block."""
    addresses = []
    for block in blocks_of(node):
        low, high = block.spans[0]
        length = (128 if low >= V6 else 32) - (high - low + 1).bit_length() + 1
        addresses.append(InterfaceAddress(low + 1 if high > low else low, length))
    tags = {tag.text("Key"): tag.text("Value") for tag in node.each("Tags")}
    span = source.span(node.first, node.last)
    return Interface(node.text("SubnetId"), span, tuple(addresses), description=tags.get("Name", ""))


def _inward(source: Source, estate: Estate, vpc: str, gateways: tuple[str, ...]) -> Iterator[Stage]:
    """An internet gateway turns public addresses into the private ones to which they belong."""
    rules = [
        NatRule(In(Field.DST, Intervals.of(outer)), source.span(eni.node.first, eni.node.last),
                (SetTo(Field.DST, Intervals.of(own)),), eni.id)
        for eni in estate.enis(vpc)
        for own, outer in eni.public
    ]  # fmt: skip
    doors = frozenset(gateway for gateway in gateways if gateway.startswith("igw-"))
    if rules and doors:
        whole = source.span(1, max(1, len(source.lines)))
        yield Translate(RuleList("public addresses in", tuple(rules), Deny(), whole), Field.DST, ingress=doors)


def _outward(source: Source, ledger: Ledger, estate: Estate, vpc: str, gateways: tuple[str, ...]) -> Iterator[Stage]:
    """By an internet gateway goes out who has a public address (IPv6: all), by a NAT gateway everybody, under its."""
    whole = source.span(1, max(1, len(source.lines)))
    doors = frozenset(gateway for gateway in gateways if gateway.startswith("igw-"))
    if doors:
        pairs = [(own, outer, eni) for eni in estate.enis(vpc) for own, outer in eni.public]
        public = Intervals.of(*(own for own, _, _ in pairs)) | V6_ALL
        only = Rule(In(Field.SRC, public), Permit(), whole, name="public addresses", implied=True)
        yield Filter(RuleList("public addresses only", (only,), Deny(), whole), egress=doors)
        rules = [
            NatRule(In(Field.SRC, Intervals.of(own)), source.span(eni.node.first, eni.node.last),
                    (SetTo(Field.SRC, Intervals.of(outer)),), eni.id)
            for own, outer, eni in pairs
        ]  # fmt: skip
        if rules:
            yield Translate(RuleList("public addresses out", tuple(rules), Deny(), whole), Field.SRC, egress=doors)
    for gateway in estate.of("NatGateways", vpc):
        name = gateway.text("NatGatewayId")
        if name not in gateways:
            continue
        addresses = [entry.text("PublicIp") or entry.text("PrivateIp") for entry in gateway.each("NatGatewayAddresses")]
        values = [_number(text) for text in addresses]
        if not values or None in values:
            ledger.not_understood(gateway.first, NO_POOL, Concern.NAT, bounded=True)
            continue
        pool = Intervals.of(*(value for value in values if value is not None))
        span = source.span(gateway.first, gateway.last)
        rule = NatRule(ALWAYS, span, (SetTo(Field.SRC, pool),), name)
        yield Translate(RuleList(name, (rule,), Deny(), span), Field.SRC, egress=frozenset({name}))


def _number(text: str) -> int | None:
    try:
        return parse_address(text)
    except ValueError:
        return None


PLUGIN = Parser(name="aws", title="Amazon VPC (aws ec2 describe-…)", sniff=sniff, parse=parse)
