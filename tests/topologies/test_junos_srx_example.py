"""Aomine Town: one SRX, its configuration in braces with a group of last policies, and its routing table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, faulty, verified

NAME, CONFIG = "junos-srx", "configs/srx-core.conf"


def test_the_town_conforms_and_no_line_is_left() -> None:
    status, report = verified(EXAMPLES / NAME)
    assert not report["findings"]
    assert status == 0
    assert all(not entry["not_understood"] for entry in report["coverage"]["files"])


@pytest.mark.parametrize(("before", "after", "zones", "verdict"), [
    ("inactive: policy old", "policy old", ("internet", "dmz-san"), "violates"),
    ("address lg-mail 10.20.10.10/32;", "address lg-mail 10.20.0.0/16;", ("dmz-san", "lgwan"), "violates"),
    ("deny-all;", "permit-all;", ("mynumber", "internet"), "violates"),
    ("destination-port 8443;", "destination-port 8443-8450;", ("lgwan", "internet"), "violates"),
    ("address eltax 198.18.77.10/32;", "address eltax 198.18.0.0/16;", ("mynumber", "lgwan-wan"), "violates"),
    ("address in-mail 10.30.10.10/32;", "address in-mail dns-name mail.example.jp;", ("internet", "dmz-san"),
     "undetermined"),
])  # fmt: skip
def test_a_fault_is_found(tmp_path: Path, before: str, after: str, zones: tuple[str, str], verdict: str) -> None:
    status, report = verified(faulty(NAME, tmp_path, CONFIG, "utf-8", before, after))
    found = {(tuple(finding["zones"]), finding["verdict"]) for finding in report["findings"]}
    assert (zones, verdict) in found
    assert status == (1 if verdict == "violates" else 3)
