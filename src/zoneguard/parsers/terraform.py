"""Terraform: the JSON of ``terraform show -json PLAN`` (or of a state), what it will make of Amazon VPCs.

Source of the form: Terraform, «JSON Output Format»; of the meaning: the documentation of the AWS provider and the
Amazon VPC User Guide. The plan becomes the estate that ``aws`` reads of ``describe-…`` answers, and the same devices.
Objects are called by their addresses in the plan; what is known only after apply is left open.
"""

from __future__ import annotations

import re

from zoneguard.model.device import Concern
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._aws.vpc import vpc_devices
from zoneguard.parsers._azure.effective import Effective
from zoneguard.parsers._azure.vnet import vnet_devices
from zoneguard.parsers._cloud import OTHER_FORMAT, finished, unread
from zoneguard.parsers._json_lines import Detail, read_documents
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.azure import azure_estate
from zoneguard.parsers._terraform.estate import Building
from zoneguard.parsers._terraform.hosts import add_hosts
from zoneguard.parsers._terraform.network import add_network
from zoneguard.parsers._terraform.plan import read_plan
from zoneguard.parsers._terraform.rules import add_acls, add_groups
from zoneguard.parsers._terraform.tables import add_tables
from zoneguard.parsers._terraform.transit import add_transit
from zoneguard.parsers._terraform.words import AWS, AZURE, account
from zoneguard.parsers.accounting import Ledger

FRAME = "the frame of the plan, or a resource that names no object of the network"
NO_PLAN = "no plan or state in JSON; make one with terraform show -json"
SECOND = "a second plan in the file"
UNREAD_VERSION = "a version of the format that is not known"
HALF = "the plan is not complete: Terraform left something out or met an error"
OTHER_PROVIDER = "resources of a cloud that is not read"
OTHER_CLOUDS = ("azapi_", "google_", "oci_", "alicloud_", "vsphere_", "openstack_")
DETAIL = Detail(
    passed=frozenset({"after", "after_sensitive", "before_sensitive", "sensitive_values", "resource_drift"}),
    whole=frozenset({"resource_changes", "configuration"}),
    flat=True,
)
"""Left out is what is said elsewhere too, or is of no concern; lines are asked of resources and of blocks in them."""
MARK = re.compile(r'"terraform_version"\s*:')
NEAR = re.compile(r'^\s*\{\s*"(?:version"\s*:\s*4\s*,\s*"terraform_version|@level)"')
"""A raw state, or the log of a run: what people take for the plan, and are told how to get it."""
PARTS = re.compile(r'"(?:planned_values|resource_changes|root_module)"\s*:')


def sniff(source: Source) -> float:
    """By the keys with which a plan begins; half sure of what is near to one."""
    head = "\n".join(line[:100_000] for line in source.lines[:4000])
    if not MARK.search(head) or not PARTS.search(head):
        return 0.5 if NEAR.search(head) else 0.0
    return 0.97 if head.lstrip().startswith("{") else 0.6


def parse(source: Source, name: str) -> Parsed:
    """A device for each VPC."""
    ledger = Ledger(source, PLUGIN.name)
    plans = []
    for document in read_documents(source.lines, ledger, DETAIL):
        ledger.ignored(FRAME, document.first, document.last)
        if document.get("planned_values") or document.get("values"):
            plans.append(document)
        else:
            is_related = document.get("terraform_version") or document.get("@level")
            unread(ledger, document, NO_PLAN if is_related else OTHER_FORMAT)
    for other in plans[1:]:
        unread(ledger, other, SECOND, "terraform_version")
    building = Building(read_plan(plans[0] if plans else Node({}, 1, 1)), ledger)
    _account(building)
    add_network(building)
    add_groups(building)
    add_acls(building)
    add_tables(building)
    add_transit(building)
    add_hosts(building)
    devices = vpc_devices(source, ledger, building.estate, name)
    devices += vnet_devices(source, ledger, azure_estate(building), Effective(), name)
    return finished(ledger, devices)


def _account(building: Building) -> None:
    plan, ledger = building.plan, building.ledger
    document = plan.document
    version = document.text("format_version")
    if version and version.split(".")[0] not in ("0", "1"):
        ledger.not_understood(document.first, UNREAD_VERSION, Concern.FILTER, about=f"format_version {version}")
    complete = document.get("complete")
    if document.flag("errored") or (complete and complete.value is False) or document.get("deferred_changes"):
        ledger.not_understood(document.first, HALF, Concern.FILTER, about="errored, complete, deferred_changes")
    for resource in plan.resources.values():
        if resource.type in AWS or resource.type in AZURE:
            ledger.understood(resource.node.first, resource.node.last)
            account(ledger, resource)
        elif resource.type.startswith(OTHER_CLOUDS):
            unread(ledger, resource.node, OTHER_PROVIDER, resource.address)
    for known in plan.data.values():
        if known.values.text("id") and (known.type in AWS or known.type in AZURE):
            account(ledger, known)


PLUGIN = Parser(name="terraform", title="Terraform plan (terraform show -json)", sniff=sniff, parse=parse)
