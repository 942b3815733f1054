"""The standard systems before they are made: the plan conforms, and a rule or route that opens more is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified
from zoneguard.parsers.reading import detect, read_source


def test_the_plan_conforms() -> None:
    status, report = verified(EXAMPLES / "terraform-govcloud")
    assert not report["findings"]
    assert status == 0


def test_it_is_found_by_its_content_and_only_the_address_of_the_database_is_open() -> None:
    source = read_source(EXAMPLES / "terraform-govcloud/configs/plan.json", "plan.json")
    parser = detect(source)
    assert parser.name == "terraform"
    account = parser.parse(source, "vpc").account
    assert [(m.text, m.bounded) for m in account.not_understood] == [("aws_db_instance.main", True)]


@pytest.mark.parametrize(
    ("before", "after", "zones"),
    [
        ('"from_port": 443', '"from_port": 22', {("mynumber", "app")}),
        ('"tcp",\n                "from_port": 443', '"tcp",\n                "from_port": 22', set()),
        ('"destination_cidr_block": "10.10.0.0/16"', '"destination_cidr_block": "0.0.0.0/0"', set()),
    ],
    ids=["acl and group", "acl alone", "a route that the rules do not follow"],
)
def test_a_wider_rule_is_found_where_both_locks_open(
    tmp_path: Path, before: str, after: str, zones: set[tuple[str, str]]
) -> None:
    project = faulty("terraform-govcloud", tmp_path, "configs/plan.json", "utf-8", before, after)
    assert crossings(verified(project)[1]) == zones


def test_a_plan_that_is_cut_short_conforms_to_nothing(tmp_path: Path) -> None:
    project = faulty("terraform-govcloud", tmp_path, "configs/plan.json", "utf-8", "{", "{")
    plan = project / "configs/plan.json"
    plan.write_text("".join(plan.read_text(encoding="utf-8").splitlines(keepends=True)[:400]), encoding="utf-8")
    status, report = verified(project)
    assert status == 3
    assert any("cut short" in finding["message"] for finding in report["findings"])
