"""The standard systems in Azure: the example conforms, and each of the usual mistakes is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified
from zoneguard.parsers.reading import detect, read_source

FILE = "configs/vnet.json"


def test_it_conforms_and_only_what_virtual_network_holds_is_open() -> None:
    status, report = verified(EXAMPLES / "azure-govcloud")
    assert not report["findings"]
    assert status == 0
    source = read_source(EXAMPLES / "azure-govcloud" / FILE, "vnet.json")
    parser = detect(source)
    assert parser.name == "azure"
    account = parser.parse(source, "vnet").account
    assert [(m.text, m.bounded) for m in account.not_understood] == [("snet-app", True), ("snet-db", True)]


@pytest.mark.parametrize(
    ("before", "after", "zones"),
    [
        ('"destinationPortRange": "443"', '"destinationPortRange": "22-443"', {("mynumber", "app")}),
        ('"sourceAddressPrefix": "10.10.0.0/16"', '"sourceAddressPrefix": "*"', set()),
        ('"priority": 4096', '"priority": 99', set()),
        ('"destinationPortRange": "5432"', '"destinationPortRange": "*"', {("app", "db")}),
        ('"nextHopType": "None"', '"nextHopType": "Internet"', set()),
    ],
    ids=[
        "a wider port",
        "nobody else gets in",
        "everything is denied first",
        "both ends open",
        "the groups still deny",
    ],
)
def test_a_fault_is_found_where_it_opens_something(
    tmp_path: Path, before: str, after: str, zones: set[tuple[str, str]]
) -> None:
    project = faulty("azure-govcloud", tmp_path, FILE, "utf-8", before, after)
    assert crossings(verified(project)[1]) & {("mynumber", "app"), ("app", "db"), ("app", "world")} == zones
