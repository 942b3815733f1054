"""The UNIVERGE IX files of the corpus: recognised, parsed, every line understood or ignored for a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoneguard.model.device import Filter
from zoneguard.parsers import Kind
from zoneguard.parsers.nec_ix import PLUGIN
from zoneguard.parsers.reading import detect, read_source

CORPUS = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
FILES = sorted((CORPUS / "configs" / "nec_ix").glob("*")) if CORPUS.is_dir() else []
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_line_is_understood_or_ignored(path: Path) -> None:
    source = read_source(path, path.name)
    assert detect(source, kind=Kind.CONFIG) is PLUGIN
    account = PLUGIN.parse(source, "device").account
    assert not account.not_understood
    assert account.understood + sum(account.ignored.values()) == account.total


def test_filters_of_the_wan_interface_in_the_order_of_their_numbers() -> None:
    (path,) = [p for p in FILES if p.name.startswith("Router1")]
    (device,) = PLUGIN.parse(read_source(path, path.name), "device").devices
    (stage,) = [s for s in device.vrfs[0].stages if isinstance(s, Filter)]
    assert [rule.name for rule in stage.rules.rules[1:]] == ["flt-list 1", "udp-list 2", "udp2-list 3", "esp-list 4"]
    assert stage.ingress == frozenset({"FastEthernet0/0.0"})
