"""Three VPCs at a transit gateway: its tables keep the test environment away, and a route too much is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified
from zoneguard.parsers._aws.vpc import NO_TABLES

NAME, FILE = "aws-transit", "configs/tgw.txt"


def test_it_conforms() -> None:
    status, report = verified(EXAMPLES / NAME)
    assert not report["findings"]
    assert status == 0
    vpcs, hub = (file["not_understood"] for file in report["coverage"]["files"])
    assert {entry["reason"] for entry in vpcs} == {NO_TABLES}  # the other file tells
    assert not hub


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('"DestinationCidrBlock": "100.64.16.0/20"', '"DestinationCidrBlock": "100.64.0.0/16"', set()),
        ('"TransitGatewayRouteTableId": "tgw-rtb-office",\n        "State": "associated"',
         '"TransitGatewayRouteTableId": "tgw-rtb-ops",\n        "State": "associated"', {("mynumber", "dev")}),
    ],
    ids=["a wider route to the same place", "the office by another table"],
)  # fmt: skip
def test_what_the_tables_newly_pass_is_found(
    tmp_path: Path, before: str, after: str, found: set[tuple[str, str]]
) -> None:
    assert crossings(verified(faulty(NAME, tmp_path, FILE, "utf-8", before, after))[1]) == found


def test_without_the_gateways_own_answers_what_it_passes_is_undetermined(tmp_path: Path) -> None:
    project = faulty(NAME, tmp_path, "zoneguard.yaml", "utf-8", "  hub: {config: configs/tgw.txt}", "  #")
    status, report = verified(project)
    assert status == 3
    assert not crossings(report)
    assert {tuple(f["zones"]) for f in report["findings"] if f["verdict"] == "undetermined"} >= {("mynumber", "dev")}
