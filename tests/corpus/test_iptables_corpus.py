"""The real rulesets of the corpus: parsed without a crash, every line accounted for, what is open counted and shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from zoneguard.model.device import Concern
from zoneguard.parsers import Parsed
from zoneguard.parsers.iptables import PLUGIN
from zoneguard.parsers.reading import read_source

pytestmark = pytest.mark.corpus

DAMAGED = {
    "found_online__openwrt.org__iptables-save-AA.txt": 11,  # cut at the terminal's edge
    "configs_serverfault__766198.txt": 1,  # an excerpt without policies, as is the next
    "majek_dump_vpn__vpn__iptables.up.rules": 1,
}
"""Rules that the file itself does not hold whole."""


def rulesets(corpus: Path) -> list[Path]:
    configs = corpus / "configs"
    files = [p for p in (configs / "iptables").iterdir() if p.suffix != ".json"]
    return sorted([*files, *(configs / "network__iptables-firewall").glob("*.v4")])


def parsed(path: Path) -> Parsed:
    return PLUGIN.parse(read_source(path, path.name), "device")


def test_every_line_of_every_file_is_accounted_for(corpus: Path) -> None:
    counts: Counter[str] = Counter()
    for path in rulesets(corpus):
        account = parsed(path).account
        assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
        counts += Counter(files=1, lines=account.total, understood=account.understood)
        counts += Counter(ignored=sum(account.ignored.values()), not_understood=len(account.not_understood))
    print(dict(counts))
    assert counts["files"] >= 37


def test_only_anonymised_addresses_and_damaged_lines_are_not_understood(corpus: Path) -> None:
    for path in rulesets(corpus):
        entries = [e for e in parsed(path).account.not_understood if e.concern is not Concern.OTHER]
        open_rules = [e for e in entries if "is not a MAC address" not in e.reason]
        assert len(open_rules) == DAMAGED.get(path.name, 0), path.name
        assert all("XX:XX:XX:XX:XX:XX" in e.text for e in entries if e not in open_rules), path.name


def test_every_file_is_recognised(corpus: Path) -> None:
    for path in rulesets(corpus):
        assert PLUGIN.sniff(read_source(path, path.name)) >= 0.95, path.name


def test_every_jump_leads_to_a_list(corpus: Path) -> None:
    for path in rulesets(corpus):
        (vrf,) = parsed(path).devices[0].vrfs
        targets = {r.action.target for rules in vrf.lists.values() for r in rules.rules if hasattr(r, "action")
                   and hasattr(r.action, "target")}  # fmt: skip
        assert targets <= vrf.lists.keys(), path.name
