"""The real Yamaha files of the corpus: parsed without a crash, every line accounted for, what is open counted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from zoneguard.parsers.reading import read_source
from zoneguard.parsers.yamaha import PLUGIN

ROOT = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs" / "yamaha"
FILES = sorted(ROOT.glob("*")) if ROOT.is_dir() else []
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_file_is_parsed_and_accounted_for(path: Path, record_property: Callable[[str, object], None]) -> None:
    source = read_source(path, path.name)
    parsed = PLUGIN.parse(source, "device")
    account = parsed.account
    record_property("not_understood", len(account.not_understood))
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert len(parsed.devices) == 1


def test_lists_of_filters_that_the_file_does_not_define_are_open() -> None:
    (path,) = [p for p in FILES if "interface_filter_long_list" in p.name]
    parsed = PLUGIN.parse(read_source(path, path.name), "device")
    stages = [s for s in parsed.devices[0].vrfs[0].stages if hasattr(s, "rules")]
    assert len(stages) == 8  # the lists of four interfaces and a tunnel, in and out
    assert {d.reason.split(":")[0] for d in parsed.account.not_understood} == {
        "filters that are not defined",
        "NAT descriptors that are not defined",
    }


def test_names_and_users_are_of_no_concern() -> None:
    for path in FILES:
        if "dns" in path.name or "admin_user" in path.name:
            assert not PLUGIN.parse(read_source(path, path.name), "device").account.not_understood, path.name
