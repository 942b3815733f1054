"""A word too much on an understood line of our examples never passes in silence."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.parsers.word_hunt import WAYS, Silent, silent

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
_CISCO = r"description |(?:\d+ )?(?:permit|deny) .* log(?:-input)? |snmp-server community|match (?:ip|ipv6) address"
FREE = {
    "cisco-ios": rf"inspect |{_CISCO}",
    "cisco-nxos": rf"switchport port-security|{_CISCO}",
    "cisco-asa": r"description ",
    "fortios": r"set allowaccess ",
    "alaxala": r"description |match vrf |logging host |vlan ",
    "awplus": r"description ",
    "nec-ix": r"description ",
    "junos": r"arp |any any |server |encrypted-password |ssh |host ",
    "ipcom": r"(?!)",
    "nftables": r"(?!)",
    "sir": r"(?!)",
    "yamaha": r"description |syslog host |snmp host ",
    "panos": r".*\[ .* zzz-unknown ?\]$|set deviceconfig system (?:ntp-servers|panorama) |set .* log-settings ",
}
"""Of each format held to it, what is free text, a list of names, or an option of a list that nobody asks."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[Silent]]:
    """What remains silent in our examples, by format."""
    silences: dict[str, list[Silent]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for path in sorted(TOPOLOGIES.rglob("configs/*")):
        if path.suffix != ".json" and "-broken" not in str(path):
            for one in silent(path, WAYS["end"], seen):
                silences[one.format].append(one)
    assert set(FREE) <= {shape[0] for shape in seen}
    return silences


@pytest.mark.parametrize("name", sorted(FREE))
def test_a_word_behind_the_last_is_said(name: str, found: dict[str, list[Silent]]) -> None:
    free = re.compile(rf".*\| (?:{FREE[name]})")
    assert not [one for one in found[name] if not free.match(one.text)]
