"""Shiokaze Town: one PAN-OS firewall, its running configuration as XML and its routing table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, faulty, verified

CONFIG = "configs/pa-core.xml"


def test_the_town_conforms() -> None:
    status, report = verified(EXAMPLES / "panos-branch")
    assert not report["findings"]
    assert status == 0


@pytest.mark.parametrize(
    ("before", "after", "zones", "verdict"),
    [
        ("<action>deny</action>", "<action>allow</action>", ("mynumber", "world"), "violates"),
        ("<member>in-mail</member>", "<member>any</member>", ("internet", "dmz-san"), "violates"),
        ("<ip-netmask>10.20.10.10<", "<ip-netmask>10.20.0.0/16<", ("dmz-san", "lgwan"), "violates"),
        ("<disabled>yes</disabled>", "<disabled>no</disabled>", ("internet", "lgwan"), "violates"),
        ("10.30.50.10-10.30.50.13", "10.30.0.0-10.30.255.255", ("lgwan", "internet"), "undetermined"),
    ],
)
def test_a_fault_is_found(tmp_path: Path, before: str, after: str, zones: tuple[str, str], verdict: str) -> None:
    """Of what application a session is its sender chooses; beside a row that allows a part, the rest is not decided."""
    project = faulty("panos-branch", tmp_path, CONFIG, "utf-8", before, after)
    status, report = verified(project)
    assert (zones, verdict) in {(tuple(finding["zones"]), finding["verdict"]) for finding in report["findings"]}
    assert status == (1 if verdict == "violates" else 3)


def test_a_rule_with_a_schedule_leaves_undetermined_what_it_opens(tmp_path: Path) -> None:
    project = faulty(
        "panos-branch",
        tmp_path,
        CONFIG,
        "utf-8",
        "<action>deny</action>",
        "<action>allow</action>\n<schedule>maintenance</schedule>",
    )
    status, report = verified(project)
    assert {finding["verdict"] for finding in report["findings"]} == {"undetermined"}
    assert status == 3
