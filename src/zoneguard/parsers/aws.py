"""Amazon VPC: the JSON of ``aws ec2 describe-…``, one answer or several one after another in a file.

Source of the meaning: Amazon VPC User Guide (security groups, network ACLs, route tables, internet and NAT gateways).
"""

from __future__ import annotations

import re

from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._aws.estate import gathered
from zoneguard.parsers._aws.vpc import vpc_devices
from zoneguard.parsers._aws.words import account
from zoneguard.parsers._cloud import OTHER_FORMAT, asked_before, finished, unread
from zoneguard.parsers._json_lines import read_documents
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

ANSWERS = re.compile(
    r'"(?:SecurityGroups|NetworkAcls|RouteTables|Subnets|Vpcs|NetworkInterfaces|'
    r'TransitGateways|TransitGateway(?:Vpc|Peering)?Attachments|TransitGatewayRouteTables)"\s*:'
)
OPTIONS = {
    subject: re.compile(rf"--{option}[ =]+[\"']?([A-Za-z0-9-]+)")
    for subject, option in (
        ("TransitGatewayRouteTableId", "transit-gateway-route-table-id"),
        ("PrefixListId", "prefix-list-id"),
    )
}
"""Options of commands by which an answer is about something that it does not name itself."""
FRAME = "the frame of the answer, or an object that routes and filters do not name"
NEVER_READ = "an answer that is not read; ask only for what docs/reference/aws.md names"
TOLD_TWICE = "rules that the groups themselves hold too"
GOES_ON = "the answer goes on: ask for all of it, without --max-items and --no-paginate"
NO_HOSTS = "no network interfaces tell which hosts have the group"
HARMLESS = frozenset({
    "NextToken", "ResponseMetadata", "Tags", "AvailabilityZones", "Regions", "KeyPairs", "Volumes", "Images",
    "Reservations",
})  # fmt: skip


def sniff(source: Source) -> float:
    """By the keys of the answers; less where prompts or commands stand around them."""
    head = "\n".join(line[:100_000] for line in source.lines[:4000])
    if not ANSWERS.search(head):
        return 0.0
    return 0.95 if head.lstrip().startswith(("{", "[")) else 0.6


def parse(source: Source, name: str) -> Parsed:
    """A device for each VPC."""
    ledger = Ledger(source, PLUGIN.name)
    found = read_documents(source.lines, ledger)
    for document in found:
        ledger.ignored(FRAME, document.first, document.last)
        if not is_answer(document):
            unread(ledger, document, OTHER_FORMAT)
    estate, others = gathered(
        (document for document in found if is_answer(document)),
        lambda node, subject: asked_before(source, node, OPTIONS[subject]),
    )
    for key, node in others:
        if key == "NextToken" and node.value is not None:
            unread(ledger, node, GOES_ON, key)
        elif key == "SecurityGroupRules" and "SecurityGroups" in estate.objects:
            ledger.ignored(TOLD_TWICE, node.first, node.last)
        elif key not in HARMLESS:
            unread(ledger, node, NEVER_READ, key)
    for kind, nodes in estate.objects.items():
        for node in nodes:
            account(ledger, "PrefixLists" if kind == "ManagedPrefixLists" else kind, node)
    if "NetworkInterfaces" not in estate.objects:
        estate.elsewhere |= {node.text("SubnetId"): NO_HOSTS for node in estate.of("Subnets")}
    return finished(ledger, vpc_devices(source, ledger, estate, name))


def is_answer(document: Node) -> bool:
    """Whether it is one, or a list of them: keys of answers begin with a capital letter."""
    parts = list(document.items()) if isinstance(document.value, list) else [document]
    return all(isinstance(part.value, dict) and all(key[:1].isupper() for key, _ in part.members()) for part in parts)


PLUGIN = Parser(name="aws", title="Amazon VPC (aws ec2 describe-…)", sniff=sniff, parse=parse)
