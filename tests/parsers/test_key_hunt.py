"""A member too much in an object of a cloud's answers never passes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parsers.key_hunt import documents, silent
from zoneguard.parsers.aws import PLUGIN as AWS
from zoneguard.parsers.azure import PLUGIN as AZURE

EXAMPLES = Path(__file__).parents[2] / "topologies/examples"
FILES = {
    "aws-govcloud/configs/vpc.json": AWS,
    "aws-transit/configs/vpc.json": AWS,
    "aws-transit/configs/tgw.txt": AWS,
    "azure-govcloud/configs/vnet.json": AZURE,
}
FREE = ("Tags", "tags")
"""Objects of free names."""


@pytest.mark.parametrize("name", FILES)
def test_a_member_that_nobody_knows_is_said(name: str) -> None:
    found = documents((EXAMPLES / name).read_text(encoding="utf-8").splitlines())
    places = list(silent(FILES[name], found))
    assert not [place for place in places if not place.endswith(FREE)]
