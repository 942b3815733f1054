"""A hub and a spoke in Azure before they are made: the plan conforms, and a rule, route or peering that opens more, or
leaves open who comes, is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified
from zoneguard.parsers.reading import detect, read_source

NAME, FILE = "terraform-azure", "configs/plan.json"
ALLOWED = {("mynumber", "app"), ("mynumber", "jump"), ("jump", "app"), ("jump", "db"), ("app", "db")}


def test_the_plan_conforms_and_lets_pass_what_is_allowed_and_no_more() -> None:
    status, report = verified(EXAMPLES / NAME)
    assert not report["findings"]
    assert status == 0
    assert {(cell["from"], cell["to"]) for cell in report["matrix"] if cell["state"] == "allowed"} == ALLOWED


def test_it_is_found_by_its_content_and_only_what_virtual_network_holds_is_open() -> None:
    """The route to nowhere for everything makes the tag reach as far: no rule of these groups asks for it."""
    source = read_source(EXAMPLES / NAME / FILE, "plan.json")
    parser = detect(source)
    assert parser.name == "terraform"
    account = parser.parse(source, "azure").account
    subnets = [("snet-app", True), ("snet-db", True), ("snet-jump", True)]
    assert [(m.text, m.bounded) for m in account.not_understood] == subnets


@pytest.mark.parametrize(
    ("before", "after", "zones"),
    [
        ('"destination_port_range": "443"', '"destination_port_range": "22-443"', {("mynumber", "app")}),
        ('"source_address_prefix": "10.10.50.0/24"', '"source_address_prefix": "*"', {("mynumber", "jump")}),
        ('"destination_port_range": "5432"', '"destination_port_range": "*"', {("app", "db")}),
        ('"source_address_prefix": "10.10.0.0/16"', '"source_address_prefix": "*"', set()),
        ('"next_hop_type": "None"', '"next_hop_type": "Internet"', set()),
        ('"allow_virtual_network_access": true', '"allow_virtual_network_access": false', set()),
    ],
    ids=[
        "a wider port of a rule that is a resource",
        "anybody to the jump host, in a block",
        "both ends open",
        "nobody else gets to the servers",
        "the groups still deny",
        "networks that do not let each other in",
    ],
)
def test_a_fault_is_found_where_it_opens_something(
    tmp_path: Path, before: str, after: str, zones: set[tuple[str, str]]
) -> None:
    report = verified(faulty(NAME, tmp_path, FILE, "utf-8", before, after))[1]
    assert crossings(report) == zones


def test_a_table_that_takes_what_the_closed_line_announces_leaves_open_where_packets_go(tmp_path: Path) -> None:
    before, after = '"bgp_route_propagation_enabled": false', '"bgp_route_propagation_enabled": true'
    status, report = verified(faulty(NAME, tmp_path, FILE, "utf-8", before, after))
    assert status == 3
    assert any("virtual network gateway learns" in finding["message"] for finding in report["findings"])


def test_without_a_peering_the_jump_host_reaches_nothing(tmp_path: Path) -> None:
    before, after = '"type": "azurerm_virtual_network_peering"', '"type": "azurerm_subscription"'
    report = verified(faulty(NAME, tmp_path, FILE, "utf-8", before, after))[1]
    passing = {(cell["from"], cell["to"]) for cell in report["matrix"] if cell["state"] == "allowed"}
    assert not passing & {("jump", "app"), ("jump", "db")}
