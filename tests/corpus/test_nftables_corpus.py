"""The listings of the corpus: parsed without a crash, every line accounted for, what is open counted and shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from zoneguard.model.device import Concern
from zoneguard.parsers import Parsed
from zoneguard.parsers.nftables import PLUGIN
from zoneguard.parsers.reading import read_source

pytestmark = pytest.mark.corpus

OPEN = {"a program decides": 5, "of the packet itself is rewritten": 2}
"""What the listings hold that no model of the packet's way can decide, and in how many rules."""


def listings(corpus: Path) -> list[Path]:
    return sorted((corpus / "configs" / "nftables").glob("*.nft"))


def parsed(path: Path) -> Parsed:
    return PLUGIN.parse(read_source(path, path.name), "device")


def test_every_line_of_every_file_is_accounted_for(corpus: Path) -> None:
    counts: Counter[str] = Counter()
    for path in listings(corpus):
        account = parsed(path).account
        assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
        counts += Counter(files=1, lines=account.total, understood=account.understood)
        counts += Counter(ignored=sum(account.ignored.values()), not_understood=len(account.not_understood))
    print(dict(counts))
    assert counts["files"] >= 80


def test_only_what_cannot_be_decided_is_not_understood(corpus: Path) -> None:
    reasons: Counter[str] = Counter()
    for path in listings(corpus):
        for entry in parsed(path).account.not_understood:
            assert entry.concern is not Concern.OTHER, f"{entry.span}: {entry.text}"
            known = [reason for reason in OPEN if reason in entry.reason]
            assert known, f"{entry.span}: {entry.reason}"
            reasons[known[0]] += 1
    assert dict(reasons) == OPEN


def test_every_file_is_recognised(corpus: Path) -> None:
    for path in listings(corpus):
        assert PLUGIN.sniff(read_source(path, path.name)) >= 0.7, path.name


def test_every_jump_leads_to_a_list(corpus: Path) -> None:
    for path in listings(corpus):
        (vrf,) = parsed(path).devices[0].vrfs
        targets = {r.action.target for rules in vrf.lists.values() for r in rules.rules if hasattr(r, "action")
                   and hasattr(r.action, "target")}  # fmt: skip
        assert targets <= vrf.lists.keys(), path.name
